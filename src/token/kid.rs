use std::fmt;
use std::str::FromStr;

use crate::ident::ParseIdentError;

/// The id of a ring entry, which stands in clear in every token: 16 lower-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kid(pub [u8; 8]);

impl FromStr for Kid {
    type Err = ParseIdentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ParseIdentError::new("key id (16 lower-case hex digits)", text);
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 16 || !text.bytes().all(digit) {
            return Err(wrong());
        }
        u64::from_str_radix(text, 16)
            .map(|number| Self(number.to_be_bytes()))
            .map_err(|_number| wrong())
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}
