use std::cmp::Ordering;

/// A decimal number of any length, compared exactly (section 4.6).
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Decimal<'t> {
    /// Never set for zero.
    negative: bool,
    /// Digits before the point, without leading zeros.
    whole: &'t str,
    /// Digits behind it, without trailing zeros.
    fraction: &'t str,
}

impl<'t> Decimal<'t> {
    /// Reads an optional sign, digits, and an optional fraction.
    pub(super) fn parse(text: &'t str) -> Option<Self> {
        let (minus, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = match unsigned.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (unsigned, None),
        };
        if !is_digits(whole) || !fraction.is_none_or(is_digits) {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let fraction = fraction.unwrap_or_default().trim_end_matches('0');
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: minus && !zero, whole, fraction })
    }

    pub(super) fn compare(&self, other: &Decimal<'_>) -> Ordering {
        match (self.negative, other.negative) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.compare_size(other),
            (true, true) => self.compare_size(other).reverse(),
        }
    }

    fn compare_size(&self, other: &Decimal<'_>) -> Ordering {
        let longer = self.whole.len().cmp(&other.whole.len());
        longer
            .then_with(|| self.whole.cmp(other.whole))
            .then_with(|| self.fraction.cmp(other.fraction))
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order() {
        let rising = [
            "-10.5", "-10", "-9", "-0.01", "0", "0.009", "0.01", "0.1", "9", "10", "10.25", "10.3",
        ];
        for (left_place, left) in rising.iter().enumerate() {
            for (right_place, right) in rising.iter().enumerate() {
                let found = Decimal::parse(left).unwrap().compare(&Decimal::parse(right).unwrap());
                assert_eq!(found, left_place.cmp(&right_place), "{left} and {right}");
            }
        }
        for (left, right) in
            [("10", "10.0"), ("+007", "7"), ("-0", "0"), ("-0.00", "+0"), ("0.50", "0.5")]
        {
            assert!(Decimal::parse(left).unwrap().compare(&Decimal::parse(right).unwrap()).is_eq());
        }
        let huge = "9".repeat(1000);
        assert!(Decimal::parse(&huge).unwrap().compare(&Decimal::parse("1").unwrap()).is_gt());
    }

    #[test]
    fn other_forms_are_no_numbers() {
        for text in
            ["", "-", "1.", ".5", "1e3", " 1", "1 ", "++1", "1.2.3", "0x1", "１", "NaN", "1,5"]
        {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }
}
