//! What the linter knows besides the document: which services and actions there are, and what this deployment can tell.

use std::collections::{BTreeMap, BTreeSet};

use super::globs::{ANY_PART, PART_WITHOUT_SLASH, STAR_OF_REQUEST};
use crate::ident::AccountId;
use crate::policy::system_policies;

/// Actions of products whose operations no catalogue file lists.
const KNOWN_ACTIONS: &str = include_str!("../../../policies/known-actions.txt");

/// The tags of the requested resource, whatever the service.
const RESOURCE_TAG: &str = "acs:ResourceTag";

/// Services beside those of the catalogue and the system policies.
const SERVICE_CODES: &str = include_str!("../../../policies/service-codes.txt");

/// What the linter knows besides the document.
#[derive(Clone, Debug)]
pub struct LintFacts {
    /// The account behind the gate; `None` when a document is looked at by itself.
    pub(super) account: Option<AccountId>,
    /// Whether resource groups are told, so that `acs:ResourceGroupId` has a value.
    pub(super) resource_groups: bool,
    /// Whether the keys that cannot be supplied are worth a word: not where there is no deployment.
    pub(super) deployed: bool,
    /// Services of whose resources this deployment tells tags.
    tagged: BTreeSet<String>,
    services: BTreeMap<String, ServiceFacts>,
    /// Names that are no actions, and the action that is meant.
    misnomers: BTreeMap<String, String>,
}

/// One service.
#[derive(Clone, Debug, Default)]
pub struct ServiceFacts {
    /// Whether `actions` are all there are, as far as this gate is concerned.
    pub complete: bool,
    /// Whether it is known which condition keys come with which of `actions`.
    pub keys_known: bool,
    /// Whether the tags that a request carries can be read.
    pub request_tags: bool,
    /// Families of condition keys, `ecs:tag`, that are about the tags of its resources.
    pub tag_keys: Vec<String>,
    /// What is known about the region of its resources.
    pub region: RegionFacts,
    /// Its actions, by operation in lower case.
    pub actions: BTreeMap<String, ActionFacts>,
}

/// What is known about the regions of the resources of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RegionFacts {
    /// Nothing that a linter could use.
    #[default]
    Undecided,
    /// The service is global.
    Global,
    /// There is one, and a request never tells it.
    Untold,
    /// There is one, and no route pins it.
    Unpinned,
}

/// One action.
#[derive(Clone, Debug, Default)]
pub struct ActionFacts {
    /// The operation as it is spelled.
    pub operation: String,
    /// Whether any valid signature is enough.
    pub exempt: bool,
    /// Whether every operation that asks for it lists, so that no single resource is named.
    pub lists: bool,
    /// What it is asked for on.
    pub shapes: Vec<Shape>,
    /// The condition keys that come with it; a final `/` stands for a tag key behind it.
    pub keys: Vec<KeyFacts>,
}

/// What an action is asked for on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The single string `*`.
    All,
    /// A resource.
    Named {
        /// The service segment.
        service: String,
        /// The relative id, with a character for each part that a request fills.
        relative_id: String,
    },
}

impl Shape {
    /// A part of a relative id that a request fills.
    pub const PART: char = ANY_PART;
    /// The same, without slashes.
    pub const NAME: char = PART_WITHOUT_SLASH;
    /// A `*` that the resource of a request really has.
    pub const STAR: char = STAR_OF_REQUEST;
}

/// A condition key of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFacts {
    /// Its name.
    pub name: String,
    /// Whether this gate can tell its value.
    pub supplied: bool,
}

impl Default for LintFacts {
    /// What holds for every deployment.
    fn default() -> Self {
        let mut facts = Self::nothing();
        for code in lines(SERVICE_CODES).chain(services_of_system_policies()) {
            facts.service_mut(code);
        }
        for line in lines(KNOWN_ACTIONS) {
            facts.know(line);
        }
        facts
    }
}

impl LintFacts {
    /// For findings that rest on the document alone.
    pub(super) fn nothing() -> Self {
        Self {
            account: None,
            resource_groups: false,
            deployed: false,
            tagged: BTreeSet::new(),
            services: BTreeMap::new(),
            misnomers: BTreeMap::new(),
        }
    }

    /// What holds where there is a deployment; the catalogue adds the rest.
    pub fn of_deployment(account: AccountId, resource_groups: bool) -> Self {
        Self { account: Some(account), resource_groups, deployed: true, ..Self::default() }
    }

    /// Adds services of whose resources the deployment tells tags.
    #[must_use]
    pub fn with_tags_of(mut self, services: impl IntoIterator<Item = String>) -> Self {
        self.tagged.extend(services);
        self
    }

    /// Whether a tag of a resource of this service can be told: one of RAM itself, or one of the service's own.
    pub(super) fn tells_tag(&self, code: &str, key: &str) -> bool {
        let Some((family, _)) = key.split_once('/') else { return false };
        let own = || self.service(code).is_some_and(|it| it.tag_keys.iter().any(|it| it == family));
        self.tagged.contains(code) && (family == RESOURCE_TAG || own())
    }

    /// A service to say more about, new or not.
    pub fn service_mut(&mut self, code: &str) -> &mut ServiceFacts {
        self.services.entry(code.to_ascii_lowercase()).or_default()
    }

    /// The actions of a service that are known, by operation.
    pub fn operations_of(&self, code: &str) -> impl Iterator<Item = &str> {
        let actions = self.service(code).map(|service| service.actions.values());
        actions.into_iter().flatten().map(|action| action.operation.as_str())
    }

    pub(super) fn service(&self, code: &str) -> Option<&ServiceFacts> {
        self.services.get(&code.to_ascii_lowercase())
    }

    pub(super) fn services(&self) -> impl Iterator<Item = (&str, &ServiceFacts)> {
        self.services.iter().map(|(code, service)| (code.as_str(), service))
    }

    pub(super) fn action(&self, service: &str, operation: &str) -> Option<&ActionFacts> {
        self.service(service)?.actions.get(&operation.to_ascii_lowercase())
    }

    /// The action that is meant by a name that is none.
    pub(super) fn meant_by(&self, action: &str) -> Option<&str> {
        self.misnomers.get(&action.to_ascii_lowercase()).map(String::as_str)
    }

    /// Whether some action comes with the key.
    pub(super) fn knows_key(&self, key: &str) -> bool {
        let services = self.services.values();
        services.flat_map(|service| service.actions.values()).any(|action| action.has_key(key))
    }

    /// A line of the list of known actions.
    fn know(&mut self, line: &str) {
        if let Some((wrong, right)) = line.split_once(" = ") {
            self.misnomers.insert(wrong.to_ascii_lowercase(), right.to_owned());
            return;
        }
        let mut words = line.split(' ');
        let (Some((code, operation)), Some(shapes)) =
            (words.next().and_then(|action| action.split_once(':')), words.next())
        else {
            return;
        };
        let shape = |text: &str| Shape::Named {
            service: code.to_owned(),
            relative_id: text
                .replace('*', &STAR_OF_REQUEST.to_string())
                .replace("{...}", &ANY_PART.to_string())
                .replace("{}", &PART_WITHOUT_SLASH.to_string()),
        };
        let facts = ActionFacts {
            operation: operation.to_owned(),
            exempt: false,
            lists: operation.starts_with("List"),
            shapes: shapes.split(',').map(shape).collect(),
            keys: words.map(|key| KeyFacts { name: key.to_owned(), supplied: false }).collect(),
        };
        let service = self.service_mut(code);
        service.keys_known = true;
        service.actions.insert(operation.to_ascii_lowercase(), facts);
    }
}

impl ServiceFacts {
    /// Whether it has containers and items in them, such as buckets and objects.
    pub(super) fn has_containers(&self) -> bool {
        let has = |wanted: &str| {
            let mut shapes = self.actions.values().flat_map(|action| &action.shapes);
            shapes.any(
                |shape| matches!(shape, Shape::Named { relative_id, .. } if relative_id == wanted),
            )
        };
        has(CONTAINER) && has(ITEM)
    }
}

/// The shape of a container, and of what is in it.
pub(super) const CONTAINER: &str = "\u{1}";
pub(super) const ITEM: &str = "\u{1}/\0";

impl ActionFacts {
    pub(super) fn has_key(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known.is(key))
    }

    pub(super) fn supplies(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known.supplied && known.is(key))
    }
}

impl KeyFacts {
    fn is(&self, key: &str) -> bool {
        match self.name.strip_suffix('/') {
            None => {
                self.name == key || key.split_once('/').is_some_and(|(stem, _)| stem == self.name)
            }
            Some(stem) => key.split_once('/').is_some_and(|(family, _)| family == stem),
        }
    }
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether a system policy has the pattern: the vendor knows it, whatever the catalogue lists.
pub(super) fn is_written_by_vendor(action: &str) -> bool {
    quoted_in_system_policies().any(|text| text.eq_ignore_ascii_case(action))
}

fn quoted_in_system_policies() -> impl Iterator<Item = &'static str> {
    system_policies().iter().flat_map(|policy| policy.text.split('"'))
}

/// What the actions of system policies begin with. Their texts are known to be valid JSON of this program.
fn services_of_system_policies() -> impl Iterator<Item = &'static str> {
    let is_code = |text: &&str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let codes =
        quoted_in_system_policies().filter_map(|text| text.split_once(':').map(|(code, _)| code));
    codes.filter(is_code).filter(|code| *code != "acs")
}
