//! Parameters that must have one reading: none twice, none spelled in two ways, no broken lists (section 2, rpc).

use smol_str::SmolStr;

use crate::strict::Json;

use super::model::{Operation, PathPart, QueryNames};
use super::reading::{Reading, fits_indexed, is_index, is_list};
use super::scope::{OWNER_ARN, OWNER_NAMES};
use super::{Unreadable, Word};

/// Names that are read of every request, as far as its style has them.
const COMMON: &[&str] = &["Action", "Version", "RegionId", "regionId"];
/// Headers that are read of every request.
const HEADERS: &[&str] = &["x-acs-action", "x-acs-version", "x-fc-account-id"];

/// A name twice, unless nothing reads it and the operation leaves its query to what is behind it; or a header that is read.
pub(super) fn check_duplicates(
    reading: Reading<'_>,
    operation: Option<&Operation>,
) -> Result<(), Unreadable> {
    let twice = |name: &&&str| reading.head.headers().get_all(**name).iter().nth(1).is_some();
    if let Some(name) = HEADERS.iter().find(twice) {
        let detail = format!("the header `{name}` is given twice");
        return Err(Unreadable::new(Word::DuplicateParameter, detail));
    }
    let free = |name: &str| operation.is_some_and(|operation| may_repeat(operation, name));
    let names = reading.parameters().map(|(name, _)| name).filter(|name| !free(name));
    match repeated(names) {
        Some(name) => Err(Unreadable::new(
            Word::DuplicateParameter,
            format!("the parameter `{name}` is given twice"),
        )),
        None => Ok(()),
    }
}

/// A name that is there twice.
pub(super) fn repeated<'n>(names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [left, right] if left == right => Some(*left),
        _ => None,
    })
}

fn may_repeat(operation: &Operation, name: &str) -> bool {
    operation.query_names == QueryNames::Repeatable && !operation.read_names.has(name)
}

/// The parameters that are read of a request for an operation, in the forms in which they are looked for.
#[derive(Debug, Default)]
pub(super) struct ReadNames {
    /// Those of one parameter each, sorted.
    single: Vec<SmolStr>,
    /// Those of repeated parameters.
    lists: Vec<SmolStr>,
    /// What stands before the first dot of them, each once in whichever case.
    heads: Vec<SmolStr>,
}

impl ReadNames {
    /// What the operation names, in its path too, what selects it, and what all requests have in common. A name that
    /// selects (`action=split`) is no other spelling of a common one.
    pub(super) fn of(operation: &Operation) -> Self {
        let selecting = operation.query.iter().map(|(name, _)| name.as_str());
        let path = operation.path.iter().filter_map(PathPart::name);
        let own = operation.used.iter().map(String::as_str).chain(selecting).chain(path);
        let selects = |common: &&str| {
            operation.query.iter().any(|(name, _)| name.eq_ignore_ascii_case(common))
        };
        let common = COMMON.iter().chain(OWNER_NAMES).copied().filter(|common| !selects(common));
        let mut all: Vec<SmolStr> = own.chain(common).map(SmolStr::from).collect();
        all.sort();
        all.dedup();
        let mut heads: Vec<SmolStr> = vec![head(OWNER_ARN).into()];
        for head in all.iter().map(|name| head(name)) {
            if !heads.iter().any(|known| known.eq_ignore_ascii_case(head)) {
                heads.push(head.into());
            }
        }
        let (lists, single) = all.into_iter().partition(|name| is_list(name));
        Self { single, lists, heads }
    }

    /// Whether a parameter is one of them.
    fn has(&self, name: &str) -> bool {
        self.single.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
            || self.lists.iter().any(|pattern| fits_indexed(name, pattern))
    }

    /// Whether a parameter is none of them and could be meant for one, seen from its head. Most are not, and need no
    /// closer look.
    fn may_be_meant(&self, name: &str) -> bool {
        let own = head(name);
        let odd = || name.contains(|c: char| matches!(c, '[' | ']') || c.is_whitespace());
        let known = self.heads.iter().any(|it| it.eq_ignore_ascii_case(own));
        (known || odd()) && !self.has(name)
    }

    /// Whether a parameter that is none of them is one in another spelling. A broken index is none: it has a word of its
    /// own, which is looked for later.
    fn is_look_alike(&self, name: &str) -> bool {
        let plain = plain_spelling(name);
        let own = head(&plain);
        let folded = |pattern: &SmolStr| {
            head(pattern).eq_ignore_ascii_case(own) && reads_as(&plain, &lower_but_index(pattern))
        };
        let is_arn = || !name.starts_with(OWNER_ARN) && starts_with_folded(&plain, OWNER_ARN);
        self.broken_list(name).is_none()
            && (self.single.iter().chain(&self.lists).any(folded) || is_arn())
    }

    fn broken_list(&self, name: &str) -> Option<&SmolStr> {
        self.lists.iter().find(|pattern| is_broken_list(name, pattern))
    }
}

fn head(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

fn starts_with_folded(text: &str, beginning: &str) -> bool {
    text.get(..beginning.len()).is_some_and(|start| start.eq_ignore_ascii_case(beginning))
}

/// What makes some frameworks take a request for one of another method (rule P20 of the threat model).
const OVERRIDE: &str = "_method";

/// Where the method selects the operation, nothing else may name one.
pub(super) fn check_override(
    operation: &Operation,
    reading: Reading<'_>,
) -> Result<(), Unreadable> {
    let named = reading.query.iter().any(|param| param.name.eq_ignore_ascii_case(OVERRIDE));
    if named && operation.query_names != QueryNames::Repeatable {
        let detail = "the query's `_method` names another method to some servers";
        return Err(Unreadable::new(Word::ConflictingAction, detail));
    }
    Ok(())
}

/// A name that equals a used one except for case: another parser may fold it (section 2).
pub(super) fn check_look_alikes(
    operation: &Operation,
    reading: Reading<'_>,
) -> Result<(), Unreadable> {
    let read = &operation.read_names;
    for (name, _) in reading.parameters().filter(|(name, _)| read.may_be_meant(name)) {
        if reading.path.iter().any(|(key, _)| *key == name) {
            continue;
        }
        if read.is_look_alike(name) {
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

/// The lists of the operation that the request has without an index, or with anything else in its place.
pub(super) fn broken_lists(operation: &Operation, reading: Reading<'_>) -> Vec<SmolStr> {
    let read = &operation.read_names;
    let broken = |(name, _): (&'_ str, _)| {
        read.may_be_meant(name).then(|| read.broken_list(name)).flatten().cloned()
    };
    reading.parameters().filter_map(broken).collect()
}

/// What is wrong with a request that has such a list.
pub(super) fn malformed(list: &str) -> Unreadable {
    let detail = format!("the list `{list}` has an element whose index is no number from 1");
    Unreadable::new(Word::MalformedList, detail)
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

#[cfg(test)]
mod tests;
