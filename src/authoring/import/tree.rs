//! An input as a tree, whichever language it is written in.

use crate::strict::{JsonLimits, Node, Problem, json_tree, yaml};

use super::Input;
use super::findings::Findings;

/// The largest products have metadata of a few megabytes.
const JSON_LIMITS: JsonLimits = JsonLimits { bytes_max: 32 * 1024 * 1024, depth_max: 100 };

/// A file that could be read.
#[derive(Debug)]
pub(super) struct Document<'t> {
    pub(super) name: &'t str,
    pub(super) root: Node,
}

impl<'t> Document<'t> {
    /// Reads JSON if it looks like an object, else YAML.
    pub(super) fn read(input: Input<'t>, findings: &mut Findings) -> Option<Self> {
        let text = input.text.strip_prefix('\u{feff}').unwrap_or(input.text);
        let is_json = text.trim_start().starts_with('{');
        let root = if is_json {
            json_tree(text, JSON_LIMITS)
                .map_err(|error| (error.at, error.message))
                .ok_or_push(input, findings)?
        } else {
            let document = yaml(text)
                .map_err(|error| (error.at, error.message))
                .ok_or_push(input, findings)?;
            for twice in document.duplicates {
                findings.push(
                    Problem::error(input.name, twice.at, "", twice.message),
                    "keep one of the two",
                );
            }
            document.root
        };
        Some(Self { name: input.name, root })
    }
}

/// A tree, or a problem that is remembered.
trait OrPush<T> {
    fn ok_or_push(self, input: Input<'_>, findings: &mut Findings) -> Option<T>;
}

impl<T> OrPush<T> for Result<T, (crate::strict::Position, String)> {
    fn ok_or_push(self, input: Input<'_>, findings: &mut Findings) -> Option<T> {
        self.map_err(|(at, message)| {
            findings.push(Problem::error(input.name, at, "", message), "");
        })
        .ok()
    }
}
