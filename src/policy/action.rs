//! Which actions a pattern names (rules ).

use super::Action;
use super::glob::{Case, Glob};

/// A pattern such as `ecs:Describe*`, or `*`. ASCII letter case never counts.
#[derive(Clone, Debug)]
pub(super) struct ActionPattern {
    /// As written.
    pub(super) text: Box<str>,
    service: Glob,
    operation: Glob,
}

/// An action pattern without `:` (V-7).
#[derive(Clone, Copy, Debug)]
pub(super) struct NoColon;

impl ActionPattern {
    pub(super) fn parse(text: &str) -> Result<Self, NoColon> {
        let halves = if text == "*" { Some(("*", "*")) } else { text.split_once(':') };
        let (service, operation) = halves.ok_or(NoColon)?;
        Ok(Self { text: text.into(), service: Glob::new(service), operation: Glob::new(operation) })
    }

    pub(super) fn matches(&self, action: &Action<'_>) -> bool {
        self.service.matches(action.service, Case::Ignored)
            && self.operation.matches(action.operation, Case::Ignored)
    }

    /// The service, when the pattern names one service and not all of its operations: worth an index entry for each.
    pub(super) fn narrow_service(&self) -> Option<&str> {
        match &self.service {
            Glob::Exact(service) if self.operation != Glob::Any => Some(service),
            Glob::Any | Glob::Exact(_) | Glob::Prefix(_) | Glob::Suffix(_) | Glob::General(_) => {
                None
            }
        }
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
        let found = ActionPattern::parse(pattern).unwrap().matches(&Action { service, operation });
        assert_eq!(found, expected, "{pattern} on {action}");
    }

    #[test]
    fn without_a_colon() {
        for bad in ["", "**", "ecs", "?"] {
            assert!(ActionPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
