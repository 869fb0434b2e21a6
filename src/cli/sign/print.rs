//! A signed request as bytes, and as a command line.

use std::fmt::Write as _;

use crate::signature::sign::Request;

use super::request::Call;

/// The request as it goes over the wire.
pub(super) fn http(request: &Request<'_>) -> Result<Vec<u8>, String> {
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
    for (name, value) in &request.headers {
        let _infallible = write!(head, "{name}: {value}\r\n");
    }
    let body = request.bytes().ok_or("the body is not here")?;
    let length = request.header("content-length").is_some();
    if !length && (!body.is_empty() || !["GET", "HEAD"].contains(&&*request.method)) {
        let _infallible = write!(head, "Content-Length: {}\r\n", body.len());
    }
    head.push_str("\r\n");
    Ok([head.as_bytes(), body].concat())
}

/// A `curl` command that sends exactly these elements: no header that curl would add itself, no path that it would tidy
/// up, no pattern that it would read into the URL.
pub(super) fn curl(
    call: &Call,
    request: &Request<'_>,
    connect: Option<&str>,
) -> Result<String, String> {
    let mut words = vec!["curl -i --globoff --path-as-is".to_owned()];
    let body = request.bytes().ok_or("the body is not here")?;
    match (&*request.method, body.is_empty()) {
        ("HEAD", true) => words.push("--head".to_owned()),
        (method, _) => words.push(format!("-X {}", quoted(method))),
    }
    if let Some(connect) = connect {
        words.push(format!("--connect-to {}", quoted(&format!("::{connect}"))));
    }
    for (name, value) in &request.headers {
        // With a colon and nothing behind it, curl would leave the header out.
        let line = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        words.push(format!("-H {}", quoted(&line)));
    }
    for name in ["Accept", "Content-Type"] {
        if request.header(name).is_none() {
            words.push(format!("-H {}", quoted(&format!("{name}:"))));
        }
    }
    let pipe = match std::str::from_utf8(body) {
        Ok("") => String::new(),
        // A text that begins with `@` would name a file.
        Ok(text) if !text.contains('\0') => {
            words.push(format!("--data-raw {}", quoted(text)));
            String::new()
        }
        _ => {
            words.push("--data-binary @-".to_owned());
            format!("printf {} | ", quoted(&octal(body)))
        }
    };
    words.push(quoted(&call.url(request)));
    Ok(format!("{pipe}{}\n", words.join(" \\\n  ")))
}

/// Bytes that no shell changes, for `printf`.
fn octal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "\\{byte:03o}");
        text
    })
}

/// A word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::{octal, quoted};

    #[test]
    fn words_of_a_shell() {
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's $HOME `x`"), "'it'\\''s $HOME `x`'");
        assert_eq!(octal(b"a\0\xff"), "\\141\\000\\377");
    }
}
