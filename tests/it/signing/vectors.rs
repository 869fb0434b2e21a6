//! Recorded requests, signed again by us from their own elements.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ramgate::cases::{Expect, SignatureCase};
use ramgate::ident::{SecretKey, UnixSeconds};
use ramgate::request::Multipart;
use ramgate::signature::Site;
use ramgate::signature::sign::{self, Body, Credentials, Digests, SignError, Terms, Upload};

use super::{scheme, signature_of};

const FILE: &str = include_str!("../../vectors/signatures.jsonl");

/// Recordings whose client signs another reading than our first, or leaves out what we always sign.
const OTHER_READINGS: &[(&str, &[&str])] = &[
    ("the path as sent", &["acs3-node-fc3-get-function"]),
    (
        "names of parameters as they are",
        &["acs3-py-query-key-special", "acs3-node-client-query-key-special"],
    ),
    ("without the host", &["acs3-java-core-rpc-get", "acs3-java-core-sm3"]),
    (
        "an empty value without `=`",
        &["roa-py-tea-v2-get-query", "roa-go-dara-v2-sts", "roa-java-core-get"],
    ),
    ("repeated parameters joined", &["roa-node-pop-repeated"]),
    (
        "the path decoded",
        &[
            "roa-py-core-path-param",
            "slsv1-py-path-escapes",
            "slsv1-py-savedsearch",
            "slsv4-py-path-escapes",
            "slsv4-py-savedsearch",
        ],
    ),
    ("`+` in a path for a space", &["ossv1-ruby-put", "ossv1-ruby-presign"]),
    ("the token in a header that is not signed", &["ossv1-py2-sts-security-token-header-quirk"]),
];

fn request(case: &SignatureCase) -> sign::Request<'static> {
    let utf8 = |text: &str| {
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        String::from_utf8(bytes).unwrap()
    };
    let headers = case.headers.iter().map(|(name, value)| (name.clone(), utf8(value))).collect();
    let body = STANDARD.decode(&case.body_b64).unwrap();
    let body = match &*case.scheme {
        // The digest that the client declared, or none.
        name if name.starts_with("OSS-POST") => Body::Form(upload(case, &body)),
        name if name.starts_with("RPC") => Body::Bytes(Cow::Owned(body)),
        _ => Body::Elsewhere(Digests::default()),
    };
    sign::Request { method: case.method.clone(), target: case.target.clone(), headers, body }
}

fn upload(case: &SignatureCase, body: &[u8]) -> Upload<'static> {
    let is_kind = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-type");
    let kind = &case.headers.iter().find(is_kind).unwrap().1;
    let (form, file) = Multipart::parse(kind, body).unwrap();
    let names = [
        "key",
        "policy",
        "ossaccesskeyid",
        "x-oss-signature-version",
        "x-oss-credential",
        "x-oss-date",
        "x-oss-security-token",
        "success_action_status",
    ];
    let field = |name: &&str| Some(((*name).to_owned(), form.get(name)?.to_owned()));
    Upload {
        fields: names.iter().filter_map(field).collect(),
        file_name: form.file_name().unwrap_or("file").to_owned(),
        file: Cow::Owned(file.to_vec()),
    }
}

/// The headers that the recorded credentials list.
fn listed(case: &SignatureCase) -> Vec<String> {
    let all = case.headers.iter().map(|(_, value)| value.as_str()).chain([case.target.as_str()]);
    let list = all.flat_map(|text| text.split([' ', ',', '&', '?'])).find_map(|field| {
        let marks = [
            "SignedHeaders=",
            "AdditionalHeaders=",
            "AdditionalHeaders:",
            "x-oss-additional-headers=",
        ];
        marks.iter().find_map(|mark| field.strip_prefix(mark))
    });
    let list = list.unwrap_or_default().replace("%3B", ";");
    list.split(';').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// What region and product the recorded scope names.
fn scope(case: &SignatureCase) -> Option<(String, String)> {
    let all = case.headers.iter().map(|(_, value)| value.as_str()).chain([case.target.as_str()]);
    let text = all.map(|text| text.replace("%2F", "/")).find(|text| text.contains("/aliyun_v4"))?;
    let parts: Vec<&str> = text.split("/aliyun_v4").next()?.rsplit('/').collect();
    Some((parts[1].to_owned(), parts[0].to_owned()))
}

fn again(case: &SignatureCase) -> Result<String, SignError> {
    let id = case.access_key_id.parse().unwrap();
    let secret = SecretKey::from(case.access_key_secret.as_str());
    let security_token = case.security_token.as_deref();
    let credentials = Credentials { access_key_id: &id, secret: &secret, security_token };
    let now = UnixSeconds::parse_iso8601(&case.signed_at).unwrap();
    let scheme = scheme(&case.scheme);
    let listed = listed(case);
    let also_signed: Vec<&str> = listed.iter().map(String::as_str).collect();
    let scope = scope(case);
    let terms = Terms {
        also_signed: &also_signed,
        region: scope.as_ref().map(|(region, _)| region.as_str()),
        product: scope.as_ref().map(|(_, product)| product.as_str()),
        ..Terms::new(scheme, now)
    };
    let cname: Vec<(String, String)> = case.context.cname.clone().into_iter().collect();
    let site = Site { cname: &cname, path_style: true, ..Site::new(scheme.family()) };
    sign::sign(request(case), &credentials, &terms, &site)
        .map(|signed| signature_of(&signed, scheme))
}

fn recorded(case: &SignatureCase) -> String {
    let scheme = scheme(&case.scheme);
    if !case.scheme.starts_with("OSS-POST") {
        let body = STANDARD.decode(&case.body_b64).unwrap();
        let body = Body::Bytes(Cow::Owned(body));
        return signature_of(&sign::Request { body, ..request(case) }, scheme);
    }
    let kind = case.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let body = STANDARD.decode(&case.body_b64).unwrap();
    let (form, _file) = Multipart::parse(&kind.unwrap().1, &body).unwrap();
    form.get("signature").or_else(|| form.get("x-oss-signature")).unwrap().to_owned()
}

#[test]
fn recorded_requests_get_the_same_signature_again() {
    let (mut same, mut other) = (0, Vec::new());
    for line in FILE.lines() {
        let case = SignatureCase::parse(line).unwrap();
        if case.expect != Expect::Valid {
            continue;
        }
        match again(&case) {
            Err(SignError::PrivateKey(_)) => assert!(case.scheme.contains("RSA"), "{}", case.id),
            Ok(signature) if signature == recorded(&case) => same += 1,
            result => other.push((case.id, result)),
        }
    }
    let known: Vec<&str> = OTHER_READINGS.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    other.sort_by_key(|(id, _)| known.iter().position(|known| known == id));
    let ids: Vec<&str> = other.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, known, "{other:#?}");
    assert_eq!(same, 205);
}
