//! Table Store: every `x-ots-` header, and the body through its MD5 (section 7).

use http::Method;

use crate::request::Head;

use super::body::{BodyRule, Md5Spelling};
use super::canonical::{HEADERS_BYTES, push_all, push_headers};
use super::claim::{Scope, Time};
use super::elements::{access_key_id, base64_signature, iso, required, token};
use super::{Claim, Scheme, SignatureError, Site};

/// The headers that carry a signature; they do not sign themselves.
pub(super) const HEADERS: [&str; 2] = ["x-ots-signature", "x-ots-signaturev4"];
const SCHEMES: [Scheme; 2] = [Scheme::OtsV2, Scheme::OtsV4];
const PRODUCT: &str = "ots";
pub(super) const PREFIX: &str = "x-ots-";

/// Which of the two it is, by the header that is there.
pub(super) fn scheme(head: &Head) -> Option<(Scheme, &'static str)> {
    let mut known = SCHEMES.into_iter().zip(HEADERS);
    known.find(|(_, name)| head.has(name))
}

/// Reads the claim from the head.
pub(super) fn claim(
    head: &Head,
    scheme: Scheme,
    header: &'static str,
    site: &Site<'_>,
) -> Result<Claim, SignatureError> {
    if head.method() != Method::POST {
        return Err(SignatureError::InvalidParameter("calls of this service are POST".into()));
    }
    let signature = base64_signature(required(head, header, header)?, scheme)?;
    let signed_at = iso(required(head, "x-ots-date", "x-ots-date")?)?;
    let id = required(head, "x-ots-accesskeyid", "x-ots-accesskeyid")?;
    let access_key_id = access_key_id(id)?;
    required(head, "x-ots-apiversion", "x-ots-apiversion")?;
    let md5 = required(head, "x-ots-contentmd5", "x-ots-contentmd5")?;
    head.prefixed(PREFIX)?;
    // The host is as good as listed where it says what a signed header says.
    let listed_headers = if names_instance(head)? { "host".into() } else { Box::default() };
    Ok(Claim {
        listed_headers,
        security_token: token(&access_key_id, head.one("x-ots-ststoken")?)?,
        body: BodyRule::md5_or_unsigned(Some(md5), &[Md5Spelling::Base64]),
        scope: if scheme == Scheme::OtsV4 { scope(head, site)? } else { Scope::default() },
        ..Claim::new(scheme, access_key_id, Time::Window(signed_at), signature)
    })
}

/// What the key of V4 is derived for.
fn scope(head: &Head, site: &Site<'_>) -> Result<Scope, SignatureError> {
    let day = required(head, "x-ots-signdate", "x-ots-signdate")?;
    let region = required(head, "x-ots-signregion", "x-ots-signregion")?;
    if day.len() != 8 || !day.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SignatureError::TimestampFormat);
    }
    if site.region.is_some_and(|known| known != region) {
        return Err(SignatureError::InvalidParameter(
            "x-ots-signregion names another region than the host's".into(),
        ));
    }
    Ok(Scope { day: day.into(), region: region.into(), product: PRODUCT.into() })
}

/// Whether the host names an instance, which is that in the head then (SIG-90).
fn names_instance(head: &Head) -> Result<bool, SignatureError> {
    let instance = required(head, "x-ots-instancename", "x-ots-instancename")?;
    match host_instance(head.host_name()) {
        Some(own) if !own.eq_ignore_ascii_case(instance) => {
            Err(SignatureError::InvalidParameter("x-ots-instancename is not the host's".into()))
        }
        own => Ok(own.is_some()),
    }
}

/// `<instance>.<region>[.vpc].<service>.aliyuncs.com`, with any service: a host of the vendor with a label before its
/// region names an instance. Other hosts name none.
fn host_instance(host: &str) -> Option<&str> {
    let (instance, rest) = host.strip_suffix(".aliyuncs.com")?.split_once('.')?;
    rest.contains('.').then_some(instance)
}

/// The one string to sign; V4 ends with the name of the product.
pub(super) fn text(claim: &Claim, head: &Head) -> Result<String, SignatureError> {
    let mut headers = head.prefixed(PREFIX)?;
    headers.retain(|(name, _)| !HEADERS.contains(name));
    let query = head.raw_query().unwrap_or_default();
    let end = if claim.scheme == Scheme::OtsV4 { PRODUCT } else { "" };
    let mut out = String::with_capacity(HEADERS_BYTES);
    push_all(&mut out, &[head.raw_path(), "\nPOST\n", query, "\n"]);
    push_headers(&mut out, &headers);
    out.push_str(end);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::host_instance;

    #[test]
    fn instances_of_hosts() {
        for (host, expected) in [
            ("inst.cn-hangzhou.ots.aliyuncs.com", Some("inst")),
            ("inst.cn-hangzhou.ots-internal.aliyuncs.com", Some("inst")),
            ("inst.cn-hangzhou.vpc.ots.aliyuncs.com", Some("inst")),
            ("inst.cn-hangzhou.tablestore.aliyuncs.com", Some("inst")),
            ("inst.cn-hangzhou.vpc.tablestore.aliyuncs.com", Some("inst")),
            ("cn-hangzhou.ots.aliyuncs.com", None),
            ("ots.aliyuncs.com", None),
            ("aliyuncs.com", None),
            ("tables.example.com", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(host_instance(host), expected, "{host}");
        }
    }
}
