//! The second reading: what a request means by the facts of its operation, for the styles that read parameters and bodies.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::support::ACCOUNT;
use super::super::support::calls::{Check, Meaning};
use super::facts::{entries, list, sources, text};

/// The values that a request carries, under the names that the catalogue has for them.
pub type Sent = BTreeMap<String, Vec<String>>;

/// The region that the route pins.
pub const REGION: &str = "cn-hangzhou";
const USER: &str = "alice";

pub fn meaning(operation: &Value, sent: &Sent) -> Meaning {
    let name = text(&operation["name"]).to_owned();
    if !operation["auth"].is_null() {
        return Ok((name, Vec::new()));
    }
    let mut checks = Vec::new();
    for check in list(&operation["checks"]) {
        if holds(&check["when"], sent) {
            let resources = resources(&check, sent)?.into_iter().collect();
            checks.push(Check { action: text(&check["action"]).to_owned(), resources });
        }
    }
    checks.sort();
    if checks.is_empty() { Err("no-resource".into()) } else { Ok((name, checks)) }
}

fn resources(check: &Value, sent: &Sent) -> Result<BTreeSet<String>, String> {
    let all = list(&check["resources"]);
    let applying: Vec<&Value> = all.iter().filter(|it| holds(&it["when"], sent)).collect();
    if applying.is_empty() && all.iter().all(|it| it["required"] == "true") {
        return Err("no-resource".into());
    }
    let mut found = BTreeSet::new();
    for resource in applying {
        found.extend(form(resource, sent)?);
    }
    if found.is_empty() {
        found.insert("*".to_owned());
    }
    Ok(found)
}

/// The values under a name; `X.1` is the first of `X.N`.
fn values<'s>(sent: &'s Sent, name: &str) -> Option<&'s Vec<String>> {
    let first = name.strip_suffix(".1").map(|list| format!("{list}.N"));
    sent.get(first.as_deref().unwrap_or(name))
}

fn holds(when: &Value, sent: &Sent) -> bool {
    entries(when).iter().all(|(name, test)| {
        let value = values(sent, name).and_then(|all| all.first());
        let compared = value.map(String::as_str).unwrap_or_default();
        match entries(test).as_slice() {
            [(word, wanted)] if word == "present" => value.is_some() == (wanted == "true"),
            [(word, wanted)] if word == "equals" => wanted == compared,
            [(word, wanted)] if word == "not" => wanted != compared,
            [(word, wanted)] if word == "in" => list(wanted).iter().any(|it| it == compared),
            other => panic!("{other:?}"),
        }
    })
}

/// What stands in place of a value that is not there.
fn absent(resource: &Value) -> Result<Option<&str>, String> {
    let usual = if resource["required"] == "true" { "deny" } else { "skip" };
    match resource["absent"].as_str().unwrap_or(usual) {
        "skip" => Ok(None),
        "wildcard" => Ok(Some("*")),
        "caller" => Ok(Some(USER)),
        _ => Err("missing-parameter".into()),
    }
}

fn form(resource: &Value, sent: &Sent) -> Result<Vec<String>, String> {
    let Some(parameter) = resource["switch"].as_str() else {
        return fill(text(&resource["arn"]), resource, sent);
    };
    let Some(value) = values(sent, parameter).and_then(|all| all.first()) else {
        return absent(resource).map(|text| text.map(str::to_owned).into_iter().collect());
    };
    let fold = resource["fold"] == "true";
    let fits = |case: &str| case == value || fold && case.eq_ignore_ascii_case(value);
    match entries(&resource["cases"]).iter().find(|(case, _)| fits(case)) {
        Some((_, arn)) => fill(text(arn), resource, sent),
        None if resource["default"] == "deny" => Err("no-resource".into()),
        None => Ok(vec!["*".to_owned()]),
    }
}

/// An ARN for each combination of values.
fn fill(arn: &str, resource: &Value, sent: &Sent) -> Result<Vec<String>, String> {
    if let Some(name) = arn.strip_prefix('{').and_then(|rest| rest.strip_suffix(":arn}")) {
        let Some(all) = values(sent, name) else {
            return absent(resource).map(|_nothing| Vec::new());
        };
        return Ok(all.iter().map(|arn| arn.replacen("::", ":*:", 1)).collect());
    }
    let mut found = vec![String::new()];
    for (index, piece) in arn.split(['{', '}']).enumerate() {
        let choices = match piece {
            text if index % 2 == 0 => vec![text.to_owned()],
            "RegionId" => vec![REGION.to_owned()],
            "AccountId" => vec![ACCOUNT.to_owned()],
            "caller.UserName" => vec![USER.to_owned()],
            lookup if lookup.starts_with('?') => vec!["*".to_owned()],
            region if found[0].matches(':').count() == 2 => {
                vec![region_of(region, resource, sent)?]
            }
            other => {
                let all: Vec<String> = sources(other)
                    .into_iter()
                    .flat_map(|(name, form)| decoded(values(sent, &name), &form))
                    .collect();
                match (all.is_empty(), absent(resource)) {
                    (false, _) => all,
                    (true, Ok(Some(text))) => vec![text.to_owned()],
                    (true, Ok(None)) => return Ok(Vec::new()),
                    (true, Err(word)) => return Err(word),
                }
            }
        };
        found = found
            .iter()
            .flat_map(|start| choices.iter().map(move |choice| format!("{start}{choice}")))
            .collect();
    }
    Ok(found)
}

/// A region that a parameter names is known where it is the pinned one.
fn region_of(name: &str, resource: &Value, sent: &Sent) -> Result<String, String> {
    match values(sent, name).and_then(|all| all.first()) {
        Some(region) if region == REGION => Ok(REGION.to_owned()),
        Some(_) => Ok("*".to_owned()),
        None => absent(resource).map(|_text| "*".to_owned()),
    }
}

fn decoded(values: Option<&Vec<String>>, form: &str) -> Vec<String> {
    let one = |value: &String| match form {
        "tail" if value.starts_with("acs:") => value.splitn(5, ':').nth(4).unwrap().to_owned(),
        "strip-alias" => value.strip_prefix("alias/").unwrap_or(value).to_owned(),
        _ => value.clone(),
    };
    values.into_iter().flatten().map(one).collect()
}
