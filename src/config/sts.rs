//! The section `sts`: what the gate issues sessions with.

use std::path::{Path, PathBuf};

use super::fetch_keys::{self, FetchKeys};
use super::limits::number;
use super::model::{Files, Listen};
use super::read::{path, section};
use super::routes::RouteEntry;
use super::upstream::Upstream;
use crate::strict::{Fields, Reader};

/// `sts`: the gate answers the STS API itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StsSettings {
    /// `max_chained_duration`: how many seconds a session lasts at most that a session obtained (STS-14). Default 3600.
    pub chained_seconds_max: i64,
    /// `fetch_keys`, optional: the keys of OIDC providers are fetched where no file has them.
    pub fetch_keys: Option<FetchKeys>,
}

/// Reads the section, and the path of the issuer's key, which is a file like the others.
pub(super) fn read(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    base: &Path,
) -> Option<(StsSettings, PathBuf)> {
    const CHAINED_SECONDS: (u64, u64) = (900, 43_200);
    let known = ["issuer_key", "max_chained_duration", "fetch_keys"];
    let fields = section(reader, root, "sts", &known)?;
    reader.required(&fields, "issuer_key");
    let seconds = number(reader, &fields, "max_chained_duration", 3600, CHAINED_SECONDS);
    let fetch_keys = fetch_keys::read(reader, &fields, base);
    let chained_seconds_max = i64::try_from(seconds).ok()?;
    let settings = StsSettings { chained_seconds_max, fetch_keys };
    Some((settings, path(reader, &fields, "issuer_key", base)?))
}

/// The section, the route that answers and the key ring need each other.
pub(super) fn check(
    reader: &mut Reader<'_>,
    root: &Fields<'_>,
    files: Option<&Files>,
    routes: &[RouteEntry],
    listen: &Listen,
) {
    for entry in routes.iter().filter(|it| it.route.upstream == Upstream::Local) {
        if root.get("sts").is_none() {
            let (at, field) = (entry.upstream.at, &entry.upstream.field);
            let help = "add the section `sts` with its `issuer_key`";
            reader.error(at, field, "nothing here can answer the calls of this route", help);
        }
    }
    let (Some(files), Some(section)) = (files, root.get("sts")) else { return };
    let at = section.at;
    let leads_here = routes.iter().any(|it| it.route.upstream == Upstream::Local);
    if leads_here && !listen.data.ip().is_loopback() {
        // STS-01. Who ends the encryption in front of the gate knows that.
        let at = root.get("listen").map_or(at, |node| node.at);
        let help = "let others come to `listen.tls`, and `listen.data` be a loopback address";
        reader.warning(at, "listen.data", "secrets of sessions are answered here in clear", help);
    }
    if !leads_here && root.get("credentials").is_none() {
        let help = "add a route with `products: [sts]` and `upstream: local`, or `credentials`";
        reader.error(at, "sts", "no route leads to what is issued here", help);
    }
    if files.token_ring.is_none() {
        let help = "write one with `ramgate token ring init --v2`, and name it there";
        reader.error(at, "sts", "sessions need a key ring: `files.token_ring`", help);
    }
}
