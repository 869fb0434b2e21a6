//! Reads a policy document, or says everything that is wrong with it (rules V-1 to V-15).

mod condition;
mod principal;
mod statement;

use super::document::{Document, DocumentKind};
use super::rules::{DOCUMENT_BYTES_MAX, OidcRule};
use super::texts::Texts;
use super::{read, rules};
use crate::strict::{
    self, Json, JsonError, JsonFault, JsonLimits, Position, Problem, locate, nearest,
};

const LIMITS: JsonLimits = JsonLimits { bytes_max: DOCUMENT_BYTES_MAX, depth_max: 16 };

/// One report does not repeat itself without end.
const PROBLEMS_MAX: usize = 100;

/// Reads a document of a kind. `file` is how the operator names it. A document with a problem is refused as a whole, and
/// the report has all of them.
pub fn parse(kind: DocumentKind, text: &str, file: &str) -> Result<Document, Vec<Problem>> {
    parse_with(kind, OidcRule::default(), text, file)
}

/// The same, with another rule for who trusts OIDC providers.
pub fn parse_with(
    kind: DocumentKind,
    oidc: OidcRule,
    text: &str,
    file: &str,
) -> Result<Document, Vec<Problem>> {
    read::read(kind, oidc, text, file).ok_or_else(|| problems(kind, oidc, text, file))
}

fn problems(kind: DocumentKind, oidc: OidcRule, text: &str, file: &str) -> Vec<Problem> {
    let root = match strict::json(text, LIMITS) {
        Ok(root) => root,
        Err(error) => return vec![not_json(&error, file)],
    };
    let mut parser =
        Parser { kind, oidc, text, file, problems: Vec::new(), scratch: Texts::default() };
    parser.document(&root);
    if parser.problems.is_empty() {
        // The two readers disagree, which a test looks for; the document is refused all the same.
        parser.refuse("V-1", "", "the document cannot be read", "please report this document");
    }
    parser.problems
}

fn not_json(error: &JsonError, file: &str) -> Problem {
    let problem = |message: &str| Problem::error(file, error.at, "", message);
    match error.fault {
        JsonFault::Repeated => problem(&error.message)
            .rule("V-2")
            .help("keep one of the two, or make one list of both"),
        JsonFault::Syntax => problem(&format!("not valid JSON: {}", error.message))
            .rule("V-1")
            .help("JSON has no comments and no comma behind the last item"),
        JsonFault::TooDeep | JsonFault::TooLarge => problem(&error.message).rule("V-1"),
    }
}

/// Collects what is wrong while reading goes on.
struct Parser<'t> {
    kind: DocumentKind,
    oidc: OidcRule,
    text: &'t str,
    file: &'t str,
    problems: Vec<Problem>,
    /// Where the readers of patterns and values leave their texts.
    scratch: Texts,
}

impl Parser<'_> {
    /// Whether the report is as long as it gets: the document is refused, and looking for help is for nothing.
    fn has_enough(&self) -> bool {
        self.problems.len() >= PROBLEMS_MAX
    }

    fn refuse(
        &mut self,
        rule: &'static str,
        pointer: &str,
        message: impl Into<String>,
        help: &str,
    ) {
        if self.has_enough() {
            return;
        }
        let at = locate(self.text, pointer).unwrap_or(Position::START);
        let problem = Problem::error(self.file, at, pointer, message).rule(rule);
        self.problems.push(if help.is_empty() { problem } else { problem.help(help) });
    }

    fn document(&mut self, root: &Json) {
        if !matches!(root, Json::Object(_)) {
            let message = format!("a policy document is an object, not {}", root.kind());
            self.refuse(
                "V-1",
                "",
                message,
                "start with {\"Version\": \"1\", \"Statement\": [...]}",
            );
            return;
        }
        self.refuse_unknown_members(root, "", &["Version", "Statement"]);
        self.version(root.get("Version"));
        self.statements(root.get("Statement"));
    }

    fn version(&mut self, version: Option<&Json>) {
        const HELP: &str = "write \"Version\": \"1\"";
        match version {
            Some(Json::String(text)) if &**text == "1" => {}
            Some(_) => self.refuse("V-4", "/Version", "`Version` is not \"1\"", HELP),
            None => self.refuse("V-4", "", "`Version` is missing", HELP),
        }
    }

    fn statements(&mut self, list: Option<&Json>) {
        const HELP: &str =
            "write \"Statement\": [{\"Effect\": ..., \"Action\": ..., \"Resource\": ...}]";
        match list {
            None => self.refuse("V-4", "", "`Statement` is missing", HELP),
            Some(Json::Array(items)) if items.is_empty() => {
                self.refuse("V-4", "/Statement", "`Statement` is empty", HELP);
            }
            Some(Json::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.statement(index, item);
                }
            }
            Some(_) => {
                self.refuse(
                    "V-4",
                    "/Statement",
                    "`Statement` is not a list",
                    "put the statement in [ ]",
                );
            }
        }
    }

    /// V-3.
    fn refuse_unknown_members(&mut self, object: &Json, pointer: &str, known: &[&str]) {
        let Json::Object(members) = object else { return };
        for (name, _) in members {
            if known.contains(&&**name) || self.has_enough() {
                continue;
            }
            let help = match nearest(&shorten(name), known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known members are {}", known.join(", ")),
            };
            let field = format!("{pointer}/{}", strict::pointer_token(name));
            self.refuse("V-3", &field, format!("unknown member `{}`", shorten(name)), &help);
        }
    }

    /// A string, or a list of strings that is not empty; each with its pointer.
    fn strings<'j>(
        &mut self,
        value: &'j Json,
        pointer: &str,
        rule: &'static str,
    ) -> Vec<(String, &'j str)> {
        let items: Vec<(String, &Json)> = match value {
            Json::Array(items) if items.is_empty() => {
                self.refuse(rule, pointer, "the list is empty", "name at least one value");
                return Vec::new();
            }
            Json::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (format!("{pointer}/{index}"), item))
                .collect(),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => {
                vec![(pointer.to_owned(), value)]
            }
        };
        let read = |(pointer, item): (String, &'j Json)| {
            self.string(item, &pointer, rule).map(|text| (pointer, text))
        };
        items.into_iter().filter_map(read).collect()
    }

    fn string<'j>(
        &mut self,
        value: &'j Json,
        pointer: &str,
        rule: &'static str,
    ) -> Option<&'j str> {
        let help = match value {
            Json::String(text) => return Some(text),
            Json::Bool(flag) => format!("write \"{flag}\" as a string"),
            Json::Number(number) => format!("write \"{}\" as a string", shorten(number)),
            Json::Null | Json::Array(_) | Json::Object(_) => "write a string".to_owned(),
        };
        self.refuse(rule, pointer, format!("a string is wanted here, not {}", value.kind()), &help);
        None
    }

    /// V-13.
    fn has_variable(&mut self, text: &str, pointer: &str) -> bool {
        let found = rules::has_variable(text);
        if found {
            let message =
                format!("`{}` holds `${{`, and RAM has no policy variables", shorten(text));
            self.refuse("V-13", pointer, message, "write the value out");
        }
        found
    }
}

/// As much of a text as a message repeats.
fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests;
