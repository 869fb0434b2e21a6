//! The values of a placeholder (section 1, Placeholders).

use std::borrow::Cow;

use crate::strict::{Json, JsonLimits, json};

use super::objects::PartValue;
use super::reading::Reading;
use super::template::{Form, Source};
use super::{Unreadable, Word};

/// Elements of one list.
const ELEMENTS_MAX: usize = 1000;

/// Every value that `source` carries; none when the request does not carry it.
pub(super) fn values<'r>(
    reading: Reading<'r>,
    source: &Source,
) -> Result<Vec<Cow<'r, str>>, Unreadable> {
    let mut found = Vec::new();
    for (raw, is_data) in raw_values(reading, source)? {
        read(source, raw, is_data, &mut found)?;
    }
    if found.len() > ELEMENTS_MAX {
        let detail = format!("`{}` has more than {ELEMENTS_MAX} elements", source.name);
        return Err(Unreadable::new(Word::MalformedList, detail));
    }
    Ok(found)
}

/// The texts under a name, and whether they are path data (which is not an identifier).
fn raw_values<'r>(reading: Reading<'r>, source: &Source) -> Result<Vec<PartValue<'r>>, Unreadable> {
    let name = source.name.as_str();
    if let Some(values) = reading.part(name) {
        return values;
    }
    if source.is_list {
        return Ok(reading.elements_of(name)?.map(|value| (Cow::Borrowed(value), false)).collect());
    }
    let is_path = reading.path.iter().any(|(key, _)| *key == name);
    let value = reading.get(name)?;
    Ok(value.map(|value| (Cow::Borrowed(value), is_path)).into_iter().collect())
}

/// The values that one text holds.
fn read<'r>(
    source: &Source,
    raw: Cow<'r, str>,
    is_data: bool,
    found: &mut Vec<Cow<'r, str>>,
) -> Result<(), Unreadable> {
    let name = &source.name;
    match &source.form {
        Form::Plain if is_data => found.push(raw),
        Form::Plain => {
            check_identifier(name, &raw)?;
            found.push(raw);
        }
        Form::Json => json_list(name, &raw, None, found)?,
        Form::JsonField(field) => json_list(name, &raw, Some(field), found)?,
        Form::List if raw.trim_start().starts_with('[') => json_list(name, &raw, None, found)?,
        Form::List | Form::Csv => {
            for element in raw.split(',') {
                check_identifier(name, element)?;
                found.push(Cow::Owned(element.to_owned()));
            }
        }
        Form::Path => {
            check_path(name, &raw)?;
            found.push(raw);
        }
        Form::StripAlias => {
            let bare = raw.strip_prefix("alias/").unwrap_or(&raw);
            check_path(name, bare)?;
            found.push(Cow::Owned(bare.to_owned()));
        }
        Form::Tail | Form::Arn => found.push(raw), // the template looks into it
    }
    Ok(())
}

/// Values that become part of an ARN (section 2, Identifier values).
pub(super) fn check_identifier(name: &str, value: &str) -> Result<(), Unreadable> {
    let bad =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '*' | '?' | ':' | '/' | '\\');
    if value.is_empty() || value.contains(bad) {
        return Err(Unreadable::new(Word::BadValue, format!("`{name}` is no identifier")));
    }
    Ok(())
}

fn check_path(name: &str, value: &str) -> Result<(), Unreadable> {
    if value.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(Unreadable::new(Word::BadValue, format!("`{name}` has an empty or dot part")));
    }
    value.split('/').try_for_each(|part| check_identifier(name, part))
}

fn json_list(
    name: &str,
    raw: &str,
    field: Option<&str>,
    found: &mut Vec<Cow<'_, str>>,
) -> Result<(), Unreadable> {
    let malformed = || {
        let detail = format!("`{name}` is not the JSON list that it should be");
        Unreadable::new(Word::MalformedList, detail)
    };
    let Ok(Json::Array(elements)) = json(raw, JsonLimits::default()) else {
        return Err(malformed());
    };
    if elements.is_empty() {
        return Err(malformed());
    }
    for element in elements {
        let text = match (element, field) {
            (Json::String(text), None) => text,
            (Json::Object(members), Some(field)) => match member(members, field) {
                Some(Json::String(text)) => text,
                _ => return Err(malformed()),
            },
            _ => return Err(malformed()),
        };
        check_identifier(name, &text)?;
        found.push(Cow::Owned(text.into()));
    }
    Ok(())
}

/// The member with this name, unless another differs from it in case only.
fn member(members: Vec<(Box<str>, Json)>, field: &str) -> Option<Json> {
    let mut alike = members.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case(field));
    match (alike.next(), alike.next()) {
        (Some((name, value)), None) if &*name == field => Some(value),
        _ => None,
    }
}
