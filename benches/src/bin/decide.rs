//! Time of one decision, against cedar-policy and a naive loop.
//!
//! `decide [ROUNDS [NAME]]`; with a name only the cases that have it in theirs, and no ratios.

use std::hint::black_box;
use std::time::Duration;

use ramgate::policy::Verdict;
use ramgate_benches::naive;
use ramgate_benches::timing::{Case, case, judge, ratio, run};
use ramgate_benches::workload::{self, BLOCK, Document, REQUESTS, Request, TAG_VALUE};

const SIZES: [usize; 5] = [1, 10, 100, 1_000, 10_000];
const CEDAR_MAX: usize = 1_000;

fn main() {
    let rounds = std::env::args().nth(1).map_or(21, |text| text.parse().expect("rounds"));
    let worlds: Vec<World> = SIZES.into_iter().map(World::new).collect();
    worlds.iter().for_each(World::check_answers);
    let mut cases: Vec<Case> = worlds.iter().flat_map(World::cases).collect();
    let wanted = std::env::args().nth(2);
    cases.retain(|case| wanted.as_ref().is_none_or(|wanted| case.name.contains(wanted)));
    run(&mut cases, rounds, Duration::from_millis(20));

    println!("\nnanoseconds a decision, median of {rounds} rounds [quartiles]");
    for case in &cases {
        let [low, median, high] = case.quartiles();
        println!("{:24} {median:12.0}   [{low:.0} to {high:.0}]", case.name);
    }
    if wanted.is_some() {
        return;
    }
    println!();
    let time = |name: &str| case(&cases, name).quartiles().map(|time| time / 1e3);
    let times = |slow: &str, quick: &str| ratio(case(&cases, slow), case(&cases, quick));
    let hundred = time("ramgate, 100");
    judge("at most 0.4 microseconds at 100", hundred, hundred[1] <= 0.4);
    let growth = times("ramgate, 1000", "ramgate, 1");
    judge("at most 2 times as long at 1,000 as at 1", growth, growth[1] <= 2.0);
    let naive = times("naive loop, 100", "ramgate, 100");
    judge("at least 4 times ahead of the loop at 100", naive, naive[1] >= 4.0);
    let cedar = times("cedar-policy, 100", "ramgate, 100");
    judge("at least 200 times ahead of cedar-policy at 100", cedar, cedar[1] >= 200.0);
}

/// A number of attached policies, and every engine with them.
struct World {
    size: usize,
    documents: Vec<Document>,
    requests: Vec<Request>,
    ramgate: ramgate::policy::PolicySet,
    cedar: Option<Cedar>,
}

impl World {
    fn new(size: usize) -> Self {
        let documents = workload::documents(size);
        let requests = workload::requests(size);
        let ramgate = workload::policy_set(&documents);
        let cedar = (size <= CEDAR_MAX).then(|| Cedar::new(&documents, &requests));
        Self { size, documents, requests, ramgate, cedar }
    }

    fn check_answers(&self) {
        let mut counts = [0; 3];
        for (number, request) in self.requests.iter().enumerate() {
            let verdict = workload::ask(&self.ramgate, request);
            assert_eq!(naive::ask(&self.documents, request), verdict, "naive, {request:?}");
            if let Some(cedar) = &self.cedar {
                assert_eq!(cedar.ask(number), verdict, "cedar-policy, {request:?}");
            }
            match verdict {
                Verdict::Allow => counts[0] += 1,
                Verdict::ExplicitDeny => counts[1] += 1,
                Verdict::ImplicitDeny => counts[2] += 1,
            }
        }
        let [allow, deny, implicit] = counts;
        println!("{} policies: {allow} allow, {deny} deny, {implicit} implicit deny", self.size);
    }

    fn cases(&self) -> Vec<Case<'_>> {
        let request = |call: usize| &self.requests[call % REQUESTS];
        let name = |engine: &str| format!("{engine}, {}", self.size);
        let mut cases = vec![
            Case::new(name("ramgate"), move |call| {
                black_box(workload::ask(&self.ramgate, black_box(request(call))));
            }),
            Case::new(name("naive loop"), move |call| {
                black_box(naive::ask(&self.documents, black_box(request(call))));
            }),
        ];
        cases.extend(self.cedar.as_ref().map(|cedar| {
            Case::new(name("cedar-policy"), |call| {
                black_box(cedar.ask(call % REQUESTS));
            })
        }));
        cases
    }
}

/// The same policies in Cedar. The requests are built before the clock starts.
struct Cedar {
    authorizer: cedar_policy::Authorizer,
    policies: cedar_policy::PolicySet,
    entities: cedar_policy::Entities,
    requests: Vec<cedar_policy::Request>,
}

impl Cedar {
    fn new(documents: &[Document], requests: &[Request]) -> Self {
        let policies: String = documents.iter().map(policy).collect();
        let group = uid("Group", "staff");
        let user = cedar_policy::Entity::new_no_attrs(uid("User", "alice"), [group.clone()].into());
        let group = cedar_policy::Entity::new_no_attrs(group, [].into());
        Self {
            authorizer: cedar_policy::Authorizer::new(),
            policies: policies.parse().expect("policies of Cedar"),
            entities: cedar_policy::Entities::from_entities([user, group], None)
                .expect("two entities"),
            requests: requests.iter().map(request).collect(),
        }
    }

    fn ask(&self, number: usize) -> Verdict {
        let request = &self.requests[number];
        let answer = self.authorizer.is_authorized(request, &self.policies, &self.entities);
        let mut reasons = answer.diagnostics().reason();
        match answer.decision() {
            cedar_policy::Decision::Allow => Verdict::Allow,
            cedar_policy::Decision::Deny if reasons.next().is_some() => Verdict::ExplicitDeny,
            cedar_policy::Decision::Deny => Verdict::ImplicitDeny,
        }
    }
}

fn uid(kind: &str, id: &str) -> cedar_policy::EntityUid {
    format!("{kind}::\"{id}\"").parse().expect("a uid")
}

fn policy(document: &Document) -> String {
    let statement = &document.statement[0];
    let effect = if statement.effect == "Deny" { "forbid" } else { "permit" };
    let [first, second] = &statement.action[..] else { panic!("two actions") };
    format!(
        "{effect}(principal in Group::\"staff\", action, resource) when {{
            (context.action like \"{first}\" || context.action like \"{second}\")
            && context.resource like \"{}\"
            && context.address.isInRange(ip(\"{BLOCK}\"))
            && context.tag == \"{TAG_VALUE}\" }};\n",
        statement.resource[0]
    )
}

fn request(request: &Request) -> cedar_policy::Request {
    use cedar_policy::RestrictedExpression;
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    let context = cedar_policy::Context::from_pairs([
        ("action".to_owned(), text(&request.action)),
        ("resource".to_owned(), text(&request.resource)),
        ("address".to_owned(), RestrictedExpression::new_ip(&request.address_text)),
        ("tag".to_owned(), text(request.tag)),
    ]);
    let (user, action) = (uid("User", "alice"), uid("Action", "call"));
    let context = context.expect("a context");
    cedar_policy::Request::new(user, action, uid("Resource", "any"), context, None)
        .expect("a request")
}
