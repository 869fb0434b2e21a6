//! The values of a placeholder (section 1, Placeholders).

use crate::strict::{Json, JsonLimits, json};

use super::reading::{Reading, fits_indexed};
use super::template::{Form, Source};
use super::{Unreadable, Word};

/// Elements of one list.
const ELEMENTS_MAX: usize = 1000;

/// Every value that `source` carries; none when the request does not carry it.
pub(super) fn values(reading: &Reading<'_>, source: &Source) -> Result<Vec<String>, Unreadable> {
    let mut found = Vec::new();
    for (raw, data) in raw_values(reading, &source.name)? {
        match &source.form {
            Form::Plain => found.push(if data { raw } else { identifier(&source.name, raw)? }),
            Form::Csv => split_csv(&source.name, &raw, &mut found)?,
            Form::List if raw.trim_start().starts_with('[') => {
                json_list(&source.name, &raw, None, &mut found)?;
            }
            Form::List => split_csv(&source.name, &raw, &mut found)?,
            Form::Json => json_list(&source.name, &raw, None, &mut found)?,
            Form::JsonField(field) => json_list(&source.name, &raw, Some(field), &mut found)?,
            Form::Path => found.push(path_value(&source.name, &raw)?),
            Form::StripAlias => {
                found.push(path_value(&source.name, raw.strip_prefix("alias/").unwrap_or(&raw))?);
            }
            Form::Tail | Form::Arn => found.push(raw), // the template looks into it
        }
    }
    if found.len() > ELEMENTS_MAX {
        return Err(Unreadable::new(
            Word::MalformedList,
            format!("`{}` has more than {ELEMENTS_MAX} elements", source.name),
        ));
    }
    Ok(found)
}

/// The raw texts under a name, and whether they are path data (which is not an identifier).
fn raw_values(reading: &Reading<'_>, name: &str) -> Result<Vec<(String, bool)>, Unreadable> {
    if let Some(values) = reading.part(name) {
        return values;
    }
    if name.split('.').any(|token| token == "N") {
        let indexed = reading.parameters().filter(|(key, _)| fits_indexed(key, name));
        return Ok(indexed.map(|(_, value)| (value.to_owned(), false)).collect());
    }
    if let Some((_, value)) = reading.path.iter().find(|(key, _)| key == name) {
        return Ok(vec![(value.clone(), true)]);
    }
    Ok(reading.get(name)?.map(|value| (value.to_owned(), false)).into_iter().collect())
}

/// Values that become part of an ARN (section 2, Identifier values).
pub(super) fn identifier(name: &str, value: String) -> Result<String, Unreadable> {
    let bad =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '*' | '?' | ':' | '/' | '\\');
    if value.is_empty() || value.contains(bad) {
        return Err(Unreadable::new(Word::BadValue, format!("`{name}` is no identifier")));
    }
    Ok(value)
}

fn path_value(name: &str, value: &str) -> Result<String, Unreadable> {
    let whole = value.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if !whole {
        return Err(Unreadable::new(Word::BadValue, format!("`{name}` has an empty or dot part")));
    }
    for part in value.split('/') {
        identifier(name, part.to_owned())?;
    }
    Ok(value.to_owned())
}

fn split_csv(name: &str, raw: &str, found: &mut Vec<String>) -> Result<(), Unreadable> {
    for element in raw.split(',') {
        found.push(identifier(name, element.to_owned())?);
    }
    Ok(())
}

fn json_list(
    name: &str,
    raw: &str,
    field: Option<&str>,
    found: &mut Vec<String>,
) -> Result<(), Unreadable> {
    let malformed = || {
        Unreadable::new(
            Word::MalformedList,
            format!("`{name}` is not the JSON list that it should be"),
        )
    };
    let Ok(Json::Array(elements)) = json(raw, JsonLimits::default()) else {
        return Err(malformed());
    };
    if elements.is_empty() {
        return Err(malformed());
    }
    for element in &elements {
        let text = match (element, field) {
            (Json::String(text), None) => text,
            (Json::Object(members), Some(field)) => match member(members, field) {
                Some(Json::String(text)) => text,
                _ => return Err(malformed()),
            },
            _ => return Err(malformed()),
        };
        found.push(identifier(name, text.to_string())?);
    }
    Ok(())
}

/// The member with this name, unless another differs from it in case only.
fn member<'j>(members: &'j [(Box<str>, Json)], field: &str) -> Option<&'j Json> {
    let mut alike = members.iter().filter(|(name, _)| name.eq_ignore_ascii_case(field));
    match (alike.next(), alike.next()) {
        (Some((name, value)), None) if &**name == field => Some(value),
        _ => None,
    }
}
