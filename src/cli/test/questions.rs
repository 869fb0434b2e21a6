//! The cases of a team: a YAML file beside the deployment that it asks.

use crate::cli::explain::{Answered, Question};
use crate::ident::SessionName;
use crate::policy::Verdict;
use crate::strict::{Fields, Node, Problem, Reader, Value, count_errors};

/// A question and the verdict that is expected.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) question: Question,
    expected: Expected,
}

/// What a case may expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// This verdict.
    Exactly(Verdict),
    /// A denial of either kind.
    Deny,
}

/// Condition keys with their values, as the file lists them.
#[derive(Clone, Debug, Default)]
struct Context {
    values: Vec<(String, Vec<String>)>,
    unknown: Vec<String>,
}

impl Case {
    /// What is wrong with an answer; empty when it is the expected one.
    pub(super) fn failure(&self, answered: &Answered) -> String {
        let (fine, expected) = match self.expected {
            Expected::Exactly(verdict) => (answered.verdict == verdict, verdict.as_str()),
            Expected::Deny => (answered.verdict != Verdict::Allow, "Deny"),
        };
        if fine {
            return String::new();
        }
        let report = answered.report.to_text().trim_end().replace('\n', "\n    ");
        format!("expected {expected}\n    {report}")
    }
}

/// Reads a file of cases. A case with several actions and resources is one for each pair.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Case>, Vec<Problem>> {
    let mut reader = Reader::new(file);
    let mut cases = Vec::new();
    if let Some(root) = reader.parse(text)
        && let Some(fields) = reader.fields(&root, "", &["defaults", "tests"])
    {
        let known = ["context", "unknown"];
        let defaults = fields
            .get("defaults")
            .and_then(|node| reader.fields(node, "defaults", &known))
            .map_or_else(Context::default, |fields| context(&mut reader, &fields));
        reader.required(&fields, "tests");
        for (index, node) in reader.list(&fields, "tests").iter().enumerate() {
            cases.extend(test(&mut reader, node, &format!("tests[{index}]"), &defaults));
        }
    }
    let problems = reader.into_problems();
    if count_errors(&problems) == 0 { Ok(cases) } else { Err(problems) }
}

const FIELDS: &[&str] = &[
    "name",
    "principal",
    "session_name",
    "action",
    "actions",
    "resource",
    "resources",
    "context",
    "unknown",
    "expect",
];

fn test(reader: &mut Reader<'_>, node: &Node, path: &str, defaults: &Context) -> Vec<Case> {
    let Some(fields) = reader.fields(node, path, FIELDS) else { return Vec::new() };
    let name: Option<String> = reader.required_parsed(&fields, "name");
    let principal: Option<String> = reader.required_parsed(&fields, "principal");
    let actions = one_or_more(reader, &fields, "action", "actions");
    let resources = one_or_more(reader, &fields, "resource", "resources");
    let expected = expected(reader, &fields);
    let session_name: Option<SessionName> =
        reader.parsed(&fields, "session_name").or_else(|| "test".parse().ok());
    let own = context(reader, &fields);
    let (Some(name), Some(principal), Some(expected), Some(session_name)) =
        (name, principal, expected, session_name)
    else {
        return Vec::new();
    };
    let several = actions.len().saturating_mul(resources.len()) > 1;
    let pairs = actions.iter().flat_map(|action| {
        resources.iter().map(move |resource| (action.clone(), resource.clone()))
    });
    pairs
        .map(|(action, resource)| Case {
            name: if several { format!("{name} ({action} on {resource})") } else { name.clone() },
            expected,
            question: Question {
                principal: principal.clone(),
                token: None,
                action,
                resource,
                context: own.pairs(defaults),
                unknown: own.all_unknown(defaults),
                source_ip: None,
                session_name: session_name.clone(),
                assume_absent: false,
            },
        })
        .collect()
}

/// A field for one text, or another for a list of them; exactly one of the two.
fn one_or_more(reader: &mut Reader<'_>, fields: &Fields<'_>, one: &str, more: &str) -> Vec<String> {
    match (fields.get(one), fields.get(more)) {
        (Some(node), None) => {
            let text = reader.text_of(node, &fields.path(one));
            text.map(str::to_owned).into_iter().collect()
        }
        (None, Some(_)) => reader.parsed_list(fields, more),
        (Some(node), Some(_)) => {
            let message = format!("`{one}` and `{more}` exclude each other");
            reader.error(node.at, &fields.path(one), message, "keep one of the two");
            Vec::new()
        }
        (None, None) => {
            let message = format!("the field `{one}` is missing");
            let help = format!("or write `{more}: [...]`");
            reader.error(fields.at, &fields.path(one), message, &help);
            Vec::new()
        }
    }
}

fn expected(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Expected> {
    let node = reader.required(fields, "expect")?;
    let path = fields.path("expect");
    let text = reader.text_of(node, &path)?;
    if text == "Deny" {
        return Some(Expected::Deny);
    }
    let verdict = Verdict::find(text);
    if verdict.is_none() {
        let help = "write Allow, Deny, ExplicitDeny or ImplicitDeny";
        reader.error(node.at, &path, format!("`{text}` is no verdict"), help);
    }
    verdict.map(Expected::Exactly)
}

fn context(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Context {
    let mut context =
        Context { values: Vec::new(), unknown: reader.parsed_list(fields, "unknown") };
    let Some(node) = fields.get("context") else { return context };
    let path = fields.path("context");
    let Value::Map(entries) = &node.value else {
        reader.error(node.at, &path, "a mapping of condition keys is wanted here", "");
        return context;
    };
    for (key, node) in entries {
        let path = format!("{path}.{}", key.name);
        let values = match &node.value {
            Value::Seq(items) => items.iter().collect(),
            Value::Null | Value::Scalar { .. } | Value::Map(_) => vec![node],
        };
        let texts = values.into_iter().filter_map(|node| reader.text_of(node, &path));
        let texts: Vec<String> = texts.map(str::to_owned).collect();
        if !texts.is_empty() {
            context.values.push((key.name.clone(), texts));
        }
    }
    context
}

impl Context {
    fn names(&self, key: &str) -> bool {
        self.values.iter().any(|(name, _)| name == key) || self.unknown.iter().any(|it| it == key)
    }

    /// Own values, and those of the defaults for keys that are not named here.
    fn pairs(&self, defaults: &Self) -> Vec<(String, String)> {
        let inherited = defaults.values.iter().filter(|(key, _)| !self.names(key));
        let all = self.values.iter().chain(inherited);
        all.flat_map(|(key, values)| values.iter().map(move |value| (key.clone(), value.clone())))
            .collect()
    }

    fn all_unknown(&self, defaults: &Self) -> Vec<String> {
        let inherited = defaults.unknown.iter().filter(|key| !self.names(key));
        self.unknown.iter().chain(inherited).cloned().collect()
    }
}
