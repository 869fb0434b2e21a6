//! Message Service: the target as it was sent, the token unsigned (section 9).

use crate::request::Head;

use super::body::{BodyRule, Md5Spelling};
use super::canonical::header_lines;
use super::claim::Time;
use super::elements::{http_date, id_and_signature, no_repeats, optional, prefixed, token};
use super::{Claim, Scheme, SignatureError};

const PREFIX: &str = "x-mns-";

/// Reads the claim from the head; `rest` is the `Authorization` value behind its first word.
pub(super) fn claim(head: &Head, rest: &str) -> Result<Claim, SignatureError> {
    let scheme = Scheme::MnsHmacSha1;
    let (access_key_id, signature) = id_and_signature(rest, scheme)?;
    let signed_at = http_date(date(head)?)?;
    prefixed(head, PREFIX)?;
    head.one("content-type")?;
    no_repeats(head.query())?;
    let spellings = &[Md5Spelling::Base64OfHex, Md5Spelling::Base64];
    Ok(Claim {
        security_token: token(&access_key_id, head.one("security-token")?)?,
        body: BodyRule::md5_or_unsigned(head.one("content-md5")?, spellings),
        ..Claim::new(scheme, access_key_id, Time::Window(signed_at), signature)
    })
}

/// `Date`, or `x-mns-date` in its place; two must be equal.
fn date(head: &Head) -> Result<&str, SignatureError> {
    match (head.one("date")?, head.one("x-mns-date")?) {
        (Some(date), Some(other)) if date != other => {
            Err(SignatureError::InvalidParameter("x-mns-date is not Date".into()))
        }
        (Some(date), _) | (None, Some(date)) => Ok(date),
        (None, None) => Err(SignatureError::Missing("Date")),
    }
}

/// The one string to sign.
pub(super) fn text(head: &Head) -> Result<String, SignatureError> {
    let query = head.raw_query().map_or_else(String::new, |query| format!("?{query}"));
    Ok(format!(
        "{}\n{}\n{}\n{}\n{}{}{query}",
        head.method(),
        optional(head, "content-md5")?,
        optional(head, "content-type")?,
        date(head)?,
        header_lines(&prefixed(head, PREFIX)?),
        head.raw_path()
    ))
}
