//! From action and resource to the statements that can matter.
//!
//! A statement is listed under what its action patterns begin with, and under the first part of the resources it names.
//! A request asks for each beginning of its action that is in use, and for its own first part: a few look-ups, however
//! many statements there are. The lists are candidates only; a statement found is still matched in full, so two keys
//! that meet by chance cost time and nothing else.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::policy::document::{Document, Effect, Sense, Statement};
use crate::policy::{AccessRequest, RelativeId, Resource};

/// A statement that names more pairs of actions and resources is listed by its actions alone.
const PAIRS_MAX: usize = 64;
/// How much of an action or of a resource's name tells it from others.
const NAME_MAX: usize = 64;

/// The statements of one effect.
#[derive(Debug, Default)]
pub(super) struct Index {
    lists: HashMap<u64, (u32, u32), BuildHasherDefault<Ready>>,
    /// (policy, statement)
    candidates: Vec<(u32, u32)>,
    /// For each kind of resource key, a bit for each kind of action key that stands with it.
    used: [u64; resources::KINDS],
}

/// The keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(self.0, bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// Takes eight bytes at a time. Letter case is taken out, and a little more with it.
fn hash(seed: u64, text: &[u8]) -> u64 {
    const CASE: u64 = 0x2020_2020_2020_2020;
    let step = |hash: u64, word: u64| {
        (hash.rotate_left(5) ^ (word | CASE)).wrapping_mul(0x517c_c1b7_2722_0a95)
    };
    let (words, rest) = text.as_chunks();
    let whole = words.iter().map(|word| u64::from_le_bytes(*word)).fold(seed, step);
    // What is left, behind bytes that have had their turn where there are such.
    match text.last_chunk() {
        _ if rest.is_empty() => whole,
        Some(last) => step(whole, u64::from_le_bytes(*last)),
        None => step(whole, rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))),
    }
}

/// The two hashes, mixed so that every bit of the key depends on them.
fn mixed(action: u64, resource: u64) -> u64 {
    let mut key = (action ^ resource.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    key ^= key >> 32;
    key = key.wrapping_mul(0xd6e8_feb8_6659_fd93);
    key ^ (key >> 29)
}

/// The hash of a whole text that begins with `kept`.
fn hash_of_whole(kept: &[u8], length: usize) -> u64 {
    hash(!u64::try_from(length).unwrap_or(u64::MAX), kept)
}

fn start(text: &[u8], length: usize) -> &[u8] {
    text.get(..length).unwrap_or(text)
}

/// What a statement's action or resource is listed under, or a request's looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: usize,
    hash: u64,
}

/// The kinds of action keys: a beginning of each length, and a whole action.
mod actions {
    use super::{Key, NAME_MAX, hash, hash_of_whole, start};

    /// Longer beginnings are cut.
    pub(super) const LENGTH_MAX: usize = 62;
    pub(super) const WHOLE: usize = 63;

    pub(super) fn beginning(text: &str) -> Key {
        let kept = start(text.as_bytes(), LENGTH_MAX);
        Key { kind: kept.len(), hash: hash(0, kept) }
    }

    pub(super) fn whole(text: &str) -> Key {
        let kept = start(text.as_bytes(), NAME_MAX);
        Key { kind: WHOLE, hash: hash_of_whole(kept, text.len()) }
    }
}

/// The kinds of resource keys.
mod resources {
    use super::{Key, NAME_MAX, hash, hash_of_whole, start};

    pub(super) const KINDS: usize = 3;
    pub(super) const ANYTHING: Key = Key { kind: 0, hash: 0 };

    /// The first part of a name, with its slash.
    pub(super) fn first_part(part: &[u8]) -> Key {
        Key { kind: 1, hash: hash(1, start(part, NAME_MAX)) }
    }

    /// A whole name.
    pub(super) fn name(name: &[u8]) -> Key {
        Key { kind: 2, hash: hash_of_whole(start(name, NAME_MAX), name.len()) }
    }
}

impl Index {
    pub(super) const EMPTY: Self = Self {
        lists: HashMap::with_hasher(BuildHasherDefault::new()),
        candidates: Vec::new(),
        used: [0; resources::KINDS],
    };

    pub(super) fn build<'d>(documents: impl Iterator<Item = &'d Document>, effect: Effect) -> Self {
        let mut index = Self::default();
        let mut entries: Vec<(u64, (u32, u32))> = Vec::new();
        let (mut actions, mut resources) = (Vec::new(), Vec::new());
        for (policy, document) in (0_u32..).zip(documents) {
            let statements = (0_u32..).zip(&document.statements);
            for (number, statement) in statements.filter(|(_, own)| own.effect == effect) {
                list_actions(document, statement, &mut actions);
                list_resources(document, statement, &mut resources);
                if actions.len().saturating_mul(resources.len()) > PAIRS_MAX {
                    resources.clear();
                    resources.push(resources::ANYTHING);
                }
                for (action, resource) in pairs(&actions, &resources) {
                    index.note(action, resource);
                    entries.push((mixed(action.hash, resource.hash), (policy, number)));
                }
            }
        }
        entries.sort_unstable();
        entries.dedup();
        index.lists.reserve(entries.chunk_by(|(one, _), (next, _)| one == next).count());
        for (place, (key, _)) in (0_u32..).zip(&entries) {
            let (_, end) = index.lists.entry(*key).or_insert((place, place));
            *end = place.saturating_add(1);
        }
        index.candidates = entries.into_iter().map(|(_, candidate)| candidate).collect();
        index
    }

    fn note(&mut self, action: Key, resource: Key) {
        if let Some(used) = self.used.get_mut(resource.kind) {
            *used |= 1 << action.kind;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Goes through the candidates for a request until one of them is what is looked for.
    pub(super) fn find<R>(&self, probe: &Probe, look: impl Fn(u32, u32) -> Option<R>) -> Option<R> {
        let mut kinds = self.used.iter().fold(0, |all, used| all | used) & probe.actions;
        while kinds != 0 {
            let kind = usize::try_from(kinds.trailing_zeros()).unwrap_or(actions::WHOLE);
            let action = probe.action(kind);
            for (used, resource) in self.used.iter().zip(&probe.resources) {
                let Some(resource) = resource.filter(|_| used & (1 << kind) != 0) else { continue };
                let Some(range) = self.lists.get(&mixed(action, resource)) else { continue };
                let mut candidates = self.list(*range).iter();
                let found = candidates.find_map(|(policy, statement)| look(*policy, *statement));
                if found.is_some() {
                    return found;
                }
            }
            kinds &= kinds - 1;
        }
        None
    }

    fn list(&self, (start, end): (u32, u32)) -> &[(u32, u32)] {
        let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        self.candidates.get(place(start)..place(end)).unwrap_or_default()
    }
}

fn pairs<'k>(actions: &'k [Key], resources: &'k [Key]) -> impl Iterator<Item = (Key, Key)> + 'k {
    actions.iter().flat_map(|action| resources.iter().map(|resource| (*action, *resource)))
}

fn list_actions(document: &Document, statement: &Statement, keys: &mut Vec<Key>) {
    keys.clear();
    if statement.actions.0 == Sense::AllBut {
        keys.push(actions::beginning(""));
        return;
    }
    let patterns = document.patterns_of_actions(statement).iter();
    keys.extend(patterns.map(|pattern| match pattern.literal_start(&document.texts) {
        (text, true) => actions::whole(text),
        (text, false) => actions::beginning(text),
    }));
    keys.sort_unstable();
    keys.dedup();
}

fn list_resources(document: &Document, statement: &Statement, keys: &mut Vec<Key>) {
    keys.clear();
    let named = matches!(statement.resources, Some((Sense::Named, _)));
    let patterns = if named { document.patterns_of_resources(statement) } else { &[] };
    for pattern in patterns {
        let key = pattern.segments.and_then(|segments| {
            let id = segments.relative_id;
            if let Some(name) = id.exact(&document.texts) {
                return Some(resources::name(name.as_bytes()));
            }
            first_part(id.literal_start(&document.texts).as_bytes()).map(resources::first_part)
        });
        let Some(key) = key else {
            keys.clear();
            break;
        };
        keys.push(key);
    }
    if keys.is_empty() {
        keys.push(resources::ANYTHING);
    }
    keys.sort_unstable();
    keys.dedup();
}

/// Up to the first slash, which is part of it.
fn first_part(name: &[u8]) -> Option<&[u8]> {
    memchr::memchr(b'/', name).and_then(|slash| name.get(..=slash))
}

/// The keys of a request, made once for all sets that are asked.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Probe {
    /// `service:operation`, as much of it as counts.
    action: [u8; NAME_MAX],
    /// The hash of the whole of it.
    whole: u64,
    /// A bit for each kind of key that the action has.
    actions: u64,
    /// By kind.
    resources: [Option<u64>; resources::KINDS],
    /// Whether the resource is known well enough for a look-up.
    exact: bool,
}

impl Probe {
    pub(in crate::policy) fn of(access: &AccessRequest<'_>) -> Self {
        let mut action = [0; NAME_MAX];
        let mut length = 0_usize;
        for part in [access.action.service, ":", access.action.operation] {
            let room = action.get_mut(length..).unwrap_or_default();
            let kept = start(part.as_bytes(), room.len());
            if let Some(place) = room.get_mut(..kept.len()) {
                place.copy_from_slice(kept);
            }
            length = length.saturating_add(part.len());
        }
        let whole = hash_of_whole(start(&action, length), length);
        let beginnings = (2_u64 << length.min(actions::LENGTH_MAX)) - 1;
        let actions = beginnings | 1 << actions::WHOLE;
        let (resources, exact) = keys_of(&access.resource);
        Self { action, whole, actions, resources, exact }
    }

    fn action(&self, kind: usize) -> u64 {
        if kind == actions::WHOLE { self.whole } else { hash(0, start(&self.action, kind)) }
    }

    pub(in crate::policy) fn is_exact(&self) -> bool {
        self.exact
    }
}

fn keys_of(resource: &Resource<'_>) -> ([Option<u64>; resources::KINDS], bool) {
    let anything = Some(resources::ANYTHING.hash);
    match resource {
        Resource::All => ([anything, None, None], true),
        Resource::Named { relative_id: RelativeId::Known(id), .. } => {
            let id = id.as_bytes();
            let first = first_part(id).map(|part| resources::first_part(part).hash);
            ([anything, first, Some(resources::name(id).hash)], true)
        }
        Resource::Named { relative_id: RelativeId::Partial(_), .. } => {
            ([anything, None, None], false)
        }
    }
}
