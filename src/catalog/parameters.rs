//! Parameters that must have one reading: none twice, none spelled in two ways, no broken lists (section 2, rpc).

use crate::strict::Json;

use super::model::{Operation, QueryNames};
use super::reading::{Reading, fits_indexed, is_index, is_list};
use super::scope::OWNER_NAMES;
use super::{Unreadable, Word};

/// Names that are read of every request, as far as its style has them.
const COMMON: &[&str] = &["Action", "Version", "RegionId", "regionId"];

/// A name twice, unless nothing reads it and the operation leaves its query to what is behind it.
pub(super) fn check_duplicates(
    reading: Reading<'_>,
    operation: Option<&Operation>,
) -> Result<(), Unreadable> {
    let free = |name: &str| operation.is_some_and(|operation| may_repeat(operation, name));
    let mut names: Vec<&str> =
        reading.parameters().map(|(name, _)| name).filter(|name| !free(name)).collect();
    names.sort_unstable();
    let twice = names.windows(2).find_map(|pair| match pair {
        [left, right] if left == right => Some(*left),
        _ => None,
    });
    match twice {
        Some(name) => Err(Unreadable::new(
            Word::DuplicateParameter,
            format!("the parameter `{name}` is given twice"),
        )),
        None => Ok(()),
    }
}

fn may_repeat(operation: &Operation, name: &str) -> bool {
    let read = || read_names(operation).any(|used| used == name || fits_indexed(name, used));
    operation.query_names == QueryNames::Repeatable && !read()
}

/// What is read of a request: what the operation names, what selects it, and what all requests have in common. A name
/// that selects (`action=split`) is no other spelling of a common one.
fn read_names(operation: &Operation) -> impl Iterator<Item = &str> {
    let selects =
        |common: &&str| operation.query.iter().any(|(name, _)| name.eq_ignore_ascii_case(common));
    let common = COMMON.iter().chain(OWNER_NAMES).copied().filter(move |common| !selects(common));
    let own = operation.used.iter().chain(operation.query.iter().map(|(name, _)| name));
    own.map(String::as_str).chain(common)
}

/// A name that equals a used one except for case: another parser may fold it (section 2).
pub(super) fn check_look_alikes(
    operation: &Operation,
    reading: Reading<'_>,
) -> Result<(), Unreadable> {
    let used: Vec<&str> = read_names(operation).collect();
    for (name, _) in reading.parameters() {
        if reading.path.iter().any(|(key, _)| *key == name) || !may_resemble(name, &used) {
            continue;
        }
        let is_exact = |pattern: &&str| *pattern == name || fits_indexed(name, pattern);
        if used.iter().any(is_exact) {
            continue;
        }
        let plain = plain_spelling(name);
        let folded = |pattern: &&str| reads_as(&plain, &lower_but_index(pattern));
        // A broken index has a word of its own, looked for later.
        let broken = used.iter().any(|pattern| is_broken_list(name, pattern));
        if !broken && used.iter().any(folded) {
            let detail = format!("`{name}` is another spelling of a parameter of the operation");
            return Err(Unreadable::new(Word::LookAlikeParameter, detail));
        }
    }
    let Some(Json::Object(members)) = reading.body else { return Ok(()) };
    for (name, _) in members {
        let alike = |field: &String| field.eq_ignore_ascii_case(name) && **field != **name;
        if operation.body_fields.iter().any(alike) {
            let detail =
                format!("the body's `{name}` equals a field of the operation except for case");
            return Err(Unreadable::new(Word::LookAlikeParameter, detail));
        }
    }
    Ok(())
}

/// Whether a name can be another spelling of a used one, seen from what stands before its first dot: most names are not,
/// and need no closer look.
fn may_resemble(name: &str, used: &[&str]) -> bool {
    let head = |name: &'_ str| name.split('.').next().unwrap_or_default().len();
    let odd = name.contains(['[', ']']) || name.trim().len() != name.len();
    let begins_alike = |pattern: &&str| {
        let (own, other) = (name.get(..head(name)), pattern.get(..head(pattern)));
        own.zip(other).is_some_and(|(own, other)| own.eq_ignore_ascii_case(other))
    };
    odd || used.iter().any(begins_alike)
}

/// A name as lenient servers read it: without case, blanks, `[]`, a trailing dot, and with `[1]` for `.1`.
fn plain_spelling(name: &str) -> String {
    let bare = name.trim().replace("[]", "").replace('[', ".").replace(']', "");
    bare.trim_end_matches('.').trim().to_ascii_lowercase()
}

/// Whether a plain spelling is the pattern, with any number where an index stands, and with an index too few or too
/// many at its end.
fn reads_as(plain: &str, pattern: &str) -> bool {
    let number = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
    let mut tokens: Vec<&str> = plain.split('.').collect();
    let mut wanted: Vec<&str> = pattern.split('.').collect();
    let same_length = tokens.len() == wanted.len();
    if !same_length && tokens.last().is_some_and(|token| number(token)) {
        tokens.pop();
    }
    if !same_length && wanted.last() == Some(&"N") {
        wanted.pop();
    }
    let fits = |(token, want): (&&str, &&str)| token == want || (*want == "N" && number(token));
    tokens.len() == wanted.len() && tokens.iter().zip(&wanted).all(fits)
}

fn lower_but_index(pattern: &str) -> String {
    let fold = |token: &str| if token == "N" { "N".to_owned() } else { token.to_ascii_lowercase() };
    pattern.split('.').map(fold).collect::<Vec<_>>().join(".")
}

/// A list parameter without its index, or with anything else in its place, is refused.
pub(super) fn check_lists(operation: &Operation, reading: Reading<'_>) -> Result<(), Unreadable> {
    let lists: Vec<&str> =
        operation.used.iter().map(String::as_str).filter(|name| is_list(name)).collect();
    for (name, _) in reading.parameters().filter(|(name, _)| may_resemble(name, &lists)) {
        if operation.used.iter().any(|used| used == name || fits_indexed(name, used)) {
            continue;
        }
        if let Some(pattern) = lists.iter().find(|pattern| is_broken_list(name, pattern)) {
            let detail = format!("`{name}` is not the list `{pattern}` with an index from 1");
            return Err(Unreadable::new(Word::MalformedList, detail));
        }
    }
    Ok(())
}

fn is_broken_list(name: &str, pattern: &str) -> bool {
    let want: Vec<&str> = pattern.split('.').collect();
    let have: Vec<&str> = name.split('.').collect();
    let Some(first_index) = want.iter().position(|token| *token == "N") else { return false };
    let (prefix, _) = want.split_at(first_index);
    if !have.starts_with(prefix) {
        return false;
    }
    match have.get(first_index) {
        None => true,
        Some(token) if !is_index(token) => true,
        // `Tag.1` where `Tag.N.Key` is read: the list is of another form.
        Some(_) if want.last() == Some(&"N") && have.len() > want.len() => true,
        Some(_) => {
            have.len() < want.len() && want.starts_with(prefix) && have.len() == first_index + 1
        }
    }
}
