//! What the meaning of a call takes from its body, and how that is read.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

use crate::catalog::{BodyNeed, Content, Located, Style, Unreadable, Word};
use crate::request::{FormReader, Head, Params};
use crate::signature::{Family, Form};
use crate::strict::{self, Json};

use super::{Collected, Reads};

/// What the catalogue gets to see of a body.
pub(super) fn of<'b>(
    located: &Located<'_>,
    head: &Head,
    form: Option<&'b Params>,
    json: Option<&'b Json>,
    collected: &'b Collected,
) -> Content<'b> {
    match (form, json, collected) {
        (Some(form), _, _) => Content::Form(form),
        (None, Some(json), _) => Content::Json(json),
        (None, None, Collected::Upload(upload)) => Content::Upload(&upload.form),
        (None, None, Collected::Empty) => Content::Empty,
        (None, None, Collected::Whole(bytes)) if located.need(head) == BodyNeed::Text => {
            Content::Text(bytes)
        }
        (None, None, _) => Content::Opaque,
    }
}

/// The form of a body that has not been read.
pub(super) fn pending(located: &Located<'_>, head: &Head, has_body: bool) -> Form<'static> {
    let upload = located.product().signatures() == Family::Oss && head.is_multipart_post();
    if has_body && (upload || has_form(located, head)) { Form::Pending } else { Form::None }
}

/// The form of a body that has been read.
pub(super) fn state<'f>(form: Option<&'f Params>, collected: &'f Collected) -> Form<'f> {
    match (form, collected) {
        (Some(form), _) => Form::Read(form),
        (None, Collected::Upload(upload)) => Form::Multipart(&upload.form),
        (None, _) => Form::None,
    }
}

/// What the meaning of a call needs of the body.
pub(super) fn reads(located: &Located<'_>, head: &Head, has_body: bool) -> Reads {
    let form = has_form(located, head);
    match located.need(head) {
        _ if !has_body => Reads::Nothing,
        BodyNeed::None if !form => Reads::Nothing,
        BodyNeed::Upload => Reads::Upload,
        BodyNeed::None | BodyNeed::Form | BodyNeed::Json | BodyNeed::Text => Reads::Whole,
    }
}

/// The fields of a form that an rpc product takes parameters from.
pub(super) fn read_form(
    located: &Located<'_>,
    head: &Head,
    collected: &Collected,
    parameters_max: usize,
) -> Result<Option<Params>, Unreadable> {
    let (true, Collected::Whole(bytes)) = (has_form(located, head), collected) else {
        return Ok(None);
    };
    if is_compressed(head) || !head.is_utf8_form() {
        return Err(unsupported("a form that is compressed or not in UTF-8 has two readings"));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|_bytes| unsupported("the form is not UTF-8 text"))?;
    Ok(Some(Params::parse(text, parameters_max)?))
}

/// The JSON of a body, where the operation asks for it.
pub(super) fn read_json(
    located: &Located<'_>,
    head: &Head,
    collected: &Collected,
    bytes_max: usize,
) -> Result<Option<Json>, Unreadable> {
    let (BodyNeed::Json, Collected::Whole(bytes)) = (located.need(head), collected) else {
        return Ok(None);
    };
    if is_compressed(head) {
        return Ok(None); // The catalogue refuses a body that it needs and that was not read.
    }
    let limits = strict::JsonLimits { bytes_max, ..Default::default() };
    let text = std::str::from_utf8(bytes).unwrap_or("");
    strict::json(text, limits)
        .map(Some)
        .map_err(|error| unsupported(format!("the JSON body cannot be read: {error}")))
}

/// What reads the fields of a browser form.
pub(super) fn form_reader(head: &Head) -> Result<FormReader, Unreadable> {
    if is_compressed(head) {
        return Err(unsupported("a form that is compressed has more than one reading"));
    }
    let kind = head.one(CONTENT_TYPE.as_str())?.unwrap_or_default();
    Ok(FormReader::new(kind)?)
}

pub(super) fn unsupported(detail: impl Into<String>) -> Unreadable {
    Unreadable::new(Word::UnsupportedBody, detail)
}

fn is_compressed(head: &Head) -> bool {
    head.headers().contains_key(CONTENT_ENCODING)
}

/// Only rpc products take parameters from a form. Elsewhere it is a body like any other: its fields must not be taken
/// for those of the query.
fn has_form(located: &Located<'_>, head: &Head) -> bool {
    located.product().style() == Style::Rpc && head.is_form()
}
