//! From a check of the catalogue to the resources that it is made on.

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

pub(super) fn holds(when: &[When], reading: &Reading<'_>) -> Result<bool, Unreadable> {
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
pub(super) fn check(rule: &CheckRule, reading: &Reading<'_>) -> Result<Option<Check>, Unreadable> {
    let mut found = Found::default();
    if rule.per_element {
        for element in reading.elements()? {
            found.gather(rule, &reading.at(element))?;
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
    if found.resources.is_empty() {
        found.resources.push(OwnedResource::All);
    }
    Ok(Some(Check {
        service: rule.service.clone(),
        operation: rule.operation.clone(),
        object_use: rule.object_use,
        resources: found.resources,
    }))
}

/// The resources of a check, each once, in the order of the file.
#[derive(Default)]
struct Found {
    resources: Vec<OwnedResource>,
    known: HashSet<OwnedResource>,
    /// Whether the `when` of any of them holds.
    applied: bool,
}

impl Found {
    fn gather(&mut self, rule: &CheckRule, reading: &Reading<'_>) -> Result<(), Unreadable> {
        for resource in &rule.resources {
            if !holds(&resource.when, reading)? {
                continue;
            }
            self.applied = true;
            for found in form(resource, reading)? {
                if self.known.insert(found.clone()) {
                    self.resources.push(found);
                }
            }
        }
        Ok(())
    }
}

fn form(rule: &ResourceRule, reading: &Reading<'_>) -> Result<Vec<OwnedResource>, Unreadable> {
    match &rule.shape {
        Shape::Arn(template) => assemble(template, rule, reading),
        Shape::Switch { parameter, .. } if !reading.is_sure(parameter) => Err(Unreadable::new(
            Word::Ambiguous,
            format!(
                "`{parameter}` says what the call is about, and the signature does not cover it"
            ),
        )),
        Shape::Switch { parameter, fold, cases, deny } => {
            let Some(value) = reading.get(parameter)? else {
                return match rule.absent {
                    Absent::Wildcard => Ok(vec![OwnedResource::All]),
                    Absent::Skip => Ok(Vec::new()),
                    Absent::Deny | Absent::Caller => Err(missing(parameter)),
                };
            };
            let fits =
                |case: &str| if *fold { case.eq_ignore_ascii_case(value) } else { case == value };
            match cases.iter().find(|(case, _)| fits(case)) {
                Some((_, template)) => assemble(template, rule, reading),
                None if *deny => Err(Unreadable::new(
                    Word::NoResource,
                    format!("`{parameter}` names no resource type of the catalogue"),
                )),
                None => Ok(vec![OwnedResource::All]),
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
    reading: &Reading<'_>,
) -> Result<Vec<OwnedResource>, Unreadable> {
    let (service, region, account, parts) = match template {
        Template::All => return Ok(vec![OwnedResource::All]),
        Template::Arn { source, service, kind, of } => {
            return whole_arn(source, service, kind, *of, rule, reading);
        }
        Template::Named { service, region, account, relative } => {
            (service, region, account, relative)
        }
    };
    let mut texts = vec![String::new()];
    for part in parts {
        let Some(choices) = choices(part, service, rule, reading)? else { return Ok(Vec::new()) };
        if texts.len().saturating_mul(choices.len()) > RESOURCES_MAX {
            return Err(Unreadable::new(
                Word::MalformedList,
                format!("the request touches more than {RESOURCES_MAX} resources"),
            ));
        }
        texts = texts
            .iter()
            .flat_map(|text| choices.iter().map(move |choice| format!("{text}{choice}")))
            .collect();
    }
    let shared = (region_of(region, rule, reading)?, account_of(account, reading));
    let named = |relative_id: String| {
        let (mut region, mut account) = shared.clone();
        if let Some(bucket) = objects::bucket_of(parts, &relative_id) {
            if region != OwnedSegment::Global {
                region = objects::region_of(bucket, reading)?;
            }
            if account != OwnedSegment::Global {
                account = objects::owner_of(bucket, reading);
            }
        }
        Ok(OwnedResource::Named { service: service.clone(), region, account, relative_id })
    };
    texts.into_iter().map(named).collect()
}

/// Known only where the route pins it (decisions, Region): a region that a parameter names is known when it is that one.
fn region_of(
    part: &Part,
    rule: &ResourceRule,
    reading: &Reading<'_>,
) -> Result<OwnedSegment, Unreadable> {
    let pinned = reading.context.region;
    Ok(match part {
        Part::Region => {
            pinned.map_or(OwnedSegment::Unknown, |region| OwnedSegment::Known(region.to_owned()))
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
                ([region], Some(pinned)) if region == pinned => OwnedSegment::Known(region.clone()),
                _ => OwnedSegment::Unknown,
            }
        }
        // What is special about the product says that there is a region, and the template cannot name it.
        _ if reading.located.product.traits.unknown_region => {
            let bare = pinned.map(|region| reading.located.product.bare_region(region));
            bare.map_or(OwnedSegment::Unknown, |region| OwnedSegment::Known(region.to_owned()))
        }
        _ => OwnedSegment::Global,
    })
}

fn account_of(part: &Part, reading: &Reading<'_>) -> OwnedSegment {
    match part {
        Part::Account => OwnedSegment::Known(reading.context.account.to_string()),
        Part::Literal(name) if name != "*" => OwnedSegment::Known(name.clone()),
        _ => OwnedSegment::Global,
    }
}

/// The texts that a part can have; `None`: the resource is not part of this request.
fn choices(
    part: &Part,
    service: &str,
    rule: &ResourceRule,
    reading: &Reading<'_>,
) -> Result<Option<Vec<String>>, Unreadable> {
    let one = |text: String| Ok(Some(vec![text]));
    match part {
        Part::Literal(text) => one(text.clone()),
        Part::Account => one(reading.context.account.to_string()),
        Part::Region => match reading.context.region {
            Some(region) => one(region.to_owned()),
            None => one(RelativeId::UNKNOWN_PART.to_string()),
        },
        Part::Lookup => one(RelativeId::UNKNOWN_PART.to_string()),
        Part::Caller => match reading.context.user {
            Some(user) => one(user.to_owned()),
            None => Err(Unreadable::new(
                Word::MissingParameter,
                "the caller is no RAM user, and the resource is the calling user",
            )),
        },
        Part::Values(sources) => {
            let mut found = Vec::new();
            for source in sources {
                let is_sure = reading.is_sure(&source.name);
                for value in values(reading, source)? {
                    found.push(if !is_sure {
                        RelativeId::UNKNOWN_PART.to_string()
                    } else if source.form == Form::Tail {
                        tail(&value, service, source, reading)?
                    } else {
                        value
                    });
                }
            }
            if !found.is_empty() {
                return Ok(Some(found));
            }
            match (rule.absent, reading.context.user) {
                (Absent::Wildcard, _) => one("*".to_owned()),
                (Absent::Skip, _) => Ok(None),
                (Absent::Caller, Some(user)) => one(user.to_owned()),
                (Absent::Caller, None) | (Absent::Deny, _) => {
                    let names: Vec<&str> =
                        sources.iter().map(|source| source.name.as_str()).collect();
                    Err(missing(&names.join("` or `")))
                }
            }
        }
    }
}
