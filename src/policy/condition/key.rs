//! The names of condition keys (section 5 of the policy language).

use crate::policy::texts::{Span, Texts};
use crate::policy::{ConditionKey, DocumentKind, PrincipalForm};
use crate::strict::nearest;

/// One key a line; which products there are is data.
const KNOWN: &str = include_str!("../../../policies/condition-keys.txt");

/// A key of a condition block.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Key {
    /// As written.
    pub(in crate::policy) text: Span,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    CurrentTime,
    SecureTransport,
    SourceIp,
    MfaPresent,
    PrincipalArn,
    UserAgent,
    AccessId,
    RequestTag,
    Other,
    /// A key that is accepted and never evaluated (OP-5).
    NeverKnown,
}

/// A known key in the wrong letter case (V-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::policy) struct MisspeltKey {
    /// How it is written.
    pub(in crate::policy) right: String,
}

const REQUEST_TAG: &str = "acs:RequestTag/";

impl Key {
    /// Reads a key and keeps its text. In a bucket policy `acs:PrincipalARN` is accepted and never evaluated (5.1).
    pub(in crate::policy) fn read(
        text: &str,
        kind: DocumentKind,
        texts: &mut Texts,
    ) -> Result<Self, MisspeltKey> {
        let kind = match resolve(text) {
            Kind::PrincipalArn if kind == DocumentKind::Resource(PrincipalForm::List) => {
                Kind::NeverKnown
            }
            Kind::Other => {
                check_spelling(text)?;
                Kind::Other
            }
            known => known,
        };
        Ok(Self { text: texts.keep(text), kind })
    }

    /// The key as the context knows it; `None` for one that is never known.
    pub(in crate::policy) fn named<'t>(&self, texts: &'t Texts) -> Option<ConditionKey<'t>> {
        let text = texts.get(self.text);
        Some(match self.kind {
            Kind::CurrentTime => ConditionKey::CurrentTime,
            Kind::SecureTransport => ConditionKey::SecureTransport,
            Kind::SourceIp => ConditionKey::SourceIp,
            Kind::MfaPresent => ConditionKey::MfaPresent,
            Kind::PrincipalArn => ConditionKey::PrincipalArn,
            Kind::UserAgent => ConditionKey::UserAgent,
            Kind::AccessId => ConditionKey::AccessId,
            Kind::RequestTag => {
                ConditionKey::RequestTag(text.strip_prefix(REQUEST_TAG).unwrap_or_default())
            }
            Kind::Other => ConditionKey::Other(text),
            Kind::NeverKnown => return None,
        })
    }
}

/// V-9: a key that is one of the known ones but for letter case.
fn check_spelling(text: &str) -> Result<(), MisspeltKey> {
    match find_ignoring_case(text) {
        Some((known, tag)) if known.trim_end_matches('/') != stem(text).0 => {
            Err(MisspeltKey { right: format!("{known}{}", tag.unwrap_or_default()) })
        }
        _ => Ok(()),
    }
}

/// Letter case of the tag key behind the slash counts, so it takes no part in a comparison.
fn stem(text: &str) -> (&str, Option<&str>) {
    match text.split_once('/') {
        Some((stem, tag)) => (stem, Some(tag)),
        None => (text, None),
    }
}

fn find_ignoring_case(text: &str) -> Option<(&'static str, Option<&str>)> {
    let (stem, tag) = stem(text);
    let alike = |known: &&'static str| match (known.strip_suffix('/'), tag) {
        (Some(known), Some(_)) => known.eq_ignore_ascii_case(stem),
        (None, None) => known.eq_ignore_ascii_case(stem),
        (Some(_), None) | (None, Some(_)) => false,
    };
    known().find(alike).map(|known| (known, tag))
}

/// Whether Alibaba's material names the key.
pub(in crate::policy) fn is_known(text: &str) -> bool {
    find_ignoring_case(text).is_some()
}

/// The known key that an unheard one most likely stands for.
pub(in crate::policy) fn near(text: &str) -> Option<&'static str> {
    nearest(text, &known().collect::<Vec<_>>())
}

fn known() -> impl Iterator<Item = &'static str> {
    KNOWN.lines().filter(|line| !line.starts_with('#'))
}

fn resolve(text: &str) -> Kind {
    match text {
        "acs:CurrentTime" => Kind::CurrentTime,
        "acs:SecureTransport" => Kind::SecureTransport,
        "acs:SourceIp" => Kind::SourceIp,
        "acs:MFAPresent" => Kind::MfaPresent,
        "acs:PrincipalARN" => Kind::PrincipalArn,
        "acs:UserAgent" => Kind::UserAgent,
        "acs:AccessId" => Kind::AccessId,
        other if other.starts_with(REQUEST_TAG) => Kind::RequestTag,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let cases = [
            ("acs:SourceIp", Ok((Kind::SourceIp, true))),
            ("acs:SourceIP", Err("acs:SourceIp")),
            ("acs:PrincipalArn", Err("acs:PrincipalARN")),
            ("ACS:CurrentTime", Err("acs:CurrentTime")),
            ("acs:RequestTag/Env", Ok((Kind::RequestTag, true))),
            ("acs:requestTag/Env", Err("acs:RequestTag/Env")),
            ("ecs:tag/a/B", Ok((Kind::Other, true))),
            ("ecs:Tag/a/B", Err("ecs:tag/a/B")),
            ("acs:RequestTag", Ok((Kind::Other, false))),
            ("acs:SourceIp/x", Ok((Kind::Other, false))),
            ("acs:SourceArn", Ok((Kind::Other, false))),
            ("", Ok((Kind::Other, false))),
        ];
        for (text, expected) in cases {
            let read = Key::read(text, DocumentKind::Identity, &mut Texts::default());
            let found = read.map(|key| (key.kind, is_known(text)));
            let expected = expected.map_err(|right| MisspeltKey { right: right.to_owned() });
            assert_eq!(found, expected, "{text}");
        }
    }
}
