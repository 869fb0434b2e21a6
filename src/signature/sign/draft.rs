//! A request on its way to being signed, and how its parts are read and changed. What is not changed stays byte for byte.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderName, HeaderValue};

use crate::request::{Head, percent_decode};

use super::super::canonical::encode;
use super::super::{Scheme, SignatureError};
use super::elements::{Elements, Place};
use super::{LIMITS, SignError, form};

/// A request, as it goes over the wire.
#[derive(Clone)]
pub struct Request<'b> {
    /// The method.
    pub method: String,
    /// Path and query, escaped.
    pub target: String,
    /// The headers, `Host` among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body<'b>,
}

/// A body, or what is known of it.
#[derive(Clone)]
pub enum Body<'b> {
    /// All of it. Digests that the scheme has are added.
    Bytes(Cow<'b, [u8]>),
    /// It comes later; these digests are known.
    Elsewhere(Digests),
    /// A browser form, which becomes bytes when it is signed.
    Form(Upload<'b>),
}

/// Digests of a body that is not here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Digests {
    /// MD5.
    pub md5: Option<[u8; 16]>,
    /// SHA-256.
    pub sha256: Option<[u8; 32]>,
    /// SM3.
    pub sm3: Option<[u8; 32]>,
}

/// A browser form: fields, then a file.
#[derive(Clone)]
pub struct Upload<'b> {
    /// The fields, `key` among them.
    pub fields: Vec<(String, String)>,
    /// The name of the file.
    pub file_name: String,
    /// The file.
    pub file: Cow<'b, [u8]>,
}

/// Headers, parameters and fields may carry tokens: only the method is shown.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(..)")
    }
}

impl fmt::Debug for Upload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Upload(..)")
    }
}

impl Request<'_> {
    /// Without what a signature of `scheme` left: credentials, date, nonce and digests. Needed before a request is signed
    /// again by somebody else, or at another time.
    #[must_use]
    pub fn unsigned(mut self, scheme: Scheme) -> Self {
        let elements = Elements::of(scheme);
        if elements.place == Place::Headers {
            self.remove(Place::Headers, "authorization");
        }
        for name in elements.names() {
            self.remove(elements.place, name);
        }
        for name in elements.digest_headers() {
            self.remove(Place::Headers, name);
        }
        self
    }

    /// The value of a header; names are compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }

    /// The body, where it is here.
    pub fn bytes(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Bytes(bytes) => Some(bytes),
            Body::Elsewhere(_) | Body::Form(_) => None,
        }
    }

    /// The same request, its body borrowed.
    pub(super) fn shallow(&self) -> Request<'_> {
        let body = match &self.body {
            Body::Bytes(bytes) => Body::Bytes(Cow::Borrowed(bytes)),
            Body::Elsewhere(digests) => Body::Elsewhere(*digests),
            Body::Form(upload) => Body::Form(Upload {
                fields: upload.fields.clone(),
                file_name: upload.file_name.clone(),
                file: Cow::Borrowed(&upload.file),
            }),
        };
        Request {
            method: self.method.clone(),
            target: self.target.clone(),
            headers: self.headers.clone(),
            body,
        }
    }

    /// The head as a receiver parses it.
    pub(super) fn head(&self) -> Result<Head, SignError> {
        let mut request =
            http::Request::builder().method(self.method.as_str()).uri(self.target.as_str());
        let headers = request.headers_mut().ok_or(SignError::Unwritable("method or target"))?;
        for (name, value) in &self.headers {
            let wrong = || SignError::Unwritable("header");
            let name: HeaderName = name.parse().map_err(|_name| wrong())?;
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_value| wrong())?;
            headers.append(name, value);
        }
        let target = || SignError::Unwritable("method or target");
        let (parts, ()) = request.body(()).map_err(|_parts| target())?.into_parts();
        // The type drops a fragment in silence.
        if parts.uri.path_and_query().map(http::uri::PathAndQuery::as_str) != Some(&*self.target) {
            return Err(target());
        }
        Head::parse(parts, &LIMITS).map_err(|error| SignatureError::from(error).into())
    }

    /// Whether an element is there.
    pub(super) fn get(&self, place: Place, name: &str) -> Option<Cow<'_, str>> {
        match (place, &self.body) {
            (Place::Headers, _) => self.header(name).map(Cow::Borrowed),
            (Place::Parameters, Body::Bytes(bytes)) => {
                parameter(self.query(), name).or_else(|| parameter(self.form(bytes)?, name))
            }
            (Place::Query | Place::Parameters, _) => parameter(self.query(), name),
            (Place::Fields, Body::Form(upload)) => {
                form::field(upload, name).map(|value| Cow::Borrowed(value.as_str()))
            }
            (Place::Fields, _) => None,
        }
    }

    /// Adds an element that is not there yet.
    pub(super) fn fill(&mut self, place: Place, name: &str, value: &str) {
        if self.get(place, name).is_none() {
            self.add(place, name, value);
        }
    }

    /// Adds an element in the place of any that is there.
    pub(super) fn set(&mut self, place: Place, name: &str, value: &str) {
        self.remove(place, name);
        self.add(place, name, value);
    }

    fn add(&mut self, place: Place, name: &str, value: &str) {
        match (place, &mut self.body) {
            (Place::Headers, _) => self.headers.push((name.to_owned(), value.to_owned())),
            (Place::Query | Place::Parameters, _) => {
                let mark = match self.target.split_once('?') {
                    None => "?",
                    Some((_, "")) => "",
                    Some(_) => "&",
                };
                let pair = format!("{mark}{}={}", encode(name), encode(value));
                self.target.push_str(&pair);
            }
            (Place::Fields, Body::Form(upload)) => {
                upload.fields.push((name.to_owned(), value.to_owned()));
            }
            (Place::Fields, _) => {}
        }
    }

    /// Removes an element.
    pub(super) fn remove(&mut self, place: Place, name: &str) {
        match (place, &mut self.body) {
            (Place::Headers, _) => {
                self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            }
            (Place::Query, _) => self.remove_from_query(name),
            (Place::Parameters, _) => {
                self.remove_from_query(name);
                self.remove_from_form(name);
            }
            (Place::Fields, Body::Form(upload)) => {
                upload.fields.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            }
            (Place::Fields, _) => {}
        }
    }

    fn remove_from_query(&mut self, name: &str) {
        let query = self.query();
        if parameter(query, name).is_some() {
            let path = self.target.split('?').next().unwrap_or_default();
            let rest = without(query, name);
            self.target = if rest.is_empty() { path.to_owned() } else { format!("{path}?{rest}") };
        }
    }

    fn remove_from_form(&mut self, name: &str) {
        let Some(form) = self.bytes().and_then(|bytes| self.form(bytes)) else { return };
        if parameter(form, name).is_some() {
            self.body = Body::Bytes(Cow::Owned(without(form, name).into_bytes()));
        }
    }

    fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The body as the text of an urlencoded form, if its type says that it is one.
    fn form<'r>(&self, bytes: &'r [u8]) -> Option<&'r str> {
        let kind = self.header("content-type")?.split(';').next()?.trim();
        let urlencoded = kind.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        std::str::from_utf8(bytes).ok().filter(|_text| urlencoded)
    }
}

fn parameter<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.find(|(known, _)| decoded(known) == name).map(|(_, value)| decoded(value))
}

fn without(query: &str, name: &str) -> String {
    let named = |pair: &&str| decoded(pair.split('=').next().unwrap_or_default()) == name;
    query.split('&').filter(|pair| !named(pair)).collect::<Vec<_>>().join("&")
}

/// As a receiver decodes it; what cannot be decoded is refused when the head is read.
fn decoded(text: &str) -> Cow<'_, str> {
    match percent_decode(&text.replace('+', " ")) {
        Some(decoded) => Cow::Owned(decoded.into_owned()),
        None => Cow::Borrowed(text),
    }
}
