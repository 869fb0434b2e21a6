//! Patterns of actions, resources and `StringLike` (A-4, R-3, R-10, section 4.5): `*` is any run of characters, `?` is
//! exactly one, there is no escape. A match takes time in proportion to the text, whatever the pattern.

mod automaton;

use super::Truth;
use super::texts::{Span, Texts};

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

/// How cheaply a pattern can be matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// `*`
    Any,
    /// No wildcard.
    Exact,
    /// `text*`
    Prefix,
    /// `*text`
    Suffix,
    /// Anything else.
    General,
}

/// A pattern that has been sorted by how it is matched. The text stays in the [`Texts`] of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glob {
    class: Class,
    /// Without the wildcard, except in a general pattern.
    text: Span,
}

impl Glob {
    /// Sorts `pattern`, which is kept as `span`.
    pub(super) fn new(pattern: &str, span: Span) -> Self {
        let trimmed = pattern.trim_end_matches('*');
        let wildcard = trimmed.bytes().position(|byte| matches!(byte, b'*' | b'?'));
        match wildcard {
            None if trimmed.is_empty() && !pattern.is_empty() => {
                Self { class: Class::Any, text: span }
            }
            None if trimmed.len() == pattern.len() => Self { class: Class::Exact, text: span },
            None => Self { class: Class::Prefix, text: span.part(0, trimmed.len()) },
            Some(0) if trimmed.len() == pattern.len() => {
                let literal = trimmed.trim_start_matches('*');
                if literal.contains(['*', '?']) {
                    return Self { class: Class::General, text: span };
                }
                let stars = pattern.len().saturating_sub(literal.len());
                Self { class: Class::Suffix, text: span.part(stars, literal.len()) }
            }
            Some(_) => Self { class: Class::General, text: span },
        }
    }

    /// Whether it is `*`.
    pub(super) fn is_any(self) -> bool {
        self.class == Class::Any
    }

    /// The text of a pattern without a wildcard.
    pub(super) fn exact(self, texts: &Texts) -> Option<&str> {
        (self.class == Class::Exact).then(|| texts.get(self.text))
    }

    /// What every text that matches begins with.
    pub(super) fn literal_start(self, texts: &Texts) -> &str {
        match self.class {
            Class::Any | Class::Suffix => "",
            Class::Exact | Class::Prefix => texts.get(self.text),
            Class::General => {
                let pattern = texts.get(self.text);
                pattern.split(['*', '?']).next().unwrap_or_default()
            }
        }
    }

    /// The text, without the wildcard of a simple pattern.
    pub(super) fn text(self, texts: &Texts) -> &str {
        texts.get(self.text)
    }

    /// Whether the pattern has a wildcard that costs more than one look at the text.
    pub(super) fn is_general(self) -> bool {
        self.class == Class::General
    }

    pub(super) fn matches(self, texts: &Texts, text: &str, case: Case) -> bool {
        let own = texts.get(self.text);
        match self.class {
            Class::Any => true,
            Class::Exact => case.equal(text.as_bytes(), own.as_bytes()),
            Class::Prefix => starts_with(text, own, case),
            Class::Suffix => ends_with(text, own, case),
            Class::General => matches(own, text, case, Unknown::Ordinary),
        }
    }

    /// Matches a text in which each [`HOLE`] stands for any text: true only if all of them match.
    pub(super) fn matches_partial(self, texts: &Texts, text: &str, case: Case) -> Truth {
        if !text.contains(HOLE) {
            return self.matches(texts, text, case).into();
        }
        let own = texts.get(self.text);
        if self.matches_every(own, text, case) {
            return Truth::True;
        }
        if self.could_match(own, text, case) { Truth::Indeterminate } else { Truth::False }
    }

    fn matches_every(self, own: &str, text: &str, case: Case) -> bool {
        match self.class {
            Class::Any => true,
            Class::Exact => false,
            Class::Prefix => starts_with(head(text), own, case),
            Class::Suffix => ends_with(tail(text), own, case),
            Class::General => matches(own, text, case, Unknown::OnlyStars),
        }
    }

    /// May say yes too often, never no.
    fn could_match(self, own: &str, text: &str, case: Case) -> bool {
        match self.class {
            Class::Any => true,
            Class::Exact => {
                head(text).len().saturating_add(tail(text).len()) <= own.len()
                    && agree_forward(own, head(text), case)
                    && agree_backward(own, tail(text), case)
            }
            Class::Prefix => agree_forward(own, head(text), case),
            Class::Suffix => agree_backward(own, tail(text), case),
            Class::General => {
                agree_forward(own, head(text), case) && agree_backward(own, tail(text), case)
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

/// Whether one character of a pattern, not a star, takes one character of the text.
fn fits(wanted: char, given: char, case: Case, unknown: Unknown) -> bool {
    match (wanted, given) {
        (_, HOLE) if unknown == Unknown::OnlyStars => false,
        ('?', _) => true,
        _ => case.same(wanted, given),
    }
}

/// Two pointers and one place to come back to: quick on patterns that people write. A pattern made to come back again and
/// again runs out of steps, and the automaton, slower but never worse than one pass, answers instead.
fn matches(pattern: &str, text: &str, case: Case, unknown: Unknown) -> bool {
    let mut steps = pattern.len().saturating_add(text.len()).saturating_mul(4);
    let mut wanted = pattern.chars();
    let mut given = text.chars();
    // Where to go on when the characters behind the last `*` do not fit: it takes one more character.
    let mut star = None;
    loop {
        let Some(left) = steps.checked_sub(1) else {
            return automaton::matches(pattern, text, case, unknown);
        };
        steps = left;
        let before = given.clone();
        let fits = match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                given = before;
                star = Some((wanted.clone(), given.clone()));
                continue;
            }
            (Some(want), Some(have)) => fits(want, have, case, unknown),
            (None, Some(_)) | (Some(_), None) => false,
        };
        if !fits {
            let Some((behind_star, mut taken)) = star else { return false };
            if taken.next().is_none() {
                return false;
            }
            wanted = behind_star.clone();
            given = taken.clone();
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
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// A pattern with texts of its own.
    fn glob(pattern: &str) -> (Texts, Glob) {
        let mut texts = Texts::default();
        let span = texts.keep(pattern);
        let glob = Glob::new(pattern, span);
        (texts, glob)
    }

    fn found(pattern: &str, text: &str, case: Case) -> bool {
        let (texts, glob) = glob(pattern);
        glob.matches(&texts, text, case)
    }

    #[test]
    fn ordinary_texts() {
        check("*", "", true);
        check("**", "a", true);
        check("", "", true);
        check("", "a", false);
        check("a*", "a", true);
        check("a**", "ab", true);
        check("a*", "ba", false);
        check("*a", "ba", true);
        check("**a", "ba", true);
        check("*a", "ab", false);
        check("*a*", "bab", true);
        check("a?", "a", false);
        check("a?", "aé", true); // one character, not one byte
        check("??", "é", false);
        check("*?", "é", true);
        check("?", "", false);
        check("*a*b?c*", "xxaxxbbyczz", true);
        check("*a*b?c*", "xxaxxbbczz", true);
        check("*a*b?c*", "xxaxxbcczz", true);
        check("*a*b?c*", "xxaxxbczz", false);
        check("***a", "a", true);
        check("a.c", "abc", false);
        check("\\*", "*", false); // no escape
        check("[a]", "a", false);
        assert!(!found("A*", "ab", Case::Exact));
        assert!(found("A*", "ab", Case::Ignored));
        assert!(!found("É", "é", Case::Ignored)); // ASCII only
    }

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(found(pattern, text, Case::Exact), expected, "{pattern} on {text}");
        let general = matches(pattern, text, Case::Exact, Unknown::Ordinary);
        assert_eq!(general, expected, "{pattern} on {text}, matched as a general pattern");
        let slow = automaton::matches(pattern, text, Case::Exact, Unknown::Ordinary);
        assert_eq!(slow, expected, "{pattern} on {text}, matched by the automaton");
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
            let (texts, glob) = glob(pattern);
            let found = glob.matches_partial(&texts, text, Case::Exact);
            assert_eq!(found, expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn no_pattern_explodes() {
        assert!(!found(&format!("{}b", "*a".repeat(50)), &"a".repeat(20_000), Case::Exact));
        assert!(!found(&format!("*{}b*", "a".repeat(3_000)), &"a".repeat(200_000), Case::Exact));
        assert!(!found(&format!("*{}b*", "?".repeat(3_000)), &"a".repeat(200_000), Case::Exact));
        assert!(found(&format!("*{}b*", "?".repeat(300)), &("a".repeat(2_000) + "b"), Case::Exact));
    }

    fn words(words: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
        vec(select(words), 0..most).prop_map(|words| words.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// However a pattern is matched, also with more than 64 characters: the answer is the same.
        #[test]
        fn every_way_of_matching_agrees(
            pattern in words(&["a", "A", "b", "é", "*", "?", "aaaaaaaaaaaaaaaaaaaaaaa", "\0"], 9),
            text in words(&["a", "A", "b", "é", "aaaaaaaaaaaaaaaaaaaaaaa", "\0"], 9),
        ) {
            for case in [Case::Exact, Case::Ignored] {
                for unknown in [Unknown::Ordinary, Unknown::OnlyStars] {
                    let quick = matches(&pattern, &text, case, unknown);
                    let slow = automaton::matches(&pattern, &text, case, unknown);
                    prop_assert_eq!(quick, slow);
                }
                let general = matches(&pattern, &text, case, Unknown::Ordinary);
                prop_assert_eq!(found(&pattern, &text, case), general);
            }
        }

        /// What is said about a text with an unknown part holds for whatever the part is.
        #[test]
        fn an_unknown_part_is_any_text(
            pattern in words(&["a", "b", "/", "*", "?"], 7),
            head in words(&["a", "b", "/"], 4),
            part in words(&["a", "b", "/"], 4),
            tail in words(&["a", "b", "/"], 4),
        ) {
            let (texts, glob) = glob(&pattern);
            let unknown = glob.matches_partial(&texts, &format!("{head}{HOLE}{tail}"), Case::Exact);
            let known = glob.matches(&texts, &format!("{head}{part}{tail}"), Case::Exact);
            prop_assert!(unknown == Truth::Indeterminate || unknown == known.into());
        }
    }
}
