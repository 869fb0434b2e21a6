use super::{Parser, shorten};
use crate::policy::action::{ActionPattern, NoColon};
use crate::policy::document::DocumentKind;
use crate::policy::resource::{BadResource, ResourcePattern};
use crate::policy::rules;
use crate::strict::Json;

const MEMBERS: &[&str] = &[
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal", // refused by a rule of its own
    "Condition",
];

impl Parser<'_> {
    /// Looks at one statement.
    pub(super) fn statement(&mut self, index: usize, value: &Json) {
        let pointer = format!("/Statement/{index}");
        if !matches!(value, Json::Object(_)) {
            let message = format!("a statement is an object, not {}", value.kind());
            self.refuse("V-4", &pointer, message, "put each statement in { }");
            return;
        }
        self.refuse_unknown_members(value, &pointer, MEMBERS);
        self.principal(value, &pointer);
        if let Some(sid) = value.get("Sid") {
            self.string(sid, &format!("{pointer}/Sid"), "V-3");
        }
        self.effect(value, &pointer);
        self.actions(value, &pointer);
        self.resources(value, &pointer);
        self.conditions(value.get("Condition"), &format!("{pointer}/Condition"));
        self.subjects(value, &pointer);
    }

    /// V-5.
    fn effect(&mut self, statement: &Json, pointer: &str) {
        const HELP: &str = "write \"Allow\" or \"Deny\"";
        match statement.get("Effect") {
            None => self.refuse("V-5", pointer, "`Effect` is missing", HELP),
            Some(Json::String(text)) if matches!(&**text, "Allow" | "Deny") => {}
            Some(_) => {
                self.refuse(
                    "V-5",
                    &format!("{pointer}/Effect"),
                    "`Effect` is neither Allow nor Deny",
                    HELP,
                );
            }
        }
    }

    fn actions(&mut self, statement: &Json, pointer: &str) {
        let trust = self.kind == DocumentKind::Trust;
        if trust && let Some(_excluded) = statement.get("NotAction") {
            let field = format!("{pointer}/NotAction");
            self.refuse("V-15", &field, "a trust policy has no `NotAction`", TRUST_HELP);
        }
        let Some((value, pointer)) = self.one_of(statement, pointer, ["Action", "NotAction"])
        else {
            return;
        };
        self.patterns(value, &pointer, |parser, text, pointer| {
            if trust && !rules::is_trust_action(text) {
                let message = format!("the action `{}` in a trust policy", shorten(text));
                parser.refuse("V-15", pointer, message, TRUST_HELP);
            } else if let Err(NoColon) = ActionPattern::read(text, &mut parser.scratch) {
                parser.refuse_action(text, pointer);
            }
        });
    }

    fn refuse_action(&mut self, text: &str, pointer: &str) {
        let message = format!("the action `{}` has no `:`", shorten(text));
        self.refuse(
            "V-7",
            pointer,
            message,
            "write <service>:<Operation>, such as \"ecs:Describe*\", or \"*\"",
        );
    }

    fn resources(&mut self, statement: &Json, pointer: &str) {
        if !rules::members(self.kind).resource {
            for name in ["Resource", "NotResource"] {
                if statement.get(name).is_some() {
                    let message = format!("a trust policy has no `{name}`");
                    let help = "remove it: the role that the policy is attached to is the resource";
                    self.refuse("V-5", &format!("{pointer}/{name}"), message, help);
                }
            }
            return;
        }
        let Some((value, pointer)) = self.one_of(statement, pointer, ["Resource", "NotResource"])
        else {
            return;
        };
        self.patterns(value, &pointer, |parser, text, pointer| {
            if let Err(reason) = ResourcePattern::read(text, &mut parser.scratch) {
                parser.refuse_resource(text, pointer, reason);
            }
        });
    }

    fn refuse_resource(&mut self, text: &str, pointer: &str, reason: BadResource) {
        let message = format!("the resource `{}` {reason}", shorten(text));
        let help = match reason {
            BadResource::Short | BadResource::NotAcs => {
                "write acs:<service>:<region>:<account>:<id>, such as \"acs:oss:*:*:my-bucket/*\", or \"*\""
            }
            BadResource::UpperCase => "write `acs` and the service in lower case",
            BadResource::NoAccount => "write the account id, or `*`",
        };
        self.refuse("V-8", pointer, message, help);
    }

    /// V-5: exactly one of a member and its complement.
    fn one_of<'j>(
        &mut self,
        statement: &'j Json,
        pointer: &str,
        [named, all_but]: [&str; 2],
    ) -> Option<(&'j Json, String)> {
        let (name, value) = match (statement.get(named), statement.get(all_but)) {
            (Some(value), None) => (named, value),
            (None, Some(value)) => (all_but, value),
            (Some(_), Some(_)) => {
                let message = format!("`{named}` and `{all_but}` exclude each other");
                self.refuse(
                    "V-5",
                    &format!("{pointer}/{all_but}"),
                    message,
                    "make two statements of them",
                );
                return None;
            }
            (None, None) => {
                let message = format!("`{named}` is missing");
                self.refuse(
                    "V-5",
                    pointer,
                    message,
                    &format!("add \"{named}\"; \"*\" stands for all"),
                );
                return None;
            }
        };
        Some((value, format!("{pointer}/{name}")))
    }

    /// V-6, V-13, and each pattern by itself.
    fn patterns(&mut self, value: &Json, pointer: &str, look: impl Fn(&mut Self, &str, &str)) {
        for (pointer, text) in self.strings(value, pointer, "V-6") {
            if text.is_empty() {
                self.refuse(
                    "V-6",
                    &pointer,
                    "an empty string matches nothing",
                    "remove it, or write \"*\"",
                );
            } else if !self.has_variable(text, &pointer) {
                look(self, text, &pointer);
            }
        }
    }
}

const TRUST_HELP: &str = "write \"Action\": \"sts:AssumeRole\", the only action of a trust policy";
