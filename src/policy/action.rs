//! Which actions a pattern names (rules ).

use super::Action;
use super::glob::{Case, Glob};
use super::texts::{Span, Texts};

/// A pattern such as `ecs:Describe*`, or `*`. ASCII letter case never counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct ActionPattern {
    /// As written.
    pub(super) text: Span,
    /// The two halves; `None` for `*`.
    halves: Option<(Glob, Glob)>,
}

/// An action pattern without `:` (V-7).
#[derive(Clone, Copy, Debug)]
pub(super) struct NoColon;

impl ActionPattern {
    /// Reads a pattern and keeps its text.
    pub(super) fn read(text: &str, texts: &mut Texts) -> Result<Self, NoColon> {
        let halves = if text == "*" { None } else { Some(text.split_once(':').ok_or(NoColon)?) };
        let span = texts.keep(text);
        let halves = halves.map(|(service, operation)| {
            let behind = text.len().saturating_sub(operation.len());
            (
                Glob::new(service, span.part(0, service.len())),
                Glob::new(operation, span.part(behind, operation.len())),
            )
        });
        Ok(Self { text: span, halves })
    }

    pub(super) fn matches(&self, texts: &Texts, action: &Action<'_>) -> bool {
        self.halves.is_none_or(|(service, operation)| {
            service.matches(texts, action.service, Case::Ignored)
                && operation.matches(texts, action.operation, Case::Ignored)
        })
    }

    /// What `service:operation` of every action that matches begins with, and whether it is the whole of it.
    pub(super) fn literal_start<'t>(&self, texts: &'t Texts) -> (&'t str, bool) {
        let Some((service, operation)) = self.halves else { return ("", false) };
        let text = texts.get(self.text);
        if service.exact(texts).is_none() {
            return (service.literal_start(texts), false);
        }
        let start = text.split(['*', '?']).next().unwrap_or_default();
        (start, operation.exact(texts).is_some())
    }

    /// The globs, for the cost of a match.
    pub(super) fn globs(&self) -> impl Iterator<Item = Glob> {
        self.halves.into_iter().flat_map(|(service, operation)| [service, operation])
    }

    /// The service, when the pattern names one.
    pub(super) fn service<'t>(&self, texts: &'t Texts) -> Option<&'t str> {
        self.halves.and_then(|(service, _)| service.exact(texts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        check("*", "ecs:DescribeInstances", true);
        check("*:*", "ecs:DescribeInstances", true);
        check("ecs:Describe*", "ecs:DescribeInstances", true);
        check("ecs:Describe*", "ecd:DescribeInstances", false);
        check("ECS:describe*", "ecs:DescribeInstances", true);
        check("ecs:*SecurityGroup*", "ecs:AuthorizeSecurityGroup", true);
        check("ecs:*SecurityGroup*", "ecs:AuthorizeSecurityGrou", false);
        check("*:Describe*", "vpc:DescribeVpcs", true);
        check("ecs:StopInstance?", "ecs:StopInstance", false);
        check("ecs:StopInstance?", "ecs:StopInstances", true);
        check("oss*:GetObject", "ossvector:GetObject", true);
        check("oss:GetObject", "ossvector:GetObject", false);
        check("a:b:c", "a:b:c", true); // cut at the first colon
        check("a*c:d", "a:b:c:d", false);
        check("ecs:", "ecs:StopInstance", false);
    }

    #[track_caller]
    fn check(pattern: &str, action: &str, expected: bool) {
        let (service, operation) = action.split_once(':').unwrap();
        let mut texts = Texts::default();
        let read = ActionPattern::read(pattern, &mut texts).unwrap();
        let found = read.matches(&texts, &Action { service, operation });
        assert_eq!(found, expected, "{pattern} on {action}");
    }

    #[test]
    fn what_an_action_begins_with() {
        for (pattern, expected) in [
            ("*", ("", false)),
            ("*:Get*", ("", false)),
            ("o*:GetObject", ("o", false)),
            ("oss:*", ("oss:", false)),
            ("oss:Get*Acl", ("oss:Get", false)),
            ("oss:GetObject?", ("oss:GetObject", false)),
            ("oss:GetObject", ("oss:GetObject", true)),
        ] {
            let mut texts = Texts::default();
            let read = ActionPattern::read(pattern, &mut texts).unwrap();
            assert_eq!(read.literal_start(&texts), expected, "{pattern}");
        }
    }

    #[test]
    fn without_a_colon() {
        for bad in ["", "**", "ecs", "?"] {
            assert!(ActionPattern::read(bad, &mut Texts::default()).is_err(), "{bad}");
        }
    }
}
