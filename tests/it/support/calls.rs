//! A request as a case writes it, and what the catalogue says that it means.

use std::collections::BTreeMap;

use http::Request;
use ramgate::catalog::{
    BodyNeed, Buckets, Callbacks, Catalog, Confidence, Content, Context, Style, Trust,
};
use ramgate::request::{Head, HeadLimits, Multipart, Params};
use ramgate::signature::{Family, Site};
use ramgate::strict::{Json, JsonLimits, json};
use serde::Deserialize;

/// A request; parameters are written decoded.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Call {
    pub method: String,
    pub host: String,
    pub path: String,
    pub query: Pairs,
    pub headers: Pairs,
    pub body: Option<String>,
    pub form: Pairs,
    pub filename: Option<String>,
}

/// Pairs as an object or as a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Pairs {
    List(Vec<(String, String)>),
    Map(BTreeMap<String, String>),
}

impl Default for Pairs {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Pairs {
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        let owned = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::List(owned.collect())
    }

    pub fn list(&self) -> Vec<(&str, &str)> {
        match self {
            Self::List(pairs) => pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect(),
            Self::Map(pairs) => pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Check {
    pub action: String,
    pub resources: Vec<String>,
}

/// What the route says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Route<'r> {
    pub literal_paths: bool,
    pub region: Option<&'r str>,
    pub buckets: Option<&'r Buckets>,
    pub plus_is_space: bool,
    pub callbacks: Callbacks,
    pub min_confidence: Option<Confidence>,
}

/// The operation and its checks, or the word of the refusal.
pub type Meaning = Result<(String, Vec<Check>), String>;

pub fn builtin() -> Catalog {
    Catalog::compile(Catalog::builtin_files()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

pub fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(one).collect()
}

const BOUNDARY: &str = "ramgate-boundary";

impl Call {
    pub fn head(&self) -> Head {
        let query: Vec<String> = self
            .query
            .list()
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let mark = if self.path.contains('?') { "&" } else { "?" };
        let target = if query.is_empty() {
            self.path.clone()
        } else {
            format!("{}{mark}{}", self.path, query.join("&"))
        };
        let mut request =
            Request::builder().method(self.method.as_str()).uri(target).header("host", &self.host);
        for (name, value) in self.headers.list() {
            request = request.header(name, value);
        }
        if self.is_upload() {
            let kind = format!("multipart/form-data; boundary={BOUNDARY}");
            request = request.header("content-type", kind);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        Head::parse(parts, &HeadLimits::default()).unwrap()
    }

    fn is_upload(&self) -> bool {
        !self.form.list().is_empty()
    }

    /// The bytes of the body.
    pub fn content(&self) -> Option<Vec<u8>> {
        if !self.is_upload() {
            return self.body.clone().map(String::into_bytes);
        }
        let mut text = String::new();
        for (name, value) in self.form.list() {
            text += &format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        let filename = self.filename.as_deref().unwrap_or("upload.bin");
        text += &format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{filename}\"\r\n\r\nx\r\n--{BOUNDARY}--\r\n"
        );
        Some(text.into_bytes())
    }
}

/// What a call means, through the functions that serve.
pub fn resolve(
    catalog: &Catalog,
    call: &Call,
    route: &Route<'_>,
) -> Result<ramgate::catalog::Call, String> {
    let word = |unreadable: ramgate::catalog::Unreadable| unreadable.word.as_str().to_owned();
    let head = call.head();
    let located = catalog.locate(head.host()).map_err(word)?;
    let body = call.content();
    let text = body.as_deref().map(|body| std::str::from_utf8(body).unwrap());
    let need = located.need(&head);
    let rpc_form = located.product().style() == Style::Rpc && head.is_form();
    let form = text.filter(|_| rpc_form).map(|body| Params::parse(body, 100).unwrap());
    let parsed: Option<Json> = text
        .filter(|_| need == BodyNeed::Json)
        .and_then(|body| json(body, JsonLimits::default()).ok());
    let kind = head.one("content-type").unwrap().unwrap_or_default();
    let upload = body
        .as_deref()
        .filter(|_| need == BodyNeed::Upload)
        .and_then(|body| Multipart::parse(kind, body).ok().map(|(form, _file)| form));
    let content = match (&form, &parsed, &upload, &body) {
        (Some(form), ..) => Content::Form(form),
        (None, Some(json), ..) => Content::Json(json),
        (None, None, Some(upload), _) => Content::Upload(upload),
        (None, None, None, None) => Content::Empty,
        (None, None, None, Some(body)) if need == BodyNeed::Text => Content::Text(body),
        (None, None, None, Some(_)) => Content::Opaque,
    };
    let cname = [("img.example.com".to_owned(), "cname-bucket".to_owned())];
    let site = Site { path_style: true, cname: &cname, ..Site::new(Family::Oss) };
    let context = Context {
        account: super::ACCOUNT.parse().unwrap(),
        region: route.region,
        buckets: route.buckets,
        user: Some("alice"),
        literal_paths: route.literal_paths,
        site: &site,
        plus_is_space: route.plus_is_space,
        trust: Trust::default(),
        callbacks: route.callbacks,
        min_confidence: route.min_confidence,
    };
    located.resolve(&head, &content, &context).map_err(word)
}

/// The same, as cases write it.
pub fn read(catalog: &Catalog, call: &Call, route: &Route<'_>) -> Meaning {
    let call = resolve(catalog, call, route)?;
    let checks = call.checks.iter().map(|check| {
        let mut resources: Vec<String> = check.resources.iter().map(ToString::to_string).collect();
        resources.sort();
        Check { action: format!("{}:{}", check.service, check.operation), resources }
    });
    let mut checks: Vec<Check> = checks.collect();
    checks.sort();
    Ok((call.operation, checks))
}
