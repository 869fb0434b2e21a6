//! The options of curl, and what each means for the request.

/// What an option means for the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Method,
    Header,
    Data(Data),
    Field {
        is_text: bool,
    },
    Url,
    User,
    Agent,
    Referer,
    Cookie,
    Range,
    QueryData,
    Upload,
    Get,
    Head,
    PathAsIs,
    NoGlob,
    /// It takes a value, and changes nothing here.
    IgnoredValue,
    /// It changes nothing here.
    Ignored,
}

/// How data are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Data {
    /// `@FILE` is a file.
    Plain,
    /// There are no files.
    Raw,
    /// A value is encoded.
    Encoded,
    /// JSON.
    Json,
}

/// Options by their names; a short one is a single character.
const OPTIONS: &[(Meaning, &[&str])] = &[
    (Meaning::Method, &["X", "request"]),
    (Meaning::Header, &["H", "header"]),
    (Meaning::Data(Data::Plain), &["d", "data", "data-ascii", "data-binary"]),
    (Meaning::Data(Data::Raw), &["data-raw"]),
    (Meaning::Data(Data::Encoded), &["data-urlencode"]),
    (Meaning::Data(Data::Json), &["json"]),
    (Meaning::Field { is_text: false }, &["F", "form"]),
    (Meaning::Field { is_text: true }, &["form-string"]),
    (Meaning::Url, &["url"]),
    (Meaning::User, &["u", "user"]),
    (Meaning::Agent, &["A", "user-agent"]),
    (Meaning::Referer, &["e", "referer"]),
    (Meaning::Cookie, &["b", "cookie"]),
    (Meaning::Range, &["r", "range"]),
    (Meaning::QueryData, &["url-query"]),
    (Meaning::Upload, &["T", "upload-file"]),
    (Meaning::Get, &["G", "get"]),
    (Meaning::Head, &["I", "head"]),
    (Meaning::PathAsIs, &["path-as-is"]),
    (Meaning::NoGlob, &["g", "globoff"]),
    (
        Meaning::IgnoredValue,
        &[
            "o",
            "output",
            "m",
            "max-time",
            "connect-timeout",
            "x",
            "proxy",
            "resolve",
            "connect-to",
            "noproxy",
            "cacert",
            "capath",
            "E",
            "cert",
            "key",
            "pass",
            "w",
            "write-out",
            "retry",
            "retry-delay",
            "c",
            "cookie-jar",
            "D",
            "dump-header",
            "interface",
            "limit-rate",
            "max-redirs",
            "ciphers",
            "output-dir",
        ],
    ),
    (
        Meaning::Ignored,
        &[
            "k",
            "insecure",
            "s",
            "silent",
            "S",
            "show-error",
            "v",
            "verbose",
            "i",
            "include",
            "L",
            "location",
            "compressed",
            "f",
            "fail",
            "fail-with-body",
            "N",
            "no-buffer",
            "#",
            "progress-bar",
            "O",
            "remote-name",
            "q",
            "disable",
            "4",
            "ipv4",
            "6",
            "ipv6",
            "0",
            "http1.0",
            "http1.1",
            "http2",
            "http3",
            "tlsv1.2",
            "tlsv1.3",
            "no-progress-meter",
            "raw",
            "no-keepalive",
        ],
    ),
];

impl Meaning {
    pub(super) fn find(name: &str) -> Option<Self> {
        OPTIONS.iter().find(|(_, names)| names.contains(&name)).map(|(meaning, _)| *meaning)
    }

    pub(super) fn takes_value(self) -> bool {
        !matches!(self, Self::Get | Self::Head | Self::PathAsIs | Self::NoGlob | Self::Ignored)
    }
}
