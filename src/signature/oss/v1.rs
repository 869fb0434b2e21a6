//! V1: listed parameters, `x-oss-` headers and a few others; not the host, not the body (5.2 – 5.4).

use crate::ident::UnixSeconds;
use crate::request::Head;

use super::super::body::{BodyRule, Md5Spelling};
use super::super::canonical::header_lines;
use super::super::claim::Time;
use super::super::elements::{
    access_key_id, base64_signature, http_date, id_and_signature, no_repeats, prefixed, token,
};
use super::super::{Claim, Fits, Reading, Scheme, SignatureError, Site};
use super::resource::{Place, place};
use super::{PREFIX, date, first_lines, instant, parameter, seconds};

/// Parameters that are signed, beside every `x-oss-` one (5.3). Sorted.
const SUB_RESOURCES: &[&str] = &[
    "accessPoint",
    "accessPointConfigForObjectProcess",
    "accessPointForObjectProcess",
    "accessPointPolicy",
    "accessPointPolicyForObjectProcess",
    "acl",
    "append",
    "asyncFetch",
    "bucketArchiveDirectRead",
    "bucketInfo",
    "callback",
    "callback-var",
    "cleanRestoredObject",
    "cloudboxes",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "endTime",
    "group",
    "httpsConfig",
    "img",
    "inventory",
    "inventoryId",
    "legalHold",
    "lifecycle",
    "link",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectInfo",
    "objectMeta",
    "objectWorm",
    "overwriteConfig",
    "partNumber",
    "policy",
    "policyStatus",
    "position",
    "processConfiguration",
    "publicAccessBlock",
    "qos",
    "qosInfo",
    "qosRequester",
    "redundancyTransition",
    "referer",
    "regionList",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "requesterQosInfo",
    "resourceGroup",
    "resourcePool",
    "resourcePoolBuckets",
    "resourcePoolInfo",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "responseHeader",
    "restore",
    "retention",
    "rtc",
    "seal",
    "security-token",
    "sequential",
    "startTime",
    "stat",
    "status",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "transferAcceleration",
    "udf",
    "udfApplication",
    "udfApplicationLog",
    "udfId",
    "udfImage",
    "udfImageDesc",
    "udfName",
    "uploadId",
    "uploads",
    "userDefinedLogFieldsConfig",
    "versionId",
    "versioning",
    "versions",
    "vip",
    "vod",
    "vpcip",
    "website",
    "withHashContext",
    "worm",
    "wormExtend",
    "wormId",
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
    let until = UnixSeconds(seconds(parameter(head, "Expires")?)?);
    let time = Time::Until { from: UnixSeconds(i64::MIN), until };
    let security_token = token(&access_key_id, head.query().get("security-token"))?;
    finish(
        Claim { security_token, ..Claim::new(scheme, access_key_id, time, signature) },
        head,
        site,
    )
}

fn finish(claim: Claim, head: &Head, site: &Site<'_>) -> Result<Claim, SignatureError> {
    no_repeats(head.query())?;
    prefixed(head, PREFIX)?;
    head.one("content-type")?;
    let place = place(head, site)?;
    refuse_ambiguous(head, &place)?;
    let md5 = head.one("content-md5")?;
    Ok(Claim { body: BodyRule::md5_or_unsigned(md5, &[Md5Spelling::Base64]), ..claim })
}

/// Text that another request would sign as well (SIG-13). A key with a `?` before a signed name is one: what follows
/// may be the parameter's value, with any `&` in it.
fn refuse_ambiguous(head: &Head, place: &Place<'_>) -> Result<(), SignatureError> {
    let mut signed = head.query().iter().filter(|param| is_signed(&param.name));
    let value = signed.any(|param| {
        param.value.split('&').skip(1).any(|part| is_signed(part.split('=').next().unwrap_or("")))
    });
    let key = place.key();
    let mut tails = key.match_indices('?').filter_map(|(at, _)| key.get(at + 1..));
    let name = |pair: &str| is_signed(pair.split('=').next().unwrap_or(""));
    if value || tails.any(|tail| tail.split('&').take(1).all(name)) {
        return Err(SignatureError::ambiguous());
    }
    Ok(())
}

pub(in crate::signature) fn is_signed(name: &str) -> bool {
    name.starts_with(PREFIX) || SUB_RESOURCES.binary_search(&name).is_ok()
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
    let start = first_lines(head, date)? + &header_lines(&prefixed(head, PREFIX)?);
    let place = place(head, site)?;
    let sub = sub_resources(head);
    let mut fits = |key: String| fits(&format!("{start}{}{sub}", place.resource(&key)));
    if fits(place.key()) {
        return Ok(Some(Reading::Literal));
    }
    Ok(place.spaced_key().is_some_and(fits).then_some(Reading::PlusIsSpace))
}

/// `?name=value&…` of the signed parameters, decoded; an empty value leaves the name alone (SIG-57).
fn sub_resources(head: &Head) -> String {
    let signed = head.query().iter().filter(|param| is_signed(&param.name));
    let mut pairs: Vec<(&str, &str)> = signed.map(|param| (&*param.name, &*param.value)).collect();
    pairs.sort_unstable();
    let pair = |(name, value): &(&str, &str)| match *value {
        "" => (*name).to_owned(),
        value => format!("{name}={value}"),
    };
    let pairs: Vec<String> = pairs.iter().map(pair).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::SUB_RESOURCES;
    use crate::request::{Head, HeadLimits};
    use crate::signature::{Family, Site};

    #[test]
    fn the_list_can_be_searched() {
        assert!(SUB_RESOURCES.is_sorted());
    }

    /// `/a?versionId=v1%26x` signs the same text as the key of the first case.
    #[test]
    fn keys_that_read_like_parameters() {
        for (key, refused) in [
            ("a%3FversionId=v1%26x", true),
            ("a%3FversionId=v1", true),
            ("a%3FversionIds=v1%26x", false),
            ("a", false),
        ] {
            let credentials =
                "OSSAccessKeyId=LTAI5tTest&Expires=1&Signature=AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
            let request = Request::get(format!("/{key}?{credentials}"))
                .header("host", "bucket.oss-cn-hangzhou.aliyuncs.com")
                .body(())
                .unwrap();
            let head = Head::parse(request.into_parts().0, &HeadLimits::default()).unwrap();
            let claim = super::presigned(&head, &Site::new(Family::Oss));
            assert_eq!(claim.is_err(), refused, "{key}: {claim:?}");
        }
    }
}
