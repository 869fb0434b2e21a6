//! Function Compute 2.0: the API, whose query is not signed, and HTTP triggers, whose query is (8.1, 8.2).

use crate::request::{Head, Param};

use super::body::{BodyRule, Md5Spelling};
use super::canonical::hides_slash;
use super::claim::Time;
use super::elements::{first_lines, http_date, id_and_signature, optional, required, token};
use super::{Claim, Family, Scheme, SignatureError, Site};

const PREFIX: &str = "x-fc-";
/// Where the API calls HTTP triggers.
const PROXY: &str = "/2016-08-15/proxy/";

/// A trigger has a host of its own, or a path of the API.
pub(super) fn scheme(head: &Head, site: &Site<'_>) -> Scheme {
    if site.family == Family::FcTrigger || head.decoded_path().starts_with(PROXY) {
        Scheme::Fc2HttpTrigger
    } else {
        Scheme::Fc2HmacSha256
    }
}

/// Reads the claim from the head; `rest` is the `Authorization` value behind its first word.
pub(super) fn claim(head: &Head, rest: &str, scheme: Scheme) -> Result<Claim, SignatureError> {
    let (access_key_id, signature) = id_and_signature(rest, scheme)?;
    let signed_at = http_date(required(head, "date", "Date")?)?;
    head.prefixed(PREFIX)?;
    head.one("content-type")?;
    refuse_ambiguous(head, scheme)?;
    let spellings = &[Md5Spelling::Base64, Md5Spelling::Base64OfHex];
    Ok(Claim {
        security_token: token(&access_key_id, head.one("x-fc-security-token")?)?,
        body: BodyRule::md5_or_unsigned(head.one("content-md5")?, spellings),
        ..Claim::new(scheme, access_key_id, Time::Window(signed_at), signature)
    })
}

/// Text that another request would sign as well (SIG-13). The path is signed decoded, whoever the client is; an escaped
/// slash would be signed like one that separates.
fn refuse_ambiguous(head: &Head, scheme: Scheme) -> Result<(), SignatureError> {
    let mut pairs = head.query().iter();
    let pair = pairs.any(|p| p.name.contains(['=', '\n']) || p.value.contains('\n'));
    if hides_slash(head) || (pair && scheme == Scheme::Fc2HttpTrigger) {
        return Err(SignatureError::ambiguous());
    }
    Ok(())
}

/// The one string to sign.
pub(super) fn text(claim: &Claim, head: &Head) -> Result<String, SignatureError> {
    let query = match claim.scheme {
        Scheme::Fc2HttpTrigger => ["\n", &trigger_query(head)].concat(),
        _ => String::new(),
    };
    let start = first_lines(head, optional(head, "date")?, &head.prefixed(PREFIX)?)?;
    Ok([&*start, &head.decoded_path(), &query].concat())
}

/// A line a pair, sorted; repeats are kept, a name without `=` stands alone.
fn trigger_query(head: &Head) -> String {
    let pair = |param: &Param| {
        if param.has_equals {
            format!("{}={}", param.name, param.value)
        } else {
            param.name.to_string()
        }
    };
    let mut lines: Vec<String> = head.query().iter().map(pair).collect();
    lines.sort_unstable();
    lines.join("\n")
}
