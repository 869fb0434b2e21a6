//! ARNs of the metadata, `acs:ecs:{#regionId}:{#accountId}:instance/{#InstanceId}`, as the catalogue writes them.

use super::parameter::{Parameter, resolve};
use crate::authoring::draft::Resource;

/// A converted ARN and what a person has to confirm.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Converted {
    pub(super) arn: String,
    pub(super) reviews: Vec<String>,
}

const ARN_BYTES_MAX: usize = 2048;

/// Converts one; the error says why it is refused (rule 8 of the importer).
pub(super) fn convert(text: &str, parameters: &[Parameter]) -> Result<Converted, String> {
    if text.len() > ARN_BYTES_MAX {
        return Err(format!("an ARN has at most {ARN_BYTES_MAX} bytes"));
    }
    if text == "*" {
        return Ok(Converted { arn: text.to_owned(), reviews: Vec::new() });
    }
    let segments: Vec<&str> = text.splitn(5, ':').collect();
    let ["acs", service, region, account, relative] = segments.as_slice() else {
        return Err("an ARN has five segments and begins with `acs:`".to_owned());
    };
    let is_code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if service.is_empty() || !service.bytes().all(is_code) || relative.is_empty() {
        return Err("an ARN names its service in lower case, and a resource".to_owned());
    }
    let mut reviews = Vec::new();
    let region = segment(region, "regionId", "{RegionId}")?;
    let account = segment(account, "accountId", "{AccountId}")?;
    let relative = relative_id(relative, parameters, &mut reviews)?;
    Ok(Converted { arn: format!("acs:{service}:{region}:{account}:{relative}"), reviews })
}

/// An empty segment and `*` are one: the resource has no such part.
fn segment(text: &str, variable: &str, placeholder: &str) -> Result<String, String> {
    let inner = text.strip_prefix("{#").and_then(|rest| rest.strip_suffix('}'));
    match (text, inner) {
        ("" | "*", _) => Ok("*".to_owned()),
        (_, Some(inner)) if inner.eq_ignore_ascii_case(variable) => Ok(placeholder.to_owned()),
        _ => Err(format!("`{text}` is neither `*` nor {{#{variable}}}")),
    }
}

fn relative_id(
    text: &str,
    parameters: &[Parameter],
    reviews: &mut Vec<String>,
) -> Result<String, String> {
    let mut written = String::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        let (inner, after) = after.split_once('}').ok_or("a `{` without its `}`")?;
        written.push_str(checked(literal)?);
        let variable = inner
            .strip_prefix('#')
            .filter(|name| !name.is_empty())
            .ok_or_else(|| format!("`{{{inner}}}` is no variable: they are {{#name}}"))?;
        if variable.eq_ignore_ascii_case("regionId") {
            written.push_str("{RegionId}");
        } else if variable.eq_ignore_ascii_case("accountId") {
            written.push_str("{AccountId}");
        } else {
            let found = resolve(variable, kind_before(&written), parameters);
            written.push_str(&found.text);
            reviews.extend(found.review);
        }
        rest = after;
    }
    written.push_str(checked(rest)?);
    Ok(written)
}

fn checked(literal: &str) -> Result<&str, String> {
    if literal.contains('}') || literal.chars().any(char::is_control) {
        return Err(format!("`{}` is no text of an ARN", literal.escape_debug()));
    }
    Ok(literal)
}

/// The word in front of a variable: `instance` before `instance/`.
fn kind_before(written: &str) -> &str {
    written.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Rule 4: `type/*` and `type/{id}` are one entry, the type as a whole where no id is sent. Equal entries count once.
pub(super) fn merge_pairs(resources: Vec<Resource>) -> Vec<Resource> {
    let mut merged: Vec<Resource> = Vec::new();
    for resource in resources {
        let same = |other: &&mut Resource| {
            other.arn == resource.arn
                || is_pair(&other.arn, &resource.arn)
                || is_pair(&resource.arn, &other.arn)
        };
        match merged.iter_mut().find(same) {
            None => merged.push(resource),
            Some(other) => {
                other.wildcard |= resource.wildcard || other.arn != resource.arn;
                other.required |= resource.required;
                if other.arn.ends_with("/*") {
                    other.arn = resource.arn;
                }
            }
        }
    }
    merged
}

/// Whether `one` is a thing of the type `whole`. What only a look-up could tell is no id.
fn is_pair(whole: &str, one: &str) -> bool {
    let id = whole.strip_suffix('*').and_then(|kind| one.strip_prefix(kind)).unwrap_or_default();
    whole.ends_with("/*")
        && id.starts_with('{')
        && !id.starts_with("{?")
        && id.find('}').is_some_and(|end| end == id.len() - 1)
}
