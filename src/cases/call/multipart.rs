//! A browser form, written as browsers write one.

use std::fmt::Write as _;

/// A part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPart {
    /// Its name.
    pub name: String,
    /// The name of the file that it is, if it is one.
    pub file_name: Option<String>,
    /// What it holds.
    pub content: Vec<u8>,
}

/// The content type and the body of a form.
pub fn write_form(parts: &[FormPart]) -> (String, Vec<u8>) {
    let boundary = boundary(parts);
    let mut body = Vec::new();
    for part in parts {
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"");
        head.push_str(&quotable(&part.name));
        if let Some(file_name) = &part.file_name {
            let _infallible = write!(head, "\"; filename=\"{}", quotable(file_name));
        }
        head.push_str("\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&part.content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A boundary that is in none of the parts.
fn boundary(parts: &[FormPart]) -> String {
    let within = |part: &FormPart, boundary: &str| {
        let names = [Some(part.name.as_str()), part.file_name.as_deref()];
        names.into_iter().flatten().any(|name| name.contains(boundary))
            || memchr::memmem::find(&part.content, boundary.as_bytes()).is_some()
    };
    let numbered = |number: u32| format!("ramgate-boundary-{number}");
    let mut free = (0..).map(numbered);
    free.find(|boundary| parts.iter().all(|part| !within(part, boundary))).unwrap_or_default()
}

/// A name between quotes.
fn quotable(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}
