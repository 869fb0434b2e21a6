use super::{is_command, parse};

#[test]
fn commands() {
    const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
    for (command, method, target, kind, body) in [
        ("curl https://h/a?b=c#d", "GET", "/a?b=c", None, ""),
        ("$ curl h:8080", "GET", "/", None, ""),
        ("curl 'http://u:p@h?a=1'", "GET", "/?a=1", None, ""),
        ("curl -sSkXPUT http://h/a --compressed -o x", "PUT", "/a", None, ""),
        ("curl --url http://h/ -d a=1 -d b=2", "POST", "/", FORM, "a=1&b=2"),
        ("curl h -da=1 -H 'content-type: text/plain'", "POST", "/", Some("text/plain"), "a=1"),
        ("curl http://h/ --data-raw @f", "POST", "/", FORM, "@f"),
        (
            "curl h --data-urlencode 'a=b c' --data-urlencode '=d&'",
            "POST",
            "/",
            FORM,
            "a=b%20c&d%26",
        ),
        (
            r#"curl -G http://h/?x -d a=1 --data-urlencode 'b=["i"]'"#,
            "GET",
            "/?x&a=1&b=%5B%22i%22%5D",
            None,
            "",
        ),
        (r#"curl --json '{"a":1}' http://h/"#, "POST", "/", Some("application/json"), r#"{"a":1}"#),
        ("curl -I http://h/a", "HEAD", "/a", None, ""),
        ("curl -T d/f http://h/a/", "PUT", "/a/f", None, "x"),
        ("curl --path-as-is http://h/a/../b", "GET", "/a/../b", None, ""),
        ("curl -g 'http://h/[1]'", "GET", "/[1]", None, ""),
        ("curl 'http://h/a b/é'", "GET", "/a%20b/%C3%A9", None, ""),
        (r"curl http://h/ --data-binary $'a\nb'", "POST", "/", FORM, "a\nb"),
    ] {
        let read = parse(command).unwrap_or_else(|error| panic!("{command}: {error}"));
        let request = read.request;
        let header = |name: &str| {
            let found = request.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
            found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        let line = (request.method.as_str(), request.target.as_str());
        assert_eq!(line, (method, target), "{command}");
        assert_eq!(header("content-type").as_deref(), kind, "{command}");
        assert_eq!(String::from_utf8_lossy(&request.body), body, "{command}");
        assert!(header("host").is_some_and(|host| host.starts_with('h')), "{command}");
    }
}

#[test]
fn headers() {
    let command = "curl http://h/ -H 'Host: other' -H 'X-A:  b ' -H 'X-B;' -H 'X-C:' -u a:b -A me -b c=d \
                   -b jar -e r -r 0-9";
    let headers = parse(command).unwrap().request.headers;
    let headers: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)))
        .collect();
    let expected = "Host=other X-A=b X-B= authorization=Basic YTpi user-agent=me cookie=c=d referer=r \
                    range=bytes=0-9";
    assert_eq!(headers.join(" "), expected);
}

#[test]
fn forms() {
    let command = "curl http://h/ -F key=k -F 'n=<f' --form-string 's=@t' -F 'file=@d/a.png;type=image/png' \
                   -H 'content-type: multipart/form-data'";
    let capture = parse(command).unwrap();
    let body = String::from_utf8_lossy(&capture.request.body).into_owned();
    assert_eq!(body.matches("form-data; name=\"").count(), 4, "{body}");
    assert!(body.contains("name=\"file\"; filename=\"a.png\"\r\n\r\nx\r\n"), "{body}");
    assert!(body.contains("name=\"s\"\r\n\r\n@t\r\n"), "{body}");
    assert_eq!(capture.notes.len(), 2, "{:?}", capture.notes);
    let headers = capture.request.headers.iter();
    let kinds: Vec<_> = headers.filter(|(name, _)| name == "content-type").collect();
    assert_eq!(kinds.len(), 1);
    assert!(kinds[0].1.starts_with(b"multipart/form-data; boundary="), "{kinds:?}");
}

#[test]
fn refused() {
    for command in [
        "curl ",
        "curl -X",
        "curl -d",
        "curl http://",
        "curl ftp://h/",
        "curl http://h/ http://i/",
        "curl --nonsense http://h/",
        "curl --X POST http://h/",
        "curl -Z http://h/",
        "curl http://h/a/../b",
        "curl http://h/a/%2e%2E/b",
        "curl http://h/{a,b}",
        "curl http://h/?a=[1-3]",
        "curl -F a http://h/",
        "curl -H : http://h/",
        "curl http://h/?a=1&b=2",
    ] {
        assert!(parse(command).is_err(), "{command}");
    }
    assert!(!is_command("curly http://h/") && !is_command("GET / HTTP/1.1"));
}
