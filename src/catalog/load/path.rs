//! Path templates.

use super::super::model::{Operation, PathPart};
use super::super::operation::Rank;

pub(super) fn parse_path(text: &str) -> Result<Vec<PathPart>, String> {
    let rest = text.strip_prefix('/').ok_or("a path template begins with `/`")?;
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let segments: Vec<&str> = rest.split('/').collect();
    let last = segments.len() - 1;
    let mut parts: Vec<PathPart> = Vec::new();
    for (index, segment) in segments.into_iter().enumerate() {
        let variable = segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
        let part = match variable {
            None if segment.is_empty() || segment.contains(['{', '}']) => {
                return Err(format!("`{segment}` is neither text nor one variable"));
            }
            None => PathPart::Literal(segment.to_owned()),
            Some("" | "...") => return Err("a variable has a name".into()),
            Some(name) => match name.strip_suffix("...") {
                Some(_) if index != last => {
                    return Err("`{x...}` takes the rest, so it stands last".into());
                }
                Some(name) => PathPart::Rest(name.to_owned()),
                None => PathPart::Variable(name.to_owned()),
            },
        };
        if part.name().is_some() && parts.iter().any(|before| before.name() == part.name()) {
            return Err(format!("the variable of `{segment}` stands twice"));
        }
        parts.push(part);
    }
    Ok(parts)
}

/// Whether a request can fit both operations equally well. Where literals speak for one and the query for the other, only
/// the request that has both is refused (section 2, roa).
pub(super) fn tie(left: &Operation, right: &Operation) -> bool {
    left.method == right.method
        && meet(&left.path, &right.path)
        && !differ(&left.query, &right.query)
        && Rank::of(left) == Rank::of(right)
}

/// Whether one path can fit both templates.
fn meet(left: &[PathPart], right: &[PathPart]) -> bool {
    match (left, right) {
        ([], []) => true,
        ([PathPart::Rest(_)], [_, ..]) | ([_, ..], [PathPart::Rest(_)]) => true,
        ([PathPart::Literal(one), left @ ..], [PathPart::Literal(two), right @ ..]) => {
            one == two && meet(left, right)
        }
        ([_, left @ ..], [_, right @ ..]) => meet(left, right),
        ([], [_, ..]) | ([_, ..], []) => false,
    }
}

/// Whether two sets of wanted query values exclude each other.
fn differ(left: &[(String, String)], right: &[(String, String)]) -> bool {
    left.iter().any(|(name, value)| right.iter().any(|(key, other)| key == name && other != value))
}
