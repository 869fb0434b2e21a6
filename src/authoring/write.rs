//! A draft as text that a person edits: the order of fields and the one-line resources of the built-in files. What has
//! to be confirmed stands in a comment above its place.

use std::fmt::Write as _;

use super::draft::{Check, Draft, Operation, Resource};

/// Begins a line that a person has to answer, and then removes.
pub(super) const REVIEW: &str = "# review:";

const COMMENT_CHARACTERS_MAX: usize = 300;

/// The whole file.
pub(super) fn file(draft: &Draft) -> String {
    let mut text = String::new();
    line(
        &mut text,
        0,
        &format!("# Written by `ramgate catalog import` from {}.", plain_line(&draft.origin)),
    );
    line(
        &mut text,
        0,
        "# A line `# review:` is a question to a person: answer it in the entry below, then remove the line.",
    );
    line(&mut text, 0, "schema: 'ramgate-catalog/1'");
    line(&mut text, 0, &format!("product: {}", scalar(&draft.product)));
    line(&mut text, 0, &format!("title: {}", quoted(&draft.title)));
    line(&mut text, 0, &format!("ram_code: {}", scalar(&draft.ram_code)));
    line(&mut text, 0, &format!("style: {}", draft.style.word()));
    reviews(&mut text, 0, &draft.reviews);
    line(&mut text, 0, &format!("versions: [{}]", list(&draft.versions)));
    line(&mut text, 0, "endpoints:");
    for endpoint in &draft.endpoints {
        line(&mut text, 2, &format!("- {}", quoted(endpoint)));
    }
    line(&mut text, 0, &format!("scope: {}", if draft.regional { "regional" } else { "global" }));
    line(&mut text, 0, "sources:");
    line(&mut text, 2, &source_entry(draft));
    if !draft.keys.is_empty() {
        line(&mut text, 0, "condition_keys:");
        for key in &draft.keys {
            line(&mut text, 2, &key_entry(key));
        }
    }
    line(&mut text, 0, "operations:");
    for operation in &draft.operations {
        text.push_str(&entry(operation, draft));
    }
    reviews(&mut text, 2, &draft.left_out);
    text
}

/// `O: {what: '…', state: '…', read: '…'}`
pub(super) fn source_entry(draft: &Draft) -> String {
    let source = &draft.source;
    let (what, state, read) = (quoted(&source.what), quoted(&source.state), quoted(source.read));
    format!("{}: {{what: {what}, state: {state}, read: {read}}}", source.key)
}

/// No metadata says how a key is formed: nothing knows its value until a person writes it.
pub(super) fn key_entry(key: &str) -> String {
    format!("{}: {{type: string, from: [], derive: 'not in the metadata'}}", quoted(key))
}

/// One item of `operations`.
pub(super) fn entry(operation: &Operation, draft: &Draft) -> String {
    let mut text = String::new();
    reviews(&mut text, 2, &operation.reviews);
    line(&mut text, 2, &format!("- name: {}", scalar(&operation.name)));
    if let Some(api) = &operation.api {
        line(&mut text, 4, &format!("api: {}", quoted(api)));
    }
    if let Some((method, path)) = &operation.call {
        line(&mut text, 4, &format!("method: {method}"));
        line(&mut text, 4, &format!("path: {}", quoted(path)));
    }
    if operation.anonymous {
        line(&mut text, 4, "auth: anonymous");
    }
    line(&mut text, 4, &format!("level: {}", operation.kind.level()));
    line(&mut text, 4, &format!("kind: {}", operation.kind.word()));
    if operation.checks.is_empty() {
        line(&mut text, 4, "checks: []");
    } else {
        line(&mut text, 4, "checks:");
    }
    for check in &operation.checks {
        checks(&mut text, check);
    }
    line(&mut text, 4, &format!("confidence: {}", operation.confidence.word()));
    line(&mut text, 4, &format!("source: {}", draft.source.key));
    if let Some(note) = &operation.note {
        line(&mut text, 4, &format!("note: {}", quoted(note)));
    }
    text
}

fn checks(text: &mut String, check: &Check) {
    line(text, 6, &format!("- action: {}", quoted(&check.action)));
    line(text, 8, "resources:");
    for resource in &check.resources {
        line(text, 10, &format!("- {}", flow(resource)));
    }
    if !check.conditions.is_empty() {
        line(text, 8, &format!("conditions: [{}]", list(&check.conditions)));
    }
}

/// `{arn: '…', required: true}`
pub(super) fn flow(resource: &Resource) -> String {
    let absent = if resource.wildcard { ", absent: wildcard" } else { "" };
    format!("{{arn: {}, required: {}{absent}}}", quoted(&resource.arn), resource.required)
}

fn reviews(text: &mut String, indent: usize, sentences: &[String]) {
    for sentence in sentences {
        line(text, indent, &format!("{REVIEW} {}", plain_line(sentence)));
    }
}

fn line(text: &mut String, indent: usize, content: &str) {
    let _infallible = writeln!(text, "{:indent$}{content}", "");
}

fn list(items: &[String]) -> String {
    items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", ")
}

/// A word that means itself stays bare; everything else is quoted.
fn scalar(text: &str) -> String {
    const MEAN_SOMETHING: [&str; 8] = ["null", "true", "false", "yes", "no", "on", "off", "y"];
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        && !MEAN_SOMETHING.contains(&text.to_ascii_lowercase().as_str());
    if is_word { text.to_owned() } else { quoted(text) }
}

/// In single quotes, on one line.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", plain_characters(text).replace('\'', "''"))
}

/// A comment ends with its line, and nobody reads a long one.
fn plain_line(text: &str) -> String {
    plain_characters(text).chars().take(COMMENT_CHARACTERS_MAX).collect()
}

/// What YAML may take for the end of a line, or for nothing, is a space.
fn plain_characters(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    text.chars().map(|character| if odd(character) { ' ' } else { character }).collect()
}
