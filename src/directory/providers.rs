//! Identity providers: what the directory file says about them, and the files of their keys (4.1 of the identities sheet).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::file::Mention;
use crate::federation::{
    Algorithm, ClientId, Fingerprint, ISSUANCE_HOURS_DEFAULT, ISSUANCE_HOURS_MAX, IssuerUrl, KeySet,
};
use crate::ident::ProviderName;
use crate::strict::{Fields, Node, Position, Problem, Reader};

const CLIENT_IDS_MAX: usize = 50;
const FINGERPRINTS_MAX: usize = 5;

/// An OIDC provider as written.
#[derive(Clone, Debug)]
pub struct OidcProviderEntry {
    /// `name`
    pub name: Mention<ProviderName>,
    /// `issuer_url`
    pub issuer: Mention<IssuerUrl>,
    /// `client_ids`
    pub client_ids: Vec<Mention<ClientId>>,
    /// `fingerprints`
    pub fingerprints: Vec<Mention<Fingerprint>>,
    /// `issuance_limit_hours`
    pub issuance_limit_hours: i64,
    /// `algorithms`
    pub algorithms: Vec<Algorithm>,
    /// `jwks`: the file of its keys, where they are not fetched.
    pub jwks: Option<Mention<ProviderName>>,
}

pub(super) fn read(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<OidcProviderEntry> {
    const KNOWN: [&str; 7] = [
        "name",
        "issuer_url",
        "client_ids",
        "fingerprints",
        "issuance_limit_hours",
        "algorithms",
        "jwks",
    ];
    let fields = reader.fields(node, path, &KNOWN)?;
    let name = Mention::required(reader, &fields, "name");
    let issuer = Mention::required(reader, &fields, "issuer_url");
    let client_ids = at_most(reader, &fields, "client_ids", CLIENT_IDS_MAX);
    if client_ids.is_empty() && reader.list(&fields, "client_ids").is_empty() {
        let help = "list the audiences that its tokens are made for, such as `sts.aliyuncs.com`";
        let message = "a provider without client ids accepts no token";
        reader.warning(node.at, &fields.path("client_ids"), message, help);
    }
    let fingerprints: Vec<Mention<Fingerprint>> =
        at_most(reader, &fields, "fingerprints", FINGERPRINTS_MAX);
    for it in fingerprints.iter().filter(|it| !it.value.can_match()) {
        let help = "write the SHA-1 (40 hex digits) or SHA-256 (64) of a certificate of the issuer";
        reader.warning(it.at, &it.field, "this fingerprint never matches", help);
    }
    let issuance_limit_hours = issuance_limit_hours(reader, &fields);
    let algorithms = algorithms(reader, &fields);
    let jwks = Mention::optional(reader, &fields, "jwks");
    Some(OidcProviderEntry {
        name: name?,
        issuer: issuer?,
        client_ids,
        fingerprints,
        issuance_limit_hours,
        algorithms,
        jwks,
    })
}

fn at_most<T>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    most: usize,
) -> Vec<Mention<T>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let count = reader.list(fields, name).len();
    if count > most
        && let Some(node) = fields.get(name)
    {
        let message = format!("{count} are too many: a provider has at most {most}");
        reader.error(node.at, &fields.path(name), message, "register a second provider");
    }
    Mention::list(reader, fields, name)
}

fn issuance_limit_hours(reader: &mut Reader<'_>, fields: &Fields<'_>) -> i64 {
    let Some(node) = fields.get("issuance_limit_hours") else { return ISSUANCE_HOURS_DEFAULT };
    let path = fields.path("issuance_limit_hours");
    match reader.parsed_of::<i64>(node, &path) {
        Some(hours) if !(1..=ISSUANCE_HOURS_MAX).contains(&hours) => {
            let help = format!("hours, from 1 to {ISSUANCE_HOURS_MAX}");
            reader.error(node.at, &path, format!("{hours} is out of range"), &help);
            ISSUANCE_HOURS_DEFAULT
        }
        hours => hours.unwrap_or(ISSUANCE_HOURS_DEFAULT),
    }
}

fn algorithms(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Algorithm> {
    let Some(node) = fields.get("algorithms") else { return vec![Algorithm::Rs256] };
    if node.items().is_empty() {
        let help = "leave the field out for RS256 alone";
        reader.error(node.at, &fields.path("algorithms"), "no algorithm is listed", help);
    }
    reader.parsed_list(fields, "algorithms")
}

/// A file with a JWK set. Its stem is the name that providers refer to it by.
#[derive(Clone, Copy, Debug)]
pub struct JwksFile<'t> {
    /// The file as the operator named it, with its folder.
    pub name: &'t str,
    /// The set.
    pub text: &'t str,
}

/// Every JWK set of the deployment, read.
#[derive(Debug, Default)]
pub struct JwksBook {
    /// `None`: it cannot be read, which has been reported.
    sets: BTreeMap<ProviderName, (String, Option<Arc<KeySet>>)>,
    used: BTreeSet<ProviderName>,
    problems: Vec<Problem>,
}

/// What a look-up of a set finds.
#[derive(Clone, Debug)]
pub(super) enum JwksLookup {
    Found(Arc<KeySet>),
    Broken,
    Unknown,
}

impl JwksBook {
    /// Reads the sets.
    pub fn read(files: &[JwksFile<'_>]) -> Self {
        let mut book = Self::default();
        for file in files {
            book.add(*file);
        }
        book
    }

    fn add(&mut self, file: JwksFile<'_>) {
        let problem = |at, field: &str, message| Problem::error(file.name, at, field, message);
        let name = match stem(file.name).parse::<ProviderName>() {
            Ok(name) => name,
            Err(error) => {
                let problem = problem(Position::START, "", error.to_string());
                let help = "the file's name without `.json` is what `jwks` of a provider names";
                self.problems.push(problem.help(help));
                return;
            }
        };
        let set = match KeySet::parse(file.text.as_bytes()) {
            Ok(set) => {
                self.warn_about(file, &set);
                Some(Arc::new(set))
            }
            Err(error) => {
                let help = "write the JWK set that the issuer publishes, `{\"keys\": [...]}`";
                let problem = problem(error.at(), "", format!("no keys can be read: {error}"));
                self.problems.push(problem.help(help));
                None
            }
        };
        self.sets.insert(name, (file.name.to_owned(), set));
    }

    fn warn_about(&mut self, file: JwksFile<'_>, set: &KeySet) {
        for (index, reason) in set.unusable() {
            let field = format!("/keys/{index}");
            let message = format!("the key is not used: {reason}");
            self.problems.push(Problem::warning(file.name, Position::START, &field, message));
        }
        if set.is_empty() {
            let message = "no key in it can verify tokens";
            self.problems.push(Problem::warning(file.name, Position::START, "/keys", message));
        }
    }

    pub(super) fn find(&mut self, name: &ProviderName) -> JwksLookup {
        let Some((_, set)) = self.sets.get(name) else { return JwksLookup::Unknown };
        self.used.insert(name.clone());
        set.as_ref().map_or(JwksLookup::Broken, |set| JwksLookup::Found(Arc::clone(set)))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.sets.keys().map(ProviderName::as_str)
    }

    /// Everything that is wrong with the sets themselves, and those that no provider names.
    pub fn into_problems(mut self) -> Vec<Problem> {
        for (name, (file, _)) in &self.sets {
            if !self.used.contains(name) {
                let message = format!("no provider uses `{name}`");
                let problem = Problem::warning(file, Position::START, "", message);
                let help = "name it as `jwks` of a provider, or remove the file";
                self.problems.push(problem.help(help));
            }
        }
        self.problems
    }
}

fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.strip_suffix(".json").unwrap_or(name)
}
