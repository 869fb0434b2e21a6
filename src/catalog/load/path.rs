//! Path templates.

use super::super::model::PathPart;

pub(super) fn parse_path(text: &str) -> Result<Vec<PathPart>, String> {
    let rest = text.strip_prefix('/').ok_or("a path template begins with `/`")?;
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let segments: Vec<&str> = rest.split('/').collect();
    let last = segments.len() - 1;
    let mut parts = Vec::new();
    for (index, segment) in segments.into_iter().enumerate() {
        let variable = segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
        let part = match variable {
            None if segment.is_empty() || segment.contains(['{', '}']) => {
                return Err(format!("`{segment}` is neither text nor one variable"));
            }
            None => PathPart::Literal(segment.to_owned()),
            Some(name) => match name.strip_suffix("...") {
                Some(_) if index != last => {
                    return Err("`{x...}` takes the rest, so it stands last".into());
                }
                Some(name) => PathPart::Rest(name.to_owned()),
                None => PathPart::Variable(name.to_owned()),
            },
        };
        parts.push(part);
    }
    Ok(parts)
}

/// A template without the names of its variables.
pub(super) fn shape(path: &[PathPart]) -> Vec<String> {
    let word = |part: &PathPart| match part {
        PathPart::Literal(text) => format!("={text}"),
        PathPart::Variable(_) => "{}".to_owned(),
        PathPart::Rest(_) => "{...}".to_owned(),
    };
    path.iter().map(word).collect()
}
