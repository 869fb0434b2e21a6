use std::path::{Path, PathBuf};

use super::choice::{Choices, choice, choice_list};
use super::limits::number;
use crate::signature::UnsignedFact;
use crate::strict::{Fields, Reader};

/// What a route does with bodies beyond what the policies say (SIG-26).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyRules {
    /// `large_bodies`: what happens to a body that a signature covers and that is too large to be collected.
    pub large: LargeBodies,
    /// The same where the operation forbids that the upstream sees bytes before they are proven.
    pub withheld: LargeBodies,
    /// `unsigned_bodies`: whether a signed call may have a body that its signature does not cover.
    pub unsigned: UnsignedBodies,
    /// `accept_unsigned`: what may decide though no signature covers it. Default: nothing.
    pub accepted: Vec<UnsignedFact>,
}

/// `large_bodies`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LargeBodies {
    /// Streamed while it is checked; its end is held back until it agrees.
    #[default]
    Guarded,
    /// Written to disk and checked; only then the upstream is contacted.
    Spool,
    /// Refused.
    Refuse,
}

/// `unsigned_bodies`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnsignedBodies {
    /// They pass, and the audit record says so.
    #[default]
    Pass,
    /// They are refused.
    Refuse,
}

/// `spool`: where bodies wait on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolSettings {
    /// `folder`. Default: where the system keeps temporary files.
    pub folder: Option<PathBuf>,
    /// `bytes_max`: of one body. Default 1 GiB.
    pub bytes_max: u64,
    /// `total_bytes_max`: of all bodies at one moment. Default 4 GiB.
    pub total_bytes_max: u64,
}

const GIB: u64 = 1024 * 1024 * 1024;

impl Default for SpoolSettings {
    fn default() -> Self {
        Self { folder: None, bytes_max: GIB, total_bytes_max: 4 * GIB }
    }
}

impl BodyRules {
    /// Whether a part that no signature covers may decide.
    pub fn accepts(&self, fact: UnsignedFact) -> bool {
        self.accepted.contains(&fact)
    }
}

/// The fields of a route that are read here.
pub(super) const ROUTE_FIELDS: [&str; 3] = ["large_bodies", "unsigned_bodies", "accept_unsigned"];

const LARGE: &Choices<LargeBodies> = &[
    ("guarded", LargeBodies::Guarded),
    ("spool", LargeBodies::Spool),
    ("refuse", LargeBodies::Refuse),
];
const UNSIGNED: &Choices<UnsignedBodies> =
    &[("pass", UnsignedBodies::Pass), ("refuse", UnsignedBodies::Refuse)];
const FACTS: &Choices<UnsignedFact> = &[
    ("bodies", UnsignedFact::Bodies),
    ("query", UnsignedFact::Query),
    ("headers", UnsignedFact::Headers),
    ("host", UnsignedFact::Host),
];

/// Reads a route's fields. Bodies that must not be guarded go to the spool where there is one.
pub(super) fn route(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    spool: Option<&SpoolSettings>,
) -> BodyRules {
    let large = choice(reader, fields, "large_bodies", LARGE).unwrap_or_default();
    let withheld = match (large, spool) {
        (LargeBodies::Spool, _) | (LargeBodies::Guarded, Some(_)) => LargeBodies::Spool,
        (LargeBodies::Refuse, _) | (LargeBodies::Guarded, None) => LargeBodies::Refuse,
    };
    BodyRules {
        large,
        withheld,
        unsigned: choice(reader, fields, "unsigned_bodies", UNSIGNED).unwrap_or_default(),
        accepted: choice_list(reader, fields, "accept_unsigned", FACTS),
    }
}

/// Reads the section `spool`; `None` when it is absent.
pub(super) fn spool(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    base: &Path,
) -> Option<SpoolSettings> {
    const RANGE: (u64, u64) = (64 * 1024, 1024 * 1024 * GIB);
    let node = root.get("spool")?;
    let defaults = SpoolSettings::default();
    let known = ["folder", "bytes_max", "total_bytes_max"];
    let Some(fields) = reader.fields(node, "spool", &known) else { return Some(defaults) };
    let settings = SpoolSettings {
        folder: super::read::path(reader, &fields, "folder", base),
        bytes_max: number(reader, &fields, "bytes_max", defaults.bytes_max, RANGE),
        total_bytes_max: number(
            reader,
            &fields,
            "total_bytes_max",
            defaults.total_bytes_max,
            RANGE,
        ),
    };
    if settings.bytes_max > settings.total_bytes_max {
        let message = "`bytes_max` is over `total_bytes_max`";
        reader.error(fields.at, "spool", message, "lower the one or raise the other");
    }
    Some(settings)
}
