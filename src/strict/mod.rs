//! Text formats, read strictly: nothing that could be said twice and read both ways.
//!
//! Everything that operators write (YAML) and every JSON document comes through here. What is wrong is collected as
//! [`Problem`]s, each with file, line, column and field, so that one report shows them all.

mod json;
mod locate;
mod problem;
mod read;
mod tree;
mod xml;
mod yaml;

pub use json::{Json, JsonError, JsonFault, JsonLimits, json};
pub(crate) use locate::lines_of_items;
pub use locate::{locate, locate_item, pointer_token};
pub use problem::{Position, Problem, Severity, count_errors};
pub(crate) use read::nearest;
pub use read::{Fields, Reader};
pub use tree::json_tree;
pub use xml::{Xml, XmlError, XmlLimits, xml};
pub use yaml::{Document, Key, Node, SyntaxError, Value, parse as yaml};
