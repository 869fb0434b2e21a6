//! Patterns of actions, resources and `StringLike` (A-4, R-3, R-10, section 4.5): `*` is any run of characters, `?` is
//! exactly one, there is no escape. Two pointers and one point to come back to: no pattern can make a match explode.

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
        let bytes = text.as_bytes();
        match self {
            Self::Any => true,
            Self::Exact(wanted) => case.equal(wanted.as_bytes(), bytes),
            Self::Prefix(wanted) => bytes
                .split_at_checked(wanted.len())
                .is_some_and(|(head, _)| case.equal(wanted.as_bytes(), head)),
            Self::Suffix(wanted) => bytes
                .len()
                .checked_sub(wanted.len())
                .and_then(|start| bytes.split_at_checked(start))
                .is_some_and(|(_, tail)| case.equal(wanted.as_bytes(), tail)),
            Self::General(pattern) => matches(pattern, text, case, Unknown::Ordinary),
        }
    }

    /// Whether the text matches whatever stands for each of its unknown parts, marked by [`HOLE`].
    pub(super) fn matches_every(&self, text: &str, case: Case) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(_) => false,
            Self::Prefix(wanted) => {
                matches(wanted, head(text), case, Unknown::Ordinary)
                    || starts_with(head(text), wanted, case)
            }
            Self::Suffix(wanted) => ends_with(tail(text), wanted, case),
            Self::General(pattern) => matches(pattern, text, case, Unknown::OnlyStars),
        }
    }

    /// Whether some text for the unknown parts could match. May say yes too often, never no.
    pub(super) fn could_match(&self, text: &str, case: Case) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(wanted) => {
                let known = head(text).chars().count().saturating_add(tail(text).chars().count());
                known <= wanted.chars().count() && agree(wanted, text, case)
            }
            Self::Prefix(wanted) => agree_forward(wanted, head(text), case),
            Self::Suffix(wanted) => agree_backward(wanted, tail(text), case),
            Self::General(pattern) => agree(pattern, text, case),
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
    Glob::Prefix(wanted.into()).matches(text, case)
}

fn ends_with(text: &str, wanted: &str, case: Case) -> bool {
    Glob::Suffix(wanted.into()).matches(text, case)
}

fn agree(pattern: &str, text: &str, case: Case) -> bool {
    agree_forward(pattern, head(text), case) && agree_backward(pattern, tail(text), case)
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
