use http::Request;
use http::header::HOST;

use super::*;

const NOW: UnixSeconds = UnixSeconds(1_000_000);
const SECRET: &str = "0123456789abcdefghijklmnopqrstuv";
const SHORT: &str = "0123456789abcdefghijklmnopqrstu";
const OTHER: &str = "vutsrqponmlkjihgfedcba9876543210";

fn name(text: &str) -> WorkloadName {
    text.parse().unwrap()
}

fn door(form: Form) -> Door {
    Door::new("127.0.0.1".parse().ok(), &["Sidecar.internal".to_owned()], form)
}

fn secret(workload: &str, text: &str) -> Option<UriSecret> {
    UriSecret::new(name(workload), SecretKey::from(text))
}

fn uri() -> Door {
    let secret = |workload: &str, text: &str| secret(workload, text).unwrap();
    door(Form::Uri(vec![secret("reports", SECRET), secret("mail", OTHER)]))
}

fn metadata(tokens: TokenRule) -> Door {
    door(Form::Metadata { workload: name("reports"), tokens })
}

fn head(method: &str, target: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(target);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header(HOST, "127.0.0.1:8702");
    }
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap().into_parts().0
}

fn credentials(role: Option<&str>) -> Asked {
    Asked::Credentials { workload: name("reports"), role: role.map(str::to_owned) }
}

/// MD-23
#[test]
fn uris() {
    let door = uri();
    let path = format!("/v1/credentials/reports/{SECRET}");
    let read = |method, target: &str, headers: &[(&str, &str)]| {
        door.read(&head(method, target, headers), &TokenTable::default(), NOW)
    };
    assert_eq!(read("GET", &path, &[]), Ok(credentials(None)));
    assert_eq!(read("GET", &path, &[("host", "sidecar.internal")]), Ok(credentials(None)));
    for target in [
        "/".to_owned(),
        "/v1/credentials/reports".to_owned(),
        "/v1/credentials/reports/".to_owned(),
        format!("/v1/credentials/reports/{OTHER}"),
        format!("/v1/credentials/mail/{SECRET}"),
        format!("/v1/credentials/Reports/{SECRET}"),
        format!("/v1/credentials/nobody/{SECRET}"),
        format!("/v1/credentials/reports/{SECRET}/"),
        format!("/v1/credentials/reports/{SECRET}?x=1"),
        format!("/v1/credentials/reports/{SHORT}"),
        format!("/v1/credentials//{SECRET}"),
        format!("/V1/credentials/reports/{SECRET}"),
        "/latest/api/token".to_owned(),
    ] {
        assert_eq!(read("GET", &target, &[]), Err(Refused::NotFound), "{target}");
    }
    assert_eq!(read("PUT", &path, &[]), Err(Refused::NotFound));
}

/// MD-25, in both forms.
#[test]
fn who_is_refused() {
    let uri_path = format!("/v1/credentials/reports/{SECRET}");
    let role_path = "/latest/meta-data/ram/security-credentials/";
    let tokens = TokenTable::default();
    for (door, path) in [(uri(), uri_path.as_str()), (metadata(TokenRule::Optional), role_path)] {
        let read = |method, headers: &[_]| door.read(&head(method, path, headers), &tokens, NOW);
        assert!(read("GET", &[]).is_ok());
        for header in [
            ("x-forwarded-for", "127.0.0.1"),
            ("forwarded", "for=127.0.0.1"),
            ("via", "1.1 proxy"),
            ("origin", "http://localhost"),
            ("origin", "null"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-", ""),
        ] {
            assert_eq!(read("GET", &[header]), Err(Refused::PassedOn), "{header:?}");
        }
        for host in ["attacker.test", "127.0.0.2", "100.100.100.200", ""] {
            assert_eq!(read("GET", &[("host", host)]), Err(Refused::Host), "{host}");
        }
        let twice = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(read("GET", &twice), Err(Refused::Host));
        for method in ["POST", "HEAD", "OPTIONS", "DELETE", "TRACE", "get"] {
            assert_eq!(read(method, &[]), Err(Refused::Method), "{method}");
        }
        let absolute = head("GET", &format!("http://127.0.0.1{path}"), &[]);
        assert_eq!(door.read(&absolute, &tokens, NOW), Err(Refused::Host));
    }
}

/// MD-23
#[test]
fn secrets() {
    assert!(secret("reports", SECRET).is_some());
    for text in
        ["", SHORT, &SECRET.repeat(5), &format!("{SECRET}/"), &format!("{SECRET} "), "changeme"]
    {
        assert!(secret("reports", text).is_none(), "{text}");
    }
}

/// MD-24, MD-27
#[test]
fn metadata_in_two_modes() {
    let roles = "/latest/meta-data/ram/security-credentials/";
    let role = "/latest/meta-data/Ram/security-credentials/Reader";
    let mut tokens = TokenTable::default();
    let token = tokens.issue([9; 32], 100, NOW);
    let with = [(TOKEN, token.as_str())];
    let wrong = [(TOKEN, "wrong")];
    let twice = [(TOKEN, token.as_str()), (TOKEN, token.as_str())];
    for rule in [TokenRule::Required, TokenRule::Optional] {
        let door = metadata(rule);
        let read =
            |target: &str, headers: &[_]| door.read(&head("GET", target, headers), &tokens, NOW);
        assert_eq!(read(roles, &with), Ok(Asked::RoleName(name("reports"))));
        assert_eq!(read(role, &with), Ok(credentials(Some("Reader"))));
        for headers in [&wrong[..], &twice] {
            assert_eq!(read(role, headers), Err(Refused::Token), "{rule:?}");
            assert_eq!(read("/latest/user-data", headers), Err(Refused::Token), "{rule:?}");
        }
        assert_eq!(read("/latest/user-data", &with), Err(Refused::NotFound));
        assert_eq!(read("/latest/api/token", &with), Err(Refused::NotFound));
        let without = match rule {
            TokenRule::Required => Err(Refused::Token),
            TokenRule::Optional => Ok(credentials(Some("Reader"))),
        };
        assert_eq!(read(role, &[]), without);
        let late = UnixSeconds(NOW.0 + 100);
        assert_eq!(door.read(&head("GET", role, &with), &tokens, late), Err(Refused::Token));
    }
}

/// MD-24
#[test]
fn lives_of_tokens() {
    let door = metadata(TokenRule::Required);
    let tokens = TokenTable::default();
    for (ttl, seconds) in [
        ("1", Some(1)),
        ("21600", Some(21_600)),
        ("21601", None),
        ("0", None),
        ("-1", None),
        ("+5", None),
        ("6e2", None),
        ("", None),
        ("99999999999999999999", None),
    ] {
        let put = head("PUT", "/latest/api/token", &[(TOKEN_TTL, ttl)]);
        let expected = seconds.map(Asked::Token).ok_or(Refused::Ttl);
        assert_eq!(door.read(&put, &tokens, NOW), expected, "{ttl}");
    }
    let put = |target, headers: &[_]| door.read(&head("PUT", target, headers), &tokens, NOW);
    assert_eq!(put("/latest/api/token", &[]), Err(Refused::Ttl));
    let twice = [(TOKEN_TTL, "60"), (TOKEN_TTL, "60")];
    assert_eq!(put("/latest/api/token", &twice), Err(Refused::Ttl));
    let elsewhere = put("/latest/meta-data/ram/security-credentials/", &[(TOKEN_TTL, "60")]);
    assert_eq!(elsewhere, Err(Refused::NotFound));
}
