//! Log Service: V1 `LOG` and V4 `SLS4-HMAC-SHA256` (section 6).

use http::Method;
use sha2::{Digest, Sha256};

use crate::request::Head;

use super::body::{BodyRule, Md5Spelling};
use super::canonical::{
    bare_query, bare_query_raw_names, header_lines, hex, unhex_digest, wire_and_decoded,
};
use super::claim::Time;
use super::elements::{
    basic_iso, credential, fields, hex_signature, http_date, id_and_signature, no_repeats, only,
    optional, prefixed, required, token,
};
use super::{Claim, Fits, Scheme, SignatureError, Site};

pub(super) const ALGORITHM: &str = "SLS4-HMAC-SHA256";
pub(super) const PRODUCT: &str = "sls";

/// Reads the claim of V1 (6.1).
pub(super) fn v1_claim(head: &Head, rest: &str) -> Result<Claim, SignatureError> {
    let (access_key_id, signature) = id_and_signature(rest, Scheme::SlsV1)?;
    required(head, "x-log-apiversion", "x-log-apiversion")?;
    required(head, "x-log-signaturemethod", "x-log-signaturemethod")?;
    only(head, "x-log-signaturemethod", "hmac-sha1")?;
    let signed_at = http_date(v1_date(head)?)?;
    signed_headers(head)?;
    head.one("content-type")?;
    no_repeats(head.query())?;
    refuse_ambiguous(head)?;
    Ok(Claim {
        security_token: token(&access_key_id, head.one("x-acs-security-token")?)?,
        body: v1_body(head)?,
        ..Claim::new(Scheme::SlsV1, access_key_id, Time::Window(signed_at), signature)
    })
}

/// `Date`, or `x-log-date` in its place; two must be equal, for one of them is not signed (SIG-80).
fn v1_date(head: &Head) -> Result<&str, SignatureError> {
    match (head.one("date")?, head.one("x-log-date")?) {
        (Some(date), Some(other)) if date != other => {
            Err(SignatureError::InvalidParameter("x-log-date is not Date".into()))
        }
        (Some(date), _) | (None, Some(date)) => Ok(date),
        (None, None) => Err(SignatureError::Missing("Date")),
    }
}

/// A body needs its MD5, but for objects, whose MD5 a client may write in a way of its own (SIG-81).
fn v1_body(head: &Head) -> Result<BodyRule, SignatureError> {
    let md5 = head.one("content-md5")?;
    Ok(match md5 {
        Some(text) if !is_put_object(head) || is_upper_md5(text) => {
            BodyRule::md5_or_unsigned(md5, &[Md5Spelling::UpperHex])
        }
        _ if is_put_object(head) => BodyRule::Unsigned,
        _ => BodyRule::Empty,
    })
}

fn is_upper_md5(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

/// `PUT …/objects/…`: the one call whose body its SDK does not sign (SIG-81, SIG-82).
fn is_put_object(head: &Head) -> bool {
    head.method() == Method::PUT && head.raw_path().contains("/objects/")
}

/// Text that another request would sign as well (SIG-13).
fn refuse_ambiguous(head: &Head) -> Result<(), SignatureError> {
    let mut pairs = head.query().iter();
    let pair = pairs.any(|param| {
        param.name.contains(['&', '=', '\n'])
            || param.value.split('&').skip(1).any(|part| part.contains('='))
    });
    if pair || head.decoded_path().contains('?') {
        return Err(SignatureError::ambiguous());
    }
    Ok(())
}

/// `x-log-` and `x-acs-` headers, sorted, without those that carry an object's own properties.
fn signed_headers(head: &Head) -> Result<Vec<(&str, &str)>, SignatureError> {
    let mut all = prefixed(head, "x-log-")?;
    all.extend(prefixed(head, "x-acs-")?);
    all.retain(|(name, _)| !name.starts_with("x-log-meta-"));
    all.sort_unstable();
    Ok(all)
}

/// The candidates of SIG-80 and SIG-81.
pub(super) fn v1_search(head: &Head, fits: Fits<'_>) -> Result<bool, SignatureError> {
    let with_date = signed_headers(head)?;
    let mut without_date = with_date.clone();
    without_date.retain(|(name, _)| *name != "x-log-date");
    let (kind, date) = (optional(head, "content-type")?, v1_date(head)?);
    for md5 in v1_md5_lines(head)? {
        for headers in [&without_date, &with_date] {
            let start =
                format!("{}\n{md5}\n{kind}\n{date}\n{}", head.method(), header_lines(headers));
            if v1_resources(head).iter().any(|resource| fits(&format!("{start}{resource}"))) {
                return Ok(true);
            }
            if with_date.len() == without_date.len() {
                break;
            }
        }
    }
    Ok(false)
}

fn v1_md5_lines(head: &Head) -> Result<Vec<&str>, SignatureError> {
    Ok(match head.one("content-md5")? {
        Some(md5) if is_put_object(head) && is_upper_md5(md5) => vec![md5, ""],
        Some(_) if is_put_object(head) => vec![""],
        Some(md5) => vec![md5],
        None => vec![""],
    })
}

fn v1_resources(head: &Head) -> Vec<String> {
    let mut pairs: Vec<(&str, &str)> =
        head.query().iter().map(|param| (&*param.name, &*param.value)).collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let queries = match head.raw_query() {
        _ if !pairs.is_empty() => vec![format!("?{}", pairs.join("&"))],
        Some(_) => vec![String::new(), "?".to_owned()],
        None => vec![String::new()],
    };
    let with = |path: String| queries.iter().map(move |query| format!("{path}{query}"));
    wire_and_decoded(head).into_iter().flat_map(with).collect()
}

/// Reads the claim of V4 (6.2).
pub(super) fn v4_claim(head: &Head, rest: &str, site: &Site<'_>) -> Result<Claim, SignatureError> {
    let Some([Some(text), Some(signature)]) = fields(rest, '=', ["Credential", "Signature"]) else {
        return Err(SignatureError::Incomplete(
            "Authorization is not `SLS4-HMAC-SHA256 Credential=…,Signature=…`",
        ));
    };
    let signature = hex_signature(signature, Scheme::SlsV4)?;
    let signed_at = basic_iso(required(head, "x-log-date", "x-log-date")?)?;
    let (access_key_id, scope) = credential(text, signed_at)?;
    let region = site.region.is_none_or(|region| *scope.region == *region);
    if *scope.product != *PRODUCT || !region {
        return Err(SignatureError::InvalidParameter(
            "the scope names another region or product than the host".into(),
        ));
    }
    v4_headers(head)?;
    no_repeats(head.query())?;
    Ok(Claim {
        security_token: token(&access_key_id, head.one("x-acs-security-token")?)?,
        body: v4_body(head)?,
        scope,
        ..Claim::new(Scheme::SlsV4, access_key_id, Time::Window(signed_at), signature)
    })
}

/// The declared digest; one SDK declares that of nothing for an object (SIG-82).
fn v4_body(head: &Head) -> Result<BodyRule, SignatureError> {
    let text = required(head, "x-log-content-sha256", "x-log-content-sha256")?;
    let digest = unhex_digest(text).ok_or_else(|| {
        SignatureError::InvalidParameter("x-log-content-sha256 is no SHA-256".into())
    })?;
    let nothing: [u8; 32] = Sha256::digest(b"").into();
    if is_put_object(head) && digest == nothing {
        return Ok(BodyRule::Unsigned);
    }
    Ok(BodyRule::Sha256(digest))
}

fn v4_headers(head: &Head) -> Result<Vec<(&str, &str)>, SignatureError> {
    let mut all = signed_headers(head)?;
    for name in ["content-type", "host"] {
        all.extend(head.one(name)?.map(|value| (name, value)));
    }
    all.sort_unstable();
    Ok(all)
}

/// Each path with each query of SIG-82.
pub(super) fn v4_search(
    claim: &Claim,
    head: &Head,
    fits: Fits<'_>,
) -> Result<bool, SignatureError> {
    let headers = v4_headers(head)?;
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let tail = format!(
        "{}\n{}\n{}",
        header_lines(&headers),
        names.join(";"),
        optional(head, "x-log-content-sha256")?
    );
    let date = optional(head, "x-log-date")?;
    let pairs = || head.query().iter().map(|param| (&*param.name, &*param.value));
    let mut queries = vec![bare_query(pairs())];
    queries.extend(bare_query_raw_names(pairs()).filter(|raw| queries.first() != Some(raw)));
    let text = |path: &str, query: &str| {
        let digest = hex(&Sha256::digest(format!("{}\n{path}\n{query}\n{tail}", head.method())));
        format!("{ALGORITHM}\n{date}\n{}\n{digest}", claim.scope.as_text())
    };
    let paths = wire_and_decoded(head);
    Ok(paths.iter().any(|path| queries.iter().any(|query| fits(&text(path, query)))))
}
