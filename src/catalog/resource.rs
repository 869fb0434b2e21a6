//! From a check of the catalogue to the resources that it is made on.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::policy::RelativeId;

use super::arn::{tail, whole_arn};
use super::model::{Absent, CheckRule, ResourceRule, Shape, Test, When};
use super::reading::Reading;
use super::template::{Form, Part, Template};
use super::values::values;
use super::{Check, OwnedResource, OwnedSegment, Unreadable, Word, objects};

/// Combinations of several placeholders in one ARN.
const RESOURCES_MAX: usize = 1000;

pub(super) fn holds(when: &[When], reading: Reading<'_>) -> Result<bool, Unreadable> {
    for condition in when {
        let holds = match &condition.test {
            Test::Present(wanted) => reading.has(&condition.name)? == *wanted,
            // An absent name compares as the empty string.
            Test::In(texts) => {
                let value = reading.get(&condition.name)?.unwrap_or_default();
                texts.iter().any(|text| text == value)
            }
            Test::Not(text) => reading.get(&condition.name)?.unwrap_or_default() != text,
        };
        if !holds {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The check as this request asks for it; `None` where it is about the elements of a batch, and no element fits.
pub(super) fn check(rule: &CheckRule, reading: Reading<'_>) -> Result<Option<Check>, Unreadable> {
    let mut found = Found::default();
    if rule.per_element {
        for element in reading.elements()? {
            found.gather(rule, reading.at(element))?;
        }
    } else {
        found.gather(rule, reading)?;
    }
    if !found.applied && rule.per_element {
        return Ok(None);
    }
    if !found.applied && rule.resources.iter().all(|resource| resource.required) {
        return Err(Unreadable::new(
            Word::NoResource,
            "none of the operation's resources is in the request",
        ));
    }
    Ok(Some(Check {
        service: rule.service.clone(),
        operation: rule.operation.clone(),
        object_use: rule.object_use,
        resources: found.into_resources(),
    }))
}

/// The resources of a check, in the order of the file.
#[derive(Default)]
struct Found {
    resources: Vec<OwnedResource>,
    /// Whether the `when` of any of them holds.
    applied: bool,
}

impl Found {
    fn gather(&mut self, rule: &CheckRule, reading: Reading<'_>) -> Result<(), Unreadable> {
        for resource in &rule.resources {
            if holds(&resource.when, reading)? {
                self.applied = true;
                form(resource, reading, &mut self.resources)?;
            }
        }
        Ok(())
    }

    /// Each once; `*` when there is none.
    fn into_resources(self) -> Vec<OwnedResource> {
        let mut resources = self.resources;
        match resources.len() {
            0 => resources.push(OwnedResource::All),
            1 => {}
            count => {
                let distinct: HashSet<&OwnedResource> = resources.iter().collect();
                if distinct.len() < count {
                    let mut known = HashSet::with_capacity(count);
                    resources.retain(|resource| known.insert(resource.clone()));
                }
            }
        }
        resources
    }
}

fn form(
    rule: &ResourceRule,
    reading: Reading<'_>,
    found: &mut Vec<OwnedResource>,
) -> Result<(), Unreadable> {
    match &rule.shape {
        Shape::Arn(template) => assemble(template, rule, reading, found),
        Shape::Switch { parameter, .. } if !reading.is_sure(parameter) => Err(Unreadable::new(
            Word::Ambiguous,
            format!(
                "`{parameter}` says what the call is about, and the signature does not cover it"
            ),
        )),
        Shape::Switch { parameter, fold, cases, deny } => {
            let Some(value) = reading.get(parameter)? else {
                match rule.absent {
                    Absent::Wildcard => found.push(OwnedResource::All),
                    Absent::Skip => {}
                    Absent::Deny | Absent::Caller => return Err(missing(parameter)),
                }
                return Ok(());
            };
            let fits =
                |case: &str| if *fold { case.eq_ignore_ascii_case(value) } else { case == value };
            match cases.iter().find(|(case, _)| fits(case)) {
                Some((_, template)) => assemble(template, rule, reading, found),
                None if *deny => Err(Unreadable::new(
                    Word::NoResource,
                    format!("`{parameter}` names no resource type of the catalogue"),
                )),
                None => {
                    found.push(OwnedResource::All);
                    Ok(())
                }
            }
        }
    }
}

pub(super) fn missing(name: &str) -> Unreadable {
    Unreadable::new(Word::MissingParameter, format!("`{name}` is missing"))
}

/// One resource for each combination of values.
fn assemble(
    template: &Template,
    rule: &ResourceRule,
    reading: Reading<'_>,
    found: &mut Vec<OwnedResource>,
) -> Result<(), Unreadable> {
    let (service, region, account, parts) = match template {
        Template::All => {
            found.push(OwnedResource::All);
            return Ok(());
        }
        Template::Arn { source, service, kind, of } => {
            return whole_arn(source, service, kind, *of, rule, reading, found);
        }
        Template::Named { service, region, account, relative } => {
            (service, region, account, relative)
        }
    };
    let Some(texts) = combinations(parts, service, rule, reading)? else { return Ok(()) };
    let shared = (region_of(region, rule, reading)?, account_of(account, reading));
    found.reserve(texts.len());
    for relative_id in texts {
        let (mut region, mut account) = shared.clone();
        if let Some(bucket) = objects::bucket_of(parts, &relative_id) {
            if region != OwnedSegment::Global {
                region = objects::region_of(bucket, reading)?;
            }
            if account != OwnedSegment::Global {
                account = objects::owner_of(bucket, reading);
            }
        }
        found.push(OwnedResource::Named { service: service.clone(), region, account, relative_id });
    }
    Ok(())
}

/// Every text that the parts make together; `None`: the resource is not part of this request.
fn combinations(
    parts: &[Part],
    service: &str,
    rule: &ResourceRule,
    reading: Reading<'_>,
) -> Result<Option<Vec<String>>, Unreadable> {
    /// Enough for most ids.
    const BYTES: usize = 64;
    let mut texts = vec![String::with_capacity(BYTES)];
    for part in parts {
        match choices(part, service, rule, reading)? {
            Choices::Skip => return Ok(None),
            Choices::One(choice) => texts.iter_mut().for_each(|text| text.push_str(&choice)),
            Choices::Many(choices) => {
                if texts.len().saturating_mul(choices.len()) > RESOURCES_MAX {
                    let detail = format!("the request touches more than {RESOURCES_MAX} resources");
                    return Err(Unreadable::new(Word::MalformedList, detail));
                }
                let with = |text: &String| {
                    let text = text.clone();
                    choices.iter().map(move |choice| format!("{text}{choice}"))
                };
                texts = texts.iter().flat_map(with).collect();
            }
        }
    }
    Ok(Some(texts))
}

/// Known only where the route pins it (decisions, Region): a region that a parameter names is known when it is that one.
fn region_of(
    part: &Part,
    rule: &ResourceRule,
    reading: Reading<'_>,
) -> Result<OwnedSegment, Unreadable> {
    let pinned = reading.context.region;
    Ok(match part {
        Part::Region => {
            pinned.map_or(OwnedSegment::Unknown, |region| OwnedSegment::Known(region.into()))
        }
        Part::Values(sources) => {
            let mut named = Vec::new();
            for source in sources {
                named.extend(values(reading, source)?);
            }
            if !sources.iter().all(|source| reading.is_sure(&source.name)) {
                return Ok(OwnedSegment::Unknown);
            }
            match (named.as_slice(), pinned) {
                ([], _) if rule.absent == Absent::Deny => {
                    return Err(missing("the region of the resource"));
                }
                ([region], Some(pinned)) if region == pinned => OwnedSegment::Known(pinned.into()),
                _ => OwnedSegment::Unknown,
            }
        }
        // What is special about the product says that there is a region, and the template cannot name it.
        _ if reading.located.product.traits.unknown_region => {
            let bare = pinned.map(|region| reading.located.product.bare_region(region));
            bare.map_or(OwnedSegment::Unknown, |region| OwnedSegment::Known(region.into()))
        }
        _ => OwnedSegment::Global,
    })
}

fn account_of(part: &Part, reading: Reading<'_>) -> OwnedSegment {
    match part {
        Part::Account => OwnedSegment::Known(reading.account.clone()),
        Part::Literal(name) if name != "*" => OwnedSegment::Known(name.as_str().into()),
        _ => OwnedSegment::Global,
    }
}

/// The texts that a part can have.
enum Choices<'r> {
    /// The resource is not part of this request.
    Skip,
    One(Cow<'r, str>),
    Many(Vec<Cow<'r, str>>),
}

fn choices<'r>(
    part: &'r Part,
    service: &str,
    rule: &ResourceRule,
    reading: Reading<'r>,
) -> Result<Choices<'r>, Unreadable> {
    let unknown = || Cow::Owned(RelativeId::UNKNOWN_PART.to_string());
    let context = reading.context;
    Ok(Choices::One(match part {
        Part::Literal(text) => Cow::Borrowed(text.as_str()),
        Part::Account => Cow::Owned(reading.account.to_string()),
        Part::Region => context.region.map_or_else(unknown, Cow::Borrowed),
        Part::Lookup => unknown(),
        Part::Caller => Cow::Borrowed(context.user.ok_or_else(|| {
            let detail = "the caller is no RAM user, and the resource is the calling user";
            Unreadable::new(Word::MissingParameter, detail)
        })?),
        Part::Values(sources) => {
            let mut found = Vec::new();
            for source in sources {
                let is_sure = reading.is_sure(&source.name);
                for value in values(reading, source)? {
                    found.push(match &source.form {
                        _ if !is_sure => unknown(),
                        Form::Tail => Cow::Owned(tail(&value, service, source, reading)?),
                        _ => value,
                    });
                }
            }
            match (found.len(), rule.absent, context.user) {
                (1, ..) => found.pop().unwrap_or_default(),
                (2.., ..) => return Ok(Choices::Many(found)),
                (0, Absent::Wildcard, _) => Cow::Borrowed("*"),
                (0, Absent::Skip, _) => return Ok(Choices::Skip),
                (0, Absent::Caller, Some(user)) => Cow::Borrowed(user),
                (0, Absent::Caller, None) | (0, Absent::Deny, _) => {
                    let names: Vec<&str> = sources.iter().map(|it| it.name.as_str()).collect();
                    return Err(missing(&names.join("` or `")));
                }
            }
        }
    }))
}
