use std::fmt::{self, Display, Write};

/// The text of a number, an address or an instant, written without an allocation.
pub(super) struct ShortText {
    bytes: [u8; Self::BYTES_MAX],
    len: usize,
}

impl ShortText {
    /// The longest are IPv6 addresses (39) and instants with a year of six digits (24).
    const BYTES_MAX: usize = 64;

    /// Empty when the text is too long, which none of the types named above is.
    pub(super) fn of(value: &impl Display) -> Self {
        let mut text = Self { bytes: [0; Self::BYTES_MAX], len: 0 };
        if write!(text, "{value}").is_err() {
            text.len = 0;
        }
        text
    }

    pub(super) fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.len).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

impl Write for ShortText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len.checked_add(text.len()).ok_or(fmt::Error)?;
        let place = self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::ShortText;

    #[test]
    fn writes_what_fits() {
        assert_eq!(ShortText::of(&"a".repeat(64)).as_str(), "a".repeat(64));
        assert_eq!(ShortText::of(&"a".repeat(65)).as_str(), "");
    }
}
