//! Patterns of actions, resources and `StringLike` (A-4, R-3, R-10, section 4.5): `*` is any run of characters, `?` is
//! exactly one, there is no escape. Two pointers and one point to come back to: no pattern can make a match explode.

use super::Truth;

/// Whether ASCII letter case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Exact,
    Ignored,
}

impl Case {
    fn same(self, left: char, right: char) -> bool {
        match self {
            Self::Exact => left == right,
            Self::Ignored => left.eq_ignore_ascii_case(&right),
        }
    }

    fn equal(self, left: &[u8], right: &[u8]) -> bool {
        match self {
            Self::Exact => left == right,
            Self::Ignored => left.eq_ignore_ascii_case(right),
        }
    }
}

/// A pattern, sorted by how cheaply it can be matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Glob {
    /// `*`
    Any,
    /// No wildcard.
    Exact(Box<str>),
    /// `text*`
    Prefix(Box<str>),
    /// `*text`
    Suffix(Box<str>),
    /// Anything else, without repeated `*`.
    General(Box<str>),
}

impl Glob {
    pub(super) fn new(pattern: &str) -> Self {
        let pattern = without_repeated_stars(pattern);
        let literal = |text: &str| !text.contains(['*', '?']);
        if pattern == "*" {
            return Self::Any;
        }
        if literal(&pattern) {
            return Self::Exact(pattern.into());
        }
        match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
            (Some(text), _) if literal(text) => Self::Prefix(text.into()),
            (_, Some(text)) if literal(text) => Self::Suffix(text.into()),
            _ => Self::General(pattern.into()),
        }
    }

    pub(super) fn matches(&self, text: &str, case: Case) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(wanted) => case.equal(text.as_bytes(), wanted.as_bytes()),
            Self::Prefix(wanted) => starts_with(text, wanted, case),
            Self::Suffix(wanted) => ends_with(text, wanted, case),
            Self::General(pattern) => matches(pattern, text, case, Unknown::Ordinary),
        }
    }

    /// Matches a text in which each [`HOLE`] stands for any text: true only if all of them match.
    pub(super) fn matches_partial(&self, text: &str, case: Case) -> Truth {
        if !text.contains(HOLE) {
            return self.matches(text, case).into();
        }
        if self.matches_every(text, case) {
            return Truth::True;
        }
        if self.could_match(text, case) { Truth::Indeterminate } else { Truth::False }
    }

    fn matches_every(&self, text: &str, case: Case) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(_) => false,
            Self::Prefix(wanted) => starts_with(head(text), wanted, case),
            Self::Suffix(wanted) => ends_with(tail(text), wanted, case),
            Self::General(pattern) => matches(pattern, text, case, Unknown::OnlyStars),
        }
    }

    /// May say yes too often, never no.
    fn could_match(&self, text: &str, case: Case) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(wanted) => {
                head(text).len().saturating_add(tail(text).len()) <= wanted.len()
                    && agree_forward(wanted, head(text), case)
                    && agree_backward(wanted, tail(text), case)
            }
            Self::Prefix(wanted) => agree_forward(wanted, head(text), case),
            Self::Suffix(wanted) => agree_backward(wanted, tail(text), case),
            Self::General(pattern) => {
                agree_forward(pattern, head(text), case)
                    && agree_backward(pattern, tail(text), case)
            }
        }
    }
}

/// Stands for an unknown part of a text.
pub(super) const HOLE: char = super::RelativeId::UNKNOWN_PART;

/// What the character [`HOLE`] of a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Ordinary,
    /// A part that only a `*` accepts in full.
    OnlyStars,
}

fn without_repeated_stars(pattern: &str) -> String {
    let mut kept = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        if character != '*' || !kept.ends_with('*') {
            kept.push(character);
        }
    }
    kept
}

fn matches(pattern: &str, text: &str, case: Case, unknown: Unknown) -> bool {
    let mut pattern = pattern.chars();
    let mut text = text.chars();
    // Where to go on when the characters behind the last `*` do not fit: it takes one more character.
    let mut star = None;
    loop {
        let before = (pattern.clone(), text.clone());
        let fits = match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                text = before.1;
                star = Some((pattern.clone(), text.clone()));
                continue;
            }
            (Some(_), Some(HOLE)) if unknown == Unknown::OnlyStars => false,
            (Some('?'), Some(_)) => true,
            (Some(wanted), Some(given)) => case.same(wanted, given),
            (None, Some(_)) | (Some(_), None) => false,
        };
        if !fits {
            let Some((behind_star, mut taken)) = star else { return false };
            if taken.next().is_none() {
                return false;
            }
            pattern = behind_star.clone();
            text = taken.clone();
            star = Some((behind_star, taken));
        }
    }
}

/// The text before its first unknown part.
fn head(text: &str) -> &str {
    text.split(HOLE).next().unwrap_or_default()
}

/// The text behind its last unknown part.
fn tail(text: &str) -> &str {
    text.rsplit(HOLE).next().unwrap_or_default()
}

fn starts_with(text: &str, wanted: &str, case: Case) -> bool {
    let head = text.as_bytes().get(..wanted.len());
    head.is_some_and(|head| case.equal(head, wanted.as_bytes()))
}

fn ends_with(text: &str, wanted: &str, case: Case) -> bool {
    let start = text.len().checked_sub(wanted.len());
    let tail = start.and_then(|start| text.as_bytes().get(start..));
    tail.is_some_and(|tail| case.equal(tail, wanted.as_bytes()))
}

fn agree_forward(pattern: &str, known: &str, case: Case) -> bool {
    agrees(pattern.chars(), known.chars(), case)
}

fn agree_backward(pattern: &str, known: &str, case: Case) -> bool {
    agrees(pattern.chars().rev(), known.chars().rev(), case)
}

/// Whether both sides agree as far as both are certain: up to the first `*`, up to the unknown part.
fn agrees(
    pattern: impl Iterator<Item = char>,
    known: impl Iterator<Item = char>,
    case: Case,
) -> bool {
    pattern
        .take_while(|wanted| *wanted != '*')
        .zip(known)
        .all(|(wanted, given)| wanted == '?' || case.same(wanted, given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_texts() {
        check("*", "", true);
        check("", "", true);
        check("", "a", false);
        check("a*", "a", true);
        check("a*", "ba", false);
        check("*a", "ba", true);
        check("*a", "ab", false);
        check("a?", "a", false);
        check("a?", "aé", true); // one character, not one byte
        check("??", "é", false);
        check("*?", "é", true);
        check("*a*b?c*", "xxaxxbbyczz", true);
        check("*a*b?c*", "xxaxxbbczz", true);
        check("*a*b?c*", "xxaxxbcczz", true);
        check("*a*b?c*", "xxaxxbczz", false);
        check("***a", "a", true);
        check("a.c", "abc", false);
        check("\\*", "*", false); // no escape
        check("[a]", "a", false);
        assert!(!Glob::new("A*").matches("ab", Case::Exact));
        assert!(Glob::new("A*").matches("ab", Case::Ignored));
        assert!(!Glob::new("É").matches("é", Case::Ignored)); // ASCII only
    }

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        let found = Glob::new(pattern).matches(text, Case::Exact);
        assert_eq!(found, expected, "{pattern} on {text}");
        let general = matches(pattern, text, Case::Exact, Unknown::Ordinary);
        assert_eq!(general, expected, "{pattern} on {text}, matched as a general pattern");
    }

    #[test]
    fn texts_with_unknown_parts() {
        use Truth::{False, Indeterminate, True};
        let cases = [
            ("*", "db/\0", True),
            ("db/*", "db/\0", True),
            ("db/*", "dc/\0", False),
            ("db/*", "d\0", Indeterminate),
            ("db/?*", "db/\0", Indeterminate), // the part may be empty
            ("db/?", "db/\0", Indeterminate),
            ("db/*/x", "db/\0/x", True),
            ("db/*/x", "db/\0/y", False),
            ("db/a", "db/\0", Indeterminate),
            ("db/a", "db/\0/a", False), // too short for it
            ("*/x", "\0/x", True),
            ("*/x", "\0x", Indeterminate),
            ("*/x", "\0/y", False),
            ("*b*", "\0b\0", True),
            ("*b*", "\0", Indeterminate),
            ("db/\0*", "db/\0", Indeterminate), // what a pattern writes is no unknown part
            ("db/a", "db/a", True),
            ("db/a", "db/b", False),
        ];
        for (pattern, text, expected) in cases {
            let found = Glob::new(pattern).matches_partial(text, Case::Exact);
            assert_eq!(found, expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn no_pattern_explodes() {
        let pattern = format!("{}b", "*a".repeat(50));
        assert!(!Glob::new(&pattern).matches(&"a".repeat(20_000), Case::Exact));
    }
}
