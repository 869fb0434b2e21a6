//! Everything of a signature but the signature.

use md5::Md5;
use sha2::{Digest as _, Sha256};
use sm3::Sm3;

use crate::ident::UnixSeconds;

use super::super::canonical::hex;
use super::super::{Scheme, Site};
use super::draft::{Body, Request};
use super::elements::{
    Date, DigestForm, DigestHeader, Digested, Elements, Expiry, Place, Slot, TimeForm,
};
use super::{Credentials, SignError, Terms, form, scope};

/// Repeats the id; what is not there need not be (2.1, 4.1).
const ID_AGAIN: &str = "x-acs-accesskey-id";
/// How large the body is before it is compressed (6.1).
const RAW_SIZE: &str = "x-log-bodyrawsize";
const INSTANCE: &str = "x-ots-instancename";

/// Adds what the scheme wants and the request has not.
pub(super) fn fill(
    request: &mut Request<'_>,
    credentials: &Credentials<'_>,
    terms: &Terms<'_>,
    site: &Site<'_>,
) -> Result<(), SignError> {
    let elements = Elements::of(terms.scheme);
    let is_form = matches!(request.body, Body::Form(_));
    if is_form != (elements.place == Place::Fields) {
        return Err(SignError::NoForm);
    }
    for (name, value) in elements.fixed {
        request.fill(elements.place, name, value);
    }
    fill_digest(request, &elements);
    fill_product(request, terms.scheme);
    fill_times(request, &elements, terms);
    fill_identity(request, &elements, credentials);
    if let Some(name) = elements.listed {
        request.remove(elements.place, name);
        let listed = listed(request, &elements, terms)?;
        if !listed.is_empty() {
            request.set(elements.place, name, &listed);
        }
    }
    if let Some([day, region]) = elements.scope {
        request.fill(elements.place, day, &scope::day(request, terms));
        let named = scope::region(request, terms, site)?;
        request.fill(elements.place, region, &named);
    }
    if let Some(name) = elements.credential {
        let text = scope::credential(request, credentials, terms, site)?;
        request.set(elements.place, name, &text);
    }
    form::fill_policy(request, &elements, terms, site)
}

fn fill_times(request: &mut Request<'_>, elements: &Elements, terms: &Terms<'_>) {
    if let Some(Date(names @ [first, ..], form)) = elements.date
        && names.iter().all(|name| request.get(elements.place, name).is_none())
    {
        request.fill(elements.place, first, &form.write(terms.now));
    }
    if let (Some(name), Some(nonce)) = (elements.nonce, terms.nonce) {
        request.fill(elements.place, name, nonce);
    }
    match elements.expiry {
        Some(Expiry::At(name)) => {
            let end = terms.now.0.saturating_add(terms.life_seconds);
            request.fill(elements.place, name, &end.to_string());
        }
        Some(Expiry::After(name)) => {
            request.fill(elements.place, name, &terms.life_seconds.to_string());
        }
        None => {}
    }
}

fn fill_identity(request: &mut Request<'_>, elements: &Elements, credentials: &Credentials<'_>) {
    let id = credentials.access_key_id.as_str();
    if let Some(name) = elements.id {
        request.set(elements.place, name, id);
    }
    if request.header(ID_AGAIN).is_some() {
        request.set(Place::Headers, ID_AGAIN, id);
    }
    match credentials.security_token {
        Some(token) => request.set(elements.place, elements.token, token),
        None => request.remove(elements.place, elements.token),
    }
}

/// What one product has and no other.
fn fill_product(request: &mut Request<'_>, scheme: Scheme) {
    match scheme {
        Scheme::SlsV1 | Scheme::SlsV4 => {
            let size = request.bytes().map(<[u8]>::len).filter(|size| *size > 0);
            if let Some(size) = size {
                request.fill(Place::Headers, RAW_SIZE, &size.to_string());
            }
        }
        Scheme::OtsV2 | Scheme::OtsV4 => {
            let host = request.header("host").unwrap_or_default();
            let instance = host.split('.').next().unwrap_or_default().to_owned();
            request.fill(Place::Headers, INSTANCE, &instance);
        }
        _ => {}
    }
}

/// The digest of the body, unless there is one, under whichever name.
fn fill_digest(request: &mut Request<'_>, elements: &Elements) {
    let Some(DigestHeader(name, form, digested)) = elements.digest else { return };
    if elements.digest_headers().any(|name| request.header(name).is_some()) {
        return;
    }
    let text = match &request.body {
        Body::Bytes(bytes) if !bytes.is_empty() || digested == Digested::Every => {
            Some(form.of(bytes))
        }
        Body::Elsewhere(digests) => match form {
            DigestForm::Sha256 => digests.sha256.map(|digest| hex(&digest)),
            DigestForm::Sm3 => digests.sm3.map(|digest| hex(&digest)),
            DigestForm::Md5(spelling) => digests.md5.map(|digest| spelling.write(&digest)),
        },
        Body::Bytes(_) | Body::Form(_) => None,
    };
    if let Some(text) = text {
        request.fill(Place::Headers, name, &text);
    }
}

impl DigestForm {
    fn of(self, bytes: &[u8]) -> String {
        match self {
            Self::Sha256 => hex(&Sha256::digest(bytes)),
            Self::Sm3 => hex(&Sm3::digest(bytes)),
            Self::Md5(spelling) => spelling.write(&Md5::digest(bytes)),
        }
    }
}

impl TimeForm {
    fn write(self, at: UnixSeconds) -> String {
        match self {
            Self::Iso => at.to_string(),
            Self::IsoMilliseconds => milliseconds(at),
            Self::Basic => at.basic_iso8601(),
            Self::Http => at.http_date(),
        }
    }
}

/// The ISO form with a fraction, which is always zero.
pub(super) fn milliseconds(at: UnixSeconds) -> String {
    at.to_string().replace('Z', ".000Z")
}

/// The headers that the credentials list: those that the scheme wants in its list, and those that were asked for.
pub(super) fn listed(
    request: &Request<'_>,
    elements: &Elements,
    terms: &Terms<'_>,
) -> Result<String, SignError> {
    let acs3 = matches!(elements.signature, Slot::Acs3(_));
    let trigger = terms.scheme == Scheme::Acs3FcTrigger;
    let wanted = |name: &str| {
        acs3 && (name.starts_with("x-acs-")
            || (!trigger && ["host", "content-type"].contains(&name)))
    };
    let anyway = |name: &str| {
        !acs3 && (["content-type", "content-md5"].contains(&name) || name.starts_with("x-oss-"))
    };
    let can = elements.listed.is_some() || elements.signature.lists();
    if terms.also_signed.iter().any(|name| !can || *name == "authorization") {
        return Err(SignError::Listed);
    }
    let names = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase());
    let asked = terms.also_signed.iter().map(|name| (*name).to_owned());
    let mut list: Vec<String> = names.filter(|name| wanted(name)).collect();
    list.extend(asked.filter(|name| !anyway(name)));
    list.sort_unstable();
    list.dedup();
    Ok(list.join(";"))
}
