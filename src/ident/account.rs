use std::fmt;
use std::str::FromStr;

use super::ParseIdentError;

/// An Alibaba Cloud account id, such as `1234567890123456`. Digits only, no leading zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl FromStr for AccountId {
    type Err = ParseIdentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || text.starts_with('0') {
            return Err(ParseIdentError::new("account id", text));
        }
        text.parse().map(Self).map_err(|_overflow| ParseIdentError::new("account id", text))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
