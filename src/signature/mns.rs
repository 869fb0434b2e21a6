//! Message Service: the target as it was sent, the token unsigned (section 9).

use crate::request::Head;

use super::body::{BodyRule, Md5Spelling};
use super::claim::Time;
use super::elements::{date, first_lines, http_date, id_and_signature, no_repeats, token};
use super::{Claim, Scheme, SignatureError};

const PREFIX: &str = "x-mns-";
const DATE: &str = "x-mns-date";

/// Reads the claim from the head; `rest` is the `Authorization` value behind its first word.
pub(super) fn claim(head: &Head, rest: &str) -> Result<Claim, SignatureError> {
    let scheme = Scheme::MnsHmacSha1;
    let (access_key_id, signature) = id_and_signature(rest, scheme)?;
    let signed_at = http_date(date(head, DATE)?)?;
    head.prefixed(PREFIX)?;
    head.one("content-type")?;
    no_repeats(head.query())?;
    let spellings = &[Md5Spelling::Base64OfHex, Md5Spelling::Base64];
    Ok(Claim {
        security_token: token(&access_key_id, head.one("security-token")?)?,
        body: BodyRule::md5_or_unsigned(head.one("content-md5")?, spellings),
        ..Claim::new(scheme, access_key_id, Time::Window(signed_at), signature)
    })
}

/// The one string to sign.
pub(super) fn text(head: &Head) -> Result<String, SignatureError> {
    let (mark, query) = head.raw_query().map_or(("", ""), |query| ("?", query));
    let start = first_lines(head, date(head, DATE)?, &head.prefixed(PREFIX)?)?;
    Ok([&*start, head.raw_path(), mark, query].concat())
}
