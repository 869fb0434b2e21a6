//! The signature, in the place that the scheme has for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::Site;
use super::super::canonical::hex;
use super::draft::Request;
use super::elements::{Elements, Place, Slot};
use super::{Credentials, SignError, Terms, fill, scope};

/// Puts `signature` where it belongs, in the place of any that is there.
pub(super) fn put(
    request: &mut Request<'_>,
    credentials: &Credentials<'_>,
    terms: &Terms<'_>,
    site: &Site<'_>,
    signature: &[u8],
) -> Result<(), SignError> {
    let elements = Elements::of(terms.scheme);
    let id = credentials.access_key_id;
    let listed = fill::listed(request, &elements, terms)?;
    let (base64, hex) = (STANDARD.encode(signature), hex(signature));
    let authorization = match elements.signature {
        Slot::Base64(name) => {
            request.set(elements.place, name, &base64);
            return Ok(());
        }
        Slot::Hex(name) => {
            request.set(elements.place, name, &hex);
            return Ok(());
        }
        Slot::Word(word) => format!("{word} {id}:{base64}"),
        Slot::Acs3(word) => {
            format!("{word} Credential={id},SignedHeaders={listed},Signature={hex}")
        }
        Slot::Oss2 => {
            let listed = named("AdditionalHeaders:", &listed);
            format!("OSS2 AccessKeyId:{id},{listed}Signature:{base64}")
        }
        Slot::V4(word) => {
            let credential = scope::credential(request, credentials, terms, site)?;
            let listed = named("AdditionalHeaders=", &listed);
            format!("{word} Credential={credential},{listed}Signature={hex}")
        }
    };
    request.set(Place::Headers, "authorization", &authorization);
    Ok(())
}

/// A field that is left out when it is empty.
fn named(name: &str, value: &str) -> String {
    if value.is_empty() { String::new() } else { format!("{name}{value},") }
}
