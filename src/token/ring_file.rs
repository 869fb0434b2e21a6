//! The file of a key ring (5.3). Secrets are in it: no message repeats a text of it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::ident::UnixSeconds;
use crate::strict::{Fields, Node, Position, Problem, Reader};

use super::entry::{EntryError, RingEntry, Times};
use super::issuer::{IssuerPublic, bytes32};
use super::kid::Kid;

/// The version of the file's format.
const FILE_VERSION: &str = "1";
/// The last second of the year 9999: nothing overflows below it.
const SECONDS_MAX: i64 = 253_402_300_799;

/// Reads a ring. Entries that cannot be read are reported and left out; a caller refuses the file on any error (TOK-01).
pub fn parse(file: &str, text: &str) -> (Vec<RingEntry>, Vec<Problem>) {
    let mut reader = Reader::of_secrets(file);
    let mut entries = Vec::new();
    let mut seen = HashMap::new();
    if let Some(root) = reader.parse(text)
        && let Some(fields) = reader.fields(&root, "", &["v", "entries"])
    {
        check_version(&mut reader, &fields);
        reader.required(&fields, "entries");
        for (index, node) in reader.list(&fields, "entries").iter().enumerate() {
            entries.extend(entry(&mut reader, node, &format!("entries[{index}]"), &mut seen));
        }
    }
    (entries, reader.into_problems())
}

fn check_version(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    let Some(node) = reader.required(fields, "v") else { return };
    if reader.text_of(node, "v").is_some_and(|text| text != FILE_VERSION) {
        reader.error(node.at, "v", "a version of key rings that is not known", "write `1`");
    }
}

fn entry(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
    seen: &mut HashMap<Kid, Position>,
) -> Option<RingEntry> {
    let known = ["kid", "account", "key", "not_before", "seal_until", "open_until", "issuer_pub"];
    let fields = reader.fields(node, path, &known)?;
    let kid = reader.required_parsed(&fields, "kid");
    refuse_equal(reader, &fields, kid, seen);
    let account = reader.required_parsed(&fields, "account");
    let key = key(reader, &fields);
    let times = times(reader, &fields);
    let issuer = issuer(reader, &fields);
    let entry = RingEntry::new(kid?, account?, key?, times?, issuer.ok()?);
    match entry {
        Ok(entry) => {
            warn_of_short(reader, &fields, &entry);
            Some(entry)
        }
        Err(error) => {
            let field = match error {
                EntryError::SealsNever => "not_before",
                EntryError::ClosesEarly => "seal_until",
            };
            let help = "an entry begins, then stops sealing, then closes";
            reader.error(place(&fields, field), &fields.path(field), error.to_string(), help);
            None
        }
    }
}

fn refuse_equal(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    kid: Option<Kid>,
    seen: &mut HashMap<Kid, Position>,
) {
    let Some(kid) = kid else { return };
    match seen.get(&kid) {
        Some(first) => {
            let message = format!("an id that stands twice, first on line {}", first.line);
            let help = "each key has an id of its own; remove one of the two";
            reader.error(place(fields, "kid"), &fields.path("kid"), message, help);
        }
        None => {
            seen.insert(kid, place(fields, "kid"));
        }
    }
}

fn key(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Zeroizing<[u8; 32]>> {
    let node = reader.required(fields, "key")?;
    let path = fields.path("key");
    let key = bytes32(reader.text_of(node, &path)?.as_bytes());
    if key.is_none() {
        let help = "make one with `ramgate token ring`";
        reader.error(node.at, &path, "no key: 32 bytes as base64url without padding", help);
    }
    key
}

/// A value that cannot be read, which has been reported.
struct Reported;

/// `None` is an entry of version 1.
fn issuer(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Result<Option<IssuerPublic>, Reported> {
    let Some(node) = fields.get("issuer_pub") else { return Ok(None) };
    let path = fields.path("issuer_pub");
    let text = reader.text_of(node, &path).ok_or(Reported)?;
    let issuer = IssuerPublic::from_text(text.as_bytes());
    if issuer.is_none() {
        let help = "write the public key of the issuer, 32 bytes as base64url without padding";
        reader.error(node.at, &path, "no Ed25519 public key", help);
    }
    issuer.map(Some).ok_or(Reported)
}

fn times(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Times> {
    let mut second = |name| reader.required_parsed::<Second>(fields, name).map(|second| second.0);
    let (not_before, seal_until) = (second("not_before"), second("seal_until"));
    let open_until = second("open_until");
    Some(Times { not_before: not_before?, seal_until: seal_until?, open_until: open_until? })
}

/// Only a warning: whoever closes a key early may mean it.
fn warn_of_short(reader: &mut Reader<'_>, fields: &Fields<'_>, entry: &RingEntry) {
    if !entry.times.outlast_tokens() {
        let message = "the key closes before the last sessions that it may seal are over";
        let help = "`open_until` is at least 43320 seconds after `seal_until`";
        let field = fields.path("open_until");
        reader.warning(place(fields, "open_until"), &field, message, help);
    }
}

fn place(fields: &Fields<'_>, name: &str) -> Position {
    fields.get(name).map_or(fields.at, |node| node.at)
}

/// Seconds since 1970, digits only.
struct Second(UnixSeconds);

impl FromStr for Second {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { text.parse::<i64>().ok() } else { None };
        number
            .filter(|number| *number <= SECONDS_MAX)
            .map(|number| Self(UnixSeconds(number)))
            .ok_or("no time in seconds since 1970")
    }
}

/// The file of these entries, wiped when dropped.
pub fn write<'e>(entries: impl IntoIterator<Item = &'e RingEntry>) -> Zeroizing<String> {
    // Reserved at once: a text that grows leaves copies of secrets behind.
    let entries: Vec<&RingEntry> = entries.into_iter().collect();
    let mut text = Zeroizing::new(String::with_capacity(64 + 512 * entries.len()));
    text.push_str("{ \"v\": 1,\n  \"entries\": [");
    for (index, entry) in entries.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let issuer = match &entry.issuer {
            Some(issuer) => format!("\"{}\"", issuer.to_text()),
            None => "null".to_owned(),
        };
        let key = Zeroizing::new(URL_SAFE_NO_PAD.encode(entry.key()));
        let RingEntry { kid, account, times, .. } = entry;
        let _infallible = write!(
            *text,
            "{comma}\n    {{ \"kid\": \"{kid}\", \"account\": \"{account}\",\n      \"key\": \"{}\",\n      \
             \"not_before\": {}, \"seal_until\": {}, \"open_until\": {},\n      \"issuer_pub\": {issuer} }}",
            *key, times.not_before.0, times.seal_until.0, times.open_until.0
        );
    }
    text.push_str("\n  ] }\n");
    text
}
