//! Parameters that must have one reading: none twice, none spelled in two ways, no broken lists (section 2, rpc).

use smol_str::SmolStr;

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
    operation.query_names == QueryNames::Repeatable && !operation.read_names.has(name)
}

/// The parameters that are read of a request for an operation, in the forms in which they are looked for.
#[derive(Debug, Default)]
pub(super) struct ReadNames {
    /// All of them, sorted.
    all: Vec<SmolStr>,
    /// Those of repeated parameters.
    lists: Vec<SmolStr>,
    /// What stands before the first dot of them, each once in whichever case.
    heads: Vec<SmolStr>,
}

impl ReadNames {
    /// What the operation names, what selects it, and what all requests have in common. A name that selects
    /// (`action=split`) is no other spelling of a common one.
    pub(super) fn of(operation: &Operation) -> Self {
        let own = operation.used.iter().chain(operation.query.iter().map(|(name, _)| name));
        let selects = |common: &&str| {
            operation.query.iter().any(|(name, _)| name.eq_ignore_ascii_case(common))
        };
        let common = COMMON.iter().chain(OWNER_NAMES).copied().filter(|common| !selects(common));
        let mut all: Vec<SmolStr> =
            own.map(String::as_str).chain(common).map(SmolStr::from).collect();
        all.sort();
        all.dedup();
        let mut heads: Vec<SmolStr> = Vec::new();
        for head in all.iter().map(|name| head(name)) {
            if !heads.iter().any(|known| known.eq_ignore_ascii_case(head)) {
                heads.push(head.into());
            }
        }
        let lists = all.iter().filter(|name| is_list(name)).cloned().collect();
        Self { all, lists, heads }
    }

    /// Whether a parameter is one of them.
    fn has(&self, name: &str) -> bool {
        self.all.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
            || self.lists.iter().any(|pattern| fits_indexed(name, pattern))
    }

    /// Whether a parameter is none of them and could be meant for one, seen from its head. Most are not, and need no
    /// closer look.
    fn may_be_meant(&self, name: &str) -> bool {
        let own = head(name);
        let odd = || name.contains(['[', ']']) || name.trim().len() != name.len();
        let known = self.heads.iter().any(|it| it.eq_ignore_ascii_case(own));
        (known || odd()) && !self.has(name)
    }

    fn broken_list(&self, name: &str) -> Option<&SmolStr> {
        self.lists.iter().find(|pattern| is_broken_list(name, pattern))
    }
}

fn head(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
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
        let plain = plain_spelling(name);
        let folded = |pattern: &SmolStr| reads_as(&plain, &lower_but_index(pattern));
        // A broken index has a word of its own, looked for later.
        if read.broken_list(name).is_none() && read.all.iter().any(folded) {
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

/// A list parameter without its index, or with anything else in its place, is refused.
pub(super) fn check_lists(operation: &Operation, reading: Reading<'_>) -> Result<(), Unreadable> {
    let read = &operation.read_names;
    let broken = |(name, _): (&'_ str, _)| {
        let pattern = read.may_be_meant(name).then(|| read.broken_list(name)).flatten()?;
        Some(format!("`{name}` is not the list `{pattern}` with an index from 1"))
    };
    match reading.parameters().find_map(broken) {
        Some(detail) => Err(Unreadable::new(Word::MalformedList, detail)),
        None => Ok(()),
    }
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
