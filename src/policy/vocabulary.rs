use std::collections::HashMap;

/// The place of an action in the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionId(u32);

impl ActionId {
    /// The action at this place of the list that the vocabulary was made from.
    pub fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Every action that the catalogue names. Policies are compiled against it once, so that a decision looks up the few
/// statements that can matter.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    actions: Vec<(String, String)>,
    ids: HashMap<(String, String), ActionId>,
}

impl Vocabulary {
    /// Numbers the actions in the order in which they come.
    pub fn new(actions: impl IntoIterator<Item = (String, String)>) -> Self {
        let actions: Vec<_> = actions.into_iter().collect();
        let fold = |(service, operation): &(String, String)| {
            (service.to_ascii_lowercase(), operation.to_ascii_lowercase())
        };
        let ids = actions
            .iter()
            .enumerate()
            .map(|(index, action)| (fold(action), ActionId::from_index(index)));
        let ids = ids.collect();
        Self { actions, ids }
    }

    /// The id of an action, whatever its case.
    pub fn id(&self, service: &str, operation: &str) -> Option<ActionId> {
        self.ids.get(&(service.to_ascii_lowercase(), operation.to_ascii_lowercase())).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (ActionId, &str, &str)> {
        let numbered = self.actions.iter().enumerate();
        numbered.map(|(index, (service, operation))| {
            (ActionId::from_index(index), service.as_str(), operation.as_str())
        })
    }

    pub(super) fn len(&self) -> usize {
        self.actions.len()
    }
}
