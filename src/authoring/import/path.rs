//! Path templates: whole segments, as the catalogue has them.

use std::collections::HashSet;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Literal(String),
    Variable(String),
}

/// More than any API has; what is derived from a path looks at each of its beginnings.
const SEGMENTS_MAX: usize = 64;

/// Reads a template; the error says what the catalogue cannot express.
pub(super) fn segments(path: &str) -> Result<Vec<Segment>, String> {
    let rest = path.strip_prefix('/').ok_or("a path begins with `/`")?;
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    if rest.bytes().filter(|byte| *byte == b'/').count() >= SEGMENTS_MAX {
        return Err(format!("it has more than {SEGMENTS_MAX} segments"));
    }
    let mut variables = HashSet::new();
    let mut found = Vec::new();
    for text in rest.split('/') {
        let segment = segment(text)?;
        if let Segment::Variable(name) = &segment
            && !variables.insert(name.clone())
        {
            return Err(format!("`{name}` stands twice in the path"));
        }
        found.push(segment);
    }
    Ok(found)
}

fn segment(text: &str) -> Result<Segment, String> {
    let is_word = |text: &str, more: &[u8]| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    let variable = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    match variable {
        Some(name) if is_word(name, b"_-.") && !RESERVED.contains(&name) => {
            Ok(Segment::Variable(name.to_owned()))
        }
        Some(name) => Err(format!("`{name}` is no name of a variable here")),
        None if text.is_empty() => {
            Err("a segment is empty: the gate refuses such paths".to_owned())
        }
        None if matches!(text, "." | "..") => {
            Err("dot segments are refused by the gate".to_owned())
        }
        None if text.contains(['{', '}']) => Err(format!(
            "a template has whole segments only, so `{text}` cannot be told from one that is a variable as a whole"
        )),
        None if is_word(text, b"-._~!$&'()*+,=:@") => Ok(Segment::Literal(text.to_owned())),
        None => Err(format!("`{text}` has characters that are encoded on the way")),
    }
}

/// Placeholders with a meaning of their own.
const RESERVED: [&str; 2] = ["RegionId", "AccountId"];

/// The template as the catalogue writes it.
pub(super) fn template(segments: &[Segment]) -> String {
    if segments.is_empty() {
        return "/".to_owned();
    }
    let words = segments.iter().flat_map(|segment| ["/".to_owned(), word(segment)]);
    words.collect()
}

/// The template without the names of its variables.
pub(super) fn shape(segments: &[Segment]) -> String {
    let word = |segment: &Segment| match segment {
        Segment::Literal(text) => format!("/{text}"),
        Segment::Variable(_) => "/{}".to_owned(),
    };
    segments.iter().map(word).collect()
}

fn word(segment: &Segment) -> String {
    match segment {
        Segment::Literal(text) => text.clone(),
        Segment::Variable(name) => format!("{{{name}}}"),
    }
}
