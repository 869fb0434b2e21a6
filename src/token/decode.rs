//! From bytes to a payload. Bytes are accepted only if encoding what they say gives the same bytes (TOK-10).

use std::str::FromStr;

use crate::ident::UnixSeconds;

use super::cbor::{NotThis, Reader};
use super::chain::{Ancestor, Chain, Federation, Source, SourceId};
use super::encode::PAYLOAD_VERSION;
use super::error::PayloadError;
use super::payload::{ANCESTORS_MAX, Payload};

impl Payload {
    /// Reads a payload.
    pub fn decode(bytes: &[u8]) -> Result<Self, PayloadError> {
        let mut fields = Fields::new(bytes)?;
        if fields.required(1, Reader::uint)? != PAYLOAD_VERSION {
            return Err(PayloadError::Rule(1));
        }
        let access_key_id = fields.required(2, parsed)?;
        let issued = fields.required(3, seconds)?;
        let expires = fields.required(4, seconds)?;
        let account = fields.required(5, parsed)?;
        let role_id = fields.required(6, parsed)?;
        let role_name = fields.required(7, parsed)?;
        let session_name = fields.required(8, parsed)?;
        let kind = fields.required(9, Reader::uint)?;
        let source_account = fields.required(10, parsed)?;
        let id =
            fields.required(11, |reader| SourceId::of_kind(kind, reader.text()?).ok_or(NotThis))?;
        let source_identity = fields.optional(12, parsed)?;
        let policy = fields.optional(13, text)?;
        let depth = fields.required(14, Reader::uint)?;
        let mfa = fields.optional(15, Reader::bool)?;
        let ancestors = fields.optional(16, ancestors)?;
        let federation = fields.optional(17, federation)?;
        let origin = fields.optional(18, origin)?;
        fields.end()?;
        let payload = Self {
            access_key_id,
            issued,
            expires,
            account,
            role_id,
            role_name,
            session_name,
            source: Source { account: source_account, id },
            federation,
            source_identity,
            policy,
            chain: chain(ancestors, origin)?,
            mfa,
        };
        payload.check()?;
        if payload.depth() as u64 != depth {
            return Err(PayloadError::Rule(14));
        }
        Ok(payload)
    }
}

/// The fields of a map in ascending order. What is not asked for in its turn is unknown, out of order or there twice.
struct Fields<'b> {
    reader: Reader<'b>,
    left: u64,
    key: Option<u64>,
}

impl<'b> Fields<'b> {
    fn new(bytes: &'b [u8]) -> Result<Self, PayloadError> {
        let mut reader = Reader::new(bytes);
        let left = reader.map().map_err(|NotThis| PayloadError::Encoding)?;
        let mut fields = Self { reader, left, key: None };
        fields.advance()?;
        Ok(fields)
    }

    /// Reads the next key, if there is one.
    fn advance(&mut self) -> Result<(), PayloadError> {
        self.key = None;
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            self.key = Some(self.reader.uint().map_err(|NotThis| PayloadError::Encoding)?);
        }
        Ok(())
    }

    fn optional<T>(
        &mut self,
        key: u8,
        read: impl FnOnce(&mut Reader<'b>) -> Result<T, NotThis>,
    ) -> Result<Option<T>, PayloadError> {
        if self.key != Some(u64::from(key)) {
            return Ok(None);
        }
        let value = read(&mut self.reader).map_err(|NotThis| PayloadError::Rule(key))?;
        self.advance()?;
        Ok(Some(value))
    }

    fn required<T>(
        &mut self,
        key: u8,
        read: impl FnOnce(&mut Reader<'b>) -> Result<T, NotThis>,
    ) -> Result<T, PayloadError> {
        self.optional(key, read)?.ok_or(PayloadError::Missing(key))
    }

    fn end(&self) -> Result<(), PayloadError> {
        let all_read = self.key.is_none() && self.reader.is_empty();
        if all_read { Ok(()) } else { Err(PayloadError::Encoding) }
    }
}

fn parsed<T: FromStr>(reader: &mut Reader<'_>) -> Result<T, NotThis> {
    reader.text()?.parse().map_err(|_rule| NotThis)
}

fn text(reader: &mut Reader<'_>) -> Result<Box<str>, NotThis> {
    reader.text().map(Box::from)
}

fn seconds(reader: &mut Reader<'_>) -> Result<UnixSeconds, NotThis> {
    i64::try_from(reader.uint()?).map(UnixSeconds).map_err(|_beyond| NotThis)
}

fn ancestors(reader: &mut Reader<'_>) -> Result<Vec<Ancestor>, NotThis> {
    let count = reader.array()?;
    if count == 0 || count > ANCESTORS_MAX as u64 {
        return Err(NotThis);
    }
    (0..count).map(|_index| ancestor(reader)).collect()
}

fn ancestor(reader: &mut Reader<'_>) -> Result<Ancestor, NotThis> {
    if reader.array()? != 4 {
        return Err(NotThis);
    }
    Ok(Ancestor {
        account: parsed(reader)?,
        role_id: parsed(reader)?,
        issued: seconds(reader)?,
        access_key_id: parsed(reader)?,
    })
}

fn federation(reader: &mut Reader<'_>) -> Result<Federation, NotThis> {
    if reader.array()? != 2 {
        return Err(NotThis);
    }
    Ok(Federation { issuer: text(reader)?, subject: text(reader)? })
}

fn origin(reader: &mut Reader<'_>) -> Result<Source, NotThis> {
    if reader.array()? != 3 {
        return Err(NotThis);
    }
    let kind = reader.uint()?;
    let account = parsed(reader)?;
    let id = SourceId::of_kind(kind, reader.text()?).ok_or(NotThis)?;
    Ok(Source { account, id })
}

/// Both or none.
fn chain(
    ancestors: Option<Vec<Ancestor>>,
    origin: Option<Source>,
) -> Result<Option<Chain>, PayloadError> {
    match (ancestors, origin) {
        (Some(ancestors), Some(origin)) => Ok(Some(Chain { ancestors, origin })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(PayloadError::Missing(18)),
        (None, Some(_)) => Err(PayloadError::Rule(18)),
    }
}
