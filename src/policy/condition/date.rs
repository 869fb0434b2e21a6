//! Instants: `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)` (section 4.7).

use std::fmt;

use jiff::Timestamp;

use crate::ident::UnixSeconds;

/// A point in time with nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant(Timestamp);

impl Instant {
    pub(super) fn parse(text: &str) -> Option<Self> {
        has_shape(text.as_bytes()).then(|| text.parse().ok().map(Self)).flatten()
    }
}

impl From<UnixSeconds> for Instant {
    fn from(seconds: UnixSeconds) -> Self {
        Self(Timestamp::from_second(seconds.0).unwrap_or_default())
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The shape; the calendar is the library's. A leap second has no instant.
fn has_shape(text: &[u8]) -> bool {
    let Some((head, tail)) = text.split_at_checked(19) else { return false };
    if !fits(head, b"dddd-dd-ddTdd:dd:dd") || head.ends_with(b"60") {
        return false;
    }
    let zone = match tail.strip_prefix(b".") {
        None => tail,
        Some(rest) => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 || digits > 9 {
                return false;
            }
            rest.split_at_checked(digits).map_or(rest, |(_, zone)| zone)
        }
    };
    zone == b"Z" || fits(zone, b"+dd:dd") || fits(zone, b"-dd:dd")
}

fn fits(text: &[u8], pattern: &[u8]) -> bool {
    let same =
        |(byte, want): (&u8, &u8)| if *want == b'd' { byte.is_ascii_digit() } else { byte == want };
    text.len() == pattern.len() && text.iter().zip(pattern).all(same)
}
