//! Whom the gate gives nothing, and in which words (3.7, 4.2; item 10 of the checklist).

use super::*;

/// An answer as a caller reads it.
fn told(world: &World, token: &str, changes: &[(&str, &str)]) -> (u16, String) {
    let (get, post) = (get(&asked(token, changes)), post(&asked(token, changes)));
    let told = world.send(&get);
    assert_eq!(world.send(&post), told, "in a form too: {changes:?}");
    told
}

fn changed(changes: &[(&str, Value)]) -> String {
    Signer::rsa().token(&with(pod("default", "app", now()), changes))
}

/// The steps of 4.2, from outside.
#[test]
fn tokens() {
    let world = world_of_pods();
    let claims = pod("default", "app", now()).to_string();
    let (rsa, other) = (Signer::rsa(), Signer::other_rsa());
    let public = include_str!("../../support/keys/invented-rsa-public.pem");
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, public.as_bytes());
    let confused = {
        use crate::support::jwt::encode;
        let header = encode(br#"{"alg":"HS256","kid":"k1"}"#);
        let signed = format!("{header}.{}", encode(claims.as_bytes()));
        let tag = ring::hmac::sign(&secret, signed.as_bytes());
        format!("{signed}.{}", encode(tag.as_ref()))
    };
    let twice = claims.replacen('{', r#"{"sub":"system:serviceaccount:default:app","#, 1);
    let pods = |namespace, account| rsa.token(&pod(namespace, account, now()));
    let old = now() - 12 * 3600 - 1;
    for (step, code, token) in [
        ("2", "Invalid", "not.a.token".to_owned()),
        ("2", "Invalid", rsa.token_of(r#"{"alg":"none"}"#, &claims)),
        ("2", "Invalid", confused),
        ("3", "IssuerNotMatch", changed(&[("iss", json!(format!("{ISSUER}/")))])),
        ("4", "Invalid", rsa.token_of(r#"{"alg":"RS256","kid":"k2"}"#, &claims)),
        ("5", "Invalid", other.token_of(r#"{"alg":"RS256","kid":"k1"}"#, &claims)),
        ("6", "Expired", changed(&[("exp", json!(now() - 1))])),
        ("7", "Invalid", changed(&[("iat", json!(old))])),
        ("7", "Invalid", changed(&[("iat", json!(now() + 120))])),
        ("8", "Invalid", changed(&[("nbf", json!(now() + 120))])),
        ("9", "AudienceNotMatch", changed(&[("aud", json!(["https://kubernetes.default.svc"]))])),
        ("10", "Invalid", changed(&[("sub", json!("a\u{0}b"))])),
        ("11", "Invalid", rsa.token_of(r#"{"alg":"RS256","kid":"k1"}"#, &twice)),
    ] {
        let code = format!("AuthenticationFail.OIDCToken.{code}");
        assert_eq!(told(&world, &token, &[]), (401, code), "step {step}");
    }
    let denied = (403, "AuthenticationFail.NoPermission".to_owned());
    for (token, changes, expected) in [
        (
            token(),
            vec![("OIDCProviderArn", "acs:ram::1234567890123456:oidc-provider/x")],
            denied.clone(),
        ),
        (
            token(),
            vec![("OIDCProviderArn", "acs:ram::2000000000000002:oidc-provider/ack-rrsa-c0ffee")],
            denied.clone(),
        ),
        (token(), vec![("OIDCProviderArn", "ack-rrsa-c0ffee")], denied.clone()),
        // TP-09: the provider is of the account of the role.
        (token(), vec![("RoleArn", "acs:ram::2000000000000002:role/app")], denied.clone()),
        (token(), vec![("RoleArn", "acs:ram::1234567890123456:role/team")], denied.clone()),
        (
            token(),
            vec![("RoleArn", "acs:ram::1234567890123456:role/other-provider")],
            denied.clone(),
        ),
        (token(), vec![("RoleArn", "acs:ram::1234567890123456:role/reader")], denied.clone()),
        (
            token(),
            vec![("RoleArn", "acs:ram::1234567890123456:role/nobody")],
            (404, "EntityNotExist.Role".into()),
        ),
        // Another service account of the namespace, and another namespace.
        (pods("default", "app2"), vec![], denied.clone()),
        (pods("team", "app"), vec![], denied.clone()),
        (
            pods("default", "app"),
            vec![("RoleArn", "acs:ram::1234567890123456:role/team")],
            denied.clone(),
        ),
        (pods("team2", "app"), vec![("RoleArn", "acs:ram::1234567890123456:role/team")], denied),
        // Step 13.
        (
            token(),
            vec![("DurationSeconds", "43201")],
            (400, "InvalidParameter.DurationSeconds".into()),
        ),
        (
            pods("team", "any"),
            vec![("RoleArn", "acs:ram::1234567890123456:role/team"), ("DurationSeconds", "3601")],
            (400, "InvalidParameter.DurationSeconds".into()),
        ),
    ] {
        assert_eq!(told(&world, &token, &changes), expected, "{changes:?}");
    }
    let team = [("RoleArn", "acs:ram::1234567890123456:role/team")];
    assert_eq!(told(&world, &pods("team", "any"), &team).0, 200, "StringLike");
    // What is wrong with a token is told before anything about the role (STS-40).
    let forged = other.token_of(r#"{"alg":"RS256","kid":"k1"}"#, &claims);
    for role in ["app", "team", "nobody"] {
        let arn = format!("acs:ram::{ACCOUNT}:role/{role}");
        let told = told(&world, &forged, &[("RoleArn", &arn)]);
        assert_eq!(told.1, "AuthenticationFail.OIDCToken.Invalid", "STS-40 {role}");
    }
}

#[test]
fn parameters() {
    let world = world_of_pods();
    let token = token();
    for (name, value, code) in [
        ("OIDCProviderArn", "", "MissingParameter.OIDCProviderArn"),
        ("RoleArn", "", "MissingParameter.RoleArn"),
        ("OIDCToken", "", "MissingParameter.OIDCToken"),
        ("RoleSessionName", "", "MissingRoleSessionName"),
        ("RoleArn", "app", "InvalidParameter.RoleArn"),
        ("RoleSessionName", "a", "InvalidParameter.RoleSessionName"),
        ("DurationSeconds", "899", "InvalidParameter.DurationSeconds"),
        ("Policy", "{", "InvalidParameter.PolicyGrammar"),
        ("policy", "{", "InvalidParameter.Policy"),
        ("Format", "YAML", "InvalidParameter.Format"),
    ] {
        assert_eq!(told(&world, &token, &[(name, value)]), (400, code.to_owned()), "{name}");
    }
    // What a stranger sends along is not compiled before its token is believed.
    let forged = told(&world, "a.b.c", &[("Policy", "{")]);
    assert_eq!(forged.1, "AuthenticationFail.OIDCToken.Invalid", "decisions, Session policies");
    let mut twice = asked(&token, &[]);
    twice.push(("OIDCToken".into(), token.clone()));
    let refused = (400, "InvalidParameter.OIDCToken".to_owned());
    assert_eq!(world.send(&get(&twice)), refused, "STS-01");
    let mut body = post(&asked(&token, &[]));
    body.headers.retain(|(name, _)| name != "content-type");
    let body = body.with("content-type", "application/json");
    assert_eq!(world.send(&body), (400, "InvalidParameter.ContentType".to_owned()), "STS-02");
}

/// Messages have the words of the real service, and nothing of what came in (STS-41).
#[test]
fn messages() {
    let world = world_of_pods();
    let subject = "system:serviceaccount:secret-project:app";
    let hidden = [("sub", json!(subject)), ("aud", json!("my-audience"))];
    let audience = changed(&hidden);
    let denied = changed(&[("sub", json!(subject))]);
    let issuer = changed(&[("iss", json!("https://secret.example.test"))]);
    for (token, message) in [
        (audience, "Invalid audience."),
        (denied, "There is no permission"),
        (issuer, "The issuer in the OIDC Token doesn't match the OIDC Provider registered."),
        (changed(&[("exp", json!(1))]), "This JsonWebToken is expired."),
    ] {
        let answer = get(&asked(&token, &[])).send(world.gate.data);
        assert_eq!(json(&answer)["Message"], message);
        let text = answer.text();
        for part in ["secret", "my-audience", token.split('.').nth(1).unwrap()] {
            assert!(!text.contains(part), "{text}");
        }
        assert!(!text.contains("AccessDeniedDetail"), "STS-42 {text}");
        let reason = world.gate.audit_line(&answer.request_id());
        assert!(!reason.contains(token.rsplit('.').next().unwrap()), "{reason}");
    }
}

/// No other call of the API goes without a signature, whatever it carries beside.
#[test]
fn nothing_else_is_anonymous() {
    let world = world_of_pods();
    let token = token();
    for action in ["AssumeRole", "GetCallerIdentity", "assumerolewithoidc", "AssumeRoleWithOIDC "] {
        let told = world.send(&get(&asked(&token, &[("Action", action)])));
        assert!((400..=404).contains(&told.0), "{action}: {told:?}");
    }
    let saml = world.send(&get(&asked(&token, &[("Action", "AssumeRoleWithSAML")])));
    assert_eq!(saml, (400, "InvalidAction.NotFound".to_owned()), "FED-10");
    // Two actions are none.
    let other = get(&asked(&token, &[])).with("x-acs-action", "GetCallerIdentity");
    assert_eq!(world.send(&other).0, 400);
    let mut form = post(&asked(&token, &[]));
    form.body = [&form.body[..], b"&Action=GetCallerIdentity"].concat();
    assert_eq!(world.send(&form).0, 400);
    let mut form = post(&asked(&token, &[("Action", "GetCallerIdentity")]));
    form.body = [&form.body[..], b"&Action=AssumeRoleWithOIDC"].concat();
    assert_eq!(world.send(&form).0, 400);
    // A product that is forwarded knows no such call.
    let mut call = get(&asked(&token, &[]));
    call.headers[0].1 = ECS_HOST.into();
    assert_eq!(world.send(&call).0, 400);
    assert!(world.upstream.received().is_empty());
}

/// The control policies of the account of the role bind callers from outside too (2.4, 4.2 step 12).
#[test]
fn control_policies() {
    let world = world_of_pods();
    let token = token();
    assert_eq!(told(&world, &token, &[]).0, 200);
    let deny = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"sts:AssumeRole","Resource":"acs:ram:*:*:role/app"}]}"#;
    world.bundle.write("control-policies/no-overseas.json", deny);
    let denied = (403, "AuthenticationFail.NoPermission".to_owned());
    assert!(wait_for(SECOND, || world.send(&get(&asked(&token, &[]))) == denied));
    let answer = get(&asked(&token, &[])).send(world.gate.data);
    let line = world.gate.audit_line(&answer.request_id());
    assert!(line.contains("\"verdict\":\"deny\"") && line.contains("no-overseas"), "{line}");
}

/// TOK-31: where keys go on and sessions do not, nothing is given out either. Other gates would take a session that rests on a
/// trust policy which was withdrawn meanwhile.
#[test]
fn nothing_is_given_out_by_files_that_nobody_confirmed() {
    let upstream = Upstream::start();
    let bundle = bundle_of_pods(&upstream);
    bundle.change("ramgate.yaml", |text| {
        let text = text.replace("files:\n", "files:\n  heartbeat: heartbeat\n");
        format!("{text}\nreload: {{ max_snapshot_age: 3, stale_policy: deny_sessions }}\n")
    });
    let beat = |ahead: i64| bundle.write("heartbeat", &UnixSeconds(now() + ahead).to_string());
    beat(50);
    let gate = bundle.serve();
    let (alice, token) = (Pair::of(ALICE_KEY), token());
    let calls = || [get(&asked(&token, &[])), alice.assume("reader", "")];
    let all_are = |status| calls().iter().all(|call| call.send(gate.data).status() == status);
    assert!(all_are(200));
    beat(-100);
    assert!(wait_for(10 * SECOND, || all_are(503)), "{:?}", gate.messages());
    let line = gate.audit_line(&calls()[0].send(gate.data).request_id());
    assert!(line.contains("were not confirmed for too long"), "{line}");
    assert_eq!(alice.sts("GetCallerIdentity", "").send(gate.data).status(), 200);
    assert_eq!(describe(&alice).send(gate.data).status(), 200);
}

/// STS-04: what looks like credentials is not looked at, wherever the action stands.
#[test]
fn credentials_beside_a_token() {
    let world = world_of_pods();
    let token = token();
    let pairs = asked(&token, &[]);
    let mut in_form = post(&pairs);
    (in_form.target, in_form.body) = ("/".into(), encoded(&pairs).into_bytes());
    for authorization in [
        "ACS3-HMAC-SHA256 Credential=x,SignedHeaders=host,Signature=x",
        "acs x:y",
        "Bearer x",
        "Basic x",
    ] {
        for call in [get(&pairs), post(&pairs), in_form.clone()] {
            let answer = call.with("authorization", authorization).send(world.gate.data);
            assert_eq!(answer.status(), 200, "{authorization}: {}", answer.text());
        }
    }
    let all = [("AccessKeyId", ALICE_KEY), ("Signature", "x"), ("SecurityToken", "x")];
    let all = all.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let signed = [&pairs[..], &all[..]].concat();
    in_form.body = encoded(&signed).into_bytes();
    for call in [get(&signed), post(&signed), in_form.clone()] {
        assert_eq!(world.send(&call).0, 200);
    }
    // A form that names another action is held against them.
    let other = asked(&token, &[("Action", "GetCallerIdentity")]);
    in_form.body = encoded(&other).into_bytes();
    let found = world.send(&in_form.with("authorization", "acs x:y"));
    assert_eq!(found, (400, "SignatureDoesNotMatch".to_owned()));
}
