use std::borrow::Cow;
use std::ops::Range;

use super::HeadError;

/// One `name=value` pair of a query or a form, decoded once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// The name.
    pub name: Box<str>,
    /// The value; empty when there is none.
    pub value: Box<str>,
    /// Whether there was a `=`.
    pub has_equals: bool,
    /// Where the pair stands in the raw text, without the `&`.
    pub raw: Range<usize>,
}

/// The pairs of a query or a form, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<Param>);

impl Params {
    /// Splits at `&`, drops empty segments, splits at the first `=`, reads `+` as space, decodes once (SIG-04).
    pub fn parse(raw: &str, parameters_max: usize) -> Result<Self, HeadError> {
        let mut params = Vec::new();
        let mut start = 0;
        for pair in raw.split('&') {
            let range = start..start + pair.len();
            start = range.end + 1;
            if pair.is_empty() {
                continue;
            }
            if params.len() >= parameters_max {
                return Err(HeadError::TooMany("parameters"));
            }
            let (name, value, has_equals) = match pair.split_once('=') {
                Some((name, value)) => (name, value, true),
                None => (pair, "", false),
            };
            params.push(Param {
                name: decode(name)?,
                value: decode(value)?,
                has_equals,
                raw: range,
            });
        }
        Ok(Self(params))
    }

    /// Every pair.
    pub fn iter(&self) -> std::slice::Iter<'_, Param> {
        self.0.iter()
    }

    /// The value of the first pair with this name, exactly as written. A caller for whom a second one matters looks
    /// for it; the signature schemes and the catalogue refuse repeated names.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|param| &*param.name == name).map(|param| &*param.value)
    }

    /// How many pairs.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'p> IntoIterator for &'p Params {
    type Item = &'p Param;
    type IntoIter = std::slice::Iter<'p, Param>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn decode(text: &str) -> Result<Box<str>, HeadError> {
    let spaced =
        if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    match percent_decode(&spaced).filter(|text| !text.contains('\0')) {
        Some(Cow::Borrowed(text)) => Ok(text.into()),
        Some(Cow::Owned(text)) => Ok(text.into_boxed_str()),
        None => Err(HeadError::Escape("query or form")),
    }
}

/// Decodes percent escapes once. `None`: an escape that is none, or bytes that are no UTF-8.
pub fn percent_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let high = hex(bytes.next()?)?;
        let low = hex(bytes.next()?)?;
        decoded.push(high << 4 | low);
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
