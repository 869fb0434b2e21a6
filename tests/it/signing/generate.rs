//! Random requests, in the characters that go wrong.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::reference::{Plain, enc};

pub const SCHEMES: &[&str] = &[
    "ACS3-HMAC-SHA256",
    "ACS3-HMAC-SM3",
    "ACS3-FC-TRIGGER",
    "RPC-HMAC-SHA1",
    "RPC-HMAC-SHA256",
    "ROA-HMAC-SHA1",
    "OSS-V1",
    "OSS-V1-PRESIGN",
    "OSS-V2",
    "OSS-V2-PRESIGN",
    "OSS-V4",
    "OSS-V4-PRESIGN",
    "SLS-V1",
    "SLS-V4",
    "OTS-V2",
    "OTS-V4",
    "FC2-HMAC-SHA256",
    "FC2-HTTP-TRIGGER",
    "MNS-HMAC-SHA1",
];

/// Schemes that sign decoded text, where these characters would give another request the same text (SIG-13).
const DECODED: &[&str] =
    &["ROA-HMAC-SHA1", "OSS-V1", "OSS-V1-PRESIGN", "SLS-V1", "FC2-HTTP-TRIGGER"];

/// The host, and the beginning of headers that are signed.
fn place(scheme: &str) -> (&'static str, &'static str) {
    match scheme.split('-').next().unwrap() {
        "OSS" => ("vec-bucket.oss-cn-hangzhou.aliyuncs.com", "x-oss-z"),
        "SLS" => ("vec-project.cn-hangzhou.log.aliyuncs.com", "x-log-z"),
        "OTS" => ("vec-inst.cn-hangzhou.ots.aliyuncs.com", "x-ots-z"),
        "FC2" => ("1234567890123456.cn-hangzhou.fc.aliyuncs.com", "x-fc-z"),
        "MNS" => ("1234567890123456.mns.cn-hangzhou.aliyuncs.com", "x-mns-z"),
        "RPC" => ("ecs.cn-hangzhou.aliyuncs.com", ""),
        _ if scheme == "ACS3-FC-TRIGGER" => ("fn-abc.cn-hangzhou.fcapp.run", "x-acs-z"),
        _ => ("ecs.cn-hangzhou.aliyuncs.com", "x-acs-z"),
    }
}

const ODD: &[char] = &[
    'a', 'B', '7', ' ', '+', '*', '~', '%', '&', '=', '/', '?', '#', '\'', '(', ')', '!', ':', '@',
    ',', ';', '$', '-', '_', '.', '"', '<', '\\', '|', 'é', '文', '😀',
];

fn odd(size: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    vec(select(ODD), size).prop_map(|chars| chars.into_iter().collect())
}

/// A value as a header carries it: no blanks at its ends.
fn header_value() -> impl Strategy<Value = String> {
    odd(0..8).prop_map(|text| text.trim().to_owned())
}

/// How a client writes a character that it need not escape, or may escape otherwise.
#[derive(Clone, Copy, Debug)]
pub enum Spelling {
    Strict,
    /// `! ' ( ) * , : @ $ ;` as they are.
    Bare,
    /// Lower-case hex digits.
    Lower,
}

fn spell(text: &str, spelling: Spelling) -> String {
    match spelling {
        Spelling::Strict => enc(text),
        Spelling::Bare => text
            .chars()
            .map(|c| if "!'()*,:@$;".contains(c) { c.to_string() } else { enc(&c.to_string()) })
            .collect(),
        Spelling::Lower => {
            let escape = |c: char| {
                let escaped = enc(&c.to_string());
                if escaped.len() > 1 { escaped.to_lowercase() } else { escaped }
            };
            text.chars().map(escape).collect()
        }
    }
}

fn spelling() -> impl Strategy<Value = Spelling> {
    select(vec![Spelling::Strict, Spelling::Bare, Spelling::Lower])
}

type Pairs = Vec<(String, String)>;

/// Parameters with names of their own, some without a value. OSS V1 signs listed names alone.
fn pairs(scheme: &'static str) -> BoxedStrategy<Pairs> {
    let clean = move |text: String| {
        let out: &[char] = if DECODED.contains(&scheme) { &['&', '=', '?', '\n'] } else { &[] };
        text.replace(out, "x")
    };
    let name = match scheme {
        "OSS-V1" | "OSS-V1-PRESIGN" => {
            select(vec!["acl", "uploadId", "partNumber", "x-oss-zone", "response-expires"])
                .prop_map(str::to_owned)
                .boxed()
        }
        // A name that a common parameter has but for its case would be refused.
        _ => odd(0..5).prop_map(move |name| format!("z{}", clean(name))).boxed(),
    };
    let value = odd(0..6).prop_map(clean);
    btree_map(name, value, 0..5).prop_map(|map| map.into_iter().collect()).boxed()
}

fn content_type(scheme: &'static str) -> BoxedStrategy<Option<String>> {
    // A receiver of RPC refuses a body that is no form.
    if scheme.starts_with("RPC") {
        return Just(None).boxed();
    }
    option::of(select(vec!["text/plain; charset=utf-8", "application/x-protobuf"]))
        .prop_map(|kind| kind.map(str::to_owned))
        .boxed()
}

fn session() -> impl Strategy<Value = (String, Option<String>)> {
    let token = "[!-~]{1,20}".prop_map(|token| ("STS.NxTest01".to_owned(), Some(token)));
    prop_oneof![Just(("LTAI5tTest0001".to_owned(), None)), token]
}

fn method(scheme: &'static str) -> BoxedStrategy<String> {
    let methods: &[&str] = match scheme {
        "OTS-V2" | "OTS-V4" => &["POST"],
        _ if scheme.starts_with("RPC") => &["GET", "POST"],
        _ => &["GET", "POST", "PUT", "DELETE", "HEAD"],
    };
    select(methods).prop_map(str::to_owned).boxed()
}

fn segments(scheme: &'static str) -> BoxedStrategy<Vec<String>> {
    if scheme.starts_with("RPC") {
        return Just(vec![String::new()]).boxed();
    }
    let clean = move |text: String| {
        let out: &[char] = match scheme {
            // Escaped slashes are refused: the text has them decoded.
            "FC2-HMAC-SHA256" | "FC2-HTTP-TRIGGER" => &['?', '/'],
            _ if DECODED.contains(&scheme) => &['?'],
            _ => &[],
        };
        // `+` in a key of OSS V1 has two readings, of which the client means the literal one, escaped.
        text.replace(out, "x")
    };
    vec(odd(1..5).prop_map(clean), 1..4).boxed()
}

/// A request, and what the client of it means.
pub fn plain() -> impl Strategy<Value = Plain> {
    select(SCHEMES).prop_flat_map(|scheme| {
        let headers = btree_map("[a-z0-9]{1,4}", header_value(), 0..3);
        let parts = (segments(scheme), spelling(), pairs(scheme), spelling(), any::<bool>());
        let head = (method(scheme), content_type(scheme), headers, option::of("[a-z]{1,6}"));
        let rest = (vec(any::<u8>(), 0..40), pairs(scheme), session());
        (parts, head, rest).prop_map(move |(parts, head, rest)| build(scheme, parts, head, rest))
    })
}

type Parts = (Vec<String>, Spelling, Pairs, Spelling, bool);
type Head = (String, Option<String>, std::collections::BTreeMap<String, String>, Option<String>);
type Rest = (Vec<u8>, Pairs, (String, Option<String>));

fn build(scheme: &'static str, parts: Parts, head: Head, rest: Rest) -> Plain {
    let (segments, path_spelling, mut pairs, query_spelling, plus) = parts;
    let (method, mut content_type, extra_headers, extra) = head;
    let (mut body, form, (id, token)) = rest;
    let (host, prefix) = place(scheme);
    // The first text of ACS3 is that of strict clients, whichever way the path is spelt.
    let path: Vec<String> = segments.iter().map(|segment| spell(segment, path_spelling)).collect();
    let mut form_fields = Vec::new();
    if scheme.starts_with("RPC") {
        pairs.push(("Action".into(), "DescribeRegions".into()));
        pairs.push(("Version".into(), "2014-05-26".into()));
        body.clear();
        if method == "POST" {
            form_fields = form;
            form_fields.retain(|(name, _)| pairs.iter().all(|(known, _)| known != name));
        }
        if !form_fields.is_empty() {
            body = write(&form_fields, query_spelling, plus).into_bytes();
            content_type = Some("application/x-www-form-urlencoded".into());
        }
    }
    let mut headers: Pairs =
        extra_headers.into_iter().map(|(name, value)| (format!("{prefix}{name}"), value)).collect();
    if prefix.is_empty() {
        headers.clear();
    }
    if scheme.starts_with("ACS3") && scheme != "ACS3-FC-TRIGGER" {
        headers.push(("x-acs-version".into(), "2014-05-26".into()));
        headers.push(("x-acs-action".into(), "DescribeRegions".into()));
    }
    // What a scheme signs of a path or of a body, but not in a URL.
    let signs_extra = ["ACS3", "OSS-V2", "OSS-V4"].iter().any(|start| scheme.starts_with(start));
    if scheme.ends_with("PRESIGN") || scheme == "SLS-V1" && method == "GET" {
        body.clear();
    }
    let raw_query = write(&pairs, query_spelling, plus);
    Plain {
        scheme,
        method,
        host: host.to_owned(),
        raw_path: format!("/{}", path.join("/")),
        segments,
        raw_query,
        pairs,
        form: form_fields,
        content_type,
        headers,
        extra: extra.filter(|_| signs_extra),
        body,
        id,
        secret: "v3ctorSecretAlpha/0123456789+abcdEF".into(),
        token,
    }
}

/// A query or a form; `plus`: a space is written so.
fn write(pairs: &[(String, String)], spelling: Spelling, plus: bool) -> String {
    let word = |text: &str| {
        let text = spell(text, spelling);
        if plus { text.replace("%20", "+") } else { text }
    };
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", word(name), word(value))).collect();
    pairs.join("&")
}
