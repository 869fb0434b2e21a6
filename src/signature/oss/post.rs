//! Browser forms: the signature covers the text of a policy, and the policy says what the form may be (5.8).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ident::UnixSeconds;
use crate::request::{Head, Multipart};
use crate::strict::{Json, JsonLimits, json};

use super::super::body::BodyRule;
use super::super::claim::{SKEW_SECONDS_MAX, Time};
use super::super::elements::{
    access_key_id, base64_signature, basic_iso, hex_signature, iso, token,
};
use super::super::{Claim, Presented, Scheme, SignatureError, Site};
use super::resource::{Place, place};
use super::v4;

/// Fields of the two versions; a form with none of them is anonymous.
const V1_FIELDS: [&str; 2] = ["ossaccesskeyid", "signature"];
const V4_FIELDS: [&str; 4] =
    ["x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-signature"];
/// What exists only to verify a form, beside the fields of the two versions.
const OTHER_CREDENTIALS: [&str; 2] = ["policy", "x-oss-security-token"];
const POLICY_BYTES_MAX: usize = 8 * 1024;

/// Whether a field, by its name in lower case, carries credentials or exists only to verify them.
pub fn is_credential(name: &str) -> bool {
    let lists = [&V1_FIELDS[..], &V4_FIELDS, &OTHER_CREDENTIALS];
    lists.iter().any(|list| list.contains(&name)) || name.starts_with("x-oss-signature")
}

/// Which scheme the fields show, if any.
pub(in super::super) fn scheme(form: &Multipart) -> Result<Option<Scheme>, SignatureError> {
    let has = |names: &[&str]| names.iter().any(|name| form.get(name).is_some());
    match (has(&V1_FIELDS), has(&V4_FIELDS)) {
        (true, true) => {
            let reason = "the form carries credentials of two kinds".to_owned();
            Err(SignatureError::InvalidParameter(reason))
        }
        (true, false) => Ok(Some(Scheme::OssPostV1)),
        (false, true) => Ok(Some(Scheme::OssPostV4)),
        (false, false) if form.get("policy").is_some() => Err(SignatureError::Missing("Signature")),
        (false, false) => Ok(None),
    }
}

/// Reads the claim from the fields.
pub(in super::super) fn claim(
    head: &Head,
    form: &Multipart,
    scheme: Scheme,
    site: &Site<'_>,
) -> Result<Presented, SignatureError> {
    let place = place(head, site)?;
    if place.bucket().is_none() || !place.key().is_empty() {
        return Err(SignatureError::InvalidParameter("a form is posted to a bucket".into()));
    }
    // The policy cannot speak of parameters, so nobody has allowed any.
    if !head.query().is_empty() {
        let reason = "a form that is signed has its parameters in its fields".to_owned();
        return Err(SignatureError::InvalidParameter(reason));
    }
    let policy = Policy::parse(field(form, "policy")?)?;
    let claim = match scheme {
        Scheme::OssPostV4 => v4_claim(form, &policy, &place, site)?,
        _ => v1_claim(form, &policy)?,
    };
    let security_token = token(&claim.access_key_id, form.get("x-oss-security-token"))?;
    let body = policy.check(form, &place)?;
    Ok(Presented::Signed(Claim { security_token, body, ..claim }))
}

fn field<'f>(form: &'f Multipart, name: &'static str) -> Result<&'f str, SignatureError> {
    form.get(name).filter(|value| !value.is_empty()).ok_or(SignatureError::Missing(name))
}

fn v1_claim(form: &Multipart, policy: &Policy) -> Result<Claim, SignatureError> {
    let [id, signature] = V1_FIELDS;
    let access_key_id = access_key_id(field(form, id)?)?;
    let signature = base64_signature(field(form, signature)?, Scheme::OssPostV1)?;
    let time = Time::Until { from: UnixSeconds(i64::MIN), until: policy.last_second() };
    Ok(Claim::new(Scheme::OssPostV1, access_key_id, time, signature))
}

/// The day of the scope is that of the date, which is at most seven days old (SIG-71).
fn v4_claim(
    form: &Multipart,
    policy: &Policy,
    place: &Place<'_>,
    site: &Site<'_>,
) -> Result<Claim, SignatureError> {
    let [version, credential, date, signature] = V4_FIELDS;
    if field(form, version)? != v4::ALGORITHM {
        return Err(SignatureError::Method);
    }
    let signature = hex_signature(field(form, signature)?, Scheme::OssPostV4)?;
    let signed_at = basic_iso(field(form, date)?)?;
    let (access_key_id, scope) = v4::scope(field(form, credential)?, signed_at, place, site)?;
    let from = UnixSeconds(signed_at.0.saturating_sub(SKEW_SECONDS_MAX));
    let week = UnixSeconds(signed_at.0.saturating_add(v4::LIFE_SECONDS_MAX));
    let time = Time::Until { from, until: policy.last_second().min(week) };
    Ok(Claim { scope, ..Claim::new(Scheme::OssPostV4, access_key_id, time, signature) })
}

/// The string to sign is the base64 text as it stands in the form.
pub(in super::super) fn text(form: &Multipart) -> Option<&str> {
    form.get("policy")
}

/// What the signer allows.
struct Policy {
    expiration: UnixSeconds,
    conditions: Vec<Json>,
}

impl Policy {
    fn parse(text: &str) -> Result<Self, SignatureError> {
        let wrong =
            || SignatureError::InvalidParameter("the policy is not base64 of a JSON policy".into());
        let bytes = STANDARD.decode(text).map_err(|_text| wrong())?;
        let text = std::str::from_utf8(&bytes).map_err(|_bytes| wrong())?;
        let limits = JsonLimits { bytes_max: POLICY_BYTES_MAX, depth_max: 8 };
        let policy = json(text, limits).map_err(|_error| wrong())?;
        let expiration = policy.get("expiration").and_then(Json::as_str).ok_or_else(wrong)?;
        let Some(Json::Array(conditions)) = policy.get("conditions") else { return Err(wrong()) };
        Ok(Self { expiration: iso(expiration)?, conditions: conditions.clone() })
    }

    /// It must lie in the future.
    fn last_second(&self) -> UnixSeconds {
        UnixSeconds(self.expiration.0.saturating_sub(1))
    }

    /// Every condition holds for the fields as sent; what remains is how large the file may be (SIG-71).
    fn check(&self, form: &Multipart, place: &Place<'_>) -> Result<BodyRule, SignatureError> {
        let (mut least, mut most) = (0, u64::MAX);
        for condition in &self.conditions {
            if let Some((from, to)) = length_range(condition) {
                (least, most) = (least.max(from), most.min(to));
            } else if !holds(condition, form, place) {
                let reason = "a condition of the policy does not hold".to_owned();
                return Err(SignatureError::InvalidParameter(reason));
            }
        }
        Ok(BodyRule::File { least, most })
    }
}

/// `["content-length-range", min, max]`
fn length_range(condition: &Json) -> Option<(u64, u64)> {
    let Json::Array(parts) = condition else { return None };
    let [Json::String(operator), least, most] = parts.as_slice() else { return None };
    let number = |value: &Json| match value {
        Json::Number(text) | Json::String(text) => text.parse().ok(),
        _ => None,
    };
    (**operator == *"content-length-range").then_some((number(least)?, number(most)?))
}

/// One object or list of SIG-71; what is not known does not hold.
fn holds(condition: &Json, form: &Multipart, place: &Place<'_>) -> bool {
    match condition {
        Json::Object(members) => members.iter().all(|(name, wanted)| {
            let wanted = wanted.as_str();
            wanted.is_some() && value(form, place, name).as_deref() == wanted
        }),
        Json::Array(parts) => match parts.as_slice() {
            [Json::String(operator), Json::String(name), operand] => {
                value(form, place, name).is_some_and(|value| compare(operator, &value, operand))
            }
            _ => false,
        },
        _ => false,
    }
}

fn compare(operator: &str, value: &str, operand: &Json) -> bool {
    let listed = |values: &[Json]| values.iter().any(|one| one.as_str() == Some(value));
    let strings = |values: &[Json]| values.iter().all(|one| one.as_str().is_some());
    match (operator, operand) {
        ("eq", Json::String(wanted)) => *value == **wanted,
        ("starts-with", Json::String(prefix)) => value.starts_with(&**prefix),
        ("in", Json::Array(values)) => listed(values),
        ("not-in", Json::Array(values)) => strings(values) && !listed(values),
        _ => false,
    }
}

/// A field by the name that a condition gives it: with or without `$`, in any case (SIG-71, SIG-72).
fn value(form: &Multipart, place: &Place<'_>, name: &str) -> Option<String> {
    let name = name.strip_prefix('$').unwrap_or(name).to_ascii_lowercase();
    match name.as_str() {
        "bucket" => place.bucket().map(str::to_owned),
        "key" => form.key(),
        name => form.get(name).map(str::to_owned),
    }
}
