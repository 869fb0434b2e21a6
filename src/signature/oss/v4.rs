//! V4: the whole query, a key derived for a day, a region and a product (5.5, 5.6).

use sha2::{Digest, Sha256};

use crate::ident::{AccessKeyId, UnixSeconds};
use crate::request::Head;

use super::super::body::{BodyRule, Md5Spelling};
use super::super::canonical::{
    HEADERS_BYTES, encode_path_into, hex, push_all, push_headers, unhex_digest,
};
use super::super::claim::{SKEW_SECONDS_MAX, Scope, Time};
use super::super::elements::{
    basic_iso, credential, fields, hex_signature, no_repeats, required, token,
};
use super::super::{Claim, Scheme, SignatureError, Site};
use super::resource::{Place, place};
use super::{
    additional, date, instant, parameter, query_without_signature, seconds, signed_headers,
};

/// The algorithm's name in headers, parameters and texts.
pub(in super::super) const ALGORITHM: &str = "OSS4-HMAC-SHA256";
pub(in super::super) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// Seven days (SIG-66).
pub(super) const LIFE_SECONDS_MAX: i64 = 604_800;

/// Reads the claim from the `Authorization` header.
pub(in super::super) fn claim(
    head: &Head,
    rest: &str,
    site: &Site<'_>,
) -> Result<Claim, SignatureError> {
    let fields = fields(rest, '=', ["Credential", "AdditionalHeaders", "Signature"]);
    let Some([Some(credential), listed, Some(signature)]) = fields else {
        return Err(SignatureError::Incomplete(
            "Authorization is not `OSS4-HMAC-SHA256 Credential=…,AdditionalHeaders=…,Signature=…`",
        ));
    };
    let signature = hex_signature(signature, Scheme::OssV4)?;
    let signed_at = instant(date(head)?)?;
    let (access_key_id, scope) = scope(credential, signed_at, &place(head, site)?, site)?;
    required(head, "x-oss-content-sha256", "x-oss-content-sha256")?;
    let security_token = token(&access_key_id, head.one("x-oss-security-token")?)?;
    let claim = Claim::new(Scheme::OssV4, access_key_id, Time::Window(signed_at), signature);
    finish(Claim { security_token, scope, ..claim }, head, listed)
}

/// Reads the claim from the query.
pub(in super::super) fn presigned(head: &Head, site: &Site<'_>) -> Result<Claim, SignatureError> {
    let scheme = Scheme::OssV4Presign;
    let signature = hex_signature(parameter(head, "x-oss-signature")?, scheme)?;
    let signed_at = basic_iso(parameter(head, "x-oss-date")?)?;
    let life = seconds(parameter(head, "x-oss-expires")?)?;
    if !(1..=LIFE_SECONDS_MAX).contains(&life) {
        return Err(SignatureError::InvalidParameter("x-oss-expires is not 1 to 604800".into()));
    }
    let from = UnixSeconds(signed_at.0.saturating_sub(SKEW_SECONDS_MAX));
    let until = UnixSeconds(signed_at.0.saturating_add(life));
    let credential = parameter(head, "x-oss-credential")?;
    let (access_key_id, scope) = scope(credential, signed_at, &place(head, site)?, site)?;
    if head.one("x-oss-security-token")?.is_some() {
        return Err(SignatureError::InvalidParameter("the token of a URL is in the URL".into()));
    }
    let security_token = token(&access_key_id, head.query().get("x-oss-security-token"))?;
    let time = Time::Until { from, until };
    let claim = Claim::new(scheme, access_key_id, time, signature);
    let listed = head.query().get("x-oss-additional-headers");
    finish(Claim { security_token, scope, ..claim }, head, listed)
}

fn finish(claim: Claim, head: &Head, listed: Option<&str>) -> Result<Claim, SignatureError> {
    no_repeats(head.query())?;
    let listed_headers = additional(head, listed)?;
    signed_headers(head, &["content-type", "content-md5"], &listed_headers)?;
    Ok(Claim { listed_headers, body: body_rule(head)?, ..claim })
}

/// The scope fits the day of the request and the endpoint (SIG-62, SIG-63).
pub(super) fn scope(
    text: &str,
    signed_at: UnixSeconds,
    place: &Place<'_>,
    site: &Site<'_>,
) -> Result<(AccessKeyId, Scope), SignatureError> {
    let (id, scope) = credential(text, signed_at)?;
    let region = site.region.or(place.region());
    if *scope.product != *place.product() || region.is_some_and(|region| *scope.region != *region) {
        return Err(SignatureError::InvalidParameter(
            "the scope names another region or product than the host".into(),
        ));
    }
    Ok((id, scope))
}

/// A digest, or the word that there is none; then `Content-MD5` speaks, if it is there (SIG-64).
fn body_rule(head: &Head) -> Result<BodyRule, SignatureError> {
    let md5 = head.one("content-md5")?;
    match head.one("x-oss-content-sha256")? {
        None | Some(UNSIGNED_PAYLOAD) => Ok(BodyRule::md5_or_unsigned(md5, &[Md5Spelling::Base64])),
        Some(text) => unhex_digest(text).map(BodyRule::Sha256).ok_or_else(|| {
            let reason = "x-oss-content-sha256 is neither UNSIGNED-PAYLOAD nor a SHA-256";
            SignatureError::InvalidParameter(reason.into())
        }),
    }
}

/// The one string to sign.
pub(in super::super) fn text(
    claim: &Claim,
    head: &Head,
    site: &Site<'_>,
) -> Result<String, SignatureError> {
    let date = match claim.scheme {
        Scheme::OssV4Presign => parameter(head, "x-oss-date")?,
        _ => date(head)?,
    };
    let digest = hex(&Sha256::digest(canonical_request(claim, head, site)?));
    Ok([ALGORITHM, "\n", date, "\n", &claim.scope.as_text(), "\n", &digest].concat())
}

/// What the string to sign has the digest of.
pub(in super::super) fn canonical_request(
    claim: &Claim,
    head: &Head,
    site: &Site<'_>,
) -> Result<String, SignatureError> {
    let place = place(head, site)?;
    let listed = &claim.listed_headers;
    let headers = signed_headers(head, &["content-type", "content-md5"], listed)?;
    let mut request = String::with_capacity(HEADERS_BYTES);
    push_all(&mut request, &[head.method().as_str(), "\n"]);
    encode_path_into(&mut request, &place.prefix());
    encode_path_into(&mut request, &place.key());
    push_all(&mut request, &["\n", &query_without_signature(head), "\n"]);
    push_headers(&mut request, &headers);
    let payload = head.one("x-oss-content-sha256")?.unwrap_or(UNSIGNED_PAYLOAD);
    push_all(&mut request, &["\n", listed, "\n", payload]);
    Ok(request)
}
