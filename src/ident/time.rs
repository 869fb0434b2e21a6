use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

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

    /// Reads `YYYYMMDDThhmmssZ`, the *basic ISO* form of SIG-15.
    pub fn parse_basic_iso8601(text: &str) -> Result<Self, ParseIdentError> {
        let wrong = || ParseIdentError::new("time of the form YYYYMMDDThhmmssZ", text);
        let part = |range: Range<usize>| text.get(range).ok_or_else(wrong);
        let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
        let (hour, minute, second) = (part(9..11)?, part(11..13)?, part(13..15)?);
        if text.len() != 16 || text.get(8..9) != Some("T") || !text.ends_with('Z') {
            return Err(wrong());
        }
        Self::parse_iso8601(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
            .map_err(|_text| wrong())
    }

    /// Reads `Sun, 22 Nov 2026 11:05:08 GMT`, the *HTTP date* of SIG-15, in this spelling only.
    pub fn parse_http_date(text: &str) -> Result<Self, ParseIdentError> {
        let wrong = || ParseIdentError::new("date of the form Sun, 22 Nov 2026 11:05:08 GMT", text);
        let read = strtime::parse(HTTP_DATE, text).and_then(|parts| parts.to_datetime());
        let read = read.and_then(|time| time.to_zoned(TimeZone::UTC)).map_err(|_text| wrong())?;
        // The reader is lenient; only what it would write itself is accepted.
        if read.strftime(HTTP_DATE).to_string() != text {
            return Err(wrong());
        }
        Ok(Self(read.timestamp().as_second()))
    }

    /// The day in UTC as `YYYYMMDD`.
    pub fn day(self) -> String {
        self.written("%Y%m%d")
    }

    /// The *basic ISO* form of SIG-15.
    pub fn basic_iso8601(self) -> String {
        self.written("%Y%m%dT%H%M%SZ")
    }

    /// The *HTTP date* of SIG-15.
    pub fn http_date(self) -> String {
        self.written(HTTP_DATE)
    }

    /// Empty outside the calendar.
    fn written(self, form: &str) -> String {
        Timestamp::from_second(self.0)
            .map_or_else(|_outside| String::new(), |instant| instant.strftime(form).to_string())
    }
}

const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

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

    #[test]
    fn basic_iso_and_http_dates() {
        for (text, basic, http) in [
            ("20261122T110504Z", Some(1_795_345_504), None),
            ("20261122T110504", None, None),
            ("20261122t110504Z", None, None),
            ("20261122T110560Z", None, None),
            ("2026-11-22T11:05:04Z", None, None),
            ("+0261122T110504Z", None, None),
            ("Sun, 22 Nov 2026 11:05:04 GMT", None, Some(1_795_345_504)),
            ("Mon, 22 Nov 2026 11:05:04 GMT", None, None),
            ("Sun, 22 nov 2026 11:05:04 GMT", None, None),
            ("Sun,  22 Nov 2026 11:05:04 GMT", None, None),
            ("Sun, 22 Nov 2026 11:05:04 UTC", None, None),
            ("Sun, 22 Nov 2026 11:05:60 GMT", None, None),
            ("22 Nov 2026 11:05:04 GMT", None, None),
            ("Sun, 1 Nov 2026 11:05:04 GMT", None, None),
            ("", None, None),
        ] {
            let seconds = |read: Result<UnixSeconds, _>| read.ok().map(|instant| instant.0);
            assert_eq!(seconds(UnixSeconds::parse_basic_iso8601(text)), basic, "{text}");
            assert_eq!(seconds(UnixSeconds::parse_http_date(text)), http, "{text}");
        }
        let at = UnixSeconds(1_795_345_504);
        assert_eq!(at.day(), "20261122");
        assert_eq!(at.basic_iso8601(), "20261122T110504Z");
        assert_eq!(at.http_date(), "Sun, 22 Nov 2026 11:05:04 GMT");
        assert_eq!(UnixSeconds(i64::MAX).http_date(), "");
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
