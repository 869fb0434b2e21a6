//! Reading a `ramgate-catalog/1` file; everything that is wrong with it is reported at once.

mod about;
mod check;
mod keys;
mod names;
mod objects;
mod operation;
pub(super) mod overlay;
mod path;

use std::collections::{HashMap, HashSet};

use crate::policy::{ForeignCallers, PrincipalForm, Traits};
use crate::signature::Family;
use crate::strict::{Fields, Node, Position, Problem, Reader, count_errors};

use super::CatalogFile;
use super::attributes::KeyRule;
use super::host::HostPattern;
use super::model::{Operation, PathPart, Product, Style, Unlisted};

const SCHEMA: &str = "ramgate-catalog/1";
/// Rules that belong to one product and that its file switches on.
const TRAITS: &[&str] =
    &["principal-list", "principal-optional", "resource-policy-suffices", "unknown-region", "acl"];
/// How requests are laid out, and the signatures that usually go with it; the last is named after its first product.
const STYLES: [(&str, Style, Family); 3] = [
    ("rpc", Style::Rpc, Family::OpenApi),
    ("roa", Style::Roa, Family::OpenApi),
    ("oss", Style::Objects, Family::Oss),
];
const TOP: &[&str] = &[
    "schema",
    "product",
    "title",
    "ram_code",
    "style",
    "signatures",
    "versions",
    "endpoints",
    "scope",
    "notes",
    "sources",
    "condition_keys",
    "operations",
    "query_modifiers",
    "traits",
    "unlisted",
];

/// Compiles one file.
pub(super) fn product(file: &CatalogFile<'_>) -> Result<Product, Vec<Problem>> {
    let mut reader = Reader::new(file.name);
    let loaded = reader.parse(file.text).and_then(|root| {
        if overlay::is_overlay(&root) {
            return overlay::product(&mut reader, &root, file.name);
        }
        let fields = reader.fields(&root, "", TOP)?;
        Loader::new(&mut reader, Style::Rpc, HashMap::new()).product(&fields, file.name)
    });
    let problems = reader.into_problems();
    match loaded {
        Some(product) if count_errors(&problems) == 0 => Ok(product),
        _ => Err(problems),
    }
}

struct Loader<'l, 'f> {
    reader: &'l mut Reader<'f>,
    style: Style,
    keys: HashMap<String, KeyRule>,
    /// The keys of the list of sources.
    sources: Vec<String>,
}

impl<'l, 'f> Loader<'l, 'f> {
    fn new(reader: &'l mut Reader<'f>, style: Style, keys: HashMap<String, KeyRule>) -> Self {
        Self { reader, style, keys, sources: Vec::new() }
    }

    fn wrong(&mut self, at: Position, field: &str, message: impl Into<String>, help: &str) {
        self.reader.error(at, field, message, help);
    }

    fn product(mut self, fields: &Fields<'_>, file: &str) -> Option<Product> {
        self.one_of(fields, "schema", &[SCHEMA])?;
        let name = self.name(fields, file)?;
        let ram_code = self.ram_code(fields);
        let for_decisions_only =
            fields.get("endpoints").is_none() && fields.get("operations").is_none();
        let signatures = self.style(fields)?;
        let versions = self.versions(fields);
        if versions.is_empty() && self.style == Style::Rpc && !for_decisions_only {
            self.wrong(
                fields.at,
                "versions",
                "an rpc product lists its versions",
                "versions: ['2014-05-26']",
            );
        }
        let mut hosts = Vec::new();
        if !for_decisions_only {
            self.hosts(fields, &mut hosts);
        }
        let regional = self.one_of(fields, "scope", &["regional", "global"])? == "regional";
        let traits = self.traits(fields);
        let query_modifiers: Vec<String> = self.reader.parsed_list(fields, "query_modifiers");
        self.read_about(fields);
        self.keys = self.condition_keys(fields);
        let mut operations = Vec::new();
        self.operations(fields, &versions, &hosts, &mut operations);
        if operations.is_empty() && !for_decisions_only {
            self.wrong(fields.at, "operations", "a product has operations", "");
        }
        let mut product = Product {
            name,
            ram_code: ram_code?.into(),
            traits,
            style: self.style,
            signatures,
            versions,
            unlisted: Unlisted::Refused,
            undescribed: Operation::unlisted(),
            sources: Vec::new(),
            hosts,
            regional,
            query_modifiers,
            keys: HashMap::new(),
            operations,
            by_name: HashMap::new(),
            by_length: HashMap::new(),
            by_method: HashMap::new(),
            open_ended: Vec::new(),
            selecting: Vec::new(),
            sub_resources: Vec::new(),
        };
        self.unlisted(fields, &mut product);
        Some(self.finish(fields, product))
    }

    /// Reads the operations of the file beside those that are there.
    fn operations(
        &mut self,
        fields: &Fields<'_>,
        versions: &[String],
        hosts: &[HostPattern],
        operations: &mut Vec<Operation>,
    ) {
        for (index, node) in self.reader.list(fields, "operations").iter().enumerate() {
            let path = format!("operations[{index}]");
            let Some(operation) = self.operation(node, &path, operations) else { continue };
            self.check_version(node, &path, &operation, versions);
            self.check_labels(node, &path, &operation, hosts);
            operations.push(operation);
        }
    }

    /// A part of the host that no host has makes an operation that no request can be for.
    fn check_labels(
        &mut self,
        node: &Node,
        path: &str,
        operation: &Operation,
        hosts: &[HostPattern],
    ) {
        let unknown = |label: &&String| !hosts.iter().any(|host| host.has_label(label));
        if let Some(label) = operation.host_labels.iter().find(unknown) {
            let message = format!("no host in endpoints has a part `{{{label}}}`");
            self.wrong(node.at, &format!("{path}.checks"), message, "");
        }
    }

    fn check_version(
        &mut self,
        node: &Node,
        path: &str,
        operation: &Operation,
        versions: &[String],
    ) {
        if let Some(api) = &operation.api
            && !versions.contains(api)
        {
            let message = format!("`{api}` is not among the product's versions");
            self.wrong(node.at, &format!("{path}.api"), message, "add it to `versions`");
        }
    }

    fn finish(mut self, fields: &Fields<'_>, mut product: Product) -> Product {
        index(&mut product);
        self.check_query_names(fields, &product);
        product.keys = self.keys;
        product.sources = self.sources;
        product
    }

    fn versions(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let versions: Vec<String> = self.reader.parsed_list(fields, "versions");
        self.check_once(fields, "versions", &versions);
        versions
    }

    /// An entry that stands twice is a mistake of whoever wrote the list.
    fn check_once(&mut self, fields: &Fields<'_>, field: &str, texts: &[String]) {
        let mut seen = HashSet::new();
        if let Some(twice) = texts.iter().find(|text| !seen.insert(text.as_str())) {
            let at = fields.get(field).map_or(fields.at, |node| node.at);
            self.wrong(at, field, format!("`{twice}` stands twice"), "remove one of the two");
        }
    }

    /// A file is named after its product.
    fn name(&mut self, fields: &Fields<'_>, file: &str) -> Option<String> {
        let name: String = self.reader.required_parsed(fields, "product")?;
        let stem = super::stem(file);
        if stem != name {
            self.wrong(
                fields.at,
                "product",
                format!("the file `{stem}` describes the product `{name}`"),
                "a file is named after its product",
            );
        }
        Some(name)
    }

    fn ram_code(&mut self, fields: &Fields<'_>) -> Option<String> {
        let code: Option<String> = self.reader.required_parsed(fields, "ram_code");
        if code.as_ref().is_some_and(|code| !check::is_code(code)) {
            let at = fields.get("ram_code").map_or(fields.at, |node| node.at);
            self.wrong(at, "ram_code", "a RAM code has lower-case letters, digits and dashes", "");
        }
        code
    }

    /// How requests are laid out, and which signatures go with it.
    fn style(&mut self, fields: &Fields<'_>) -> Option<Family> {
        let words = STYLES.map(|(word, ..)| word);
        let word = self.one_of(fields, "style", &words)?;
        let (_, style, usual) = STYLES.into_iter().find(|(known, ..)| *known == word)?;
        self.style = style;
        Some(self.reader.parsed(fields, "signatures").unwrap_or(usual))
    }

    fn traits(&mut self, fields: &Fields<'_>) -> Traits {
        let mut traits = Traits::default();
        for (index, node) in self.reader.list(fields, "traits").iter().enumerate() {
            let path = format!("traits[{index}]");
            match self.reader.text_of(node, &path).unwrap_or_default() {
                "principal-list" => traits.principals = PrincipalForm::List,
                "principal-optional" => traits.principals = PrincipalForm::OptionalObject,
                "resource-policy-suffices" => {
                    traits.foreign = ForeignCallers::NeedTheResource;
                }
                "unknown-region" => traits.unknown_region = true,
                "acl" => traits.acl = true,
                other => {
                    let help = format!("traits of a product are {}", TRAITS.join(", "));
                    self.wrong(node.at, &path, format!("there is no trait `{other}`"), &help);
                }
            }
        }
        traits
    }

    fn one_of<'n>(&mut self, fields: &Fields<'n>, name: &str, words: &[&str]) -> Option<&'n str> {
        let node = self.reader.required(fields, name)?;
        let text = self.reader.text_of(node, &fields.path(name))?;
        if words.contains(&text) {
            return Some(text);
        }
        let help = format!("write one of: {}", words.join(", "));
        self.wrong(node.at, &fields.path(name), format!("`{text}` is no {name}"), &help);
        None
    }

    /// Reads the hosts of the file beside those that are there.
    fn hosts(&mut self, fields: &Fields<'_>, hosts: &mut Vec<HostPattern>) {
        for (index, node) in self.reader.list(fields, "endpoints").iter().enumerate() {
            let path = format!("endpoints[{index}]");
            let Some(text) = self.reader.text_of(node, &path) else { continue };
            match HostPattern::parse(text) {
                Some(pattern) if hosts.iter().any(|known| known.is_like(&pattern)) => self.wrong(
                    node.at,
                    &path,
                    format!("the product has the hosts of `{text}` already"),
                    "leave it out: of two that fit a host, none would count",
                ),
                Some(pattern) => hosts.push(pattern),
                None => self.wrong(
                    node.at,
                    &path,
                    format!("`{text}` is no host pattern"),
                    "lower-case text with `{name}` for a part of one label",
                ),
            }
        }
        if hosts.is_empty() {
            self.wrong(
                fields.at,
                "endpoints",
                "a product has at least one host",
                "endpoints: ['notes.example.com']",
            );
        }
    }
}

/// Makes the ways in which operations are found.
fn index(product: &mut Product) {
    product.by_name.clear();
    product.by_length.clear();
    product.by_method.clear();
    product.open_ended.clear();
    product.selecting.clear();
    product.sub_resources.clear();
    for (index, operation) in product.operations.iter().enumerate() {
        product.by_name.insert(operation.name.to_string(), index);
        product.by_method.entry(operation.method.clone()).or_default().push(index);
        match operation.path.last() {
            Some(PathPart::Rest(_)) => product.open_ended.push(index),
            _ => product.by_length.entry(operation.path.len()).or_default().push(index),
        }
        product.selecting.extend(operation.query.iter().map(|(name, _)| name.clone()));
        product.sub_resources.extend(operation.selector.names().map(str::to_owned));
    }
    for names in [&mut product.selecting, &mut product.sub_resources] {
        names.sort();
        names.dedup();
    }
}
