use std::collections::HashMap;

use crate::policy::{AccessRequest, Attachment, RelativeId, Resource, Truth};

/// Values that hang on resources. A request looks at those of its own name and at those with a wildcard, not at all.
#[derive(Debug)]
pub(super) struct ByResource<T> {
    entries: Vec<(Attachment, T)>,
    /// The places of entries that stand for one name.
    exact: HashMap<Box<str>, Vec<usize>>,
    /// The places of the others.
    others: Vec<usize>,
}

impl<T> Default for ByResource<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), exact: HashMap::new(), others: Vec::new() }
    }
}

impl<T> FromIterator<(Attachment, T)> for ByResource<T> {
    fn from_iter<I: IntoIterator<Item = (Attachment, T)>>(entries: I) -> Self {
        let mut all = Self { entries: entries.into_iter().collect(), ..Self::default() };
        for (place, (on, _)) in all.entries.iter().enumerate() {
            match on.exact_name() {
                Some(name) => all.exact.entry(name.into()).or_default().push(place),
                None => all.others.push(place),
            }
        }
        all
    }
}

impl<T> ByResource<T> {
    /// What the values hang on.
    pub(super) fn resources(&self) -> impl Iterator<Item = &Attachment> {
        self.entries.iter().map(|(on, _)| on)
    }

    /// The values whose resource is the requested one, or may be.
    pub(super) fn matching<'s>(
        &'s self,
        access: &AccessRequest<'_>,
    ) -> impl Iterator<Item = (Truth, &'s T)> {
        let exact = match access.resource {
            Resource::Named { relative_id: RelativeId::Known(id), .. } => {
                Some(self.exact.get(id).map_or(&[][..], Vec::as_slice))
            }
            // Any name could be the one; and `*` is covered by wildcards only, which costs nothing to ask.
            Resource::Named { relative_id: RelativeId::Partial(_), .. } | Resource::All => None,
        };
        let every = if exact.is_none() { self.entries.as_slice() } else { &[] };
        let places = exact.into_iter().flat_map(|exact| exact.iter().chain(&self.others));
        let known = places.filter_map(|place| self.entries.get(*place));
        known.chain(every).filter_map(|(on, value)| match on.matches(access) {
            Truth::False => None,
            truth => Some((truth, value)),
        })
    }
}
