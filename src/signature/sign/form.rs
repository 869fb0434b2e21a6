//! Browser forms: the policy that is signed, and the form as bytes (5.8).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::ident::UnixSeconds;

use super::super::Site;
use super::super::canonical::hex;
use super::super::oss::place;
use super::draft::{Body, Request, Upload};
use super::elements::{Elements, Place};
use super::fill::milliseconds;
use super::{SignError, Terms};

const POLICY: &str = "policy";
/// A key may name the file so; the receiver puts the name there before it looks at the policy (SIG-72).
const FILE_NAME: &str = "${filename}";

/// A field by its name, in any case (SIG-70).
pub(super) fn field<'u>(upload: &'u Upload<'_>, name: &str) -> Option<&'u String> {
    let mut fields = upload.fields.iter();
    fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Adds the policy: the one that was given, or one that pins the bucket and every field.
pub(super) fn fill_policy(
    request: &mut Request<'_>,
    elements: &Elements,
    terms: &Terms<'_>,
    site: &Site<'_>,
) -> Result<(), SignError> {
    let Body::Form(upload) = &request.body else { return Ok(()) };
    let text = match terms.policy {
        Some(text) => text.to_owned(),
        None if field(upload, POLICY).is_some() => return Ok(()),
        None => {
            let bucket = place(&request.head()?, site)?.bucket().map(str::to_owned);
            policy(upload, bucket.as_deref().unwrap_or_default(), terms)
        }
    };
    request.set(elements.place, POLICY, &STANDARD.encode(text));
    Ok(())
}

/// The narrowest policy: this bucket and these fields, for as long as the terms say.
fn policy(upload: &Upload<'_>, bucket: &str, terms: &Terms<'_>) -> String {
    let until = UnixSeconds(terms.now.0.saturating_add(terms.life_seconds));
    let pin = |name: &str, value: &str| match value.split_once(FILE_NAME) {
        Some((start, _)) => {
            format!("[\"starts-with\",{},{}]", quoted(&format!("${name}")), quoted(start))
        }
        None => format!("{{{}:{}}}", quoted(name), quoted(value)),
    };
    let fields = upload.fields.iter().map(|(name, value)| pin(name, value));
    let conditions: Vec<String> = std::iter::once(pin("bucket", bucket)).chain(fields).collect();
    let expiration = milliseconds(until);
    format!("{{\"expiration\":\"{expiration}\",\"conditions\":[{}]}}", conditions.join(","))
}

/// A text as JSON writes it.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// Turns a form into bytes, with the header that says so. Any other body stays.
pub(super) fn write(request: &mut Request<'_>) -> Result<(), SignError> {
    let Body::Form(upload) = &request.body else { return Ok(()) };
    let plain = |text: &str| !text.contains(['"', '\\', '\r', '\n']);
    if !upload.fields.iter().all(|(name, _)| plain(name)) || !plain(&upload.file_name) {
        return Err(SignError::Unwritable("name of a field or a file"));
    }
    let boundary = boundary(upload);
    let bytes = multipart(upload, &boundary);
    request.body = Body::Bytes(Cow::Owned(bytes));
    let kind = format!("multipart/form-data; boundary={boundary}");
    request.set(Place::Headers, "content-type", &kind);
    Ok(())
}

/// A digest of everything that it must not occur in: nobody can have put it there.
fn boundary(upload: &Upload<'_>) -> String {
    let mut hash = Sha256::new();
    for (name, value) in &upload.fields {
        hash.update(name);
        hash.update(value);
    }
    hash.update(&upload.file);
    hex(&hash.finalize())
}

fn multipart(upload: &Upload<'_>, boundary: &str) -> Vec<u8> {
    let head =
        |name: &str| format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"");
    let mut bytes = Vec::with_capacity(upload.file.len() + 4096);
    for (name, value) in &upload.fields {
        bytes.extend_from_slice(format!("{}\r\n\r\n{value}\r\n", head(name)).as_bytes());
    }
    let file = format!("{}; filename=\"{}\"\r\n\r\n", head("file"), upload.file_name);
    bytes.extend_from_slice(file.as_bytes());
    bytes.extend_from_slice(&upload.file);
    bytes.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    bytes
}
