//! HTTP archives (HAR 1.2), as browsers and recording proxies write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::cases::Recorded;
use crate::ident::UnixSeconds;
use crate::signature::encode;
use crate::strict::Json;

use super::super::rewrite::header;
use super::{Capture, CaptureError, HEADERS_MAX, Source, split_target};

/// Reads one entry of an archive.
pub(super) fn archive(value: &Json, number: Option<usize>) -> Result<Capture, CaptureError> {
    let Some(Json::Array(entries)) = value.get("log").and_then(|log| log.get("entries")) else {
        return Err(CaptureError::new("the archive has no `log.entries`"));
    };
    if let Some(number) = number {
        let chosen = number.checked_sub(1).and_then(|index| entries.get(index));
        let missing =
            || format!("the archive has {} entries, and no entry {number}", entries.len());
        return entry(chosen.ok_or_else(|| CaptureError::new(missing()))?);
    }
    let signed = entries.iter().find(|one| {
        let found = entry(one);
        found.is_ok_and(|capture| super::super::shown::access_key_id(&capture.request).is_some())
    });
    let chosen = signed.or(entries.first());
    entry(chosen.ok_or_else(|| CaptureError::new("the archive has no entries"))?)
}

/// Reads an entry.
pub(super) fn entry(value: &Json) -> Result<Capture, CaptureError> {
    let request = value.get("request").ok_or_else(|| missing("request"))?;
    let (target, authority) = split_target(text(request, "url")?);
    if !target.starts_with('/') {
        return Err(CaptureError::new("`url` is no http or https URL"));
    }
    let mut headers = headers(request)?;
    let has_host = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    if let Some(authority) = authority.as_ref().filter(|_| !has_host) {
        headers.push(("host".to_owned(), authority.as_bytes().to_vec()));
    }
    let method = text(request, "method")?.to_owned();
    let mut recorded = Recorded { method, target, headers, body: Bytes::new() };
    let (body, note) = body(request, &recorded)?;
    recorded.body = body;
    let started = value.get("startedDateTime").and_then(Json::as_str);
    Ok(Capture {
        taken_at: started.and_then(instant),
        hosts: authority.into_iter().collect(),
        notes: note.into_iter().collect(),
        ..Capture::of(recorded, Source::Har)
    })
}

/// The headers; of those that begin with a colon (HTTP/2) only the host is one.
fn headers(request: &Json) -> Result<Vec<(String, Vec<u8>)>, CaptureError> {
    let Some(Json::Array(listed)) = request.get("headers") else { return Err(missing("headers")) };
    if listed.len() > HEADERS_MAX {
        return Err(CaptureError::new(format!("more than {HEADERS_MAX} headers")));
    }
    let mut all = Vec::with_capacity(listed.len());
    for one in listed {
        let (name, value) = (text(one, "name")?, text(one, "value")?);
        match name {
            ":authority" => all.push(("host".to_owned(), value.into())),
            name if name.starts_with(':') => {}
            name => all.push((name.to_owned(), value.into())),
        }
    }
    Ok(all)
}

/// The body, and what is odd about it.
fn body(request: &Json, recorded: &Recorded) -> Result<(Bytes, Option<String>), CaptureError> {
    let Some(posted) = request.get("postData").filter(|posted| **posted != Json::Null) else {
        let length = header(recorded, "content-length").filter(|length| *length != "0");
        let note =
            length.map(|length| format!("the archive has no body, and Content-Length is {length}"));
        return Ok((Bytes::new(), note));
    };
    let content = posted.get("text").and_then(Json::as_str).unwrap_or_default();
    if posted.get("encoding").and_then(Json::as_str) == Some("base64") {
        let bytes = STANDARD
            .decode(content)
            .map_err(|_text| CaptureError::new("`postData.text` is not base64"))?;
        return Ok((bytes.into(), None));
    }
    match posted.get("params") {
        Some(Json::Array(params)) if content.is_empty() && !params.is_empty() => {
            let pair = |one: &Json| {
                Ok(format!("{}={}", encode(text(one, "name")?), encode(text(one, "value")?)))
            };
            let pairs: Result<Vec<String>, CaptureError> = params.iter().map(pair).collect();
            let note = "the body is written anew from `postData.params`".to_owned();
            Ok((pairs?.join("&").into_bytes().into(), Some(note)))
        }
        _ => Ok((Bytes::copy_from_slice(content.as_bytes()), None)),
    }
}

/// A time with any offset.
fn instant(text: &str) -> Option<UnixSeconds> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(UnixSeconds(instant.as_second()))
}

fn text<'j>(value: &'j Json, name: &'static str) -> Result<&'j str, CaptureError> {
    value.get(name).and_then(Json::as_str).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> CaptureError {
    CaptureError::new(format!("a request of the archive has no `{name}`"))
}
