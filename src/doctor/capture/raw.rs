//! Bytes of HTTP/1.1.

use bytes::Bytes;

use crate::cases::Recorded;

use super::super::rewrite::header;
use super::{Capture, CaptureError, HEADERS_MAX, Source, split_target};

/// Reads a request line, header lines, an empty line and the body.
pub(super) fn parse(bytes: &[u8]) -> Result<Capture, CaptureError> {
    let (head, rest) = split_head(bytes);
    let head = without_marks(head);
    let mut lines = head.iter().map(Vec::as_slice);
    let first = lines.next().unwrap_or_default();
    let (method, target) = request_line(first)?;
    let mut headers = Vec::new();
    for line in lines {
        if headers.len() >= HEADERS_MAX {
            return Err(CaptureError::new(format!("more than {HEADERS_MAX} headers")));
        }
        headers.push(header_line(line)?);
    }
    let (target, authority) = split_target(&target);
    let body = Bytes::copy_from_slice(rest);
    let request = Recorded { method, target, headers, body };
    let mut capture = Capture::of(request, Source::Raw);
    capture.hosts.extend(authority);
    if let Some((body, note)) = body_of(&capture.request, rest) {
        capture.request.body = body;
        capture.notes.extend(note);
    }
    Ok(capture)
}

/// The lines before the first empty one, and what stands behind it.
fn split_head(bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'\n', rest) {
        let (line, after) = rest.split_at_checked(at + 1).unwrap_or((rest, &[]));
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        rest = after;
        if line.is_empty() || line == b">" || line == b"> " {
            return (lines, rest);
        }
        lines.push(line);
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    (lines, &[])
}

/// A trace of `curl -v` has `> ` before each line.
fn without_marks(lines: Vec<&[u8]>) -> Vec<Vec<u8>> {
    let marked = lines.iter().all(|line| line.starts_with(b"> "));
    let bare =
        |line: &[u8]| if marked { line.strip_prefix(b"> ").unwrap_or(line) } else { line }.to_vec();
    lines.into_iter().map(bare).collect()
}

fn request_line(line: &[u8]) -> Result<(String, String), CaptureError> {
    let wrong = || {
        CaptureError::new(
            "the first line is no request line `METHOD target HTTP/1.1`, and this is neither JSON nor a command line of curl",
        )
    };
    let text = std::str::from_utf8(line).map_err(|_bytes| wrong())?;
    let mut parts = text.split(' ');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(method), Some(target), Some(version), None)
            if !method.is_empty() && !target.is_empty() && version.starts_with("HTTP/") =>
        {
            Ok((method.to_owned(), target.to_owned()))
        }
        _ => Err(wrong()),
    }
}

fn header_line(line: &[u8]) -> Result<(String, Vec<u8>), CaptureError> {
    let told = || String::from_utf8_lossy(line).chars().take(40).collect::<String>();
    let wrong = || CaptureError::new(format!("`{}` is no header line", told()));
    let colon = memchr::memchr(b':', line).ok_or_else(wrong)?;
    let (name, value) = line.split_at_checked(colon).ok_or_else(wrong)?;
    let name = std::str::from_utf8(name).map_err(|_bytes| wrong())?;
    if name.is_empty() || name.contains([' ', '\t']) {
        return Err(wrong());
    }
    let value = value.strip_prefix(b":").unwrap_or(value);
    Ok((name.to_owned(), value.trim_ascii().to_vec()))
}

/// The body after transfer decoding, and what is odd about it.
fn body_of(request: &Recorded, rest: &[u8]) -> Option<(Bytes, Option<String>)> {
    let chunked = header(request, "transfer-encoding").is_some_and(|value| {
        value.split(',').next_back().is_some_and(|last| last.trim().eq_ignore_ascii_case("chunked"))
    });
    if chunked {
        let note = "the head says chunked, and the body is not in chunks: it is taken as it is";
        return Some(match unchunked(rest) {
            Some(body) => (body.into(), None),
            None => (Bytes::copy_from_slice(rest), (!rest.is_empty()).then(|| note.to_owned())),
        });
    }
    let length: usize = header(request, "content-length")?.trim().parse().ok()?;
    if let Some((body, more)) = rest.split_at_checked(length) {
        let note =
            format!("{} bytes behind the Content-Length of {length} are left out", more.len());
        return Some((Bytes::copy_from_slice(body), (!more.is_empty()).then_some(note)));
    }
    let note = format!("the capture has {} bytes of a body of {length}", rest.len());
    Some((Bytes::copy_from_slice(rest), Some(note)))
}

/// `None`: the bytes are not in chunks, or end before the last one.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = memchr::memmem::find(rest, b"\r\n")?;
        let (line, after) = rest.split_at_checked(end)?;
        let size = std::str::from_utf8(line).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        let after = after.strip_prefix(b"\r\n")?;
        if size == 0 {
            return Some(body);
        }
        let (chunk, after) = after.split_at_checked(size)?;
        body.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n")?;
    }
}
