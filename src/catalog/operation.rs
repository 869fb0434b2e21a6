//! Which operation a request selects.

use std::borrow::Cow;

use http::Method;
use smol_str::SmolStr;

use crate::request::{Head, percent_decode};

use super::host::Located;
use super::model::{Confidence, Operation, PathPart, Product, Style, Unlisted};
use super::reading::Reading;
use super::{Unreadable, Word};

/// Path variables, by name.
pub(super) type Captures<'r> = Vec<(&'r str, Cow<'r, str>)>;

/// The operation of an rpc request.
pub(super) enum SelectedRpc<'c> {
    /// The catalogue knows it.
    Listed(&'c Operation),
    /// It does not, and takes the name of the operation for that of the action.
    ByName(SmolStr),
}

/// rpc: `Action` and `Version`, from parameters and headers, which must agree.
pub(super) fn select_rpc<'c>(
    product: &'c Product,
    head: &Head,
    reading: Reading<'_>,
) -> Result<SelectedRpc<'c>, Unreadable> {
    let action = one_value(head, reading, "Action", "x-acs-action")?;
    let version = one_value(head, reading, "Version", "x-acs-version")?;
    if !product.versions.iter().any(|known| Some(known.as_str()) == version) {
        let named = version.map_or_else(
            || "the request names no version".to_owned(),
            |version| format!("there is no version `{}`", echo(version)),
        );
        let detail = format!("{named}; the catalogue has {}", product.versions.join(", "));
        return Err(Unreadable::new(Word::UnknownVersion, detail));
    }
    if !matches!(*head.method(), Method::GET | Method::POST) {
        let detail = "calls of this product are made with GET or POST";
        return Err(Unreadable::new(Word::UnknownOperation, detail));
    }
    let action = action.unwrap_or_default();
    let index = product.by_name.get(action);
    match index.and_then(|index| product.operations.get(*index)) {
        Some(operation) => {
            check_served(operation, reading.context.min_confidence)?;
            Ok(SelectedRpc::Listed(operation))
        }
        None if product.unlisted == Unlisted::ByName && is_new_name(product, action) => {
            Ok(SelectedRpc::ByName(action.into()))
        }
        None if action.is_empty() => {
            Err(Unreadable::new(Word::UnknownOperation, "the request names no operation"))
        }
        None => Err(Unreadable::new(
            Word::UnknownOperation,
            format!("the catalogue of `{}` has no operation `{}`", product.name, echo(action)),
        )),
    }
}

/// Whether a name can be that of an operation which is newer than the catalogue. One that differs from a known name in
/// case only is not: a lenient service would take it for the known one, whose checks it must not avoid.
fn is_new_name(product: &Product, name: &str) -> bool {
    const NAME_BYTES_MAX: usize = 64;
    let plain = name.len() <= NAME_BYTES_MAX
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain && !product.by_name.keys().any(|known| known.eq_ignore_ascii_case(name))
}

/// Refuses an operation that the deployment left out, or that is less sure than it asks for, as one that nobody knows.
pub(super) fn check_served(
    operation: &Operation,
    least: Option<Confidence>,
) -> Result<(), Unreadable> {
    let unsure = least.is_some_and(|least| operation.confidence.is_none_or(|it| it < least));
    let why = match (operation.left_out, unsure) {
        (false, false) => return Ok(()),
        (true, _) => "is left out by the catalogue of this deployment",
        (false, true) => "is described less surely than `min_confidence` asks for",
    };
    Err(Unreadable::new(Word::UnknownOperation, format!("`{}` {why}", operation.name)))
}

/// A text of the request, cut to what a person needs to recognise it.
pub(super) fn echo(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

fn one_value<'r>(
    head: &'r Head,
    reading: Reading<'r>,
    name: &str,
    header: &str,
) -> Result<Option<&'r str>, Unreadable> {
    let header = head
        .one(header)
        .map_err(|error| Unreadable::new(Word::DuplicateParameter, error.to_string()))?;
    let parameter = reading.get(name)?;
    match (parameter, header) {
        // Classic SDKs send these headers unsigned and in any case (SIG-42); the signed parameter counts.
        (Some(left), Some(right)) if !left.eq_ignore_ascii_case(right) => Err(Unreadable::new(
            Word::ConflictingAction,
            format!("`{name}` differs between parameters and headers"),
        )),
        (Some(value), _) | (None, Some(value)) => Ok(Some(value)),
        (None, None) => Ok(None),
    }
}

/// roa: method and path; literals and query conditions win over variables.
pub(super) fn select_roa<'c>(
    located: &Located<'c>,
    head: &'c Head,
    literal_paths: bool,
    least: Option<Confidence>,
) -> Result<(&'c Operation, Captures<'c>), Unreadable> {
    let product = located.product;
    let segments = path_segments(head.raw_path(), literal_paths)?;
    let candidates = product.by_length.get(&segments.len()).into_iter().flatten().chain(
        product.open_ended.iter().filter(|index| {
            product
                .operations
                .get(**index)
                .is_some_and(|operation| operation.path.len() <= segments.len())
        }),
    );
    let mut fitting: Vec<(Rank, &Operation, Captures<'_>)> = Vec::new();
    for operation in candidates.filter_map(|index| product.operations.get(*index)) {
        if operation.method != head.method().as_str() || !labels_fit(operation, located) {
            continue;
        }
        let query_fits =
            operation.query.iter().all(|(name, value)| head.query().get(name) == Some(value));
        if !query_fits {
            continue;
        }
        if let Some(captures) = match_path(&operation.path, &segments) {
            fitting.push((Rank::of(operation), operation, captures));
        }
    }
    let (operation, captures) = best(fitting)?;
    check_headers(operation, head)?;
    check_served(operation, least)?;
    check_selecting(product, operation, head)?;
    Ok((operation, captures))
}

fn labels_fit(operation: &Operation, located: &Located<'_>) -> bool {
    operation.host_labels.iter().all(|label| located.label(label).is_some())
}

/// How specific an operation is among those that fit a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rank {
    literals: usize,
    query: usize,
    labels: usize,
}

impl Rank {
    /// That of every request that an operation fits.
    pub(super) fn of(operation: &Operation) -> Self {
        let is_literal = |part: &&PathPart| matches!(part, PathPart::Literal(_));
        let literals = operation.path.iter().filter(is_literal).count();
        // A template that fits segment by segment is more specific than one that takes the rest.
        let whole = usize::from(!matches!(operation.path.last(), Some(PathPart::Rest(_))));
        Self {
            literals: literals + whole,
            query: operation.query.len(),
            labels: operation.host_labels.len(),
        }
    }

    /// At least as specific in everything, and more in something.
    pub(super) fn wins_over(self, other: Self) -> bool {
        self != other
            && self.literals >= other.literals
            && self.query >= other.query
            && self.labels >= other.labels
    }
}

/// The one that is at least as specific as every other in everything and more in something.
fn best<'c>(
    fitting: Vec<(Rank, &'c Operation, Captures<'c>)>,
) -> Result<(&'c Operation, Captures<'c>), Unreadable> {
    if fitting.is_empty() {
        return Err(Unreadable::new(
            Word::UnknownOperation,
            "no operation of the catalogue has this method and path",
        ));
    }
    let ranks: Vec<Rank> = fitting.iter().map(|(rank, ..)| *rank).collect();
    let winner = ranks.iter().enumerate().find(|(index, rank)| {
        ranks.iter().enumerate().all(|(other, less)| other == *index || rank.wins_over(*less))
    });
    let index = winner.map(|(index, _)| index);
    let chosen = index.and_then(|index| fitting.into_iter().nth(index));
    chosen.map(|(_, operation, captures)| (operation, captures)).ok_or_else(|| {
        Unreadable::new(Word::Ambiguous, "two operations of the catalogue fit this request")
    })
}

/// A query name that selects between operations of this method and template must be explained by the chosen one.
fn check_selecting(
    product: &Product,
    operation: &Operation,
    head: &Head,
) -> Result<(), Unreadable> {
    for name in &product.selecting {
        let explained =
            operation.query.iter().any(|(key, _)| key == name) || operation.used.contains(name);
        let rivals = product.operations.iter().any(|other| {
            other.method == operation.method
                && other.path == operation.path
                && other.query.iter().any(|(key, _)| key == name)
        });
        if rivals && !explained && head.query().get(name).is_some() {
            return Err(Unreadable::new(
                Word::Ambiguous,
                format!("the query `{name}` selects another operation"),
            ));
        }
    }
    let given = |part: &PathPart| part.name().is_some_and(|name| head.query().get(name).is_some());
    if operation.path.iter().any(given) {
        return Err(Unreadable::new(
            Word::Ambiguous,
            "a query parameter has the name of a path variable",
        ));
    }
    Ok(())
}

fn check_headers(operation: &Operation, head: &Head) -> Result<(), Unreadable> {
    let one = |name| {
        head.one(name).map_err(|error| Unreadable::new(Word::DuplicateParameter, error.to_string()))
    };
    if one("x-acs-action")?.is_some_and(|action| action != operation.name) {
        let detail = format!("x-acs-action is not `{}`, which method and path say", operation.name);
        return Err(Unreadable::new(Word::ConflictingAction, detail));
    }
    let version = one("x-acs-version")?;
    if let (Some(api), Some(version)) = (&operation.api, version)
        && api != version
    {
        return Err(Unreadable::new(
            Word::ConflictingAction,
            format!("x-acs-version is not `{api}`"),
        ));
    }
    Ok(())
}

/// Splits the raw path and decodes each segment once (section 2, roa; decisions, Paths).
pub(super) fn path_segments(raw: &str, literal: bool) -> Result<Vec<Cow<'_, str>>, Unreadable> {
    let bad = |why: &str| Err(Unreadable::new(Word::BadPath, why.to_owned()));
    let Some(rest) = raw.strip_prefix('/') else { return bad("the path does not begin with `/`") };
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let mut segments = Vec::new();
    for segment in rest.split('/') {
        let Some(decoded) = percent_decode(segment) else {
            return bad("the path has an invalid escape");
        };
        if decoded.contains(|c: char| c.is_control()) {
            return bad("the path has a control character");
        }
        if !literal {
            if matches!(&*decoded, "" | "." | "..") {
                return bad("the path has an empty or dot segment");
            }
            if decoded.contains(['/', '\\', ';']) {
                return bad("the path has an encoded slash, a backslash or a semicolon");
            }
        }
        segments.push(decoded);
    }
    Ok(segments)
}

fn match_path<'c>(template: &'c [PathPart], segments: &[Cow<'c, str>]) -> Option<Captures<'c>> {
    let mut captures = Vec::new();
    let mut rest = segments;
    for part in template {
        if let PathPart::Rest(name) = part {
            if rest.is_empty() {
                return None;
            }
            captures.push((name.as_str(), Cow::Owned(rest.join("/"))));
            return Some(captures);
        }
        let (first, after) = rest.split_first()?;
        match part {
            PathPart::Literal(text) if text == first => {}
            PathPart::Literal(_) => return None,
            PathPart::Variable(name) => captures.push((name, first.clone())),
            PathPart::Rest(_) => {}
        }
        rest = after;
    }
    rest.is_empty().then_some(captures)
}

/// rpc: the path is `/`.
pub(super) fn check_path(product: &Product, head: &Head) -> Result<(), Unreadable> {
    match product.style {
        Style::Rpc if head.raw_path() != "/" => {
            Err(Unreadable::new(Word::BadPath, "the path of this product's calls is `/`"))
        }
        Style::Rpc | Style::Roa | Style::Objects => Ok(()),
    }
}
