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
/// Longer beginnings of actions are cut: one bit of a word stands for each length.
const PREFIX_MAX: usize = 63;
/// How much of a resource's name tells it from others.
const NAME_MAX: usize = 64;

/// The statements of one effect.
#[derive(Debug, Default)]
pub(super) struct Index {
    lists: HashMap<u64, (u32, u32), BuildHasherDefault<Ready>>,
    /// (policy, statement)
    candidates: Vec<(u32, u32)>,
    /// A bit for each length of a beginning that is in use.
    lengths: u64,
}

/// The keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| step(hash, *byte));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3)
}

fn hash(seed: u64, text: &[u8]) -> u64 {
    text.iter().fold(seed, |hash, byte| step(hash, *byte))
}

/// A key of the index: the two hashes, mixed so that every bit of the key depends on them.
fn mixed(action: u64, resource: u64) -> u64 {
    let mut key = (action ^ resource.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    key ^= key >> 32;
    key = key.wrapping_mul(0xd6e8_feb8_6659_fd93);
    key ^ (key >> 29)
}

/// What a statement's resources, or a request's resource, are listed under.
mod under {
    use super::{NAME_MAX, SEED, hash};

    pub(super) const ANYTHING: u64 = 1;

    /// The first part of a name, with its slash.
    pub(super) fn first_part(part: &[u8]) -> u64 {
        let kept = part.get(..NAME_MAX).unwrap_or(part);
        hash(SEED ^ 2, kept)
    }

    /// A whole name.
    pub(super) fn whole(name: &[u8]) -> u64 {
        let kept = name.get(..NAME_MAX).unwrap_or(name);
        hash(SEED ^ 3, kept) ^ u64::try_from(name.len()).unwrap_or(u64::MAX)
    }
}

/// What the actions are listed under; a whole action apart from a beginning of the same text.
fn whole_action(hash: u64) -> u64 {
    hash.rotate_left(17)
}

impl Index {
    pub(super) const EMPTY: Self = Self {
        lists: HashMap::with_hasher(BuildHasherDefault::new()),
        candidates: Vec::new(),
        lengths: 0,
    };

    pub(super) fn build<'d>(documents: impl Iterator<Item = &'d Document>, effect: Effect) -> Self {
        let mut index = Self::default();
        let mut entries: Vec<(u64, (u32, u32))> = Vec::new();
        for (policy, document) in (0_u32..).zip(documents) {
            let statements = (0_u32..).zip(&document.statements);
            for (number, statement) in statements.filter(|(_, own)| own.effect == effect) {
                let keys = index.keys(document, statement);
                entries.extend(keys.into_iter().map(|key| (key, (policy, number))));
            }
        }
        entries.sort_unstable();
        entries.dedup();
        for (place, (key, _)) in (0_u32..).zip(&entries) {
            let (_, end) = index.lists.entry(*key).or_insert((place, place));
            *end = place.saturating_add(1);
        }
        index.lists.shrink_to_fit();
        index.candidates = entries.into_iter().map(|(_, candidate)| candidate).collect();
        index
    }

    fn keys(&mut self, document: &Document, statement: &Statement) -> Vec<u64> {
        let actions = self.action_keys(document, statement);
        let resources = resource_keys(document, statement);
        if actions.len().saturating_mul(resources.len()) > PAIRS_MAX {
            return actions.into_iter().map(|action| mixed(action, under::ANYTHING)).collect();
        }
        let pairs = actions
            .iter()
            .flat_map(|action| resources.iter().map(|resource| mixed(*action, *resource)));
        pairs.collect()
    }

    fn action_keys(&mut self, document: &Document, statement: &Statement) -> Vec<u64> {
        let (sense, _) = statement.actions;
        if sense == Sense::AllBut {
            self.lengths |= 1;
            return vec![SEED];
        }
        let mut keys = Vec::new();
        for pattern in document.patterns_of_actions(statement) {
            let key = match pattern.literal_start(&document.texts) {
                (text, true) => whole_action(hash(SEED, text.as_bytes())),
                (text, false) => {
                    let length = text.len().min(PREFIX_MAX);
                    self.lengths |= 1 << length;
                    hash(SEED, text.as_bytes().get(..length).unwrap_or_default())
                }
            };
            keys.push(key);
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Goes through the candidates for a request until one of them is what is looked for.
    pub(super) fn find<R>(&self, probe: &Probe, look: impl Fn(u32, u32) -> Option<R>) -> Option<R> {
        let search = |action: u64| {
            probe.resources.iter().find_map(|resource| {
                let (start, end) = *self.lists.get(&mixed(action, *resource))?;
                let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
                let list = self.candidates.get(place(start)..place(end))?;
                list.iter().find_map(|(policy, statement)| look(*policy, *statement))
            })
        };
        let mut lengths = self.lengths & probe.lengths;
        while lengths != 0 {
            let length = usize::try_from(lengths.trailing_zeros()).unwrap_or(PREFIX_MAX);
            lengths &= lengths - 1;
            let found = probe.beginnings.get(length).and_then(|action| search(*action));
            if found.is_some() {
                return found;
            }
        }
        search(probe.whole)
    }
}

fn resource_keys(document: &Document, statement: &Statement) -> Vec<u64> {
    let Some((Sense::Named, _)) = statement.resources else { return vec![under::ANYTHING] };
    let mut keys = Vec::new();
    for pattern in document.patterns_of_resources(statement) {
        let Some(segments) = &pattern.segments else { return vec![under::ANYTHING] };
        let id = segments.relative_id;
        let start = id.literal_start(&document.texts).as_bytes();
        let key = match (id.exact(&document.texts), memchr::memchr(b'/', start)) {
            (Some(name), _) => under::whole(name.as_bytes()),
            (None, Some(slash)) => under::first_part(start.get(..=slash).unwrap_or(start)),
            (None, None) => return vec![under::ANYTHING],
        };
        keys.push(key);
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The keys of a request, made once for all sets that are asked.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Probe {
    /// The hash of each beginning of the action, by its length.
    beginnings: [u64; PREFIX_MAX + 1],
    /// A bit for each length that the action has.
    lengths: u64,
    whole: u64,
    resources: [u64; 3],
    /// Whether the resource is known well enough for a look-up.
    exact: bool,
}

impl Probe {
    pub(in crate::policy) fn of(access: &AccessRequest<'_>) -> Self {
        let mut beginnings = [0; PREFIX_MAX + 1];
        let (service, operation) = (access.action.service, access.action.operation);
        let mut action = SEED;
        let mut count = 0_usize;
        for byte in service.bytes().chain([b':']).chain(operation.bytes()) {
            if let Some(place) = beginnings.get_mut(count) {
                *place = action;
            }
            count = count.saturating_add(1);
            action = step(action, byte);
        }
        if let Some(place) = beginnings.get_mut(count) {
            *place = action;
        }
        let lengths = if count >= PREFIX_MAX { u64::MAX } else { (2_u64 << count) - 1 };
        let (resources, exact) = resources(&access.resource);
        Self { beginnings, lengths, whole: whole_action(action), resources, exact }
    }

    pub(in crate::policy) fn is_exact(&self) -> bool {
        self.exact
    }
}

fn resources(resource: &Resource<'_>) -> ([u64; 3], bool) {
    match resource {
        Resource::All => ([under::ANYTHING; 3], true),
        Resource::Named { relative_id: RelativeId::Known(id), .. } => {
            let id = id.as_bytes();
            let first = memchr::memchr(b'/', id).and_then(|slash| id.get(..=slash));
            let whole = under::whole(id);
            let first = first.map_or(whole, under::first_part);
            ([under::ANYTHING, first, whole], true)
        }
        Resource::Named { relative_id: RelativeId::Partial(_), .. } => {
            ([under::ANYTHING; 3], false)
        }
    }
}
