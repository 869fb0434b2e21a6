//! Browser forms. An input is a content type, a line break, and a body. A form that is read says what its body says, nothing
//! behind its file changes it, and a reader that gets the body in pieces finds the same form and the same file.

use bytes::Bytes;
use ramgate::request::{FileScan, FormReader, Multipart, MultipartError};

const FIELDS_MAX: usize = 100;
const FIELD_BYTES_MAX: usize = 8 * 1024;
/// Longer bodies are not read byte by byte.
const SLOW_BYTES_MAX: usize = 4 * 1024;

pub fn check(input: &[u8]) {
    let Some(at) = input.iter().position(|byte| *byte == b'\n') else { return };
    let Ok(kind) = std::str::from_utf8(&input[..at]) else { return };
    let body = &input[at + 1..];
    let whole = Multipart::parse(kind, body);
    check_pieces(kind, body, &whole);
    let Ok((form, file)) = whole else { return };
    for name in names(body) {
        let Some(value) = form.get(&name) else { continue };
        assert!(value.len() <= FIELD_BYTES_MAX, "{name} has {} bytes", value.len());
        assert!(contains(body, value.as_bytes()), "{name} has a value of its own making");
    }
    assert!(contains(body, file), "the file is not in the body");
    assert!(names(body).len() > FIELDS_MAX || form.get("file").is_none(), "a file is no field");
    assert_eq!(form.head_without(body, |_name| false), body[..form.file_at()], "the whole head");
    for more in [&b"x"[..], b"\r\n--", body] {
        let longer = [body, more].concat();
        let again = Multipart::parse(kind, &longer);
        assert_eq!(again, Ok((form.clone(), file)), "what stands behind the file counts");
    }
}

/// Byte by byte, and in pieces that the body itself chooses.
fn check_pieces(kind: &str, body: &[u8], whole: &Result<(Multipart, &[u8]), MultipartError>) {
    let expected = whole.as_ref().map(|(form, file)| (form.clone(), file.to_vec()));
    let expected = expected.map_err(|error| *error);
    if body.len() <= SLOW_BYTES_MAX {
        assert_eq!(piecewise(kind, body.chunks(1)), expected, "byte by byte");
    }
    for seed in 0..4 {
        let pieces = pieces(body, seed);
        assert_eq!(piecewise(kind, pieces.iter().copied()), expected, "in {pieces:?}");
    }
}

/// What the gate reads when a body arrives in these pieces; it reads on behind the end.
fn piecewise<'b>(
    kind: &str,
    pieces: impl Iterator<Item = &'b [u8]>,
) -> Result<(Multipart, Vec<u8>), MultipartError> {
    let mut reader = FormReader::new(kind)?;
    let mut head = Vec::new();
    let mut found: Option<(Multipart, FileScan)> = None;
    let mut file = Vec::new();
    for piece in pieces {
        let mut piece = Bytes::copy_from_slice(piece);
        if found.is_none() {
            head.extend_from_slice(&piece);
            let Some(form) = reader.read(&head)? else { continue };
            piece = Bytes::copy_from_slice(&head[form.file_at()..]);
            let scan = form.file();
            found = Some((form, scan));
        }
        if let Some((_form, scan)) = &mut found {
            scan.push(&piece)?.iter().for_each(|part| file.extend_from_slice(part));
        }
    }
    match found {
        Some((form, scan)) if scan.has_ended() => Ok((form, file)),
        // The one error that this reader leaves to whoever feeds it.
        _ => Multipart::parse(kind, b"").map(|(form, file)| (form, file.to_vec())),
    }
}

/// Cuts a body at places that depend on it and on a seed; some pieces are empty.
fn pieces(body: &[u8], seed: u64) -> Vec<&[u8]> {
    let mut state = body.iter().fold(seed, |state, byte| step(state ^ u64::from(*byte)));
    let mut pieces = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        state = step(state);
        let sizes = [1, 2, 5, 20, 80, 400, 2000, usize::MAX];
        let most = sizes[(state >> 60) as usize % sizes.len()].min(rest.len());
        let (piece, after) = rest.split_at((state >> 20) as usize % (most + 1));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// A linear congruential generator, by Knuth.
fn step(state: u64) -> u64 {
    state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
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
