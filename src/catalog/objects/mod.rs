//! Requests to object storage: a bucket and a key, sub-resources in the query, and a few headers (style `oss`).
//!
//! The order of the steps is that of the words of a refusal.

mod batch;
mod key;
mod owner;
mod parts;
mod save_as;
mod select;
mod selector;
pub(super) mod tags;

use super::BodyNeed;

pub(super) use batch::Element;
pub(super) use owner::{bucket_of, names_bucket, owner_of, region_of};
pub(super) use parts::{PartValue, Parts};
pub(super) use select::{need, read};
pub(super) use selector::{Expected, Selector, Target, overlap};

/// The elements of a batch, of which there is one check each.
pub(super) const ELEMENT: &str = "body.Delete.Object.N.";
/// The tags of an object or a bucket, as a document.
const TAGGING: &str = "body.Tagging";

/// Whether a request that `selector` fits can carry a value of this name.
pub(super) fn check_name(name: &str, selector: &Selector) -> Result<(), String> {
    let everywhere = |target: Target| selector.targets.iter().all(|it| *it == target);
    let fits = match name {
        "Bucket" => selector.targets.iter().all(|target| *target != Target::Service),
        "Object" => everywhere(Target::Object),
        "source.Bucket" | "source.Object" | "source.versionId" => selector.takes_source(),
        "saveas.Bucket" | "saveas.Object" => everywhere(Target::Object),
        TAGGING => true,
        _ => match name.strip_prefix(ELEMENT) {
            Some(field) => matches!(field, "Key" | "VersionId"),
            None => ["query.", "header.", "form."]
                .iter()
                .any(|space| name.strip_prefix(space).is_some_and(|rest| !rest.is_empty())),
        },
    };
    if fits { Ok(()) } else { Err(format!("a request that fits here carries no `{name}`")) }
}

/// What has to be read of the body for these names.
pub(super) fn need_of(names: &[String]) -> BodyNeed {
    let any = |spaces: &[&str]| {
        names.iter().any(|name| spaces.iter().any(|space| name.starts_with(space)))
    };
    match (any(&["form."]), any(&["body.", "saveas."])) {
        (true, _) => BodyNeed::Upload,
        (false, true) => BodyNeed::Text,
        (false, false) => BodyNeed::None,
    }
}
