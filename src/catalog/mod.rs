//! What a request means: which product and operation it is, which actions on which resources have to be allowed, and
//! which condition values it contributes. The knowledge is data (`ramgate-catalog/1` files); the code is small.
//!
//! Guiding rule: a request that cannot be read in exactly one way is refused.

mod arn;
mod attributes;
mod buckets;
mod call;
mod documents;
mod host;
mod keys;
mod lint;
mod load;
mod model;
mod objects;
mod operation;
mod parameters;
mod reading;
mod resolve;
mod resource;
mod scope;
mod tags;
mod template;
mod trust;
mod values;
mod word;

use smol_str::SmolStr;

use crate::ident::AccountId;
use crate::policy::{Action, ObjectUse, Traits};
use crate::request::{Multipart, Params};
use crate::signature::Site;
use crate::strict::{Json, Position, Problem};

pub use attributes::{CallAttributes, TagsOf};
pub use buckets::{Bucket, Buckets};
pub use call::{Call, Check, OwnedResource, OwnedSegment};
pub use host::Located;
pub use keys::DocumentedKey;
pub use lint::Routed;
pub use model::{Authorization, Confidence, Product, Streaming, Style};
pub use trust::Trust;
pub use word::{Unreadable, Word};

/// One catalogue file.
#[derive(Clone, Copy, Debug)]
pub struct CatalogFile<'t> {
    /// The file as the operator knows it; its stem is the product.
    pub name: &'t str,
    /// Its text.
    pub text: &'t str,
}

/// Every product that the gate can read.
#[derive(Debug, Default)]
pub struct Catalog {
    products: Vec<Product>,
    actions: Vec<(SmolStr, SmolStr)>,
}

/// The products that come with the program.
const BUILTIN: &[CatalogFile<'static>] = &[
    CatalogFile { name: "arms.yaml", text: include_str!("../../policies/catalog/arms.yaml") },
    CatalogFile { name: "ecs.yaml", text: include_str!("../../policies/catalog/ecs.yaml") },
    CatalogFile { name: "fc.yaml", text: include_str!("../../policies/catalog/fc.yaml") },
    CatalogFile { name: "kms.yaml", text: include_str!("../../policies/catalog/kms.yaml") },
    CatalogFile { name: "oss.yaml", text: include_str!("../../policies/catalog/oss.yaml") },
    CatalogFile { name: "ram.yaml", text: include_str!("../../policies/catalog/ram.yaml") },
    CatalogFile { name: "rds.yaml", text: include_str!("../../policies/catalog/rds.yaml") },
    CatalogFile { name: "sas.yaml", text: include_str!("../../policies/catalog/sas.yaml") },
    CatalogFile { name: "slb.yaml", text: include_str!("../../policies/catalog/slb.yaml") },
    CatalogFile { name: "sls.yaml", text: include_str!("../../policies/catalog/sls.yaml") },
    CatalogFile { name: "sts.yaml", text: include_str!("../../policies/catalog/sts.yaml") },
    CatalogFile { name: "vpc.yaml", text: include_str!("../../policies/catalog/vpc.yaml") },
];

impl Catalog {
    /// The files that come with the program.
    pub fn builtin_files() -> &'static [CatalogFile<'static>] {
        BUILTIN
    }

    /// Compiles files; all problems of all files, or none.
    pub fn compile(files: &[CatalogFile<'_>]) -> Result<Self, Vec<Problem>> {
        let mut catalog = Self::default();
        let mut problems = Vec::new();
        for file in files {
            match load::product(file) {
                Ok(product) => catalog.products.push(product),
                Err(more) => problems.extend(more),
            }
        }
        problems.extend(disagreeing_traits(&catalog.products, files));
        let checks = catalog
            .products
            .iter()
            .flat_map(|product| &product.operations)
            .flat_map(|operation| &operation.checks);
        catalog.actions =
            checks.map(|check| (check.service.clone(), check.operation.clone())).collect();
        catalog.actions.sort();
        catalog.actions.dedup();
        if problems.is_empty() { Ok(catalog) } else { Err(problems) }
    }

    /// Every action that a check names, as service and operation: the vocabulary of the policies.
    pub fn actions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.actions.iter().map(|(service, operation)| (service.as_str(), operation.as_str()))
    }

    /// The product with this RAM code.
    pub fn product_of(&self, ram_code: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.ram_code == ram_code)
    }

    /// What is special about the service with this RAM code; nothing, about one that no file describes.
    pub fn traits(&self, ram_code: &str) -> Traits {
        self.product_of(ram_code).map_or_else(Traits::default, |product| product.traits)
    }

    /// Whose tags the condition keys `<family>/<tag key>` of a service are about.
    pub fn tags_behind(&self, service: &str, family: &str) -> Option<TagsOf> {
        let mut products = self.products.iter().filter(|product| product.ram_code == service);
        products.find_map(|product| product.keys.get(family)?.lookup)
    }

    /// What an action does to an object, where the checks that ask for it say so.
    pub fn object_use(&self, action: &Action<'_>) -> Option<ObjectUse> {
        let operations = self.products.iter().flat_map(|product| &product.operations);
        let mut checks = operations.flat_map(|operation| &operation.checks).filter(|check| {
            check.service.eq_ignore_ascii_case(action.service)
                && check.operation.eq_ignore_ascii_case(action.operation)
        });
        checks.find_map(|check| check.object_use)
    }

    /// Whether an action needs a caller that is known and no permission, in any letter case.
    pub fn is_exempt(&self, action: &Action<'_>) -> bool {
        let products = self.products.iter();
        let own = products.filter(|it| it.ram_code.eq_ignore_ascii_case(action.service));
        own.flat_map(|product| &product.operations).any(|operation| {
            operation.auth == Authorization::SignatureOnly
                && operation.name.eq_ignore_ascii_case(action.operation)
        })
    }

    /// The names of the products.
    pub fn products(&self) -> impl Iterator<Item = &str> {
        self.products.iter().map(|product| product.name.as_str())
    }

    /// The product of a host that the configuration names, beside those of the catalogue.
    pub fn locate_as(&self, product: &str) -> Option<Located<'_>> {
        let product = self.products.iter().find(|it| it.name == product)?;
        Some(Located { product, labels: Vec::new() })
    }

    /// The product that a `Host` header belongs to (section 2, Host).
    pub fn locate(&self, host: &str) -> Result<Located<'_>, Unreadable> {
        host::locate(&self.products, host)
    }
}

/// Whether a text can name hosts in a catalogue file, such as `ecs.{region}.aliyuncs.com`.
pub fn is_host_pattern(text: &str) -> bool {
    host::HostPattern::parse(text).is_some()
}

/// Whether a word says how the value of a condition key is formed. With any other, nobody knows the value.
pub fn is_derivation(word: &str) -> bool {
    attributes::Derive::read(word) != attributes::Derive::Unknown
}

/// Whether a pattern of `only` or `except` is about an operation.
pub fn names_operation(pattern: &str, operation: &str) -> bool {
    load::overlay::fits(pattern, operation)
}

/// Two products may share a RAM code; what is special about the service is then said in one way.
fn disagreeing_traits(products: &[Product], files: &[CatalogFile<'_>]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (place, product) in products.iter().enumerate() {
        let mut before = products.iter().take(place);
        let other =
            before.find(|it| it.ram_code == product.ram_code && it.traits != product.traits);
        let file = files.iter().find(|file| stem(file.name) == product.name);
        if let (Some(other), Some(file)) = (other, file) {
            let (code, name) = (&product.ram_code, &other.name);
            let message = format!("`{name}` has the RAM code `{code}` too, and other traits");
            let problem = Problem::error(file.name, Position::START, "traits", message);
            problems.push(problem.help("give both the same traits, or different codes"));
        }
    }
    problems
}

/// The name of the product that a file describes.
pub fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")).unwrap_or(name)
}

/// What has to be read of the body to know what a call means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyNeed {
    /// Nothing.
    None,
    /// The form, if the body is one.
    Form,
    /// The JSON document.
    Json,
    /// The text, whatever the language of it.
    Text,
    /// The fields of a browser form; not its file.
    Upload,
}

/// The body, as far as it was read.
#[derive(Clone, Copy, Debug)]
pub enum Content<'b> {
    /// There is none.
    Empty,
    /// A form.
    Form(&'b Params),
    /// A JSON document.
    Json(&'b Json),
    /// A text.
    Text(&'b [u8]),
    /// A browser form.
    Upload(&'b Multipart),
    /// There is one, and it was not read.
    Opaque,
}

/// What is known about a request besides its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Context<'c> {
    /// The account that owns what stands behind the gate.
    pub account: AccountId,
    /// The region, where the route pins it (decisions, Region).
    pub region: Option<&'c str>,
    /// The buckets that are known; `None`: nobody told.
    pub buckets: Option<&'c Buckets>,
    /// The name of the caller, if it is a RAM user.
    pub user: Option<&'c str>,
    /// In paths and keys, dot segments, empty segments and encoded slashes are data (decisions, Paths).
    pub literal_paths: bool,
    /// The site for which the signature was verified: bucket and key are read as they were there (SIG-11).
    pub site: &'c Site<'c>,
    /// Whether the signature that matched reads a `+` in the path as a space (SIG-53).
    pub plus_is_space: bool,
    /// Which facts of the request may be believed.
    pub trust: Trust<'c>,
    /// Operations that are described less surely than this are refused as if nobody knew them (section 3).
    pub min_confidence: Option<Confidence>,
    /// Whether a call may make the service call an address that the caller names.
    pub callbacks: Callbacks,
}

/// What becomes of requests that ask for a callback, which no action covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Callbacks {
    /// They pass like others.
    #[default]
    Pass,
    /// They are refused.
    Refuse,
}
