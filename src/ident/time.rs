use std::fmt;

use jiff::Timestamp;

use super::ParseIdentError;

/// Seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(pub i64);

impl UnixSeconds {
    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction]Z`, the *ISO* form of SIG-15. The fraction (1 – 9 digits) is dropped.
    pub fn parse_iso8601(text: &str) -> Result<Self, ParseIdentError> {
        let wrong = || ParseIdentError::new("time of the form YYYY-MM-DDThh:mm:ssZ", text);
        if !has_iso_shape(text.as_bytes()) {
            return Err(wrong());
        }
        // A leap second has no instant of its own; the calendar library would clamp it to the one before.
        if text.get(17..19) == Some("60") {
            return Err(wrong());
        }
        let instant: Timestamp = text.parse().map_err(|_calendar| wrong())?;
        Ok(Self(instant.as_second()))
    }
}

/// Whether the text looks like `2026-11-22T11:05:04Z`, with an optional fraction; the calendar is checked elsewhere.
fn has_iso_shape(text: &[u8]) -> bool {
    const PATTERN: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let Some((head, tail)) = text.split_at_checked(PATTERN.len()) else { return false };
    let head_fits = head.iter().zip(PATTERN).all(|(byte, want)| match want {
        b'd' => byte.is_ascii_digit(),
        literal => byte == literal,
    });
    head_fits && has_iso_tail(tail)
}

fn has_iso_tail(tail: &[u8]) -> bool {
    match tail {
        b"Z" => true,
        [b'.', digits @ .., b'Z'] => {
            (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(instant) => instant.fmt(f),
            Err(_outside_the_calendar) => write!(f, "{} s", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::UnixSeconds;

    #[test]
    fn iso_forms() {
        check("2026-11-22T11:05:04Z", Some(1_795_345_504));
        check("2026-11-22T11:05:04.123456789Z", Some(1_795_345_504));
        for bad in [
            "2026-11-22T11:05:04",
            "2026-11-22T11:05:04.Z",
            "2026-11-22T11:05:04+00:00",
            "2026-11-22t11:05:04z",
            "2026-11-22 11:05:04Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T11:05:60Z",
            "2026-02-30T11:05:04Z",
            " 2026-11-22T11:05:04Z",
            "2026-11-22T11:05:04Z\n",
            "２026-11-22T11:05:04Z",
            "",
        ] {
            check(bad, None);
        }
    }

    #[track_caller]
    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(
            UnixSeconds::parse_iso8601(text).ok().map(|instant| instant.0),
            expected,
            "{text}"
        );
    }
}
