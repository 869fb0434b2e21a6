//! The elements that each scheme must have in a request, and where they stand.

use crate::cases::Recorded;
use crate::signature::Scheme;

use super::mask::shortened;
use super::rewrite::{header, parameter};
use super::{Element, suspects::TOKEN_HEADERS, suspects::TOKEN_PARAMETERS};

/// Names of headers, or of parameters (after `?`): any one will do.
type Places = &'static [&'static str];

const ACS3: &[Places] = &[
    &["authorization"],
    &["x-acs-date"],
    &["x-acs-version"],
    &["x-acs-signature-nonce"],
    &["x-acs-content-sha256", "x-acs-content-sm3"],
    &["host"],
];
const TRIGGER: &[Places] = &[&["authorization"], &["x-acs-date"]];
const RPC: &[Places] = &[
    &["?AccessKeyId"],
    &["?Action"],
    &["?Version"],
    &["?Signature"],
    &["?SignatureMethod"],
    &["?SignatureVersion"],
    &["?SignatureNonce"],
    &["?Timestamp"],
];
const DATED: &[Places] = &[&["authorization"], &["date"]];
const OSS: &[Places] = &[&["authorization"], &["x-oss-date", "date"], &["host"]];
const OSS_V4: &[Places] =
    &[&["authorization"], &["x-oss-date", "date"], &["x-oss-content-sha256"], &["host"]];
const OSS_V1_URL: &[Places] = &[&["?OSSAccessKeyId"], &["?Expires"], &["?Signature"], &["host"]];
const OSS_V2_URL: &[Places] = &[
    &["?x-oss-signature-version"],
    &["?x-oss-access-key-id"],
    &["?x-oss-expires"],
    &["?x-oss-signature"],
    &["host"],
];
const OSS_V4_URL: &[Places] = &[
    &["?x-oss-signature-version"],
    &["?x-oss-credential"],
    &["?x-oss-date"],
    &["?x-oss-expires"],
    &["?x-oss-signature"],
    &["host"],
];
const OSS_FORM: &[Places] = &[&["content-type"], &["host"]];
const SLS_V1: &[Places] = &[
    &["authorization"],
    &["x-log-apiversion"],
    &["x-log-signaturemethod"],
    &["date", "x-log-date"],
];
const SLS_V4: &[Places] =
    &[&["authorization"], &["x-log-date"], &["x-log-content-sha256"], &["host"]];
const OTS_V2: &[Places] = &[
    &["x-ots-signature", "x-ots-signaturev4"],
    &["x-ots-accesskeyid"],
    &["x-ots-date"],
    &["x-ots-apiversion"],
    &["x-ots-contentmd5"],
    &["x-ots-instancename"],
];
const OTS_V4: &[Places] = &[
    &["x-ots-signaturev4"],
    &["x-ots-accesskeyid"],
    &["x-ots-date"],
    &["x-ots-signdate"],
    &["x-ots-signregion"],
    &["x-ots-apiversion"],
    &["x-ots-contentmd5"],
    &["x-ots-instancename"],
];
const MNS: &[Places] = &[&["authorization"], &["date", "x-mns-date"]];

fn mandatory(scheme: Scheme) -> &'static [Places] {
    match scheme {
        Scheme::Acs3HmacSha256 | Scheme::Acs3HmacSm3 | Scheme::Acs3RsaSha256 => ACS3,
        Scheme::Acs3FcTrigger => TRIGGER,
        Scheme::RpcHmacSha1 | Scheme::RpcHmacSha256 | Scheme::RpcSha256WithRsa => RPC,
        Scheme::RoaHmacSha1 | Scheme::Fc2HmacSha256 | Scheme::Fc2HttpTrigger => DATED,
        Scheme::OssV1 | Scheme::OssV2 => OSS,
        Scheme::OssV4 => OSS_V4,
        Scheme::OssV1Presign => OSS_V1_URL,
        Scheme::OssV2Presign => OSS_V2_URL,
        Scheme::OssV4Presign => OSS_V4_URL,
        Scheme::OssPostV1 | Scheme::OssPostV4 => OSS_FORM,
        Scheme::SlsV1 => SLS_V1,
        Scheme::SlsV4 => SLS_V4,
        Scheme::OtsV2 => OTS_V2,
        Scheme::OtsV4 => OTS_V4,
        Scheme::MnsHmacSha1 => MNS,
    }
}

/// Every mandatory element with its value, and the token where there is one.
pub(super) fn of(request: &Recorded, scheme: Scheme) -> Vec<Element> {
    let mut all: Vec<Element> =
        mandatory(scheme).iter().map(|places| element(request, places)).collect();
    let headers = TOKEN_HEADERS.iter().map(|name| (*name).to_owned());
    let parameters = TOKEN_PARAMETERS.iter().map(|name| format!("?{name}"));
    let tokens = headers.chain(parameters).filter_map(|name| {
        let value = value(request, &name)?;
        Some(Element { name, value: Some(shortened(&value)) })
    });
    all.extend(tokens);
    all
}

fn element(request: &Recorded, places: Places) -> Element {
    let found = places.iter().find_map(|name| Some((name, value(request, name)?)));
    match found {
        Some((name, value)) => Element { name: (*name).to_owned(), value: Some(value) },
        None => Element { name: places.join(" or "), value: None },
    }
}

fn value(request: &Recorded, name: &str) -> Option<String> {
    match name.strip_prefix('?') {
        Some(name) => parameter(request, name).map(|(_, value)| value.into_owned()),
        None => header(request, name).map(str::to_owned),
    }
}
