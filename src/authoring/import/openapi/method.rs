//! What method, path and name of an operation say about it.

use super::super::path::Segment;
use super::resource::End;
use crate::authoring::names::{Kind, kind_of_verb, pascal};
use crate::strict::{Node, Value};

/// An empty list of its own; what the whole document says is not enough to let everybody in.
pub(super) fn is_anonymous(node: &Node) -> bool {
    node.get("security")
        .is_some_and(|node| matches!(&node.value, Value::Seq(items) if items.is_empty()))
}

/// `GetNotesById`
pub(super) fn name_of_path(method: &str, segments: &[Segment]) -> String {
    let words = segments.iter().map(|segment| match segment {
        Segment::Literal(text) => pascal(text),
        Segment::Variable(name) => format!("By{}", pascal(name)),
    });
    std::iter::once(pascal(method)).chain(words).collect()
}

pub(super) fn kind(method: &str, end: End, name: &str) -> Kind {
    match (method, end) {
        ("get" | "head", End::Collection) => Kind::List,
        ("get" | "head", End::Item) => Kind::Get,
        ("get" | "head", End::Word) => {
            kind_of_verb(name).filter(|kind| kind.only_looks()).unwrap_or(Kind::Get)
        }
        ("post", End::Collection) => Kind::Create,
        ("delete", _) => Kind::Delete,
        _ => Kind::Update,
    }
}

/// Where the name and the method tell different stories.
pub(super) fn doubt(kind: Kind, name: &str) -> Option<String> {
    let other = kind_of_verb(name).filter(|verb| verb.only_looks() != kind.only_looks())?;
    Some(format!("the method says {}, the name says {}", kind.level(), other.level()))
}
