//! Browser forms. An input is a content type, a line break, and a body. A form that is read says what its body says, and
//! nothing behind its file changes it.

use ramgate::request::Multipart;

const FIELDS_MAX: usize = 100;
const FIELD_BYTES_MAX: usize = 8 * 1024;

pub fn check(input: &[u8]) {
    let Some(at) = input.iter().position(|byte| *byte == b'\n') else { return };
    let Ok(kind) = std::str::from_utf8(&input[..at]) else { return };
    let body = &input[at + 1..];
    let Ok((form, file)) = Multipart::parse(kind, body) else { return };
    for name in names(body) {
        let Some(value) = form.get(&name) else { continue };
        assert!(value.len() <= FIELD_BYTES_MAX, "{name} has {} bytes", value.len());
        assert!(contains(body, value.as_bytes()), "{name} has a value of its own making");
    }
    assert!(contains(body, file), "the file is not in the body");
    assert!(names(body).len() > FIELDS_MAX || form.get("file").is_none(), "a file is no field");
    for more in [&b"x"[..], b"\r\n--", body] {
        let longer = [body, more].concat();
        let again = Multipart::parse(kind, &longer);
        assert_eq!(again, Ok((form.clone(), file)), "what stands behind the file counts");
    }
}

/// What could be the name of a field, in lower case.
fn names(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body);
    let quoted = text.split("name=\"").skip(1);
    quoted.filter_map(|rest| Some(rest.split_once('"')?.0.to_ascii_lowercase())).take(200).collect()
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    part.is_empty() || body.windows(part.len()).any(|window| window == part)
}
