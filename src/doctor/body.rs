//! The body against the digest that was signed, and what may have happened to it.

use std::fmt::Write as _;

use crate::cases::{Recorded, Refused};
use crate::signature::{self, BodyRule, Claim, Site};
use crate::strict::{Json, JsonLimits, json};

use super::rewrite::header;
use super::{Finding, Grade};

/// Larger bodies are compared, but no change is tried on them.
const TRIED_BYTES_MAX: usize = 1024 * 1024;
const GZIP: &[u8] = &[0x1f, 0x8b];

/// How the client's body may have looked, with the id of what happened to it.
type Suspect = (&'static str, &'static str, fn(&[u8]) -> Vec<Vec<u8>>);

const SUSPECTS: &[Suspect] = &[
    ("body-empty", "the client signed an empty body, and one came", |_| vec![Vec::new()]),
    ("body-newline", "a line end behind the body came or went", |body| {
        let mut all: Vec<Vec<u8>> = [&b"\n"[..], b"\r\n"].map(|end| [body, end].concat()).into();
        all.extend(
            [&b"\r\n"[..], b"\n"].iter().filter_map(|end| body.strip_suffix(*end)).map(Into::into),
        );
        all
    }),
    ("body-line-ends", "line feeds and CRLF were exchanged in the body", |body| {
        let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
        let bare = text.replace("\r\n", "\n");
        vec![bare.replace('\n', "\r\n").into_bytes(), bare.into_bytes()]
    }),
    ("body-mark", "a byte order mark before the body came or went", |body| {
        let mark = "\u{feff}".as_bytes();
        let bare = body.strip_prefix(mark).map(Into::into);
        bare.into_iter().chain([[mark, body].concat()]).collect()
    }),
    (
        "body-json",
        "the JSON of the body was written anew: same content, other blanks, escapes or order",
        |body| {
            let text = std::str::from_utf8(body).unwrap_or_default();
            json(text, JsonLimits::default()).map(|json| spellings(&json)).unwrap_or_default()
        },
    ),
    ("body-form", "`+` and `%20` were exchanged in the form", |body| {
        let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
        vec![text.replace('+', "%20").into(), text.replace("%20", "+").into()]
    }),
];
const HELP: &str = "let no hop change the body, and sign the bytes that are sent, not an object that is written again";

/// Holds the body against the claim; tells what happened to it where one of the known changes explains it.
pub(super) fn check(request: &Recorded, claim: &Claim, site: &Site<'_>) -> Result<(), Finding> {
    let head = request.head().map_err(|refused| changed(&refused.to_string()))?;
    let checked = request.with_form(&head, site, |_form, body| {
        signature::check_body(claim, body).map_err(Refused::from)
    });
    if checked.is_ok() {
        return Ok(());
    }
    if *claim.body() == BodyRule::Empty {
        return Err(Finding {
            id: "body-unsigned",
            grade: Grade::Certain,
            what: "the scheme signs no such body, and one came".into(),
            help: "send parameters in the query or in a form, or sign with a scheme that covers the body".into(),
        });
    }
    Err(explain(request, claim))
}

fn explain(request: &Recorded, claim: &Claim) -> Finding {
    let body = &*request.body;
    let fits = |body: &Vec<u8>| signature::check_body(claim, body).is_ok();
    let tried = SUSPECTS.iter().filter(|_| body.len() <= TRIED_BYTES_MAX);
    for (id, what, before) in tried {
        if let Some(original) = before(body).iter().find(|body| fits(body)) {
            let what =
                format!("{what} ({} bytes came, {} were signed)", body.len(), original.len());
            return Finding { id, grade: Grade::Proven, what, help: HELP.to_owned() };
        }
    }
    let compressed = body.starts_with(GZIP) || header(request, "content-encoding").is_some();
    if compressed {
        return Finding {
            id: "body-compressed",
            grade: Grade::Possible,
            what: "the body is compressed, and its digest is not that of the compressed bytes"
                .into(),
            help: "sign the bytes that are sent, after compression; let no hop compress requests"
                .into(),
        };
    }
    if let Some(length) = header(request, "content-length").and_then(|text| text.parse().ok()) {
        let _: usize = length;
        if length != body.len() {
            let what =
                format!("Content-Length says {length} bytes, and the body has {}", body.len());
            let help = "capture the whole body; if it is whole, a hop changed it";
            return Finding {
                id: "body-length",
                grade: Grade::Certain,
                what,
                help: help.to_owned(),
            };
        }
    }
    changed("its digest is another than the one that was signed")
}

fn changed(what: &str) -> Finding {
    Finding {
        id: "body-changed",
        grade: Grade::Certain,
        what: format!("the body is not the one that was signed: {what}"),
        help: HELP.to_owned(),
    }
}

/// How a JSON text is written.
#[derive(Clone, Copy)]
struct Style {
    comma: &'static str,
    colon: &'static str,
    indent: usize,
    ascii: bool,
    sorted: bool,
}

fn spellings(value: &Json) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (comma, colon, indent) in [(",", ":", 0), (", ", ": ", 0), (",", ": ", 2), (",", ": ", 4)] {
        for (ascii, sorted) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut out = String::new();
            write(&mut out, value, Style { comma, colon, indent, ascii, sorted }, 1);
            all.push(format!("{out}\n").into_bytes());
            all.push(out.into_bytes());
        }
    }
    all
}

fn write(out: &mut String, value: &Json, style: Style, depth: usize) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(text) => out.push_str(text),
        Json::String(text) => write_text(out, text, style),
        Json::Array(values) => {
            write_list(out, ('[', ']'), values, style, depth, |out, value| {
                write(out, value, style, depth + 1);
            });
        }
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            if style.sorted {
                members.sort_by(|(left, _), (right, _)| left.cmp(right));
            }
            write_list(out, ('{', '}'), &members, style, depth, |out, (name, value)| {
                write_text(out, name, style);
                out.push_str(style.colon);
                write(out, value, style, depth + 1);
            });
        }
    }
}

fn write_list<T>(
    out: &mut String,
    (open, close): (char, char),
    items: &[T],
    style: Style,
    depth: usize,
    mut item: impl FnMut(&mut String, &T),
) {
    let line = |depth: usize| match style.indent {
        0 => String::new(),
        indent => format!("\n{}", " ".repeat(indent * depth)),
    };
    out.push(open);
    for (index, value) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(style.comma);
        }
        out.push_str(&line(depth));
        item(out, value);
    }
    if !items.is_empty() {
        out.push_str(&line(depth.saturating_sub(1)));
    }
    out.push(close);
}

fn write_text(out: &mut String, text: &str, style: Style) {
    let quoted = serde_json::to_string(text).unwrap_or_default();
    if !style.ascii {
        return out.push_str(&quoted);
    }
    let mut units = [0; 2];
    for character in quoted.chars() {
        if character.is_ascii() {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut units) {
            let _infallible = write!(out, "\\u{unit:04x}");
        }
    }
}
