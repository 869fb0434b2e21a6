use super::{Parser, shorten};
use crate::policy::action::{ActionPattern, NoColon};
use crate::policy::document::{Actions, DocumentKind, Effect, Resources, Sense, Statement};
use crate::policy::resource::{BadResource, ResourcePattern};
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
    /// Reads one statement; `None` when it has a problem.
    pub(super) fn statement(&mut self, index: usize, line: u32, value: &Json) -> Option<Statement> {
        let pointer = format!("/Statement/{index}");
        if !matches!(value, Json::Object(_)) {
            let message = format!("a statement is an object, not {}", value.kind());
            self.refuse("V-4", &pointer, message, "put each statement in { }");
            return None;
        }
        self.refuse_unknown_members(value, &pointer, MEMBERS);
        self.principal(value, &pointer);
        let sid = self.sid(value, &pointer);
        let effect = self.effect(value, &pointer);
        let actions = self.actions(value, &pointer);
        let resources = self.resources(value, &pointer);
        let conditions = self.conditions(value.get("Condition"), &format!("{pointer}/Condition"));
        Some(Statement {
            line,
            sid,
            effect: effect?,
            actions: actions?,
            resources: resources?,
            conditions: conditions.into(),
        })
    }

    /// V-14.
    fn principal(&mut self, statement: &Json, pointer: &str) {
        if statement.get("NotPrincipal").is_some() {
            let field = format!("{pointer}/NotPrincipal");
            self.refuse("V-14", &field, "`NotPrincipal` is not part of the language", "remove it");
        }
        match self.kind {
            DocumentKind::Identity if statement.get("Principal").is_some() => self.refuse(
                "V-14",
                &format!("{pointer}/Principal"),
                "`Principal` does not belong in a policy that is attached to users or groups",
                "remove it: the policy is about those it is attached to",
            ),
            DocumentKind::Identity => {}
        }
    }

    fn sid(&mut self, statement: &Json, pointer: &str) -> Option<String> {
        let sid = statement.get("Sid")?;
        self.string(sid, &format!("{pointer}/Sid"), "V-3").map(str::to_owned)
    }

    /// V-5.
    fn effect(&mut self, statement: &Json, pointer: &str) -> Option<Effect> {
        const HELP: &str = "write \"Allow\" or \"Deny\"";
        match statement.get("Effect") {
            None => self.refuse("V-5", pointer, "`Effect` is missing", HELP),
            Some(Json::String(text)) if &**text == "Allow" => return Some(Effect::Allow),
            Some(Json::String(text)) if &**text == "Deny" => return Some(Effect::Deny),
            Some(_) => {
                self.refuse(
                    "V-5",
                    &format!("{pointer}/Effect"),
                    "`Effect` is neither Allow nor Deny",
                    HELP,
                );
            }
        }
        None
    }

    fn actions(&mut self, statement: &Json, pointer: &str) -> Option<Actions> {
        let (sense, value, pointer) = self.one_of(statement, pointer, ["Action", "NotAction"])?;
        let patterns = self.patterns(value, &pointer, |parser, text, pointer| {
            let pattern = ActionPattern::parse(text);
            pattern.map_err(|NoColon| parser.refuse_action(text, pointer)).ok()
        })?;
        Some(Actions { sense, patterns })
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

    fn resources(&mut self, statement: &Json, pointer: &str) -> Option<Resources> {
        let (sense, value, pointer) =
            self.one_of(statement, pointer, ["Resource", "NotResource"])?;
        let patterns = self.patterns(value, &pointer, |parser, text, pointer| {
            let pattern = ResourcePattern::parse(text);
            pattern.map_err(|reason| parser.refuse_resource(text, pointer, reason)).ok()
        })?;
        Some(Resources { sense, patterns })
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
    ) -> Option<(Sense, &'j Json, String)> {
        let (sense, name, value) = match (statement.get(named), statement.get(all_but)) {
            (Some(value), None) => (Sense::Named, named, value),
            (None, Some(value)) => (Sense::AllBut, all_but, value),
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
        Some((sense, value, format!("{pointer}/{name}")))
    }

    /// V-6, V-13, and each pattern by itself. `None` when one of them has a problem.
    fn patterns<P>(
        &mut self,
        value: &Json,
        pointer: &str,
        read: impl Fn(&mut Self, &str, &str) -> Option<P>,
    ) -> Option<Box<[P]>> {
        let problems_before = self.problems.len();
        let mut patterns = Vec::new();
        for (pointer, text) in self.strings(value, pointer, "V-6") {
            if text.is_empty() {
                self.refuse(
                    "V-6",
                    &pointer,
                    "an empty string matches nothing",
                    "remove it, or write \"*\"",
                );
            } else if !self.has_variable(text, &pointer) {
                patterns.extend(read(self, text, &pointer));
            }
        }
        (self.problems.len() == problems_before && !patterns.is_empty()).then(|| patterns.into())
    }
}
