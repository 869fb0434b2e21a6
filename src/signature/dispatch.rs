//! Which scheme is it: the first row that matches decides, and nothing is tried twice (SIG-21, SIG-22).

use crate::request::{Head, Params};

use super::{Form, Presented, SignatureError, acs3, rpc};

/// Names whose presence makes a request one of RPC V1 (row 7).
const RPC_MARKS: &[&str] = &["Signature", "SignatureMethod", "AccessKeyId"];
/// Headers of schemes that are not spoken here.
const FOREIGN_HEADERS: &[&str] = &["x-ots-signature", "x-ots-signaturev4"];
const FOREIGN_QUERY: &[&str] = &["x-oss-signature-version", "x-oss-signature", "OSSAccessKeyId"];
const BEARER_HEADERS: &[&str] = &["x-acs-bearer-token", "x-acs-zero-trust-idtoken"];

/// Reads what a request presents, and checks that all of it is there and well formed.
pub fn identify(head: &Head, form: &Form<'_>) -> Result<Presented, SignatureError> {
    let authorization = head.one("authorization")?;
    let bearer = BEARER_HEADERS.iter().any(|name| head.headers().contains_key(*name));
    let foreign = FOREIGN_HEADERS.iter().any(|name| head.headers().contains_key(*name))
        || FOREIGN_QUERY.iter().any(|name| head.query().get(name).is_some());
    if foreign {
        return Err(match authorization {
            Some(_) => two_credentials(),
            None => SignatureError::Incomplete("this signature scheme is not accepted here"),
        });
    }
    if let Some(value) = authorization {
        return by_authorization(head, value, bearer);
    }
    if let Form::Pending = form {
        return Ok(Presented::AfterForm);
    }
    let form = match form {
        Form::Read(form) => Some(*form),
        Form::None | Form::Pending => None,
    };
    if has_any(head.query(), RPC_MARKS) || form.is_some_and(|form| has_any(form, RPC_MARKS)) {
        if bearer || head.query().get("BearerToken").is_some() {
            return Err(two_credentials());
        }
        return rpc::claim(head, form).map(Presented::Signed);
    }
    if bearer
        || has_any(head.query(), &["BearerToken"])
        || form.is_some_and(|form| has_any(form, &["BearerToken"]))
    {
        return Err(SignatureError::Incomplete("bearer tokens are not accepted here"));
    }
    Ok(Presented::Anonymous)
}

fn by_authorization(head: &Head, value: &str, bearer: bool) -> Result<Presented, SignatureError> {
    if bearer || has_any(head.query(), &["Signature", "SignatureMethod", "BearerToken"]) {
        return Err(two_credentials());
    }
    match value.split(' ').next().unwrap_or_default() {
        "ACS3-HMAC-SHA256" => acs3::claim(head, value).map(Presented::Signed),
        "ACS3-HMAC-SM3" | "ACS3-RSA-SHA256" | "acs" | "OSS" | "OSS2" | "OSS4-HMAC-SHA256"
        | "LOG" | "SLS4-HMAC-SHA256" | "FC" | "MNS" => {
            Err(SignatureError::Incomplete("this signature scheme is not accepted here"))
        }
        _ => Err(SignatureError::Incomplete(
            "the first word of Authorization names no signature scheme",
        )),
    }
}

pub(super) fn has_any(params: &Params, names: &[&str]) -> bool {
    params.iter().any(|param| names.contains(&&*param.name))
}

pub(super) fn two_credentials() -> SignatureError {
    SignatureError::InvalidParameter("the request carries credentials of two kinds".into())
}
