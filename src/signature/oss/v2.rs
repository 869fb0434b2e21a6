//! V2: the whole query, HMAC-SHA256 with the secret as it is (5.7).

use crate::request::Head;

use super::super::body::{BodyRule, Md5Spelling};
use super::super::canonical::{encode_into, push_all};
use super::super::claim::Time;
use super::super::elements::{
    access_key_id, base64_signature, fields, first_lines, http_date, no_repeats, required, token,
};
use super::super::{Claim, Scheme, SignatureError, Site};
use super::resource::place;
use super::{additional, parameter, query_without_signature, seconds, signed_headers, until};

/// Reads the claim from the `Authorization` header.
pub(in super::super) fn claim(
    head: &Head,
    rest: &str,
    site: &Site<'_>,
) -> Result<Claim, SignatureError> {
    let fields = fields(rest, ':', ["AccessKeyId", "AdditionalHeaders", "Signature"]);
    let Some([Some(id), listed, Some(signature)]) = fields else {
        return Err(SignatureError::Incomplete(
            "Authorization is not `OSS2 AccessKeyId:…,AdditionalHeaders:…,Signature:…`",
        ));
    };
    let access_key_id = access_key_id(id)?;
    let signature = base64_signature(signature, Scheme::OssV2)?;
    let time = Time::Window(http_date(required(head, "date", "Date")?)?);
    let security_token = token(&access_key_id, head.one("x-oss-security-token")?)?;
    let claim = Claim::new(Scheme::OssV2, access_key_id, time, signature);
    finish(Claim { security_token, ..claim }, head, listed, site)
}

/// Reads the claim from the query.
pub(in super::super) fn presigned(head: &Head, site: &Site<'_>) -> Result<Claim, SignatureError> {
    let scheme = Scheme::OssV2Presign;
    let access_key_id = access_key_id(parameter(head, "x-oss-access-key-id")?)?;
    let signature = base64_signature(parameter(head, "x-oss-signature")?, scheme)?;
    let expires = seconds(parameter(head, "x-oss-expires")?)?;
    let security_token = token(&access_key_id, head.query().get("security-token"))?;
    let claim = until(scheme, access_key_id, expires, site, signature);
    let listed = head.query().get("x-oss-additional-headers");
    finish(Claim { security_token, ..claim }, head, listed, site)
}

fn finish(
    claim: Claim,
    head: &Head,
    listed: Option<&str>,
    site: &Site<'_>,
) -> Result<Claim, SignatureError> {
    no_repeats(head.query())?;
    place(head, site)?;
    let listed_headers = additional(head, listed)?;
    signed_headers(head, &["content-type"], &listed_headers)?;
    let body = BodyRule::md5_or_unsigned(head.one("content-md5")?, &[Md5Spelling::Base64]);
    Ok(Claim { body, listed_headers, ..claim })
}

/// The one string to sign.
pub(in super::super) fn text(
    claim: &Claim,
    head: &Head,
    site: &Site<'_>,
) -> Result<String, SignatureError> {
    let date = match claim.scheme {
        Scheme::OssV2Presign => parameter(head, "x-oss-expires")?,
        _ => required(head, "date", "Date")?,
    };
    let place = place(head, site)?;
    let query = query_without_signature(head);
    let mark = if query.is_empty() { "" } else { "?" };
    let mut out = first_lines(head, date, &signed_headers(head, &[], &claim.listed_headers)?)?;
    push_all(&mut out, &[&claim.listed_headers, "\n"]);
    encode_into(&mut out, &place.prefix());
    encode_into(&mut out, &place.key());
    push_all(&mut out, &[mark, &query]);
    Ok(out)
}
