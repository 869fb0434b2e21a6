//! Whether the keys of a `Condition` have values where the statement matters (section 5 of the policy language).

use super::conditions::pointer_of;
use super::facts::ActionFacts;
use super::{ActionText, Findings, Lint, Looked, is_any, shorten};
use crate::policy::condition::{Clause, Sign, is_known, near};
use crate::policy::{ConditionKey, DocumentKind};

pub(super) fn look(looked: &Looked<'_>, findings: &mut Findings<'_>) {
    if looked.kind() == DocumentKind::Trust {
        return; // it has a list of keys of its own
    }
    for clause in looked.document.clauses_of(looked.statement) {
        let key = KeyLine { looked, clause, text: looked.document.texts.get(clause.key.text) };
        let pointer = pointer_of(looked, clause);
        // One finding a key: the first says most.
        let found = key
            .never_evaluated()
            .or_else(|| key.unknown())
            .or_else(|| key.never_supplied())
            .or_else(|| key.foreign())
            .or_else(|| key.of_another_action())
            .or_else(|| key.tag_on_list())
            .or_else(|| key.deny_without_tag());
        if let Some((lint, message, help)) = found {
            findings.add(lint, &pointer, message, &help);
        }
    }
}

type Found = Option<(Lint, String, String)>;

struct KeyLine<'l> {
    looked: &'l Looked<'l>,
    clause: &'l Clause,
    text: &'l str,
}

impl<'l> KeyLine<'l> {
    fn named(&self) -> Option<ConditionKey<'l>> {
        self.clause.key.named(&self.looked.document.texts)
    }

    fn shown(&self) -> String {
        shorten(self.text)
    }

    /// C-7, C-11: what follows when the value cannot be told.
    fn untold(&self) -> &'static str {
        if self.looked.is_allow() { "this Allow grants nothing" } else { "this Deny always holds" }
    }

    /// C-8, C-9: what follows when the key is absent.
    fn absent(&self) -> &'static str {
        match (self.looked.is_allow(), self.clause.operator.sign()) {
            (true, Sign::Positive) => "never allowed",
            (true, Sign::Negated) => "always allowed, whatever the value",
            (false, Sign::Positive) => "never denied",
            (false, Sign::Negated) => "always denied, whatever the value",
        }
    }

    /// OP-5: accepted in a bucket policy and never evaluated.
    fn never_evaluated(&self) -> Found {
        if self.named().is_some() {
            return None;
        }
        let message =
            format!("`{}` has no value in this kind of policy: {}", self.text, self.untold());
        let help = "name the callers in `Principal`".to_owned();
        Some((Lint::NeverEvaluatedKey, message, help))
    }

    /// Nobody's material names it (C-11).
    fn unknown(&self) -> Found {
        if is_known(self.text) || self.looked.facts.knows_key(self.text) {
            return None;
        }
        let message = format!("`{}` is no condition key: {}", self.shown(), self.untold());
        let help = match near(&shorten(self.text)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write a key that RAM or the catalogue knows".to_owned(),
        };
        Some((Lint::UnknownKey, message, help))
    }

    /// C-11: nothing in this deployment can tell its value for any of the actions.
    fn never_supplied(&self) -> Found {
        let facts = self.looked.facts;
        let own = self.product();
        let relevant = self.looked.reached().any(|(code, _, action)| {
            own.is_none_or(|own| code == own) || action.has_key(self.text)
        });
        if !facts.deployed || !relevant {
            return None;
        }
        let supplied = match self.named()? {
            ConditionKey::CurrentTime
            | ConditionKey::SecureTransport
            | ConditionKey::SourceIp
            | ConditionKey::MfaPresent
            | ConditionKey::PrincipalArn
            | ConditionKey::UserAgent
            | ConditionKey::AccessId => true,
            ConditionKey::RequestTag(_) => {
                self.looked.reached().any(|(_, service, _)| service.request_tags)
            }
            ConditionKey::Other("acs:ResourceGroupId") => facts.resource_groups,
            ConditionKey::Other(key) => {
                let tells = |code: &str| facts.tells_tag(code, key);
                self.looked.reached().any(|(code, _, action)| action.supplies(key) || tells(code))
            }
        };
        if supplied {
            return None;
        }
        let message = format!("this gate cannot tell `{}`: {}", self.shown(), self.untold());
        let help =
            "decide by something that it can tell, such as names, addresses or resource groups";
        Some((Lint::NeverSuppliedKey, message, help.to_owned()))
    }

    /// The product that the key belongs to; `None` for a general one.
    fn product(&self) -> Option<&'l str> {
        self.text.split_once(':').map(|(product, _)| product).filter(|product| *product != "acs")
    }

    /// The actions of the statement that are named without a wildcard and known.
    fn exact_actions(&self) -> impl Iterator<Item = (&'l str, &'l ActionFacts)> {
        let facts = self.looked.facts;
        let exact = self.looked.named_actions().filter(ActionText::is_exact);
        exact.filter_map(move |it| Some((it.text, facts.action(it.service, it.operation)?)))
    }

    /// A key of a product that none of the statement's actions belong to.
    fn foreign(&self) -> Found {
        let (own, services) = (self.product()?, self.looked.named_services()?);
        let facts = self.looked.facts;
        let known = |code: &&str| facts.service(code).is_some_and(|service| service.keys_known);
        let foreign = services.iter().all(|code| !code.eq_ignore_ascii_case(own))
            && services.iter().all(known)
            && !services
                .iter()
                .filter_map(|code| facts.service(code))
                .any(|service| service.actions.values().any(|action| action.has_key(self.text)));
        if !foreign || facts.service(own).is_none() {
            return None;
        }
        let message = format!("`{}` belongs to another product than the actions", self.shown());
        let help =
            format!("its value is not there: {}; make it a statement of its own", self.absent());
        Some((Lint::ForeignKey, message, help))
    }

    /// A key that its product gives to other actions than one that is named.
    fn of_another_action(&self) -> Found {
        let own = self.looked.facts.service(self.product()?).filter(|own| own.keys_known)?;
        if self.is_tag_of_resource()
            || !own.actions.values().any(|action| action.has_key(self.text))
        {
            return None;
        }
        let mut exact = self.exact_actions();
        let (action, _) = exact.find(|(text, facts)| {
            let code = text.split(':').next().unwrap_or_default();
            Some(code.to_ascii_lowercase().as_str()) == self.product() && !facts.has_key(self.text)
        })?;
        let message = format!("`{}` has no `{}`: {}", action, self.shown(), self.absent());
        Some((
            Lint::KeyOfAnotherAction,
            message,
            "give the action a statement of its own".to_owned(),
        ))
    }

    fn is_tag_of_resource(&self) -> bool {
        let family = self.text.split_once('/').map_or("", |(family, _)| family);
        family.ends_with(":tag") || family.ends_with(":ResourceTag")
    }

    /// Section 11: a call that lists names no resource, so there is no tag.
    fn tag_on_list(&self) -> Found {
        let applies = self.looked.is_allow()
            && self.clause.operator.sign() == Sign::Positive
            && self.is_tag_of_resource();
        let mut actions = self.looked.named_actions().filter(|_| applies);
        let action = actions.find(|action| {
            let starts = |word: &str| action.operation.starts_with(word);
            let known = self.looked.facts.action(action.service, action.operation);
            match known {
                Some(known) => known.lists,
                None if action.is_exact() => starts("List"),
                None => starts("List") || starts("Describe"),
            }
        })?;
        let message =
            format!("calls that list have no `{}`: `{}` mostly fails", self.shown(), action.text);
        let help = "allow listing in a statement without the tag".to_owned();
        Some((Lint::TagOnList, message, help))
    }

    /// Section 11: a negated operator holds where the tag is missing (C-9).
    fn deny_without_tag(&self) -> Found {
        let negated = self.clause.operator.sign() == Sign::Negated;
        if self.looked.is_allow() || !negated {
            return None;
        }
        let of_request = matches!(self.named(), Some(ConditionKey::RequestTag(_)));
        let wide = self.looked.named_services().is_none()
            || self.looked.named_actions().any(|action| is_any(action.operation));
        let applies = self.is_tag_of_resource() || (of_request && wide);
        if !applies {
            return None;
        }
        let message = format!("this Deny also holds where `{}` is missing", self.shown());
        let help = "if that is not meant, deny the values that are not wanted with StringEquals or StringLike";
        Some((Lint::DenyWithoutTag, message, help.to_owned()))
    }
}
