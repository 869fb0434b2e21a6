//! The names of condition keys (section 5 of the policy language).

use crate::policy::ConditionKey;
use crate::strict::nearest;

/// One key a line; which products there are is data.
const KNOWN: &str = include_str!("../../../policies/condition-keys.txt");

/// A key that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::policy) enum KeyName {
    /// One of the known keys.
    Known(ConditionKey),
    /// A key that no material names.
    Unheard(ConditionKey),
}

/// A known key in the wrong letter case (V-9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::policy) struct MisspeltKey {
    /// How it is written.
    pub(in crate::policy) right: String,
}

impl KeyName {
    pub(in crate::policy) fn parse(text: &str) -> Result<Self, MisspeltKey> {
        // Letter case of the tag key behind the slash counts, so it takes no part in the comparison.
        let (stem, tag) = match text.split_once('/') {
            Some((stem, tag)) => (stem, Some(tag)),
            None => (text, None),
        };
        let alike = |known: &&'static str| match (known.strip_suffix('/'), tag) {
            (Some(known), Some(_)) => known.eq_ignore_ascii_case(stem),
            (None, None) => known.eq_ignore_ascii_case(stem),
            (Some(_), None) | (None, Some(_)) => false,
        };
        let key = resolve(text);
        match known().find(alike) {
            None => Ok(Self::Unheard(key)),
            Some(known) if known.trim_end_matches('/') == stem => Ok(Self::Known(key)),
            Some(known) => {
                Err(MisspeltKey { right: format!("{known}{}", tag.unwrap_or_default()) })
            }
        }
    }

    /// The known key that an unheard one most likely stands for.
    pub(in crate::policy) fn near(text: &str) -> Option<&'static str> {
        nearest(text, &known().collect::<Vec<_>>())
    }
}

fn known() -> impl Iterator<Item = &'static str> {
    KNOWN.lines().filter(|line| !line.starts_with('#'))
}

fn resolve(text: &str) -> ConditionKey {
    match text {
        "acs:CurrentTime" => ConditionKey::CurrentTime,
        "acs:SecureTransport" => ConditionKey::SecureTransport,
        "acs:SourceIp" => ConditionKey::SourceIp,
        "acs:MFAPresent" => ConditionKey::MfaPresent,
        "acs:PrincipalARN" => ConditionKey::PrincipalArn,
        "acs:UserAgent" => ConditionKey::UserAgent,
        "acs:AccessId" => ConditionKey::AccessId,
        other => match other.strip_prefix("acs:RequestTag/") {
            Some(tag) => ConditionKey::RequestTag(tag.into()),
            None => ConditionKey::Other(other.into()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        use KeyName::{Known, Unheard};
        let other = |text: &str| ConditionKey::Other(text.into());
        let wrong = |right: &str| Err(MisspeltKey { right: right.into() });
        let cases = [
            ("acs:SourceIp", Ok(Known(ConditionKey::SourceIp))),
            ("acs:SourceIP", wrong("acs:SourceIp")),
            ("acs:PrincipalArn", wrong("acs:PrincipalARN")),
            ("ACS:CurrentTime", wrong("acs:CurrentTime")),
            ("acs:RequestTag/Env", Ok(Known(ConditionKey::RequestTag("Env".into())))),
            ("acs:requestTag/Env", wrong("acs:RequestTag/Env")),
            ("ecs:tag/a/B", Ok(Known(other("ecs:tag/a/B")))),
            ("ecs:Tag/a/B", wrong("ecs:tag/a/B")),
            ("acs:RequestTag", Ok(Unheard(other("acs:RequestTag")))),
            ("acs:SourceIp/x", Ok(Unheard(other("acs:SourceIp/x")))),
            ("acs:SourceArn", Ok(Unheard(other("acs:SourceArn")))),
            ("", Ok(Unheard(other("")))),
        ];
        for (text, expected) in cases {
            assert_eq!(KeyName::parse(text), expected, "{text}");
        }
    }
}
