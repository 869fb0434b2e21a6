//! What becomes of a workload's credentials when the world changes (step 12 of 5.6, EF-1 to EF-6, MD-20, MD-26).

use super::*;

fn without(text: &str, what: &str) -> String {
    text.lines().filter(|line| !line.contains(what)).map(|line| format!("{line}\n")).collect()
}

impl World {
    /// Writes a file and waits until it is in force.
    fn publish(&self, file: &str, text: &str) {
        let generation = || {
            let version = self.gate.page("/version");
            let rest = version.split_once("\"generation\":").map(|(_, rest)| rest.to_owned());
            rest.and_then(|rest| rest.split(',').next().map(str::to_owned))
        };
        let before = generation();
        self.bundle.write(file, text);
        assert!(wait_for(ONE_SECOND, || generation() != before));
    }

    /// Revokes a session, so that the workload needs a new one.
    fn revoke(&self, session: &Session) {
        self.bundle.write("revocations.yaml", &format!("access_keys: [{}]\n", session.id));
        assert!(self.expires_soon(session));
    }
}

#[test]
fn a_revoked_session_is_not_served_again() {
    let world = world();
    let first = Session::of(&world.reports());
    world.revoke(&first);
    let second = Session::of(&world.reports());
    assert!(second.id != first.id && world.serves(&second));
}

/// EF-4, MD-20
#[test]
fn the_trust_policy_is_asked_at_each_mint() {
    let world = world();
    let session = Session::of(&world.reports());
    let other = by_service("fc.aliyuncs.com");
    world.bundle.write("trust-policies/by-service.json", &other);
    let told = || world.gate.messages().iter().any(|it| it.contains("gets no credentials"));
    assert!(wait_for(ONE_SECOND, told), "{:#?}", world.gate.messages());
    assert!(world.serves(&session), "EF-4: what was issued lives on");
    assert_eq!(Session::of(&world.reports()), session, "MD-26");
    world.revoke(&session);
    let answer = world.reports();
    assert_eq!(answer.status(), 503, "{}", answer.text());
    assert_eq!(body(&answer), r#"{"Code":"ServiceUnavailable"}"#, "MD-26");
    assert_eq!(answer.header("content-type").as_deref(), Some("application/json"), "MD-25");
    let line = world.gate.audit_line("\"verdict\":\"deny\"");
    assert!(line.contains("\"workload\":\"reports\"") && line.contains("NoPermission"), "{line}");
    let denied = "ramgate_workload_sessions_total{verdict=\"deny\",workload=\"reports\"}";
    assert!(world.gate.page("/metrics").contains(denied));
    world.bundle.write("trust-policies/by-service.json", &by_service("ecs.aliyuncs.com"));
    let again = || world.reports().status() == 200;
    assert!(wait_for(2 * ONE_SECOND, again), "within a second of the change, at the next attempt");
}

/// A Deny in the trust policy, conditions of it, and control policies count too.
#[test]
fn what_else_denies_a_mint() {
    let world = world();
    let statement = |effect: &str, condition: &str| {
        format!(
            r#"{{"Effect":"{effect}","Action":"sts:AssumeRole","Principal":{{"Service":"ecs.aliyuncs.com"}},"Condition":{condition}}}"#
        )
    };
    let near = r#"{"IpAddress":{"acs:SourceIp":"127.0.0.0/8"}}"#;
    let far = r#"{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}"#;
    let external = r#"{"StringEquals":{"sts:ExternalId":"x"}}"#;
    let mut session = Session::of(&world.reports());
    let mut after = |file: &str, text: &str, expected: u16| {
        world.publish(file, text);
        world.revoke(&session);
        std::thread::sleep(ONE_SECOND); // after a failure, one attempt a second
        let answer = world.reports();
        assert_eq!(answer.status(), expected, "{text}: {}", answer.text());
        if expected == 200 {
            session = Session::of(&answer);
        }
    };
    for (statements, expected) in [
        (statement("Allow", far), 503),
        (statement("Allow", near), 200),
        (format!("{},{}", statement("Allow", near), statement("Deny", near)), 503),
        (statement("Allow", external), 503),
        (statement("Allow", near), 200),
    ] {
        let text = format!(r#"{{"Version":"1","Statement":[{statements}]}}"#);
        after("trust-policies/by-service.json", &text, expected);
    }
    // 2.4: the control policies of the role's account.
    let deny = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"sts:*","Resource":"*"}]}"#;
    after("control-policies/no-overseas.json", deny, 503);
}

/// 5.6, step 12
#[test]
fn without_its_binding_a_session_is_over() {
    let world = world();
    let session = Session::of(&world.reports());
    let mail = Session::of(&world.mail());
    let chained = session.assume("next").send(world.gate.data);
    let chained: Value = serde_json::from_str(&body(&chained)).unwrap();
    let part = |name: &str| chained["Credentials"][name].as_str().unwrap().to_owned();
    let chained = Session {
        id: part("AccessKeyId"),
        secret: part("AccessKeySecret"),
        token: part("SecurityToken"),
        expires: String::new(),
    };
    assert!(world.serves(&chained));
    world.bundle.change("directory.yaml", |text| without(text, "name: reports"));
    assert!(world.expires_soon(&session));
    assert!(world.expires_soon(&chained), "TOK-11: and what was obtained by it");
    assert!(world.serves(&mail), "the other workload keeps its own");
    assert_eq!(world.reports().status(), 503);
    let line = world.gate.audit_line("no workload of the directory is called");
    assert!(line.contains("\"verdict\":\"deny\""), "{line}");
    let put = ask("PUT", world.hardened, "/latest/api/token", &[(TTL, "60")]);
    let role = ask("GET", world.hardened, ROLE_PATH, &[(TOKEN, &body(&put))]);
    assert_eq!(role.status(), 404, "{}", role.text());
}

/// A binding is its role, its service and the name of its sessions.
#[test]
fn another_binding_of_the_same_name() {
    for (from, to) in [
        ("service: ecs.aliyuncs.com", "service: fc.aliyuncs.com"),
        ("role: reader, service: ecs", "role: next, service: ecs"),
        ("service: ecs.aliyuncs.com", "service: ecs.aliyuncs.com, session_name: other"),
    ] {
        let world = world();
        let session = Session::of(&world.reports());
        world.bundle.change("directory.yaml", |text| text.replace(from, to));
        assert!(world.expires_soon(&session), "{to}");
        let answer = world.reports();
        let renewed = to.contains("session_name");
        assert_eq!(answer.status(), if renewed { 200 } else { 503 }, "{to}");
        assert!(!answer.text().contains(&session.id), "{to}");
    }
}

/// EF-5, EF-6: a role of the same name is another role.
#[test]
fn a_role_that_is_made_anew() {
    let world = world();
    let session = Session::of(&world.reports());
    world.bundle.change("directory.yaml", |text| text.replace("0000000071", "0000000079"));
    assert!(world.expires_soon(&session));
    let again = Session::of(&world.reports());
    assert!(again.id != session.id && world.serves(&again));
    world
        .bundle
        .change("directory.yaml", |text| without(&without(text, "name: Reader"), "name: reports"));
    assert!(world.expires_soon(&again));
    assert_eq!(world.reports().status(), 503);
}

/// A key ring that changes ends what it opened; the workload gets another session at once.
#[test]
fn a_ring_that_is_replaced() {
    let world = world();
    let session = Session::of(&world.reports());
    let ring = write(&[tokens::entry(2, caller::now().0 - 3600, Some(&issuer()))]);
    world.bundle.write("secrets/ring.json", &ring);
    let replaced = || {
        let answer = world.reports();
        answer.status() == 200 && Session::of(&answer).id != session.id
    };
    assert!(wait_for(ONE_SECOND, replaced));
    assert!(world.serves(&Session::of(&world.reports())));
    world.bundle.write("secrets/ring.json", &tokens::other_ring_file(caller::now().0 - 3600));
    assert!(wait_for(ONE_SECOND, || world.reports().status() == 503), "no key of this issuer");
    assert!(world.gate.audit_line("\"verdict\":\"fail\"").contains("no session can be sealed"));
}

/// What one gate issues, another that has only the ring and the directory accepts.
#[test]
fn a_gate_that_only_verifies_knows_the_bindings() {
    let world = world();
    let upstream = Upstream::start();
    let verifier = bundle(&upstream);
    verifier.change("ramgate.yaml", |text| {
        let text = text.replace("  - { name: sts, products: [sts], upstream: local }\n", "");
        let text = text.replace("sts: { issuer_key: secrets/issuer.key }\n", "");
        text.replace(CREDENTIALS, "")
    });
    let gate = verifier.serve();
    let session = Session::of(&world.reports());
    let told = || session.ecs("DescribeInstances").send(gate.data);
    assert_eq!(told().status(), 200, "{}", told().text());
    verifier.change("directory.yaml", |text| without(text, "name: reports"));
    assert!(wait_for(ONE_SECOND, || told().code() == "InvalidSecurityToken.Expired"));
}

/// While another file is broken, a binding that is gone and a trust that is withdrawn take effect all the same.
#[test]
fn a_broken_file_holds_nothing_up() {
    let world = world();
    let session = Session::of(&world.reports());
    let mail = Session::of(&world.mail());
    world.bundle.write("policies/notes-writers.json", "{");
    let partner = by_service("log.aliyuncs.com");
    world.bundle.write("trust-policies/by-partner.json", &partner);
    world.bundle.change("directory.yaml", |text| without(text, "name: reports"));
    assert!(world.expires_soon(&session));
    assert_eq!(world.reports().status(), 503);
    assert!(world.serves(&mail), "EF-4");
    world.revoke(&mail);
    assert_eq!(world.mail().status(), 503);
    // What would be new waits until all is sound.
    world.bundle.change("directory.yaml", |text| {
        format!("{text}  - {{ name: reports, role: reader, service: ecs.aliyuncs.com }}\n")
    });
    world.bundle.write(
        "trust-policies/by-partner.json",
        &by_service(&format!("{PARTNER}@log.aliyuncs.com")),
    );
    assert!(
        wait_for(3 * ONE_SECOND, || world.reports().status() == 200
            && world.mail().status() == 200),
        "the change, and at most a second to the next attempt of each"
    );
}

/// A cutoff ends what is served, also one whose instant is still to come: then there is nothing to be served until it has.
#[test]
fn cutoffs() {
    let world = world();
    let session = Session::of(&world.reports());
    let cutoff = |at: i64| {
        let at = ramgate::ident::UnixSeconds(at);
        let text = format!("sources:\n  - {{ service: ecs.aliyuncs.com, before: '{at}' }}\n");
        world.bundle.write("revocations.yaml", &text);
    };
    cutoff(caller::now().0 + 3);
    assert!(world.expires_soon(&session));
    assert_eq!(world.reports().status(), 503);
    assert!(
        world.gate.audit_line("no gate would take the session").contains("\"verdict\":\"deny\"")
    );
    assert!(wait_for(Duration::from_secs(5), || world.reports().status() == 200));
    assert!(world.serves(&Session::of(&world.reports())));
}
