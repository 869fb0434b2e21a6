//! A product and its operations as the gate carries them: everything that only people read is left in the files.

use std::collections::HashMap;

use smol_str::SmolStr;

use super::BodyNeed;
use super::attributes::{Derive, KeyRule};
use super::host::HostPattern;
use super::objects::Selector;
use super::parameters::ReadNames;
use super::template::Template;
use crate::policy::{ObjectUse, Traits};
use crate::signature::Family;

/// How a product's requests are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `Action` and `Version` are parameters; the path is `/`.
    Rpc,
    /// Method and path select the operation.
    Roa,
    /// Method, target (service, bucket, object), sub-resources of the query and headers select it.
    Objects,
}

/// What it takes for an operation to be permitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Every check must be allowed.
    Checks,
    /// Any valid signature.
    SignatureOnly,
    /// Nothing at all.
    Anonymous,
}

/// Whether the upstream may see the beginning of a body before all of it is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streaming {
    /// It does nothing with a body that breaks off.
    Allowed,
    /// It keeps what it got, as operations that append do.
    Forbidden,
}

/// How sure an entry of the catalogue is (section 1, `confidence`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// A guess by family or name.
    Low,
    /// Consistent with what was read, and not read itself.
    Medium,
    /// Read where it is documented.
    High,
}

impl Confidence {
    /// Every word, the least sure first.
    pub const ALL: [(&'static str, Self); 3] =
        [("low", Self::Low), ("medium", Self::Medium), ("high", Self::High)];

    /// The word of the catalogue.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == word).map(|(_, confidence)| confidence)
    }
}

/// What becomes of an rpc operation that the catalogue does not know (section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Unlisted {
    /// It is refused.
    #[default]
    Refused,
    /// Its action is called like the operation, and its resource is `*`.
    ByName,
}

/// One product.
#[derive(Debug)]
pub struct Product {
    pub(super) name: String,
    /// What its actions begin with.
    pub(super) ram_code: SmolStr,
    pub(super) traits: Traits,
    pub(super) style: Style,
    pub(super) signatures: Family,
    pub(super) versions: Vec<String>,
    pub(super) unlisted: Unlisted,
    /// What is read of a request for an operation that nobody described.
    pub(super) undescribed: Operation,
    /// The keys of its list of sources.
    pub(super) sources: Vec<String>,
    pub(super) hosts: Vec<HostPattern>,
    pub(super) regional: bool,
    pub(super) keys: HashMap<String, KeyRule>,
    pub(super) operations: Vec<Operation>,
    /// rpc: operation by name.
    pub(super) by_name: HashMap<String, usize>,
    /// roa: operations by number of path segments, rest-of-path templates under every number they can take.
    pub(super) by_length: HashMap<usize, Vec<usize>>,
    /// roa: operations whose template takes the rest of the path.
    pub(super) open_ended: Vec<usize>,
    /// roa: query names that select between operations.
    pub(super) selecting: Vec<String>,
    /// objects: operations by method.
    pub(super) by_method: HashMap<String, Vec<usize>>,
    /// objects: every query name that selects an operation, sorted.
    pub(super) sub_resources: Vec<String>,
    /// objects: query names that are let in and select nothing.
    pub(super) query_modifiers: Vec<String>,
}

impl Product {
    /// The product's name, which routes use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is special about it when policies decide.
    pub fn traits(&self) -> Traits {
        self.traits
    }

    /// What its actions begin with.
    pub fn ram_code(&self) -> &str {
        &self.ram_code
    }

    /// A region without the service in front: `oss-cn-hangzhou` and `cn-hangzhou` are one (decisions, Region).
    pub fn bare_region<'r>(&self, region: &'r str) -> &'r str {
        let rest = region.strip_prefix(self.ram_code.as_str());
        rest.and_then(|rest| rest.strip_prefix('-')).unwrap_or(region)
    }

    /// The operations of a method.
    pub(super) fn of_method(&self, method: &str) -> impl Iterator<Item = &Operation> {
        let places = self.by_method.get(method).into_iter().flatten();
        places.filter_map(|place| self.operations.get(*place))
    }

    pub(super) fn selects_by(&self, name: &str) -> bool {
        self.sub_resources.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
    }

    /// Whether keys that begin with this one are about the tags of a request.
    pub(super) fn has_tag_key(&self, name: &str) -> bool {
        self.keys.get(name).is_some_and(|rule| rule.derive == Derive::Tags)
    }

    /// Whether its resources lie in regions.
    pub fn is_regional(&self) -> bool {
        self.regional
    }

    /// Which signatures its hosts speak.
    pub fn signatures(&self) -> Family {
        self.signatures
    }

    /// How its requests are laid out.
    pub fn style(&self) -> Style {
        self.style
    }
}

/// Whether a query name may stand twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueryNames {
    /// Never: which of the two counts would be up to the reader.
    Once,
    /// Unless the catalogue reads it: the query belongs to a program behind the service, which is called as a whole.
    Repeatable,
}

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) name: SmolStr,
    pub(super) api: Option<String>,
    pub(super) method: String,
    pub(super) path: Vec<PathPart>,
    pub(super) query: Vec<(String, String)>,
    /// objects: the requests that select it.
    pub(super) selector: Selector,
    pub(super) auth: Authorization,
    /// `None`: nobody said.
    pub(super) confidence: Option<Confidence>,
    /// Refused like one that the catalogue does not know, because the deployment's file leaves it out. It still takes part
    /// in the selection: a request for it must not become one for another operation.
    pub(super) left_out: bool,
    pub(super) streaming: Streaming,
    pub(super) query_names: QueryNames,
    /// Whether `Tag.N.Key` and `Tag.N.Value` are tags to it (rpc).
    pub(super) carries_tags: bool,
    /// Whether it lists, so that no single resource is named.
    pub(super) level_is_list: bool,
    pub(super) checks: Vec<CheckRule>,
    /// Parameter names that placeholders, conditions and switches read, `.N` for an index.
    pub(super) used: Vec<String>,
    /// The same and what all requests have in common, to look for other spellings.
    pub(super) read_names: ReadNames,
    /// The condition keys of its checks that are formed from the request.
    pub(super) keys: Vec<String>,
    /// Top-level fields of the JSON body that are read.
    pub(super) body_fields: Vec<String>,
    pub(super) host_labels: Vec<String>,
    /// What has to be read of the body; rpc requests say so themselves.
    pub(super) need: BodyNeed,
}

impl Operation {
    /// An operation that nobody described.
    pub(super) fn unlisted() -> Self {
        let mut nothing = Self {
            name: SmolStr::default(),
            api: None,
            method: String::new(),
            path: Vec::new(),
            query: Vec::new(),
            selector: Selector::default(),
            auth: Authorization::Checks,
            confidence: None,
            left_out: false,
            streaming: Streaming::Forbidden,
            query_names: QueryNames::Once,
            carries_tags: false,
            level_is_list: false,
            checks: Vec::new(),
            used: Vec::new(),
            read_names: ReadNames::default(),
            keys: Vec::new(),
            body_fields: Vec::new(),
            host_labels: Vec::new(),
            need: BodyNeed::None,
        };
        nothing.read_names = ReadNames::of(&nothing);
        nothing
    }

    /// What has to be allowed, whatever it is made on.
    pub(super) fn actions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.checks.iter().map(|check| (check.service.as_str(), check.operation.as_str()))
    }
}

/// One segment of a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathPart {
    Literal(String),
    Variable(String),
    Rest(String),
}

impl PathPart {
    /// The variable that it fills.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Variable(name) | Self::Rest(name) => Some(name),
        }
    }
}

#[derive(Debug)]
pub(super) struct CheckRule {
    pub(super) service: SmolStr,
    pub(super) operation: SmolStr,
    pub(super) when: Vec<When>,
    /// What it does to an object that has an access control list.
    pub(super) object_use: Option<ObjectUse>,
    pub(super) resources: Vec<ResourceRule>,
    pub(super) conditions: Vec<String>,
    /// objects: whether it is asked for each element of a batch.
    pub(super) per_element: bool,
}

#[derive(Debug)]
pub(super) struct ResourceRule {
    pub(super) shape: Shape,
    pub(super) required: bool,
    pub(super) absent: Absent,
    pub(super) when: Vec<When>,
}

#[derive(Debug)]
pub(super) enum Shape {
    Arn(Template),
    Switch { parameter: String, fold: bool, cases: Vec<(String, Template)>, deny: bool },
}

/// What an absent value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    Deny,
    Skip,
    Wildcard,
    Caller,
}

#[derive(Debug)]
pub(super) struct When {
    pub(super) name: String,
    pub(super) test: Test,
}

#[derive(Debug)]
pub(super) enum Test {
    Present(bool),
    In(Vec<String>),
    Not(String),
}
