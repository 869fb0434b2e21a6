use std::collections::HashMap;

use super::attributes::KeyRule;
use super::host::HostPattern;
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

/// One product.
#[derive(Debug)]
pub struct Product {
    pub(super) name: String,
    /// What its actions begin with.
    pub(super) ram_code: String,
    pub(super) traits: Traits,
    pub(super) style: Style,
    pub(super) signatures: Family,
    pub(super) versions: Vec<String>,
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

/// One operation.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) api: Option<String>,
    pub(super) method: String,
    pub(super) path: Vec<PathPart>,
    pub(super) query: Vec<(String, String)>,
    pub(super) auth: Authorization,
    /// What it does to an object that has an access control list.
    pub(super) object_use: Option<ObjectUse>,
    /// Whether it lists, so that no single resource is named.
    pub(super) level_is_list: bool,
    pub(super) checks: Vec<CheckRule>,
    /// Parameter names that placeholders, conditions and switches read, `.N` for an index.
    pub(super) used: Vec<String>,
    /// Top-level fields of the JSON body that are read.
    pub(super) body_fields: Vec<String>,
    pub(super) host_labels: Vec<String>,
}

/// One segment of a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathPart {
    Literal(String),
    Variable(String),
    Rest(String),
}

#[derive(Debug)]
pub(super) struct CheckRule {
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) when: Vec<When>,
    pub(super) resources: Vec<ResourceRule>,
    pub(super) conditions: Vec<String>,
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
