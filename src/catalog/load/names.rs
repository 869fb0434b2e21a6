//! What an operation reads of a request.

use crate::strict::{Fields, Position};

use super::super::BodyNeed;
use super::super::model::{CheckRule, Operation, PathPart, Shape, Style};
use super::super::objects;
use super::super::parameters::ReadNames;
use super::super::template::{self, Source, Template};
use super::Loader;

impl Loader<'_, '_> {
    /// A name that something is read by. Each style has its own name spaces; those of others would never be there.
    pub(super) fn check_read_name(&mut self, at: Position, field: &str, name: &str) {
        if let Err(message) = template::source(name) {
            self.wrong(at, field, message, "");
        }
        let space = name.split_once('.').map(|(space, _)| space);
        let foreign: &[&str] = match self.style {
            Style::Rpc => &["body", "query", "header", "form", "source", "saveas", "host"],
            Style::Roa => &["query", "header", "form", "source", "saveas"],
            // What a request to object storage carries is checked when its operation is known.
            Style::Objects => &[],
        };
        if space.is_some_and(|space| foreign.contains(&space)) {
            let message = format!("requests of this style carry no `{name}`");
            self.wrong(at, field, message, "a parameter is written by its name alone");
        }
    }

    /// Everything that the operation reads, for look-alikes and to know whether the body is needed.
    pub(super) fn collect_names(&mut self, fields: &Fields<'_>, operation: &mut Operation) {
        let mut names: Vec<String> = operation.checks.iter().flat_map(names_of).collect();
        let keys = operation.checks.iter().flat_map(|check| &check.conditions);
        let mut keys: Vec<&String> = keys.filter(|key| self.keys.contains_key(*key)).collect();
        keys.sort();
        keys.dedup();
        let rules = keys.iter().filter_map(|key| self.keys.get(*key));
        names.extend(rules.flat_map(|rule| rule.names().cloned()));
        operation.keys = keys.into_iter().cloned().collect();
        operation.used.clear();
        operation.body_fields.clear();
        operation.host_labels.clear();
        operation.need = BodyNeed::None;
        names.sort();
        names.dedup();
        match self.style {
            Style::Rpc | Style::Roa => sort_out(names, operation),
            Style::Objects => {
                names.retain(|name| objects::tags::may_read(&operation.selector, name));
                for name in &names {
                    if let Err(message) = objects::check_name(name, &operation.selector) {
                        let help = "Bucket, Object, query.x, header.x, form.x, source.x, saveas.x";
                        self.wrong(fields.at, &fields.path("checks"), message, help);
                    }
                }
                for check in &mut operation.checks {
                    check.per_element =
                        names_of(check).iter().any(|name| name.starts_with(objects::ELEMENT));
                }
                operation.need = objects::need_of(&names);
                operation.used = names;
            }
        }
        operation.read_names = ReadNames::of(operation);
    }
}

/// The names that placeholders, `when` and switches of a check read.
fn names_of(check: &CheckRule) -> Vec<String> {
    let mut names: Vec<String> = check.when.iter().map(|when| when.name.clone()).collect();
    for resource in &check.resources {
        names.extend(resource.when.iter().map(|when| when.name.clone()));
        let templates: Vec<&Template> = match &resource.shape {
            Shape::Arn(template) => vec![template],
            Shape::Switch { parameter, cases, .. } => {
                names.push(parameter.clone());
                cases.iter().map(|(_, template)| template).collect()
            }
        };
        let sources = templates.iter().flat_map(|template| template.sources());
        names.extend(sources.map(|Source { name, .. }| name.clone()));
    }
    names
}

/// Tells parameters, fields of a JSON body and labels of the host apart.
fn sort_out(names: Vec<String>, operation: &mut Operation) {
    let variables: Vec<&str> = operation.path.iter().filter_map(PathPart::name).collect();
    for name in names {
        if let Some(field) = name.strip_prefix("body.") {
            operation.body_fields.push(field.to_owned());
        } else if let Some(label) = name.strip_prefix("host.") {
            operation.host_labels.push(label.to_owned());
        } else if !variables.contains(&name.as_str()) {
            operation.used.push(name);
        }
    }
    if !operation.body_fields.is_empty() {
        operation.need = BodyNeed::Json;
    }
}
