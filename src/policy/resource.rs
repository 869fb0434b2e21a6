//! Which resources a pattern names (rules ).

use super::glob::{Case, Glob};
use super::short_text::ShortText;
use super::texts::{Span, Texts};
use super::{AccessRequest, RelativeId, Resource, Segment, Traits, Truth};
use crate::ident::AccountId;

/// A pattern such as `acs:ecs:*:*:instance/i-1*`, or `*`.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResourcePattern {
    /// As written.
    pub(super) text: Span,
    /// `None` for `*`, which matches everything.
    pub(super) segments: Option<Segments>,
}

/// The segments behind `acs`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segments {
    pub(super) service: Glob,
    pub(super) region: Glob,
    pub(super) account: Glob,
    pub(super) relative_id: Glob,
}

/// What is wrong with a resource pattern (V-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadResource {
    #[error("has fewer than five parts")]
    Short,
    #[error("does not start with `acs:`")]
    NotAcs,
    #[error("has upper-case letters in the service")]
    UpperCase,
    #[error("has an empty account part, so it matches nothing")]
    NoAccount,
}

impl ResourcePattern {
    /// Reads a pattern and keeps its text.
    pub(super) fn read(text: &str, texts: &mut Texts) -> Result<Self, BadResource> {
        if text == "*" {
            return Ok(Self { text: texts.keep(text), segments: None });
        }
        let mut parts = text.splitn(5, ':');
        let mut part = || parts.next().ok_or(BadResource::Short);
        let (scheme, service, region, account, relative_id) =
            (part()?, part()?, part()?, part()?, part()?);
        if !scheme.eq_ignore_ascii_case("acs") {
            return Err(BadResource::NotAcs);
        }
        if scheme.bytes().chain(service.bytes()).any(|byte| byte.is_ascii_uppercase()) {
            return Err(BadResource::UpperCase);
        }
        if account.is_empty() {
            return Err(BadResource::NoAccount);
        }
        let span = texts.keep(text);
        let mut from = scheme.len();
        let mut segment = |text: &str| {
            from = from.saturating_add(1); // the colon
            let glob = Glob::new(text, span.part(from, text.len()));
            from = from.saturating_add(text.len());
            glob
        };
        let segments = Segments {
            service: segment(service),
            region: segment(region),
            account: segment(account),
            relative_id: segment(relative_id),
        };
        Ok(Self { text: span, segments: Some(segments) })
    }

    pub(super) fn matches(&self, texts: &Texts, access: &AccessRequest<'_>) -> Truth {
        match &self.segments {
            None => Truth::True,
            Some(segments) => segments.matches(texts, access),
        }
    }
}

impl Segments {
    fn matches(&self, texts: &Texts, access: &AccessRequest<'_>) -> Truth {
        match access.resource {
            Resource::All => self.matches_service_as_a_whole(texts, access),
            Resource::Named { service, region, account, relative_id } => {
                if !self.service.matches(texts, service, Case::Exact) {
                    return Truth::False;
                }
                let case = relative_id_case(service, relative_id);
                match matches_relative_id(self.relative_id, texts, relative_id, case) {
                    Truth::False => Truth::False,
                    id => id
                        .and(matches_account(self.account, texts, account, access.owner))
                        .and(matches_region(self.region, texts, service, region, access.traits)),
                }
            }
        }
    }

    /// an operation without resources is covered by a pattern that leaves nothing of the service out.
    fn matches_service_as_a_whole(&self, texts: &Texts, access: &AccessRequest<'_>) -> Truth {
        let whole = (self.region.is_any() || is_empty(self.region, texts))
            && self.relative_id.is_any()
            && self.service.matches(texts, access.action.service, Case::Ignored);
        let account = match access.owner {
            _ if self.account.is_any() => Truth::True,
            Some(owner) => {
                self.account.matches(texts, ShortText::of(&owner).as_str(), Case::Exact).into()
            }
            None => Truth::Indeterminate,
        };
        Truth::from(whole).and(account)
    }

    /// For the cost of a match.
    pub(super) fn globs(&self) -> [Glob; 4] {
        [self.service, self.region, self.account, self.relative_id]
    }
}

/// A region that only the owner of the resource knows is written with or without the service in front:
/// `oss-cn-hangzhou` and `cn-hangzhou` are one (decisions, Region).
fn matches_region(
    pattern: Glob,
    texts: &Texts,
    service: &str,
    region: Segment<'_>,
    traits: Traits,
) -> Truth {
    let plain = matches_segment(pattern, texts, region);
    match region {
        Segment::Known(name) if traits.unknown_region && plain == Truth::False => {
            pattern.matches(texts, &format!("{service}-{name}"), Case::Exact).into()
        }
        Segment::Known(_) | Segment::Global | Segment::Unknown => plain,
    }
}

fn is_empty(glob: Glob, texts: &Texts) -> bool {
    glob.exact(texts) == Some("")
}

/// An account segment that names no account still has an owner (8.7). A pattern that names the owner reads as another
/// account than `*`, and as the same one: what is undecided denies.
fn matches_account(
    pattern: Glob,
    texts: &Texts,
    segment: Segment<'_>,
    owner: Option<AccountId>,
) -> Truth {
    let nameless = matches!(segment, Segment::Global | Segment::Known("" | "*"));
    match matches_segment(pattern, texts, segment) {
        Truth::False if nameless => {
            let named = |owner: AccountId| {
                pattern.matches(texts, ShortText::of(&owner).as_str(), Case::Exact)
            };
            if owner.is_none_or(named) { Truth::Indeterminate } else { Truth::False }
        }
        truth => truth,
    }
}

/// R-4, and for accounts the same.
fn matches_segment(pattern: Glob, texts: &Texts, segment: Segment<'_>) -> Truth {
    if pattern.is_any() {
        return Truth::True;
    }
    match segment {
        // An empty segment reads as `*` on the request's side.
        Segment::Global | Segment::Known("") => {
            (is_empty(pattern, texts) || pattern.matches(texts, "*", Case::Exact)).into()
        }
        Segment::Known(value) => pattern.matches(texts, value, Case::Exact).into(),
        Segment::Unknown => Truth::Indeterminate,
    }
}

fn matches_relative_id(pattern: Glob, texts: &Texts, id: RelativeId<'_>, case: Case) -> Truth {
    match id {
        RelativeId::Known(text) => pattern.matches(texts, text, case).into(),
        RelativeId::Partial(text) => pattern.matches_partial(texts, text, case),
    }
}

/// for the names of RAM roles.
fn relative_id_case(service: &str, id: RelativeId<'_>) -> Case {
    let (RelativeId::Known(text) | RelativeId::Partial(text)) = id;
    let role = service == "ram" && text.starts_with("role/");
    if role { Case::Ignored } else { Case::Exact }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Action;
    use crate::policy::tests::{ACCOUNT, Nothing, question};
    use Truth::{False, Indeterminate, True};

    /// A resource of the account, written as an ARN in which the region `?` is unknown and `*` is global.
    #[track_caller]
    fn check(pattern: &str, resource: &str, expected: Truth) {
        let mut parts = resource.splitn(5, ':').skip(1);
        let (service, region, account, id) = (
            parts.next().unwrap(),
            parts.next().unwrap(),
            parts.next().unwrap(),
            parts.next().unwrap(),
        );
        let segment = |text| match text {
            "?" => Segment::Unknown,
            "*" => Segment::Global,
            known => Segment::Known(known),
        };
        let relative_id = RelativeId::Known(id);
        let (region, account) = (segment(region), segment(account));
        check_resource(
            pattern,
            Resource::Named { service, region, account, relative_id },
            expected,
        );
    }

    #[track_caller]
    fn check_resource(pattern: &str, resource: Resource<'_>, expected: Truth) {
        let action = Action { service: "ecs", operation: "StopInstance" };
        let access = AccessRequest { action, resource, ..question(&Nothing) };
        let mut texts = Texts::default();
        let read = ResourcePattern::read(pattern, &mut texts).unwrap();
        let found = read.matches(&texts, &access);
        assert_eq!(found, expected, "{pattern} on {resource:?}");
    }

    #[test]
    fn segments_match_one_by_one() {
        check("*", "acs:ecs:cn-hangzhou:1:instance/i-1", True);
        check("acs:ecs:*:*:instance/i-1", "acs:ecs:cn-hangzhou:1:instance/i-1", True);
        check("acs:ecs:*:*:instance/i-1", "acs:ecs:cn-hangzhou:1:instance/i-12", False);
        check("acs:*:*cn-beijing*:*:*", "acs:ecs:cn-beijing:1:instance/i-1", True);
        check("acs:*:*cn-beijing*:*:*", "acs:ecs:cn-shanghai:1:cn-beijing", False);
        check("acs:ecs:*:1:*", "acs:ecs:cn-hangzhou:2:a:1:b", False);
        check("acs:ecs:*:2:a:*:b", "acs:ecs:cn-hangzhou:2:a:1:b", True);
        check("acs:oss:*:*:b/*", "acs:oss:?:1:b/a/c", True);
        check("acs:oss:*:*:b/dir/", "acs:oss:?:1:b/dir/a", False);
        check("acs:oss:*:*:b", "acs:oss:?:1:b/a", False);
        check("acs:oss:*:*:b/*", "acs:oss:?:1:b", False);
        check("acs:oss:*:*:b/A", "acs:oss:?:1:b/a", False);
        check("acs:ecs:*:system:policy/x", "acs:ecs:*:system:policy/x", True);
    }

    #[test]
    fn two_spellings_of_a_region() {
        let check = |pattern: &str, unknown_region: bool, expected: Truth| {
            let (region, account) = (Segment::Known("cn-hangzhou"), Segment::Known("1"));
            let relative_id = RelativeId::Known("b");
            let resource = Resource::Named { service: "oss", region, account, relative_id };
            let traits = Traits { unknown_region, ..Traits::default() };
            let access = AccessRequest { resource, traits, ..question(&Nothing) };
            let mut texts = Texts::default();
            let read = ResourcePattern::read(pattern, &mut texts).unwrap();
            assert_eq!(read.matches(&texts, &access), expected, "{pattern}");
        };
        check("acs:oss:oss-cn-hangzhou:*:b", true, True);
        check("acs:oss:cn-hangzhou:*:b", true, True);
        check("acs:oss:oss-cn-beijing:*:b", true, False);
        check("acs:oss:oss-cn-hangzhou:*:b", false, False);
    }

    #[test]
    fn regions() {
        check("acs:ecs:cn-hangzhou:*:*", "acs:ecs:cn-hangzhou:1:i", True);
        check("acs:ecs:cn-hangzhou:*:*", "acs:ecs:cn-shanghai:1:i", False);
        check("acs:ram::1:role/x", "acs:ram:*:1:role/x", True);
        check("acs:ecs::1:i", "acs:ecs:cn-hangzhou:1:i", False);
        check("acs:ram:*:1:role/x", "acs:ram:*:1:role/x", True);
        check("acs:ram:cn-hangzhou:1:role/x", "acs:ram:*:1:role/x", False);
        check("acs:ram:*:1:role/x", "acs:ram::1:role/x", True); // an empty region reads as `*`
        check("acs:ecs:cn-hangzhou:*:*", "acs:ecs:?:1:i", Indeterminate);
        check("acs:ecs:cn-hangzhou:*:j", "acs:ecs:?:1:i", False);
        check("acs:ecs:cn-*:*:*", "acs:ecs:?:1:i", Indeterminate);
        check("acs:ecs::*:*", "acs:ecs:?:1:i", Indeterminate);
        check("acs:ecs:*:*:*", "acs:ecs:?:1:i", True);
        check("acs:ecs:*:1:*", "acs:ecs:*:?:i", Indeterminate);
    }

    #[test]
    fn names_of_roles_ignore_letter_case() {
        check("acs:ram:*:1:role/Dev", "acs:ram:*:1:role/dev", True);
        check("acs:ram:*:1:role/Dev*", "acs:ram:*:1:role/deva", True);
        check("acs:ram:*:1:user/Dev", "acs:ram:*:1:user/dev", False);
        check("acs:ecs:*:1:role/Dev", "acs:ecs:*:1:role/dev", False);
    }

    #[test]
    fn operations_without_resources() {
        let owner = format!("acs:ecs:*:{ACCOUNT}:*");
        for (pattern, expected) in [
            ("*", True),
            ("acs:ecs:*:*:*", True),
            ("acs:ecs::*:*", True),
            ("acs:*:*:*:*", True),
            (&owner, True),
            ("acs:ecs:*:7:*", False),
            ("acs:vpc:*:*:*", False),
            ("acs:ecs:cn-hangzhou:*:*", False),
            ("acs:ecs:*:*:instance/*", False),
        ] {
            check_resource(pattern, Resource::All, expected);
        }
    }

    #[test]
    fn partly_unknown_ids() {
        for (pattern, expected) in [
            ("acs:ecs:*:*:instance/*", True),
            ("acs:ecs:*:*:instance/i-1", Indeterminate),
            ("acs:ecs:*:*:disk/*", False),
        ] {
            let relative_id = RelativeId::Partial("instance/\0");
            let (region, account) = (Segment::Global, Segment::Known("1"));
            let resource = Resource::Named { service: "ecs", region, account, relative_id };
            check_resource(pattern, resource, expected);
        }
    }

    #[test]
    fn patterns_that_cannot_be_read() {
        use BadResource::{NoAccount, NotAcs, Short, UpperCase};
        for (pattern, expected) in [
            ("", Short),
            ("**", Short),
            ("acs:oss:*:*", Short),
            ("arn:oss:*:*:b", NotAcs),
            ("*:oss:*:*:b", NotAcs),
            ("Acs:oss:*:*:b", UpperCase),
            ("acs:oSs:*:*:b", UpperCase),
            ("acs:oss:*::b", NoAccount),
        ] {
            let found = ResourcePattern::read(pattern, &mut Texts::default());
            assert_eq!(found.unwrap_err(), expected, "{pattern}");
        }
    }
}
