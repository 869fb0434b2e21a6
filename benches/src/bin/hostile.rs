//! Patterns made to be slow: the time of a match must grow in proportion to the text.
//!
//! `hostile [ROUNDS]`

use std::borrow::Cow;
use std::hint::black_box;
use std::time::Duration;

use ramgate::policy::{
    AccessRequest, Action, Attribute, Attributes, Caller, ConditionKey, DocumentKind, Layers,
    Policy, PolicySet, PolicyType, Resource, Traits, Verdict, decide, parse,
};
use ramgate_benches::timing::{Case, judge, ratio, run};

/// The texts; each is four times as long as the one before.
const BYTES: [usize; 4] = [1_000, 4_000, 16_000, 64_000];

fn main() {
    let rounds = std::env::args().nth(1).map_or(9, |text| text.parse().expect("rounds"));
    let patterns = [
        ("*a*a*…b", format!("{}b", "*a".repeat(50))),
        ("*aaaa…b*", format!("*{}b*", "a".repeat(500))),
        ("*????…b*", format!("*{}b*", "?".repeat(500))),
        ("a*aaaa…b*", format!("a*{}b*", "a".repeat(60))),
    ];
    for (name, pattern) in patterns {
        let set = policy_set(&pattern);
        let texts = BYTES.map(|bytes| "a".repeat(bytes));
        let mut cases = texts.each_ref().map(|text| {
            Case::new(format!("{name} on {} bytes", text.len()), |_call| {
                assert_eq!(black_box(ask(&set, text)), Verdict::ImplicitDeny);
            })
        });
        run(&mut cases, rounds, Duration::from_millis(20));
        println!();
        for (case, bytes) in cases.iter().zip(BYTES) {
            let time = case.median();
            println!("{:30} {time:10.0} ns, {:.2} a byte", case.name, time / bytes as f64);
        }
        let [.., shorter, longest] = &cases;
        let growth = ratio(longest, shorter);
        judge("about 4 times as long on a text 4 times as long", growth, growth[1] < 6.0);
    }
}

struct Agent<'t>(&'t str);

impl Attributes for Agent<'_> {
    fn get(&self, _key: &ConditionKey<'_>) -> Attribute<'_> {
        Attribute::Text(Cow::Borrowed(self.0))
    }
}

fn policy_set(pattern: &str) -> PolicySet {
    let condition = format!(r#"{{"StringLike":{{"acs:UserAgent":"{pattern}"}}}}"#);
    let statement =
        format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}"#);
    let text = format!(r#"{{"Version":"1","Statement":[{statement}]}}"#);
    let document = parse(DocumentKind::Identity, &text, "hostile.json").expect("it is valid");
    PolicySet::new([Policy::new("hostile", PolicyType::Custom, document).into()])
}

fn ask(set: &PolicySet, agent: &str) -> Verdict {
    let account = "1234567890".parse().expect("an account id");
    let access = AccessRequest {
        caller: Caller::User { account, name: "alice", id: "2" },
        action: Action { service: "ecs", operation: "StopInstance" },
        resource: Resource::All,
        owner: Some(account),
        exempt: false,
        traits: Traits::default(),
        public_blocked: false,
        attributes: &Agent(agent),
    };
    decide(&Layers { account: set, ..Layers::none() }, &access).verdict
}
