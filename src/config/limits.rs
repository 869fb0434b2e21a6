use crate::memory::{Rate, ThrottleSettings};
use crate::strict::{Fields, Reader};

/// `limits`: bounds on what a peer can make the gate hold or wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `head_bytes`: request line and headers. Default 32 KiB, of an issuer 64 KiB.
    pub head_bytes: usize,
    /// `headers`: how many of them. Default 64.
    pub headers: usize,
    /// `target_bytes`: path and query. Default 8 KiB, of an issuer 32 KiB.
    pub target_bytes: usize,
    /// `parameters`: of a query or a form. Default 512.
    pub parameters: usize,
    /// `body_bytes`: a body that is collected because it decides. Default 2 MiB.
    pub body_bytes: usize,
    /// `collect_bytes`: all collected bodies together. Default 64 MiB.
    pub collect_bytes: usize,
    /// `connections`: open ones from clients. Default 4096.
    pub connections: usize,
    /// `handshakes`: connections that have not agreed on their encryption yet. Default 512.
    pub handshakes: usize,
    /// `handshake_seconds`: how long that may take. Default 5.
    pub handshake_seconds: u64,
    /// `head_seconds`: how long a head may take to arrive. Default 10.
    pub head_seconds: u64,
    /// `idle_seconds`: how long a connection may be silent between calls. Default 60.
    pub idle_seconds: u64,
    /// `grace_seconds`: how long calls in flight may go on after a stop was asked for. Default 25.
    pub grace_seconds: u64,
    /// `failures_per_minute`, `sts_per_second`, `sts_anonymous_per_second`: how often a peer or an account may do what. Defaults 600,
    /// 100 and 100; 0 for as often as they like.
    pub throttles: ThrottleSettings,
}

/// A wrong secret shows itself in far fewer tries, and no search comes to an end with so many.
const FAILURES_PER_MINUTE: u32 = 600;
/// What the STS API allows an account (STS-08).
const STS_PER_SECOND: u32 = 100;

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_bytes: 32 * 1024,
            headers: 64,
            target_bytes: 8 * 1024,
            parameters: 512,
            body_bytes: 2 * 1024 * 1024,
            collect_bytes: 64 * 1024 * 1024,
            connections: 4096,
            handshakes: 512,
            handshake_seconds: 5,
            head_seconds: 10,
            idle_seconds: 60,
            grace_seconds: 25,
            throttles: ThrottleSettings {
                failures: Some(Rate::per_minute(FAILURES_PER_MINUTE)),
                calls: Some(Rate::per_second(STS_PER_SECOND)),
                anonymous_calls: Some(Rate::per_second(STS_PER_SECOND)),
            },
        }
    }
}

impl Limits {
    /// Clients of an issuer send tokens of up to 20,000 characters in the query (STS-07).
    pub(super) fn of_issuer() -> Self {
        Self { head_bytes: 64 * 1024, target_bytes: 32 * 1024, ..Self::default() }
    }
}

const NAMES: [&str; 15] = [
    "head_bytes",
    "headers",
    "target_bytes",
    "parameters",
    "body_bytes",
    "collect_bytes",
    "connections",
    "handshakes",
    "handshake_seconds",
    "head_seconds",
    "idle_seconds",
    "grace_seconds",
    "failures_per_minute",
    "sts_per_second",
    "sts_anonymous_per_second",
];

/// Reads the section; what is absent or broken keeps its default.
pub(super) fn read(reader: &mut Reader<'_>, root: &Fields<'_>, defaults: Limits) -> Limits {
    const MIB: u64 = 1024 * 1024;
    let Some(node) = root.get("limits") else { return defaults };
    let Some(fields) = reader.fields(node, "limits", &NAMES) else { return defaults };
    let limits = Limits {
        head_bytes: size(reader, &fields, "head_bytes", defaults.head_bytes, (1024, MIB)),
        headers: size(reader, &fields, "headers", defaults.headers, (8, 1024)),
        target_bytes: size(reader, &fields, "target_bytes", defaults.target_bytes, (256, MIB)),
        parameters: size(reader, &fields, "parameters", defaults.parameters, (16, 65_536)),
        body_bytes: size(reader, &fields, "body_bytes", defaults.body_bytes, (1024, 256 * MIB)),
        collect_bytes: size(
            reader,
            &fields,
            "collect_bytes",
            defaults.collect_bytes,
            (1024, 16 * 1024 * MIB),
        ),
        connections: size(reader, &fields, "connections", defaults.connections, (1, 1_000_000)),
        handshakes: size(reader, &fields, "handshakes", defaults.handshakes, (1, 1_000_000)),
        handshake_seconds: number(
            reader,
            &fields,
            "handshake_seconds",
            defaults.handshake_seconds,
            (1, 60),
        ),
        head_seconds: number(reader, &fields, "head_seconds", defaults.head_seconds, (1, 600)),
        idle_seconds: number(reader, &fields, "idle_seconds", defaults.idle_seconds, (1, 3600)),
        grace_seconds: number(reader, &fields, "grace_seconds", defaults.grace_seconds, (0, 3600)),
        throttles: throttles(reader, &fields, defaults.throttles),
    };
    check(reader, &fields, &limits);
    limits
}

/// Each a whole number of uses; 0 takes the limit away.
fn throttles(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    defaults: ThrottleSettings,
) -> ThrottleSettings {
    const COUNT_MAX: u64 = 1_000_000;
    let mut rate = |name: &str, default, of: fn(u32) -> Rate| {
        if fields.get(name).is_none() {
            return default;
        }
        let count = number(reader, fields, name, 1, (0, COUNT_MAX));
        u32::try_from(count).ok().filter(|count| *count > 0).map(of)
    };
    ThrottleSettings {
        failures: rate("failures_per_minute", defaults.failures, Rate::per_minute),
        calls: rate("sts_per_second", defaults.calls, Rate::per_second),
        anonymous_calls: rate(
            "sts_anonymous_per_second",
            defaults.anonymous_calls,
            Rate::per_second,
        ),
    }
}

fn check(reader: &mut Reader<'_>, fields: &Fields<'_>, limits: &Limits) {
    let pairs = [
        ("target_bytes", limits.target_bytes, "head_bytes", limits.head_bytes),
        ("body_bytes", limits.body_bytes, "collect_bytes", limits.collect_bytes),
    ];
    for (part, part_max, whole, whole_max) in pairs {
        if part_max > whole_max {
            let node = fields.get(part).or_else(|| fields.get(whole));
            let at = node.map_or(fields.at, |node| node.at);
            let message = format!("`{part}` ({part_max}) is over `{whole}` ({whole_max})");
            reader.error(at, &fields.path(part), message, "lower the one or raise the other");
        }
    }
}

/// A number in a range, both ends included.
pub(super) fn number(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    default: u64,
    (least, most): (u64, u64),
) -> u64 {
    let Some(node) = fields.get(name) else { return default };
    let path = fields.path(name);
    match reader.parsed_of::<u64>(node, &path) {
        Some(value) if (least..=most).contains(&value) => value,
        Some(value) => {
            let message = format!("{value} is out of range");
            reader.error(
                node.at,
                &path,
                message,
                &format!("write a number from {least} to {most}"),
            );
            default
        }
        None => default,
    }
}

/// A number in a range that counts things in memory.
pub(super) fn size(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    default: usize,
    range: (u64, u64),
) -> usize {
    usize::try_from(number(reader, fields, name, default as u64, range)).unwrap_or(default)
}
