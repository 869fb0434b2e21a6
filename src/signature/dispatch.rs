//! Which scheme is it: the first row that matches decides, and nothing is tried twice (SIG-21, SIG-22).

use crate::request::{Head, Params};

use super::{Claim, Form, Presented, Scheme, SignatureError, Site, acs3, rpc};

/// Headers of Table Store (row 3).
const OTS_HEADERS: &[&str] = &["x-ots-signature", "x-ots-signaturev4"];
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
    if has_header(head, OTS_HEADERS) || has_any(head.query(), PRESIGN_MARKS) {
        return Err(not_spoken());
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
    let ots = OTS_HEADERS.iter().filter(|name| head.headers().contains_key(**name)).count();
    let kinds = usize::from(authorization) + usize::from(bearer) + usize::from(in_query) + ots;
    if kinds > 1 { Err(two_credentials()) } else { Ok(()) }
}

fn by_authorization(head: &Head, value: &str, site: &Site<'_>) -> Result<Claim, SignatureError> {
    let (word, rest) = value.split_once(' ').unwrap_or((value, ""));
    match word {
        "ACS3-HMAC-SHA256" => {
            let scheme = acs3::sha256_scheme(head, site);
            acs3::claim(head, rest, spoken(scheme, site)?)
        }
        "ACS3-HMAC-SM3" => acs3::claim(head, rest, spoken(Scheme::Acs3HmacSm3, site)?),
        "ACS3-RSA-SHA256" => acs3::claim(head, rest, spoken(Scheme::Acs3RsaSha256, site)?),
        "acs" | "OSS" | "OSS2" | "OSS4-HMAC-SHA256" | "LOG" | "SLS4-HMAC-SHA256" | "FC" | "MNS" => {
            Err(not_spoken())
        }
        _ => Err(SignatureError::Incomplete(
            "the first word of Authorization names no signature scheme",
        )),
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
    names.iter().any(|name| head.headers().contains_key(*name))
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
