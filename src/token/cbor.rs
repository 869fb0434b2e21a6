//! The part of CBOR that payloads are written in (RFC 8949), deterministic: shortest heads, definite lengths. The reader
//! refuses every other way to write the same.

const UINT: u8 = 0;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;

/// Bytes that are not what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotThis;

/// Writes items one after the other.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn uint(&mut self, value: u64) {
        self.head(UINT, value);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.0.push(if value { TRUE } else { FALSE });
    }

    pub(super) fn array(&mut self, items: usize) {
        self.head(ARRAY, items as u64);
    }

    pub(super) fn map(&mut self, pairs: usize) {
        self.head(MAP, pairs as u64);
    }

    fn head(&mut self, major: u8, value: u64) {
        let bytes = value.to_be_bytes();
        let (info, count) = match value {
            0..24 => return self.0.push((major << 5) | bytes[7]),
            24..=0xff => (24, 1),
            0x100..=0xffff => (25, 2),
            0x1_0000..=0xffff_ffff => (26, 4),
            _ => (27, 8),
        };
        self.0.push((major << 5) | info);
        self.0.extend(bytes.iter().skip(8 - count));
    }
}

/// Reads items one after the other. Nothing is allocated for what a head announces, only for what is there.
#[derive(Debug)]
pub(super) struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn uint(&mut self) -> Result<u64, NotThis> {
        self.head(UINT)
    }

    pub(super) fn text(&mut self) -> Result<&'b str, NotThis> {
        let length = usize::try_from(self.head(TEXT)?).map_err(|_too_long| NotThis)?;
        std::str::from_utf8(self.take(length)?).map_err(|_bytes| NotThis)
    }

    pub(super) fn bool(&mut self) -> Result<bool, NotThis> {
        match self.take(1)? {
            [FALSE] => Ok(false),
            [TRUE] => Ok(true),
            _ => Err(NotThis),
        }
    }

    pub(super) fn array(&mut self) -> Result<u64, NotThis> {
        self.head(ARRAY)
    }

    pub(super) fn map(&mut self) -> Result<u64, NotThis> {
        self.head(MAP)
    }

    fn head(&mut self, wanted: u8) -> Result<u64, NotThis> {
        let [first] = self.take(1)? else { return Err(NotThis) };
        if first >> 5 != wanted {
            return Err(NotThis);
        }
        let info = first & 0x1f;
        let (count, least) = match info {
            0..24 => return Ok(u64::from(info)),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            _ => return Err(NotThis), // reserved, or of indefinite length
        };
        let value = self.take(count)?.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte));
        if value < least { Err(NotThis) } else { Ok(value) }
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], NotThis> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(NotThis)?;
        self.rest = rest;
        Ok(taken)
    }
}
