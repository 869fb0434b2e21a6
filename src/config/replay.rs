//! The section `replay`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::StoreAddress;
use super::choice::{Choices, choice};
use super::limits::{number, size};
use super::read::{path, section};
use crate::memory::{Peers, ReplaySettings, SignedBeforeStart};
use crate::strict::{Fields, Node, Reader};

/// `replay`: what is remembered so that it counts once, and with whom that is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// `replay.capacity`, `replay.share_percent`, `replay.refuse_signed_before_start`
    pub guard: ReplaySettings,
    /// `replay.require_nonce`
    pub nonce: NonceRule,
    /// `replay.remember_signatures`
    pub remember: Remember,
    /// `replay.shared`, optional.
    pub shared: Option<SharedStore>,
}

/// `replay.require_nonce`: whether a request may come without a nonce in a scheme that has an optional one (SIG-20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceRule {
    /// It may, as in the real service, and can then come again while its time passes.
    Optional,
    /// It is refused.
    Required,
}

/// `replay.remember_signatures`: which requests without a nonce are remembered by key and signature (SIG-20).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remember {
    /// `off`: none, as in the real service: SDKs send some requests twice in the same bytes.
    Off,
    /// `non-idempotent`: those whose method is not idempotent (RFC 9110, 9.2.2): sending them twice is not like sending them once.
    NonIdempotent,
    /// `unsafe`: those whose method is not safe (RFC 9110, 9.2.1): PUT and DELETE too.
    Unsafe,
}

impl Remember {
    /// Whether a request of this method is remembered. A method that nobody knows is neither safe nor idempotent.
    pub fn covers(self, method: &str) -> bool {
        let is_safe = ["GET", "HEAD", "OPTIONS", "TRACE"].contains(&method);
        match self {
            Self::Off => false,
            Self::NonIdempotent => !is_safe && !["PUT", "DELETE"].contains(&method),
            Self::Unsafe => !is_safe,
        }
    }
}

/// `replay.shared`: a store that several processes ask, so that a nonce counts once for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedStore {
    /// `url`
    pub address: StoreAddress,
    /// `password_file`, optional.
    pub password_file: Option<PathBuf>,
    /// `timeout_ms`: how long it may take to answer. Default 50.
    pub timeout: Duration,
    /// `on_failure`: what happens when it does not. Default: refuse.
    pub away: Away,
    /// `prefix`: what its keys begin with. Default `ramgate:`.
    pub prefix: String,
}

/// What happens to a request when the shared store does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    /// `refuse`: it is refused: nobody can tell whether another process has seen its nonce.
    Refuse,
    /// `local`: what this process remembers decides alone, so a request could come once to each process.
    Local,
}

/// Reads the section; what is absent or broken keeps its default.
pub(super) fn read(reader: &mut Reader<'_>, root: &Fields<'_>, base: &Path) -> Replay {
    let guard = ReplaySettings::default();
    let (nonce, remember) = (NonceRule::Optional, Remember::Off);
    let default = Replay { guard, nonce, remember, shared: None };
    let known = [
        "capacity",
        "share_percent",
        "refuse_signed_before_start",
        "require_nonce",
        "remember_signatures",
        "shared",
    ];
    let Some(fields) = section(reader, root, "replay", &known) else { return default };
    let shared = fields.get("shared").and_then(|node| shared(reader, node, base));
    let peers = if shared.is_some() { Peers::Told } else { Peers::None };
    Replay {
        guard: ReplaySettings { peers, ..read_guard(reader, &fields, guard) },
        nonce: if reader.switch(&fields, "require_nonce", false) {
            NonceRule::Required
        } else {
            NonceRule::Optional
        },
        remember: choice(reader, &fields, "remember_signatures", REMEMBER).unwrap_or(Remember::Off),
        shared,
    }
}

fn read_guard(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    default: ReplaySettings,
) -> ReplaySettings {
    let percent = number(reader, fields, "share_percent", default.share_percent.into(), (1, 100));
    let refuse = reader.switch(fields, "refuse_signed_before_start", true);
    ReplaySettings {
        capacity: size(reader, fields, "capacity", default.capacity, (1000, 1_000_000_000)),
        share_percent: u8::try_from(percent).unwrap_or(default.share_percent),
        signed_before_start: if refuse {
            SignedBeforeStart::Refuse
        } else {
            SignedBeforeStart::Accept
        },
        ..default
    }
}

const REMEMBER: &Choices<Remember> = &[
    ("off", Remember::Off),
    ("non-idempotent", Remember::NonIdempotent),
    ("unsafe", Remember::Unsafe),
];

const AWAY: &Choices<Away> = &[("refuse", Away::Refuse), ("local", Away::Local)];

fn shared(reader: &mut Reader<'_>, node: &Node, base: &Path) -> Option<SharedStore> {
    if !cfg!(feature = "redis") {
        let message = "this build cannot share nonces: it lacks the feature `redis`";
        reader.error(
            node.at,
            "replay.shared",
            message,
            "build with `cargo build --features redis`",
        );
        return None;
    }
    let known = ["url", "password_file", "timeout_ms", "on_failure", "prefix"];
    let fields = reader.fields(node, "replay.shared", &known)?;
    let address = reader.required_parsed::<StoreAddress>(&fields, "url");
    Some(SharedStore {
        password_file: path(reader, &fields, "password_file", base),
        timeout: Duration::from_millis(number(reader, &fields, "timeout_ms", 50, (1, 5000))),
        away: choice(reader, &fields, "on_failure", AWAY).unwrap_or(Away::Refuse),
        prefix: prefix(reader, &fields),
        address: address?,
    })
}

fn prefix(reader: &mut Reader<'_>, fields: &Fields<'_>) -> String {
    const DEFAULT: &str = "ramgate:";
    let Some(node) = fields.get("prefix") else { return DEFAULT.to_owned() };
    let path = fields.path("prefix");
    let Some(text) = reader.text_of(node, &path) else { return DEFAULT.to_owned() };
    if text.len() > 64 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let help = "at most 64 visible characters of ASCII";
        reader.error(node.at, &path, format!("`{text}` is no prefix"), help);
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_are_remembered() {
        let all = [Remember::Off, Remember::NonIdempotent, Remember::Unsafe];
        for (method, expected) in [
            ("GET", [false, false, false]),
            ("HEAD", [false, false, false]),
            ("OPTIONS", [false, false, false]),
            ("PUT", [false, false, true]),
            ("DELETE", [false, false, true]),
            ("POST", [false, true, true]),
            ("PATCH", [false, true, true]),
            ("post", [false, true, true]), // methods are compared byte for byte
        ] {
            assert_eq!(all.map(|remember| remember.covers(method)), expected, "{method}");
        }
    }
}
