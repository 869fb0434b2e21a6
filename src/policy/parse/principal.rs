use super::{Parser, shorten};
use crate::policy::document::{DocumentKind, PrincipalForm};
use crate::policy::principal::{Place, PrincipalPattern, Under};
use crate::policy::rules::{self, OidcRule};
use crate::strict::{Json, nearest, pointer_token};

const OBJECT_HELP: &str =
    "write {\"RAM\": [\"acs:ram::<uid>:root\"]}, {\"Service\": [...]} or {\"Federated\": [...]}";

impl Parser<'_> {
    /// V-14.
    pub(super) fn principal(&mut self, statement: &Json, pointer: &str) {
        if statement.get("NotPrincipal").is_some() {
            let field = format!("{pointer}/NotPrincipal");
            self.refuse("V-14", &field, "`NotPrincipal` is not part of the language", "remove it");
        }
        let kind = self.kind;
        let field = format!("{pointer}/Principal");
        match (rules::members(kind).principal, statement.get("Principal")) {
            (rules::Need::Refused, Some(_)) => {
                let message = format!("`Principal` does not belong in {}", with_article(kind));
                let help = "remove it: the policy is about those it is attached to";
                self.refuse("V-14", &field, message, help);
            }
            (rules::Need::Required, None) => {
                let message = format!("`Principal` is missing, which {} needs", with_article(kind));
                let help = match kind {
                    DocumentKind::Resource(PrincipalForm::List) => LIST_HELP,
                    _ => OBJECT_HELP,
                };
                self.refuse("V-14", pointer, message, help);
            }
            (rules::Need::Refused | rules::Need::Optional, None) => {}
            (rules::Need::Required | rules::Need::Optional, Some(value)) => match kind {
                DocumentKind::Resource(PrincipalForm::List) => self.listed(value, &field),
                DocumentKind::Trust => self.object(value, &field, Place::Trust),
                _ => self.object(value, &field, Place::Resource),
            },
        }
    }

    /// 7.4: a list of strings; none means everybody.
    fn listed(&mut self, value: &Json, field: &str) {
        match value {
            Json::Array(items) if items.is_empty() => return,
            Json::Array(_) | Json::String(_) => {}
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => {
                let message =
                    format!("`Principal` is a list of strings here, not {}", value.kind());
                self.refuse("V-14", field, message, LIST_HELP);
                return;
            }
        }
        for (pointer, text) in self.strings(value, field, "V-14") {
            if let Err(wanted) = PrincipalPattern::read_listed(text, &mut self.scratch) {
                self.refuse_entry(text, &pointer, wanted);
            }
        }
    }

    /// 7.3: an object of strings or lists of strings.
    fn object(&mut self, value: &Json, field: &str, place: Place) {
        let Json::Object(members) = value else {
            let message = format!("`Principal` is an object here, not {}", value.kind());
            self.refuse("V-14", field, message, OBJECT_HELP);
            return;
        };
        if members.is_empty() {
            self.refuse("V-14", field, "`Principal` names nobody", OBJECT_HELP);
        }
        for (name, value) in members {
            let pointer = format!("{field}/{}", pointer_token(name));
            let Some(under) = Under::find(name) else {
                let help = match nearest(&shorten(name), &Under::NAMES) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => OBJECT_HELP.to_owned(),
                };
                let message = format!("`{}` is no kind of principal", shorten(name));
                self.refuse("V-14", &pointer, message, &help);
                continue;
            };
            for (pointer, text) in self.strings(value, &pointer, "V-14") {
                let entry = PrincipalPattern::read(under, place, text, &mut self.scratch);
                if let Err(wanted) = entry {
                    self.refuse_entry(text, &pointer, wanted);
                }
            }
        }
    }

    fn refuse_entry(&mut self, text: &str, pointer: &str, wanted: &str) {
        let message = format!("`{}` names no principal", shorten(text));
        self.refuse("V-14", pointer, message, &format!("write {wanted}"));
    }

    /// TP-16: an Allow for identities of an OIDC provider says which of them it means.
    pub(super) fn subjects(&mut self, statement: &Json, pointer: &str) {
        let allows = statement.get("Effect").and_then(Json::as_str) == Some("Allow");
        let federated = statement.get("Principal").and_then(|object| object.get("Federated"));
        let oidc = texts_of(federated).iter().any(|text| text.contains(":oidc-provider/"));
        if self.kind != DocumentKind::Trust || !allows || !oidc {
            return;
        }
        if self.oidc.keys().iter().any(|key| is_narrowed_by(statement, key)) {
            return;
        }
        let message = match self.oidc {
            OidcRule::Subject => "the statement admits every subject of an OIDC provider",
            OidcRule::SubjectOrAudience => "the statement admits every token of an OIDC provider",
        };
        let help = "add \"Condition\": {\"StringEquals\": {\"oidc:sub\": \"...\"}}; \
                    `StringLike` does too if each value has more than wildcards";
        self.refuse("TP-16", pointer, message, help);
    }
}

/// Whether a positive condition on the key says something.
fn is_narrowed_by(statement: &Json, key: &str) -> bool {
    let values = |operator: &str| {
        let block = statement.get("Condition").and_then(|block| block.get(operator));
        texts_of(block.and_then(|keys| keys.get(key)))
    };
    let alike = values("StringLike");
    let narrow = |text: &&str| text.chars().any(|c| !matches!(c, '*' | '?'));
    !values("StringEquals").is_empty() || (!alike.is_empty() && alike.iter().all(narrow))
}

/// A string, or the strings of a list.
fn texts_of(value: Option<&Json>) -> Vec<&str> {
    match value {
        Some(Json::String(text)) => vec![text],
        Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

const LIST_HELP: &str = "write [\"<id of a user or an account>\"], [\"arn:sts::<uid>:assumed-role/<role>/<session>\"] or [\"*\"]";

fn with_article(kind: DocumentKind) -> String {
    let article = if kind == DocumentKind::Identity { "an" } else { "a" };
    format!("{article} {}", kind.as_str())
}
