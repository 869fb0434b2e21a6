//! Answers of Table Store, which its clients verify (SIG-91).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ident::{SecretKey, UnixSeconds};

use super::super::canonical::push_headers;
use super::super::mac::{self, Algorithm};
use super::super::{Claim, Family, ots};
use super::fill::milliseconds;

const MD5: &str = "x-ots-contentmd5";
const DATE: &str = "x-ots-date";
const CONTENT_TYPE: &str = "x-ots-contenttype";
/// The one kind of body that there is.
const PROTOCOL_BUFFER: &str = "protocol buffer";

/// What is known of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The path of the request, as sent.
    pub path: &'a str,
    /// Its headers; those of other prefixes are left out. A client wants `x-ots-requestid`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The MD5 of its body.
    pub body_md5: [u8; 16],
    /// The time, where the answer has none.
    pub now: UnixSeconds,
}

/// Every `x-ots-` header of the answer, and `authorization`, as the caller who made `claim` will verify them: with its
/// secret, or with the key that its V4 scope derives. `None`: the claim is of another service.
pub fn answer(
    answer: &Answer<'_>,
    claim: &Claim,
    secret: &SecretKey,
) -> Option<Vec<(String, String)>> {
    if claim.scheme.family() != Family::TableStore {
        return None;
    }
    let md5 = STANDARD.encode(answer.body_md5);
    let date = milliseconds(answer.now);
    let given = answer.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), *value));
    let mut headers: Vec<(String, &str)> =
        given.filter(|(name, _)| name.starts_with(ots::PREFIX) && name != MD5).collect();
    for (name, value) in [(DATE, date.as_str()), (CONTENT_TYPE, PROTOCOL_BUFFER)] {
        if headers.iter().all(|(known, _)| known != name) {
            headers.push((name.to_owned(), value));
        }
    }
    headers.push((MD5.to_owned(), &md5));
    headers.sort_unstable();
    let lines: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let mut text = String::new();
    push_headers(&mut text, &lines);
    text.push_str(answer.path);
    let mac = mac::authenticate(Algorithm::HmacSha1, claim, secret, &text)?;
    let authorization = format!("OTS {}:{}", claim.access_key_id, STANDARD.encode(mac));
    let all = headers.into_iter().map(|(name, value)| (name, value.to_owned()));
    Some(all.chain([("authorization".to_owned(), authorization)]).collect())
}
