//! What must hold for every input, as functions that panic when it does not. The fuzz targets feed them what they make up;
//! the tests feed them what the fuzzers found worth keeping (`corpus/`).

use std::borrow::Cow;

use ramgate::policy::{
    AccessRequest, Action, Attribute, Attributes, Caller, ConditionKey, DocumentKind, Layers,
    Policy, PolicySet, PolicyType, RelativeId, Resource, Segment, Traits, Truth, Verdict, decide,
    parse,
};

pub mod address;
pub mod date;
pub mod decimal;
pub mod doctor;
pub mod glob;
pub mod jwks;
pub mod multipart;
pub mod oidc_token;
pub mod policy_document;
pub mod session_token;
pub mod signature;
pub mod token_payload;
pub mod xml;

/// A check and the name of its target and corpus.
pub struct Check {
    pub name: &'static str,
    pub run: fn(&[u8]),
}

/// All of them.
pub const ALL: [Check; 13] = [
    Check { name: "policy_document", run: policy_document::check },
    Check { name: "glob", run: glob::check },
    Check { name: "date", run: date::check },
    Check { name: "address", run: address::check },
    Check { name: "decimal", run: decimal::check },
    Check { name: "signature", run: signature::check },
    Check { name: "multipart", run: multipart::check },
    Check { name: "xml", run: xml::check },
    Check { name: "doctor", run: doctor::check },
    Check { name: "session_token", run: session_token::check },
    Check { name: "token_payload", run: token_payload::check },
    Check { name: "oidc_token", run: oidc_token::check },
    Check { name: "jwks", run: jwks::check },
];

/// Runs one of them.
pub fn run(name: &str, input: &[u8]) {
    let check = ALL.iter().find(|check| check.name == name);
    let check = check.unwrap_or_else(|| panic!("no check is named {name}"));
    (check.run)(input);
}

/// The lines of an input that is text.
fn lines(input: &[u8]) -> Vec<&str> {
    std::str::from_utf8(input).map_or_else(|_binary| Vec::new(), |text| text.split('\n').collect())
}

/// RAM has no policy variables: a value that looks like one is refused.
fn has_variable(text: &str) -> bool {
    text.contains("${")
}

/// A context in which every key has this value.
struct Given<'g>(Attribute<'g>);

impl Attributes for Given<'_> {
    fn get(&self, _key: &ConditionKey<'_>) -> Attribute<'_> {
        self.0.clone()
    }
}

fn text(given: &str) -> Given<'_> {
    Given(Attribute::Text(Cow::Borrowed(given)))
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a text is JSON")
}

/// What is asked when an input says nothing about it.
fn question<'r>(
    operation: &'r str,
    relative_id: RelativeId<'r>,
    attributes: &'r dyn Attributes,
) -> AccessRequest<'r> {
    let account = "1".parse().expect("an account id");
    AccessRequest {
        caller: Caller::User { account, name: "u", id: "2" },
        action: Action { service: "ecs", operation },
        resource: Resource::Named {
            service: "ecs",
            region: Segment::Known("cn-hangzhou"),
            account: Segment::Known("1"),
            relative_id,
        },
        owner: Some(account),
        exempt: false,
        traits: Traits::default(),
        public_blocked: false,
        attributes,
    }
}

/// The same statement twice, as an Allow and as a Deny: together they tell the three truths apart.
struct Statement {
    allow: PolicySet,
    deny: PolicySet,
}

impl Statement {
    /// Reads the members behind `Effect`; `None` when the document is refused.
    fn read(members: &str) -> Option<Self> {
        let set = |effect: &str| {
            let text =
                format!(r#"{{"Version":"1","Statement":[{{"Effect":"{effect}",{members}}}]}}"#);
            let document = parse(DocumentKind::Identity, &text, "fuzzed.json").ok()?;
            let policy = Policy::new("fuzzed", PolicyType::Custom, document);
            Some(PolicySet::new([policy.into()]))
        };
        let (allow, deny) = (set("Allow"), set("Deny"));
        assert_eq!(allow.is_some(), deny.is_some(), "the effect does not matter: {members}");
        Some(Self { allow: allow?, deny: deny? })
    }

    /// One line of a condition.
    fn condition(operator: &str, wanted: &[&str]) -> Option<Self> {
        let wanted: Vec<String> = wanted.iter().map(|text| quoted(text)).collect();
        let condition = format!(r#"{{"{operator}":{{"acs:SourceIp":[{}]}}}}"#, wanted.join(","));
        Self::read(&format!(r#""Action":"*","Resource":"*","Condition":{condition}"#))
    }

    /// Whether it matches.
    fn matches(&self, access: &AccessRequest<'_>) -> Truth {
        let ask = |account| decide(&Layers { account, ..Layers::none() }, access);
        let denied = ask(&self.deny);
        let truth = match denied.verdict {
            Verdict::ExplicitDeny => denied.certainty,
            Verdict::ImplicitDeny => Truth::False,
            Verdict::Allow => panic!("a Deny allows"),
        };
        let allowed = ask(&self.allow).verdict == Verdict::Allow;
        assert_eq!(allowed, truth == Truth::True, "an Allow and a Deny of the same statement");
        truth
    }

    fn holds(&self, given: &Given<'_>) -> Truth {
        self.matches(&question("Any", RelativeId::Known("any"), given))
    }
}
