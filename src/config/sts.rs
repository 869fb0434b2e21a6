//! The section `sts`: what the gate issues sessions with.

use std::path::{Path, PathBuf};

use super::check::tidy;
use super::fetch_keys::{self, FetchKeys};
use super::limits::number;
use super::model::Files;
use super::read::{path, section};
use super::routes::RouteEntry;
use super::upstream::Upstream;
use crate::strict::{Fields, Reader};

/// `sts`: the gate answers the STS API itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StsSettings {
    /// `issuer_key`: the file of the key that signs tokens.
    pub issuer_key: PathBuf,
    /// `max_chained_duration`: how many seconds a session lasts at most that a session obtained (STS-14). Default 3600.
    pub chained_seconds_max: i64,
    /// `fetch_keys`, optional: the keys of OIDC providers are fetched where no file has them.
    pub fetch_keys: Option<FetchKeys>,
}

/// Reads the section.
pub(super) fn read(reader: &mut Reader<'_>, root: &Fields<'_>, base: &Path) -> Option<StsSettings> {
    const CHAINED_SECONDS: (u64, u64) = (900, 43_200);
    let known = ["issuer_key", "max_chained_duration", "fetch_keys"];
    let fields = section(reader, root, "sts", &known)?;
    reader.required(&fields, "issuer_key");
    let seconds = number(reader, &fields, "max_chained_duration", 3600, CHAINED_SECONDS);
    let fetch_keys = fetch_keys::read(reader, &fields, base);
    Some(StsSettings {
        issuer_key: path(reader, &fields, "issuer_key", base)?,
        chained_seconds_max: i64::try_from(seconds).ok()?,
        fetch_keys,
    })
}

/// The section, the route that answers and the key ring need each other; the key is a secret.
pub(super) fn check(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    sts: Option<&StsSettings>,
    files: Option<&Files>,
    routes: &[RouteEntry],
) {
    for entry in routes.iter().filter(|it| it.route.upstream == Upstream::Local) {
        if root.get("sts").is_none() {
            let (at, field) = (entry.upstream.at, &entry.upstream.field);
            let help = "add the section `sts` with its `issuer_key`";
            reader.error(at, field, "nothing here can answer the calls of this route", help);
        }
    }
    let (Some(sts), Some(files), Some(section)) = (sts, files, root.get("sts")) else { return };
    let at = section.at;
    if !routes.iter().any(|it| it.route.upstream == Upstream::Local) {
        let help = "add a route with `products: [sts]` and `upstream: local`";
        reader.error(at, "sts", "no route leads to what is issued here", help);
    }
    if files.token_ring.is_none() {
        let help = "write one with `ramgate token ring init --v2`, and name it there";
        reader.error(at, "sts", "sessions need a key ring: `files.token_ring`", help);
    }
    let key = tidy(&sts.issuer_key);
    for (name, folder) in files.folders() {
        if key.starts_with(tidy(folder)) {
            let message = format!("the key lies in the folder of `{name}`");
            let help = "keep it in a folder of its own, which only issuers mount";
            reader.error(at, "sts.issuer_key", message, help);
        }
    }
}
