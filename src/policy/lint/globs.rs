//! Two patterns held against each other: whether some text fits both, whether one takes every text of the other.

use crate::policy::glob::Case;

/// Stands in the shape of a resource for a part that a request fills.
pub(super) const ANY_PART: char = crate::policy::RelativeId::UNKNOWN_PART;

/// The same, for a part that never has a slash.
pub(super) const PART_WITHOUT_SLASH: char = '\u{1}';

/// The same, for a `*` that a request's resource really has. Only wildcards match it.
pub(super) const STAR_OF_REQUEST: char = '\u{2}';

/// One character of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`
    One,
    /// `*`, or a part of any length.
    Run,
    RunWithoutSlash,
}

impl Token {
    fn of(character: char) -> Self {
        match character {
            '*' | ANY_PART => Self::Run,
            PART_WITHOUT_SLASH => Self::RunWithoutSlash,
            '?' => Self::One,
            other => Self::Literal(other),
        }
    }

    fn is_run(self) -> bool {
        matches!(self, Self::Run | Self::RunWithoutSlash)
    }

    /// Whether a run goes on over a single character.
    fn takes(self, single: Self) -> bool {
        match self {
            Self::Run => true,
            Self::RunWithoutSlash => single != Self::Literal('/'),
            Self::One | Self::Literal(_) => false,
        }
    }
}

/// Which sides may go on by one character.
#[derive(Default)]
struct Moves {
    left: bool,
    right: bool,
    both: bool,
}

type Rule = fn(Option<Token>, Option<Token>, Case) -> Moves;

/// Whether there is a text that both patterns match.
pub(super) fn overlap(left: &str, right: &str, case: Case) -> bool {
    reach(left, right, case, |left, right, case| match (left, right) {
        (Some(run), None) => Moves { left: run.is_run(), ..Moves::default() },
        (None, Some(run)) => Moves { right: run.is_run(), ..Moves::default() },
        (Some(left), Some(right)) => Moves {
            left: left.is_run() || right.takes(left),
            right: right.is_run() || left.takes(right),
            both: fits(left, right, case) || fits(right, left, case),
        },
        (None, None) => Moves::default(),
    })
}

/// Whether `wide` matches every text that `narrow` matches. Says no where it cannot tell.
pub(super) fn covers(wide: &str, narrow: &str, case: Case) -> bool {
    reach(wide, narrow, case, |wide, narrow, case| match (wide, narrow) {
        (Some(Token::Run), narrow) => {
            Moves { left: true, right: narrow.is_some(), ..Moves::default() }
        }
        (Some(wide), Some(narrow)) => Moves { both: fits(wide, narrow, case), ..Moves::default() },
        (_, None) | (None, _) => Moves::default(),
    })
}

/// Whether one character of a pattern, no run, takes one of the other, no run either.
fn fits(wide: Token, narrow: Token, case: Case) -> bool {
    match (wide, narrow) {
        (Token::One, Token::One | Token::Literal(_)) => true,
        (Token::Literal(left), Token::Literal(right)) => match case {
            Case::Exact => left == right,
            Case::Ignored => left.eq_ignore_ascii_case(&right),
        },
        _ => false,
    }
}

/// Whether both ends can be reached together: from the ends to the starts, a row for each character on the left.
fn reach(left: &str, right: &str, case: Case, rule: Rule) -> bool {
    let behind: Vec<Token> = right.chars().rev().map(Token::of).collect();
    let mut below = row(None, &behind, &[], case, rule);
    for token in left.chars().rev().map(Token::of) {
        below = row(Some(token), &behind, &below, case, rule);
    }
    below.last().copied().unwrap_or(false)
}

/// For one place on the left, whether the ends are reached from each place on the right, the last place first. `below` is
/// the row of the next place on the left.
fn row(
    token: Option<Token>,
    behind: &[Token],
    below: &[bool],
    case: Case,
    rule: Rule,
) -> Vec<bool> {
    let ends = std::iter::once(None).chain(behind.iter().copied().map(Some));
    let mut row: Vec<bool> = Vec::with_capacity(behind.len().saturating_add(1));
    let mut diagonal = false;
    for (place, right) in ends.enumerate() {
        let under = below.get(place).copied().unwrap_or(false);
        let moves = rule(token, right, case);
        let end = token.is_none() && right.is_none();
        let after = row.last().copied().unwrap_or(false);
        row.push(
            end || (moves.left && under) || (moves.right && after) || (moves.both && diagonal),
        );
        diagonal = under;
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_overlap() {
        for (left, right, expected) in [
            ("*", "", true),
            ("", "", true),
            ("a", "", false),
            ("a*", "*b", true),
            ("a*", "b*", false),
            ("a?", "a", false),
            ("a?c", "ab*", true),
            ("*a*", "b?c", true),
            ("*a*", "bc", false),
            ("instance/*", "instance/\0", true),
            ("disk/*", "instance/\0", false),
            ("key/*", "key", false),
            ("b/*", "\u{1}", false),
            ("b/*", "\u{1}/\0", true),
            ("b*", "\u{1}", true),
            ("b*", "\u{1}/\0", true),
            ("b", "\u{1}/\0", false),
            ("b?c", "\u{1}", true),
            ("*", "\u{2}", true),
            ("instance/i-1", "instance/\u{2}", false),
        ] {
            assert_eq!(overlap(left, right, Case::Exact), expected, "{left} and {right:?}");
            assert_eq!(overlap(right, left, Case::Exact), expected, "{right:?} and {left}");
        }
        assert!(overlap("A*", "ab", Case::Ignored) && !overlap("A*", "ab", Case::Exact));
    }

    #[test]
    fn patterns_cover() {
        for (wide, narrow, expected) in [
            ("*", "a*?", true),
            ("a*", "ab*", true),
            ("a*", "a", true),
            ("a*", "*", false),
            ("ab*", "a*", false),
            ("a?", "ab", true),
            ("a?", "a?", true),
            ("ab", "a?", false),
            ("a?", "a*", false),
            ("*b*", "abc*", true),
            ("a*c", "abc", true),
            ("a*c", "ab*c", true),
            ("a*c", "ab*", false),
            ("", "", true),
            ("", "*", false),
        ] {
            assert_eq!(covers(wide, narrow, Case::Exact), expected, "{wide} over {narrow}");
        }
    }
}
