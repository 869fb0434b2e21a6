//! Action and resource patterns (sections 2 and 3 of the policy language).

use super::access::{RelativeId, Resource, Segment};
use super::glob::{Case, Glob};
use super::truth::Truth;
use crate::ident::AccountId;

/// `ecs:Describe*`, or `*`.
#[derive(Clone, Debug)]
pub(super) struct ActionPattern {
    service: Glob,
    operation: Glob,
}

impl ActionPattern {
    /// Parses a pattern; `None` breaks V-7.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (service, operation) = if text == "*" { ("*", "*") } else { text.split_once(':')? };
        Some(Self { service: Glob::new(service), operation: Glob::new(operation) })
    }

    pub(super) fn matches(&self, service: &str, operation: &str) -> bool {
        self.service.matches(service, Case::Ignored)
            && self.operation.matches(operation, Case::Ignored)
    }
}

/// `acs:ecs:*:*:instance/*`, or `*`.
#[derive(Clone, Debug)]
pub(super) enum ResourcePattern {
    All,
    Segments(Box<Segments>),
}

#[derive(Clone, Debug)]
pub(super) struct Segments {
    service: Glob,
    /// An empty region matches a global resource only.
    region: Option<Glob>,
    account: Glob,
    relative_id: Glob,
}

impl ResourcePattern {
    /// Parses a pattern; the error says which part of V-8 is broken.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "*" {
            return Ok(Self::All);
        }
        let parts: Vec<&str> = text.splitn(5, ':').collect();
        let [scheme, service, region, account, relative_id] = parts.as_slice() else {
            return Err("an ARN has five segments: acs:<service>:<region>:<account>:<relative id>");
        };
        if *scheme != "acs" {
            return Err("an ARN begins with `acs:`, in lower case");
        }
        if service.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err("the service segment is written in lower case");
        }
        if account.is_empty() {
            return Err("the account segment is empty; write `*` or the account id");
        }
        Ok(Self::Segments(Box::new(Segments {
            service: Glob::new(service),
            region: (!region.is_empty()).then(|| Glob::new(region)),
            account: Glob::new(account),
            relative_id: Glob::new(relative_id),
        })))
    }

    /// Compared last segment first: that is where patterns differ.
    pub(super) fn matches(
        &self,
        resource: &Resource<'_>,
        action_service: &str,
        owner: Option<AccountId>,
    ) -> Truth {
        let Self::Segments(pattern) = self else { return Truth::True };
        match resource {
            Resource::All => pattern.matches_all(action_service, owner),
            Resource::Named { service, region, account, relative_id } => {
                let relative = pattern.relative(service, relative_id);
                if relative == Truth::False || !pattern.service.matches(service, Case::Exact) {
                    return Truth::False;
                }
                relative.and(segment(&pattern.account, account)).and(pattern.region(region))
            }
        }
    }
}

impl Segments {
    /// The request resource is the single string `*`: only a pattern as wide as the service matches.
    fn matches_all(&self, service: &str, owner: Option<AccountId>) -> Truth {
        let whole = self.relative_id == Glob::Any
            && self.region.as_ref().is_none_or(|region| *region == Glob::Any);
        if !whole || !self.service.matches(service, Case::Exact) {
            return Truth::False;
        }
        match owner {
            Some(owner) => truth(self.account.matches(&owner.to_string(), Case::Exact)),
            None if self.account == Glob::Any => Truth::True,
            None => Truth::Indeterminate,
        }
    }

    fn relative(&self, service: &str, relative_id: &RelativeId<'_>) -> Truth {
        let case = |text: &str| {
            // Role names are compared without regard to case.
            if service == "ram" && text.starts_with("role/") { Case::Ignored } else { Case::Exact }
        };
        match relative_id {
            RelativeId::Known(text) => truth(self.relative_id.matches(text, case(text))),
            RelativeId::Partial(text) if self.relative_id.matches_every(text, case(text)) => {
                Truth::True
            }
            RelativeId::Partial(text) if self.relative_id.could_match(text, case(text)) => {
                Truth::Indeterminate
            }
            RelativeId::Partial(_) => Truth::False,
        }
    }

    fn region(&self, region: &Segment<'_>) -> Truth {
        match (&self.region, region) {
            (None, Segment::Global) => Truth::True,
            (None, Segment::Known(_)) => Truth::False,
            (None, Segment::Unknown) => Truth::Indeterminate,
            (Some(pattern), region) => segment(pattern, region),
        }
    }
}

/// A global segment is matched by what accepts the text `*`; an unknown one only by what accepts everything.
fn segment(pattern: &Glob, segment: &Segment<'_>) -> Truth {
    match segment {
        Segment::Known(text) => truth(pattern.matches(text, Case::Exact)),
        Segment::Global => truth(*pattern == Glob::Any),
        Segment::Unknown if *pattern == Glob::Any => Truth::True,
        Segment::Unknown => Truth::Indeterminate,
    }
}

fn truth(holds: bool) -> Truth {
    if holds { Truth::True } else { Truth::False }
}
