//! From a payload to its one CBOR text.

use super::cbor::Writer;
use super::chain::{Ancestor, Source};
use super::error::PayloadError;
use super::payload::Payload;

/// The version of payloads, not of tokens.
pub(super) const PAYLOAD_VERSION: u64 = 1;
/// Fields that are always there.
const ALWAYS: usize = 12;

impl Payload {
    /// The payload as bytes. Equal payloads are equal bytes.
    pub fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        self.check()?;
        let mut map = Fields(Writer::default());
        map.0.map(ALWAYS + self.optional_fields());
        map.uint(1, PAYLOAD_VERSION);
        map.text(2, self.access_key_id.as_str());
        map.uint(3, self.issued.0.unsigned_abs()); // checked not to be negative
        map.uint(4, self.expires.0.unsigned_abs());
        map.text(5, &self.account.to_string());
        map.text(6, self.role_id.as_str());
        map.text(7, self.role_name.as_str());
        map.text(8, self.session_name.as_str());
        map.uint(9, self.source.id.kind());
        map.text(10, &self.source.account.to_string());
        map.text(11, self.source.id.as_str());
        if let Some(identity) = &self.source_identity {
            map.text(12, identity.as_str());
        }
        if let Some(policy) = &self.policy {
            map.text(13, policy);
        }
        map.uint(14, self.depth() as u64);
        if let Some(mfa) = self.mfa {
            map.key(15).bool(mfa);
        }
        if let Some(chain) = &self.chain {
            ancestors(map.key(16), &chain.ancestors);
        }
        if let Some(federation) = &self.federation {
            let writer = map.key(17);
            writer.array(2);
            writer.text(&federation.issuer);
            writer.text(&federation.subject);
        }
        if let Some(chain) = &self.chain {
            source(map.key(18), &chain.origin);
        }
        Ok(map.0.finish())
    }

    fn optional_fields(&self) -> usize {
        usize::from(self.source_identity.is_some())
            + usize::from(self.policy.is_some())
            + usize::from(self.mfa.is_some())
            + usize::from(self.federation.is_some())
            + 2 * usize::from(self.chain.is_some())
    }
}

struct Fields(Writer);

impl Fields {
    fn key(&mut self, key: u8) -> &mut Writer {
        self.0.uint(u64::from(key));
        &mut self.0
    }

    fn uint(&mut self, key: u8, value: u64) {
        self.key(key).uint(value);
    }

    fn text(&mut self, key: u8, text: &str) {
        self.key(key).text(text);
    }
}

fn ancestors(writer: &mut Writer, ancestors: &[Ancestor]) {
    writer.array(ancestors.len());
    for ancestor in ancestors {
        writer.array(4);
        writer.text(&ancestor.account.to_string());
        writer.text(ancestor.role_id.as_str());
        writer.uint(ancestor.issued.0.unsigned_abs());
        writer.text(ancestor.access_key_id.as_str());
    }
}

fn source(writer: &mut Writer, source: &Source) {
    writer.array(3);
    writer.uint(source.id.kind());
    writer.text(&source.account.to_string());
    writer.text(source.id.as_str());
}
