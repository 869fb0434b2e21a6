use jiff::civil::{DateTime, date};

use crate::ident::UnixSeconds;

/// An instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) struct Instant {
    seconds: i64,
    /// In units of [`FRACTION_DIGITS`] decimal places. It counts up from the second below, before 1970 as after.
    /// The number's bytes, the highest first, compare as the number does, and need not lie on a border of 16.
    fraction: [u8; 16],
}

/// As many decimal places as fit; a text with more that are not zero is refused.
const FRACTION_DIGITS: u32 = 38;

impl From<UnixSeconds> for Instant {
    fn from(seconds: UnixSeconds) -> Self {
        Self { seconds: seconds.0, fraction: [0; 16] }
    }
}

impl Instant {
    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)` and nothing else (section 4.7). The calendar is applied
    /// to the local time and the offset taken off by hand, so that `9999-12-31T23:59:59Z` is an instant too.
    pub(super) fn parse(text: &str) -> Option<Self> {
        const LOCAL: &str = "dddd-dd-ddTdd:dd:dd";
        let (local, rest) = text.split_at_checked(LOCAL.len())?;
        let (fraction, offset) = rest.split_at_checked(rest.find(['Z', '+', '-'])?)?;
        let leap_second = local.ends_with("60"); // the calendar library would clamp it to the second before
        if !has_shape(local, LOCAL) || leap_second {
            return None;
        }
        let offset = offset_seconds(offset)?;
        let local: DateTime = local.parse().ok()?;
        let since = local.duration_since(date(1970, 1, 1).at(0, 0, 0, 0));
        let seconds = since.as_secs().checked_sub(offset)?;
        Some(Self { seconds, fraction: parse_fraction(fraction)?.to_be_bytes() })
    }
}

/// Nothing, or a point and digits.
fn parse_fraction(text: &str) -> Option<u128> {
    let Some(digits) = text.strip_prefix('.') else { return text.is_empty().then_some(0) };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_end_matches('0');
    let missing = FRACTION_DIGITS.checked_sub(u32::try_from(digits.len()).ok()?)?;
    let number: u128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    number.checked_mul(10_u128.checked_pow(missing)?)
}

fn has_shape(text: &str, shape: &str) -> bool {
    let fits =
        |(byte, want): (u8, u8)| if want == b'd' { byte.is_ascii_digit() } else { byte == want };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

fn offset_seconds(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if has_shape(text, "+dd:dd") { 1 } else { -1 };
    if sign < 0 && !has_shape(text, "-dd:dd") {
        return None;
    }
    let hours: i64 = text.get(1..3)?.parse().ok()?;
    let minutes: i64 = text.get(4..6)?.parse().ok()?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants() {
        let cases = [
            ("1970-01-01T00:00:00Z", (0, 0)),
            ("2019-08-12T17:00:00+08:00", (1_565_600_400, 0)),
            ("2019-08-12T09:00:00Z", (1_565_600_400, 0)),
            ("2019-08-12T09:00:00-00:00", (1_565_600_400, 0)),
            ("2019-08-12T04:29:59.5-04:30", (1_565_600_399, 500_000_000)),
            (
                "2019-08-12T04:29:59.50000000000000000000000000000000000000000000-04:30",
                (1_565_600_399, 500_000_000),
            ),
            ("1969-12-31T23:59:59.25Z", (-1, 250_000_000)),
            ("9999-12-31T23:59:59Z", (253_402_300_799, 0)),
            ("2024-02-29T00:00:00Z", (1_709_164_800, 0)),
        ];
        for (text, (seconds, nanoseconds)) in cases {
            let fraction = (nanoseconds * 10_u128.pow(FRACTION_DIGITS - 9)).to_be_bytes();
            assert_eq!(Instant::parse(text), Some(Instant { seconds, fraction }), "{text}");
        }
        let one_later =
            Instant::parse("2019-08-12T09:00:00.00000000000000000000000000000000000001Z");
        assert!(one_later > Instant::parse("2019-08-12T09:00:00Z"));
    }

    #[test]
    fn other_forms_are_no_instants() {
        for text in [
            "",
            "1565600400",
            "2019-08-12",
            "2019-08-12T17:00:00",
            "2019-08-12T17:00Z",
            "2019-08-12 17:00:00Z",
            "2019-08-12t17:00:00z",
            "2019-08-12T17:00:00+0800",
            "2019-08-12T17:00:00+08",
            "2019-08-12T17:00:00+24:00",
            "2019-08-12T17:00:00+08:60",
            "2019-08-12T17:00:00+08:00[Asia/Shanghai]",
            "2019-08-12T17:00:00.Z",
            "2019-08-12T17:00:00,5Z",
            "2019-08-12T17:00:00.000000000000000000000000000000000000001Z",
            "2019-08-12T17:00:60Z",
            "2019-08-12T24:00:00Z",
            "2019-02-29T17:00:00Z",
            "-2019-08-12T17:00:00Z",
            " 2019-08-12T17:00:00Z",
            "2019-08-12T17:00:00ZZ",
            "2019-08-12T17:00:0é+00:00",
        ] {
            assert_eq!(Instant::parse(text), None, "{text}");
        }
    }
}
