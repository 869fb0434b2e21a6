//! Which scheme is it: the first row that matches decides, and nothing is tried twice (SIG-21, SIG-22).

use crate::request::{Head, Params};

use super::ots::HEADERS as OTS_HEADERS;
use super::{
    Claim, Family, Form, Presented, Scheme, SignatureError, Site, acs3, fc2, mns, oss, ots, roa,
    rpc, sls,
};

/// Parameters of presigned URLs of OSS (rows 4 and 5).
const PRESIGN_MARKS: &[&str] = &["x-oss-signature-version", "x-oss-signature", "OSSAccessKeyId"];
/// Names whose presence makes a request one of RPC V1 (row 7).
const RPC_MARKS: &[&str] = &["Signature", "SignatureMethod", "AccessKeyId"];
/// Tokens that are no signature (row 8).
const BEARER_HEADERS: &[&str] = &["x-acs-bearer-token", "x-acs-zero-trust-idtoken"];
const BEARER_MARKS: &[&str] = &["BearerToken"];

/// Reads what a request presents, and checks that all of it is there and well formed.
pub fn identify(
    head: &Head,
    form: &Form<'_>,
    site: &Site<'_>,
) -> Result<Presented, SignatureError> {
    let authorization = head.one("authorization")?;
    check_one_kind(head, authorization.is_some())?;
    if let Some(value) = authorization {
        return by_authorization(head, value, site).map(Presented::Signed);
    }
    if let Some((scheme, header)) = ots::scheme(head) {
        return ots::claim(head, spoken(scheme, site)?, header, site).map(Presented::Signed);
    }
    // `Signature` without the key is a URL of V1 that lacks it, not a call of RPC (row 5).
    let lone = site.family == Family::Oss && has_any(head.query(), &["Signature"]);
    if lone || has_any(head.query(), PRESIGN_MARKS) {
        return presigned(head, site).map(Presented::Signed);
    }
    if site.family == Family::Oss && head.is_multipart_post() {
        return browser_form(head, form, site);
    }
    if let Form::Pending = form {
        return Ok(Presented::AfterForm);
    }
    let form = form.params();
    let has = |marks| has_any(head.query(), marks) || form.is_some_and(|form| has_any(form, marks));
    let bearer = has_header(head, BEARER_HEADERS) || has(BEARER_MARKS);
    match (has(RPC_MARKS), bearer) {
        (true, true) => Err(two_credentials()),
        (true, false) => rpc::claim(head, form, site).map(Presented::Signed),
        (false, true) => Ok(Presented::Bearer),
        (false, false) => Ok(Presented::Anonymous),
    }
}

/// Credentials of two kinds in one head have two readings (SIG-22).
fn check_one_kind(head: &Head, authorization: bool) -> Result<(), SignatureError> {
    let query = head.query();
    let bearer = has_header(head, BEARER_HEADERS) || has_any(query, BEARER_MARKS);
    let in_query =
        has_any(query, PRESIGN_MARKS) || has_any(query, &["Signature", "SignatureMethod"]);
    let ots = OTS_HEADERS.iter().filter(|name| head.has(name)).count();
    let kinds = usize::from(authorization) + usize::from(bearer) + usize::from(in_query) + ots;
    if kinds > 1 { Err(two_credentials()) } else { Ok(()) }
}

fn by_authorization(head: &Head, value: &str, site: &Site<'_>) -> Result<Claim, SignatureError> {
    let (word, rest) = value.split_once(' ').unwrap_or((value, ""));
    match word {
        "ACS3-HMAC-SHA256" => {
            let scheme = acs3::sha256_scheme(head, site);
            acs3::claim(head, rest, spoken(scheme, site)?, site)
        }
        "ACS3-HMAC-SM3" => acs3::claim(head, rest, spoken(Scheme::Acs3HmacSm3, site)?, site),
        "ACS3-RSA-SHA256" => acs3::claim(head, rest, spoken(Scheme::Acs3RsaSha256, site)?, site),
        "acs" => spoken(Scheme::RoaHmacSha1, site).and_then(|_| roa::claim(head, rest)),
        "OSS" => spoken(Scheme::OssV1, site).and_then(|_| oss::v1::claim(head, rest, site)),
        "OSS2" => spoken(Scheme::OssV2, site).and_then(|_| oss::v2::claim(head, rest, site)),
        oss::v4::ALGORITHM => {
            spoken(Scheme::OssV4, site).and_then(|_| oss::v4::claim(head, rest, site))
        }
        "LOG" => spoken(Scheme::SlsV1, site).and_then(|_| sls::v1_claim(head, rest)),
        sls::ALGORITHM => spoken(Scheme::SlsV4, site).and_then(|_| sls::v4_claim(head, rest, site)),
        "FC" => fc2::claim(head, rest, spoken(fc2::scheme(head, site), site)?),
        "MNS" => spoken(Scheme::MnsHmacSha1, site).and_then(|_| mns::claim(head, rest)),
        _ => Err(SignatureError::Incomplete(
            "the first word of Authorization names no signature scheme",
        )),
    }
}

/// A signed URL of OSS: the version that the query names, or V1, which names none (rows 4 and 5).
fn presigned(head: &Head, site: &Site<'_>) -> Result<Claim, SignatureError> {
    let query = head.query();
    match query.get("x-oss-signature-version") {
        Some(oss::v4::ALGORITHM) => {
            spoken(Scheme::OssV4Presign, site).and_then(|_| oss::v4::presigned(head, site))
        }
        Some("OSS2") => {
            spoken(Scheme::OssV2Presign, site).and_then(|_| oss::v2::presigned(head, site))
        }
        None if query.get("x-oss-signature").is_none() => {
            spoken(Scheme::OssV1Presign, site).and_then(|_| oss::v1::presigned(head, site))
        }
        _ => Err(not_spoken()),
    }
}

/// A browser form shows its credentials in its fields (row 6).
fn browser_form(
    head: &Head,
    form: &Form<'_>,
    site: &Site<'_>,
) -> Result<Presented, SignatureError> {
    let form = match form {
        Form::Pending => return Ok(Presented::AfterForm),
        Form::Multipart(form) => form,
        Form::None | Form::Read(_) => return Err(SignatureError::Missing("file")),
    };
    match oss::post::scheme(form)? {
        Some(_) if has_header(head, BEARER_HEADERS) => Err(two_credentials()),
        Some(scheme) => oss::post::claim(head, form, spoken(scheme, site)?, site),
        None => Ok(Presented::Anonymous),
    }
}

/// The scheme, if it is accepted here (SIG-23).
fn spoken(scheme: Scheme, site: &Site<'_>) -> Result<Scheme, SignatureError> {
    if site.speaks(scheme) { Ok(scheme) } else { Err(not_spoken()) }
}

/// A form beside a signature in the head must not carry credentials of its own (SIG-22).
pub fn check_form(claim: &Claim, form: &Params) -> Result<(), SignatureError> {
    let own: &[&str] = match claim.scheme {
        Scheme::RpcHmacSha1 | Scheme::RpcHmacSha256 | Scheme::RpcSha256WithRsa => &[],
        _ => &["Signature", "SignatureMethod"],
    };
    if has_any(form, own) || has_any(form, BEARER_MARKS) { Err(two_credentials()) } else { Ok(()) }
}

fn has_header(head: &Head, names: &[&str]) -> bool {
    names.iter().any(|name| head.has(name))
}

fn has_any(params: &Params, names: &[&str]) -> bool {
    params.iter().any(|param| names.contains(&&*param.name))
}

fn not_spoken() -> SignatureError {
    SignatureError::Incomplete("this signature scheme is not accepted here")
}

fn two_credentials() -> SignatureError {
    SignatureError::InvalidParameter("the request carries credentials of two kinds".into())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::identify;
    use crate::request::{Head, HeadLimits, Params};
    use crate::signature::{Family, Form, Presented, Site};

    /// What a request without a well-formed claim presents, by its credentials alone.
    #[test]
    fn rows() {
        const TWO: &str = "two kinds";
        const NOT_SPOKEN: &str = "not accepted here";
        const ACS3: &[(&str, &str)] = &[("authorization", "ACS3-HMAC-SHA256 x")];
        for (family, headers, query, expected) in [
            (Family::OpenApi, &[][..], "", "Anonymous"),
            (Family::OpenApi, ACS3, "", "Authorization is not `ACS3"),
            (Family::Oss, ACS3, "", NOT_SPOKEN),
            (Family::OpenApi, &[("authorization", "OSS a:b")], "", NOT_SPOKEN),
            (Family::LogService, &[("authorization", "OSS a:b")], "", NOT_SPOKEN),
            (Family::MessageService, ACS3, "", "Authorization is not `ACS3"),
            (Family::OpenApi, &[("authorization", "Bearer x")], "", "names no signature scheme"),
            (Family::OpenApi, &[("authorization", "")], "", "names no signature scheme"),
            (Family::OpenApi, &[("authorization", "acs3-hmac-sha256 x")], "", "names no"),
            (Family::OpenApi, ACS3, "Signature=x", TWO),
            (Family::OpenApi, ACS3, "x-oss-signature=x", TWO),
            (Family::OpenApi, ACS3, "AccessKeyId=x", "Authorization is not `ACS3"),
            (Family::TableStore, &[("x-ots-signature", "a"), ("x-ots-signaturev4", "b")], "", TWO),
            (Family::OpenApi, &[("x-ots-signature", "a")], "", NOT_SPOKEN),
            (Family::OpenApi, &[("x-acs-bearer-token", "t")], "", "Bearer"),
            (Family::OpenApi, &[("x-acs-bearer-token", "t")], "AccessKeyId=x", TWO),
            (Family::OpenApi, &[], "BearerToken=x", "Bearer"),
            (Family::OpenApi, &[], "AccessKeyId=x", "`Signature` is missing"),
            (Family::Oss, &[], "OSSAccessKeyId=x", "`Signature` is missing"),
            (Family::Oss, &[], "x-oss-signature=x", NOT_SPOKEN),
            (Family::Oss, &[], "x-oss-signature-version=AWS4-HMAC-SHA256", NOT_SPOKEN),
            (Family::OpenApi, &[], "OSSAccessKeyId=x", NOT_SPOKEN),
        ] {
            let mut request = Request::get(format!("/?{query}")).header("host", "h");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            let head = Head::parse(parts, &HeadLimits::default()).unwrap();
            let found = match identify(&head, &Form::None, &Site::new(family)) {
                Ok(presented) => format!("{presented:?}"),
                Err(error) => error.to_string(),
            };
            assert!(found.contains(expected), "{headers:?} {query}: {found}");
        }
    }

    #[test]
    fn a_form_decides_when_it_is_read() {
        let request = Request::post("/").header("host", "h").body(()).unwrap();
        let head = Head::parse(request.into_parts().0, &HeadLimits::default()).unwrap();
        let site = Site::new(Family::OpenApi);
        let pending = identify(&head, &Form::Pending, &site);
        assert!(matches!(pending, Ok(Presented::AfterForm)), "{pending:?}");
        let form = Params::parse("Signature=x", 10).unwrap();
        assert!(identify(&head, &Form::Read(&form), &site).is_err());
    }
}
