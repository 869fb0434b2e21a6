//! The condition context of a question, which remembers what was asked of it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use super::Question;
use super::subject::Subject;
use crate::cases::Listed;
use crate::ident::{Principal, UnixSeconds};
use crate::policy::{AccessRequest, Attribute, Attributes, ConditionKey, ResourceGroup};
use crate::snapshot::Snapshot;

/// What is known about the request that the question stands for: what the command line gives, and for the rest what a
/// running gate would know.
pub(super) struct Context {
    given: Listed,
    named: Vec<String>,
    now: UnixSeconds,
    source_ip: Option<IpAddr>,
    is_anonymous: bool,
    principal_arn: Option<String>,
    access_key_id: Option<String>,
    assume_absent: bool,
    asked: RefCell<BTreeMap<String, Known>>,
}

/// The same, for one resource.
pub(super) struct OfResource<'c> {
    pub(super) context: &'c Context,
    pub(super) group: ResourceGroup<'c>,
    /// The question about the resource, for those keys that a table answers.
    pub(super) access: &'c AccessRequest<'c>,
    pub(super) snapshot: &'c Snapshot,
}

impl OfResource<'_> {
    /// What the command line says comes before the table.
    fn tag(&self, name: &str) -> Option<Attribute<'_>> {
        if self.context.given.get(name).is_some() {
            return None;
        }
        let sent = |tag: &str| {
            let key = ConditionKey::RequestTag(tag);
            self.context.value(&format!("acs:RequestTag/{tag}"), &key) != Attribute::Absent
        };
        match self.snapshot.tag(self.access, name, sent)? {
            Attribute::Undeterminable if self.context.assume_absent => Some(Attribute::Absent),
            known => Some(known),
        }
    }
}

const SOURCE_IDENTITY: &str = "sts:SourceIdentity";

/// What a condition was told about a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "values", rename_all = "lowercase")]
pub(super) enum Known {
    Given(Vec<String>),
    Absent,
    Unknown,
}

/// A key and what a condition was told about it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Asked {
    pub(super) key: String,
    #[serde(flatten)]
    pub(super) known: Known,
}

impl Context {
    pub(super) fn new(question: &Question, subject: &Subject, now: UnixSeconds) -> Self {
        let mut values: BTreeMap<&str, Vec<Box<str>>> = BTreeMap::new();
        for (key, value) in &question.context {
            values.entry(key).or_default().push(value.as_str().into());
        }
        let mut given = Listed::default();
        for (key, values) in &values {
            given.set(key, Some(values.clone()));
        }
        for key in &question.unknown {
            given.set(key, None);
        }
        if let Some(own) = subject.source_identity.as_deref()
            && given.get(SOURCE_IDENTITY).is_none()
        {
            given.set(SOURCE_IDENTITY, Some(vec![own.into()])); // handed on (STS-24)
        }
        Self {
            given,
            named: values.keys().map(|key| (*key).to_owned()).collect(),
            now,
            source_ip: question.source_ip,
            is_anonymous: subject.asker.principal().is_none(),
            principal_arn: subject.asker.principal().map(Principal::condition_arn),
            access_key_id: subject.access_key_id.clone(),
            assume_absent: question.assume_absent,
            asked: RefCell::default(),
        }
    }

    /// The keys that were asked for so far.
    pub(super) fn take_asked(&self) -> Vec<Asked> {
        let asked = self.asked.take().into_iter();
        asked.map(|(key, known)| Asked { key, known }).collect()
    }

    /// A note for each key that was given and not asked for: it may be misspelt.
    pub(super) fn unused(&self, asked: &[Asked]) -> Vec<String> {
        let unused = self.named.iter().filter(|key| asked.iter().all(|it| it.key != **key));
        unused.map(|key| format!("`{key}` was given, and no condition asked for it")).collect()
    }

    fn value(&self, name: &str, key: &ConditionKey<'_>) -> Attribute<'_> {
        match self.given.get(name) {
            Some(Some([one])) => return Attribute::Text(Cow::Borrowed(one)),
            Some(Some(several)) => return Attribute::Texts(several),
            Some(None) => return Attribute::Undeterminable,
            None => {}
        }
        let attribute = match key {
            ConditionKey::CurrentTime => Attribute::Instant(self.now),
            ConditionKey::SourceIp => {
                self.source_ip.map_or(Attribute::Undeterminable, Attribute::Address)
            }
            // Only console sessions carry it; a call signed with an AccessKey never does.
            ConditionKey::MfaPresent => Attribute::Absent,
            ConditionKey::PrincipalArn => self.of_caller(self.principal_arn.as_deref()),
            ConditionKey::AccessId => self.of_caller(self.access_key_id.as_deref()),
            ConditionKey::SecureTransport
            | ConditionKey::UserAgent
            | ConditionKey::RequestTag(_)
            | ConditionKey::Other(_) => Attribute::Undeterminable,
        };
        match attribute {
            Attribute::Undeterminable if self.assume_absent => Attribute::Absent,
            other => other,
        }
    }

    /// What a caller with credentials has and an anonymous one has not.
    fn of_caller<'t>(&self, text: Option<&'t str>) -> Attribute<'t> {
        match text {
            Some(text) => Attribute::Text(Cow::Borrowed(text)),
            None if self.is_anonymous => Attribute::Absent,
            None => Attribute::Undeterminable,
        }
    }
}

/// As far as it is the same for every resource.
impl Attributes for Context {
    fn get(&self, key: &ConditionKey<'_>) -> Attribute<'_> {
        self.value(&name(key), key)
    }
}

impl Attributes for OfResource<'_> {
    fn get(&self, key: &ConditionKey<'_>) -> Attribute<'_> {
        let name = name(key);
        let attribute = match (name.as_ref(), self.context.given.get(&name)) {
            ("acs:ResourceGroupId", None) => match self.group {
                ResourceGroup::None => Attribute::Absent,
                ResourceGroup::In(groups) => Attribute::Texts(groups),
                ResourceGroup::Unknown => Attribute::Undeterminable,
            },
            _ => self.tag(&name).unwrap_or_else(|| self.context.value(&name, key)),
        };
        let known = known(&attribute);
        self.context.asked.borrow_mut().insert(name.into_owned(), known);
        attribute
    }
}

fn known(attribute: &Attribute<'_>) -> Known {
    let one = |text: String| Known::Given(vec![text]);
    match attribute {
        Attribute::Absent | Attribute::Texts([]) => Known::Absent,
        Attribute::Undeterminable => Known::Unknown,
        Attribute::Text(text) => one(text.to_string()),
        Attribute::Texts(texts) => Known::Given(texts.iter().map(ToString::to_string).collect()),
        Attribute::Address(address) => one(address.to_string()),
        Attribute::Instant(instant) => one(instant.to_string()),
        Attribute::Flag(flag) => one(flag.to_string()),
    }
}

/// As policies write it.
fn name<'k>(key: &ConditionKey<'k>) -> Cow<'k, str> {
    Cow::Borrowed(match key {
        ConditionKey::CurrentTime => "acs:CurrentTime",
        ConditionKey::SecureTransport => "acs:SecureTransport",
        ConditionKey::SourceIp => "acs:SourceIp",
        ConditionKey::MfaPresent => "acs:MFAPresent",
        ConditionKey::PrincipalArn => "acs:PrincipalARN",
        ConditionKey::UserAgent => "acs:UserAgent",
        ConditionKey::AccessId => "acs:AccessId",
        ConditionKey::RequestTag(tag) => return Cow::Owned(format!("acs:RequestTag/{tag}")),
        ConditionKey::Other(name) => name,
    })
}

/// Reads `key=value`.
pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or("write it as key=value, such as acs:SourceIp=10.0.0.1")?;
    Ok((key.to_owned(), value.to_owned()))
}
