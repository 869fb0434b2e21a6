//! V1: listed parameters, `x-oss-` headers and a few others; not the host, not the body (5.2 – 5.4).

use std::cmp::Ordering;

use crate::request::Head;

use super::super::body::{BodyRule, Md5Spelling};
use super::super::canonical::{EmptyValue, pair, sorted_decoded_query};
use super::super::claim::Time;
use super::super::elements::{
    access_key_id, base64_signature, first_lines, http_date, id_and_signature, no_repeats, token,
};
use super::super::{Claim, Fits, Reading, Scheme, SignatureError, Site};
use super::resource::{Place, place};
use super::{PREFIX, date, instant, parameter, seconds, until};

/// Parameters that are signed, beside every `x-oss-` one (5.3). The shorter ones first, then sorted: most names are told
/// apart by their length.
const SUB_RESOURCES: &[&str] = &[
    "acl",
    "img",
    "qos",
    "rtc",
    "udf",
    "vip",
    "vod",
    "comp",
    "cors",
    "link",
    "live",
    "seal",
    "stat",
    "worm",
    "cname",
    "group",
    "style",
    "udfId",
    "vpcip",
    "append",
    "delete",
    "policy",
    "status",
    "wormId",
    "endTime",
    "logging",
    "qosInfo",
    "referer",
    "restore",
    "symlink",
    "tagging",
    "udfName",
    "uploads",
    "website",
    "callback",
    "location",
    "position",
    "udfImage",
    "uploadId",
    "versions",
    "inventory",
    "legalHold",
    "lifecycle",
    "metaQuery",
    "retention",
    "startTime",
    "styleName",
    "versionId",
    "asyncFetch",
    "bucketInfo",
    "cloudboxes",
    "encryption",
    "objectInfo",
    "objectMeta",
    "objectWorm",
    "partNumber",
    "regionList",
    "sequential",
    "versioning",
    "wormExtend",
    "accessPoint",
    "httpsConfig",
    "inventoryId",
    "replication",
    "callback-var",
    "policyStatus",
    "qosRequester",
    "resourcePool",
    "udfImageDesc",
    "resourceGroup",
    "requestPayment",
    "responseHeader",
    "security-token",
    "udfApplication",
    "overwriteConfig",
    "withHashContext",
    "requesterQosInfo",
    "resourcePoolInfo",
    "response-expires",
    "accessPointPolicy",
    "publicAccessBlock",
    "udfApplicationLog",
    "continuation-token",
    "cleanRestoredObject",
    "replicationLocation",
    "replicationProgress",
    "resourcePoolBuckets",
    "processConfiguration",
    "redundancyTransition",
    "transferAcceleration",
    "response-content-type",
    "response-cache-control",
    "bucketArchiveDirectRead",
    "response-content-encoding",
    "response-content-language",
    "userDefinedLogFieldsConfig",
    "accessPointForObjectProcess",
    "response-content-disposition",
    "accessPointConfigForObjectProcess",
    "accessPointPolicyForObjectProcess",
];

/// Reads the claim from the `Authorization` header (5.2).
pub(in super::super) fn claim(
    head: &Head,
    rest: &str,
    site: &Site<'_>,
) -> Result<Claim, SignatureError> {
    let (access_key_id, signature) = id_and_signature(rest, Scheme::OssV1)?;
    let signed_at = match head.one("x-oss-date")? {
        Some(date) => instant(date)?,
        None => http_date(date(head)?)?,
    };
    // One SDK sends the token in a header that is not signed; it must fit the key anyway (SIG-58).
    let given = match head.one("x-oss-security-token")? {
        Some(given) => Some(given),
        None => head.one("security-token")?,
    };
    let security_token = token(&access_key_id, given)?;
    let claim = Claim::new(Scheme::OssV1, access_key_id, Time::Window(signed_at), signature);
    finish(Claim { security_token, ..claim }, head, site)
}

/// Reads the claim from the query (5.4).
pub(in super::super) fn presigned(head: &Head, site: &Site<'_>) -> Result<Claim, SignatureError> {
    let scheme = Scheme::OssV1Presign;
    let access_key_id = access_key_id(parameter(head, "OSSAccessKeyId")?)?;
    let signature = base64_signature(parameter(head, "Signature")?, scheme)?;
    let expires = seconds(parameter(head, "Expires")?)?;
    let security_token = token(&access_key_id, head.query().get("security-token"))?;
    let claim = until(scheme, access_key_id, expires, site, signature);
    finish(Claim { security_token, ..claim }, head, site)
}

fn finish(claim: Claim, head: &Head, site: &Site<'_>) -> Result<Claim, SignatureError> {
    no_repeats(head.query())?;
    head.prefixed(PREFIX)?;
    head.one("content-type")?;
    let place = place(head, site)?;
    refuse_ambiguous(head, &place, site)?;
    let md5 = head.one("content-md5")?;
    Ok(Claim { body: BodyRule::md5_or_unsigned(md5, &[Md5Spelling::Base64]), ..claim })
}

/// Text that another request would sign as well (SIG-13). A key with a `?` before a signed name is one: what follows
/// may be the parameter's value, with any `&` in it. So is a name of the open `x-oss-` family that goes on like a pair.
fn refuse_ambiguous(head: &Head, place: &Place<'_>, site: &Site<'_>) -> Result<(), SignatureError> {
    let begins_signed = |text: &str| is_signed(text.split('=').next().unwrap_or(""), site);
    let mut signed = head.query().iter().filter(|param| is_signed(&param.name, site));
    let pair = signed.any(|param| {
        param.name.contains(['&', '=', '\n']) || param.value.split('&').skip(1).any(begins_signed)
    });
    let key = place.key();
    let mut tails = key.match_indices('?').filter_map(|(at, _)| key.get(at + 1..));
    if pair || tails.any(|tail| tail.split('&').take(1).all(begins_signed)) {
        return Err(SignatureError::ambiguous());
    }
    Ok(())
}

fn is_signed(name: &str, site: &Site<'_>) -> bool {
    is_signed_everywhere(name) || site.oss_sub_resources.iter().any(|own| own == name)
}

/// Whether a parameter is signed whatever the operator added.
pub(in crate::signature) fn is_signed_everywhere(name: &str) -> bool {
    let known = || SUB_RESOURCES.binary_search_by(|known| by_length(known, name));
    name.starts_with(PREFIX) || known().is_ok()
}

fn by_length(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// One text for each reading of the key (SIG-53).
pub(in super::super) fn search(
    claim: &Claim,
    head: &Head,
    site: &Site<'_>,
    fits: Fits<'_>,
) -> Result<Option<Reading>, SignatureError> {
    let date = match claim.scheme {
        Scheme::OssV1Presign => parameter(head, "Expires")?,
        _ => date(head)?,
    };
    let start = first_lines(head, date, &head.prefixed(PREFIX)?)?;
    let place = place(head, site)?;
    let bucket = place.prefix();
    let (mark, sub) = sub_resources(head, site);
    let mut fits = |key: &str| fits(&[&*start, &bucket, key, mark, &sub].concat());
    if fits(&place.key()) {
        return Ok(Some(Reading::Literal));
    }
    Ok(place.spaced_key().is_some_and(|key| fits(&key)).then_some(Reading::PlusIsSpace))
}

/// `?` and `name=value&…` of the signed parameters, decoded; an empty value leaves the name alone (SIG-57).
fn sub_resources(head: &Head, site: &Site<'_>) -> (&'static str, String) {
    let signed = head.query().iter().filter(|param| is_signed(&param.name, site));
    let text = sorted_decoded_query(signed.map(pair), EmptyValue::Bare);
    (if text.is_empty() { "" } else { "?" }, text)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::{SUB_RESOURCES, by_length};
    use crate::request::{Head, HeadLimits};
    use crate::signature::{Family, Site};

    #[test]
    fn the_list_can_be_searched() {
        assert!(SUB_RESOURCES.is_sorted_by(|left, right| by_length(left, right).is_lt()));
    }

    /// `/a?versionId=v1%26x` signs the same text as the key of the first case.
    #[test]
    fn keys_that_read_like_parameters() {
        for (key, refused) in [
            ("a%3FversionId=v1%26x", true),
            ("a%3FversionId=v1", true),
            ("a%3FversionIds=v1%26x", false),
            ("a%3Fown", true),
            ("a%3Fother", false),
            ("a", false),
            ("a?x-oss-a%26acl=1", true),
            ("a?x-oss-a%3Dacl", true),
            ("a?acl=1%26versionId", true),
            ("a?own=1%26acl", true),
            ("a?other=1%26acl", false),
            ("a?acl=1%26other", false),
        ] {
            let credentials =
                "OSSAccessKeyId=LTAI5tTest&Expires=1&Signature=AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
            let mark = if key.contains('?') { '&' } else { '?' };
            let request = Request::get(format!("/{key}{mark}{credentials}"))
                .header("host", "bucket.oss-cn-hangzhou.aliyuncs.com")
                .body(())
                .unwrap();
            let head = Head::parse(request.into_parts().0, &HeadLimits::default()).unwrap();
            let own = ["own".to_owned()];
            let site = Site { oss_sub_resources: &own, ..Site::new(Family::Oss) };
            let claim = super::presigned(&head, &site);
            assert_eq!(claim.is_err(), refused, "{key}: {claim:?}");
        }
    }
}
