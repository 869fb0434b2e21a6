//! Captures of requests. An input is a capture, in any of its forms. Whatever it says: reading it ends, a request that was read
//! is read again from the bytes that it stands for, and no report shows a secret or lets a signature fit that nobody made.

use ramgate::doctor::{Capture, Question, Source, examine};
use ramgate::ident::{SecretKey, UnixSeconds};

const SECRET: &str = "theSecretOfNobody";

pub fn check(input: &[u8]) {
    for entry in [None, Some(2)] {
        if let Ok(capture) = Capture::parse(input, entry) {
            check_again(&capture);
            check_report(&capture, None);
            // The search for a cause tries hundreds of requests: for those only that say what nobody may be told.
            if input.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()) {
                check_report(&capture, Some(&SecretKey::from(SECRET)));
            }
        }
    }
}

/// A request of the wire is the same when it is read again.
fn check_again(capture: &Capture) {
    let request = &capture.request;
    // A method with the mark of a trace reads like one.
    if capture.source != Source::Raw || request.target.is_empty() || request.method.contains('>') {
        return;
    }
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
    for (name, value) in &request.headers {
        bytes.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&request.body);
    // The first line of another form.
    if bytes.trim_ascii_start().starts_with(b"{") {
        return;
    }
    let again = Capture::parse(&bytes, None).expect("it was read before").request;
    assert_eq!((&again.method, &again.target), (&request.method, &request.target));
    assert_eq!(again.headers, request.headers);
}

fn check_report(capture: &Capture, secret: Option<&SecretKey>) {
    let report = examine(&Question {
        request: &capture.request,
        family: None,
        cname: &[],
        now: UnixSeconds(1_795_345_505),
        secret,
        public: None,
        access_key_id: None,
        security_token: None,
        client_text: None,
        hosts: &capture.hosts,
    });
    assert_ne!(report.signature, Some(true), "the secret of nobody fits");
    let told = serde_json::to_string(&report).expect("a report is JSON");
    assert!(secret.is_none() || !told.contains(SECRET), "{told}");
}
