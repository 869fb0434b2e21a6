//! Condition values that stand inside a JSON document: a trust policy in a parameter, or the body of a call.
//!
//! Where a document can be read in two ways, or does not say, nobody knows the value.

use std::collections::{BTreeMap, BTreeSet};

use crate::strict::{Json, JsonLimits, json};

use super::reading::Reading;

/// What of a document is the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Document {
    /// The kinds of principals that a trust policy names.
    PrincipalKinds,
    /// The services that a trust policy names.
    ServiceNames,
    /// A flag of the body.
    Flag,
    /// Whether a log configuration has a project and a store.
    LogTarget,
    /// Whether a list of protocols has plain HTTP.
    PlainHttp,
    /// Whether a trigger answers the internet.
    TriggerInternet,
    /// Whether a trigger answers everybody.
    TriggerAnonymous,
}

/// The values of a key; `None`: nobody knows.
type Values = Option<Vec<Box<str>>>;

impl Document {
    /// Reads the words of the catalogue.
    pub(super) fn read(text: &str) -> Option<Self> {
        let known = [
            ("principal kinds named in the trust policy", Self::PrincipalKinds),
            ("service principals named in the trust policy", Self::ServiceNames),
            ("true or false, unknown when absent", Self::Flag),
            ("true when a log project and store are set", Self::LogTarget),
            ("true when protocol contains plain HTTP", Self::PlainHttp),
            ("true unless disableURLInternet is true", Self::TriggerInternet),
            ("true when authType is anonymous", Self::TriggerAnonymous),
        ];
        known.into_iter().find(|(start, _)| text.starts_with(start)).map(|(_, document)| document)
    }
}

/// `sources`: the names that hold the document; of a trigger, the second says of which type it is.
pub(super) fn values(document: Document, sources: &[&str], reading: Reading<'_>) -> Values {
    let (source, rest) = sources.split_first()?;
    match document {
        Document::PrincipalKinds => {
            principals(source, reading).map(|all| all.into_keys().map(Box::from).collect())
        }
        Document::ServiceNames => {
            let services = principals(source, reading)?.remove("Service").unwrap_or_default();
            Some(services.into_iter().map(String::into_boxed_str).collect())
        }
        Document::Flag => match field(source, reading)? {
            Json::Bool(value) => Some(flag(*value)),
            _ => None,
        },
        Document::LogTarget => log_target(field(source, reading)?),
        Document::PlainHttp => {
            let protocols = field(source, reading)?.as_str()?;
            Some(flag(protocols.split(',').any(|it| it.trim().eq_ignore_ascii_case("http"))))
        }
        Document::TriggerInternet | Document::TriggerAnonymous => {
            let config = field(source, reading)?;
            match rest {
                [kind] => new_trigger(document, config, field(kind, reading)?.as_str()?),
                _ => trigger(document, config, None),
            }
        }
    }
}

fn flag(holds: bool) -> Vec<Box<str>> {
    vec![Box::from(if holds { "true" } else { "false" })]
}

/// A field of the body that has a value.
fn field<'r>(source: &str, reading: Reading<'r>) -> Option<&'r Json> {
    let value = reading.body_field(source.strip_prefix("body.")?)?;
    (*value != Json::Null).then_some(value)
}

/// A member of an object that no other reader finds elsewhere: many fold the case of names.
fn member<'j>(object: &'j Json, name: &str) -> Result<Option<&'j Json>, Ambiguous> {
    let Json::Object(members) = object else { return Err(Ambiguous) };
    let mut alike = members.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    match (alike.next(), alike.next()) {
        (None, _) => Ok(None),
        (Some((known, value)), None) if &**known == name => Ok(Some(value)),
        (Some(_), _) => Err(Ambiguous),
    }
}

/// Another reader may find another value.
struct Ambiguous;

type Principals = BTreeMap<&'static str, BTreeSet<String>>;

const PRINCIPAL_KINDS: [&str; 3] = ["RAM", "Service", "Federated"];

/// Who may assume a role, by kind.
fn principals(source: &str, reading: Reading<'_>) -> Option<Principals> {
    let text = reading.get(source).ok()??;
    let policy = json(text, JsonLimits::default()).ok()?;
    let mut found = Principals::new();
    for statement in list(member(&policy, "Statement").ok()??) {
        let Json::Object(kinds) = member(statement, "Principal").ok()?? else { return None };
        for (kind, names) in kinds {
            let kind = PRINCIPAL_KINDS.into_iter().find(|known| *known == &**kind)?;
            let of_kind = found.entry(kind).or_default();
            for name in list(names) {
                of_kind.insert(name.as_str()?.to_owned());
            }
        }
    }
    Some(found)
}

/// The elements of a list; what is no list is one element.
fn list(value: &Json) -> &[Json] {
    match value {
        Json::Array(elements) => elements,
        one => std::slice::from_ref(one),
    }
}

fn log_target(config: &Json) -> Values {
    let is_set = |name| {
        let value = member(config, name)?;
        Ok(value.and_then(Json::as_str).is_some_and(|text| !text.is_empty()))
    };
    let (project, store): (Result<bool, Ambiguous>, _) = (is_set("project"), is_set("logstore"));
    Some(flag(project.ok()? && store.ok()?))
}

/// Only HTTP triggers have these keys. A new one answers the internet unless it says otherwise.
fn new_trigger(document: Document, config: &Json, kind: &str) -> Values {
    if kind.eq_ignore_ascii_case("http") {
        trigger(document, config, Some(true))
    } else {
        Some(Vec::new())
    }
}

/// The configuration is an object, or the text of one.
fn trigger(document: Document, config: &Json, internet_if_silent: Option<bool>) -> Values {
    let read;
    let config = match config.as_str() {
        Some(text) => {
            read = json(text, JsonLimits::default()).ok()?;
            &read
        }
        None => config,
    };
    if document == Document::TriggerAnonymous {
        let kind = member(config, "authType").ok()??.as_str()?;
        return Some(flag(kind.eq_ignore_ascii_case("anonymous")));
    }
    match member(config, "disableURLInternet").ok()? {
        None => internet_if_silent.map(flag),
        Some(Json::Bool(disabled)) => Some(flag(!disabled)),
        Some(_) => None,
    }
}
