//! What the meaning of a call takes from its body, and how that is read.

use crate::catalog::{BodyNeed, Content, Located, Style};
use crate::request::{Head, Params};
use crate::signature::{Family, Form};
use crate::strict::{self, Json};

use super::{Code, Collected, Reads, Refusal, Rules};

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
    rules: &Rules,
) -> Result<Option<Params>, Refusal> {
    let (true, Collected::Whole(bytes)) = (has_form(located, head), collected) else {
        return Ok(None);
    };
    if head.headers().contains_key(http::header::CONTENT_ENCODING) || !head.is_utf8_form() {
        let reason =
            "a form that is compressed or not in UTF-8 has more than one reading".to_owned();
        return Err(Refusal::told(Code::InvalidParameter, reason));
    }
    let text = std::str::from_utf8(bytes).map_err(|_bytes| {
        Refusal::told(Code::InvalidParameter, "the form is not UTF-8 text".to_owned())
    })?;
    Ok(Some(Params::parse(text, rules.head.parameters_max)?))
}

/// The JSON of a body, where the operation asks for it.
pub(super) fn read_json(
    located: &Located<'_>,
    head: &Head,
    collected: &Collected,
    rules: &Rules,
) -> Result<Option<Json>, Refusal> {
    let (BodyNeed::Json, Collected::Whole(bytes)) = (located.need(head), collected) else {
        return Ok(None);
    };
    if head.headers().contains_key(http::header::CONTENT_ENCODING) {
        return Ok(None); // The catalogue refuses a body that it needs and that was not read.
    }
    let limits = strict::JsonLimits { bytes_max: rules.decide_bytes_max, ..Default::default() };
    let text = std::str::from_utf8(bytes).unwrap_or("");
    strict::json(text, limits).map(Some).map_err(|error| {
        Refusal::told(Code::InvalidParameter, format!("the JSON body cannot be read: {error}"))
    })
}

/// Only rpc products take parameters from a form. Elsewhere it is a body like any other: its fields must not be taken
/// for those of the query.
fn has_form(located: &Located<'_>, head: &Head) -> bool {
    located.product().style() == Style::Rpc && head.is_form()
}
