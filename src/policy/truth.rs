/// What is known about a match (section 4.3 of the policy language).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does not match.
    False,
    /// It may or may not match. An Allow does not apply then, a Deny does (C-7).
    Indeterminate,
    /// It matches.
    True,
}

impl Truth {
    /// False if either is, else undecided if either is.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            (Self::Indeterminate, Self::True | Self::Indeterminate)
            | (Self::True, Self::Indeterminate) => Self::Indeterminate,
        }
    }

    /// True if either is, else undecided if either is.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.negate().and(other.negate()).negate()
    }

    /// Swaps true and false; what is undecided stays so.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Indeterminate => Self::Indeterminate,
            Self::True => Self::False,
        }
    }

    /// Whether any of several things matches.
    pub(super) fn any(all: impl IntoIterator<Item = Self>) -> Self {
        let mut found = Self::False;
        for truth in all {
            found = found.or(truth);
            if found == Self::True {
                break;
            }
        }
        found
    }
}

impl From<bool> for Truth {
    fn from(matches: bool) -> Self {
        if matches { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, False, Indeterminate, True};

    #[test]
    fn three_valued_tables() {
        let all = [False, Indeterminate, True];
        let and = [[False; 3], [False, Indeterminate, Indeterminate], [False, Indeterminate, True]];
        let or = [[False, Indeterminate, True], [Indeterminate, Indeterminate, True], [True; 3]];
        for (row, left) in all.into_iter().enumerate() {
            for (column, right) in all.into_iter().enumerate() {
                assert_eq!(left.and(right), and[row][column], "{left:?} and {right:?}");
                assert_eq!(left.or(right), or[row][column], "{left:?} or {right:?}");
                assert_eq!(Truth::any([left, right]), or[row][column], "{left:?} any {right:?}");
            }
        }
        assert_eq!(Truth::any([]), False);
    }
}
