//! What the parts of a request say, by the names that the catalogue gives them.

use std::borrow::Cow;

use crate::request::{Head, Multipart};

use super::super::model::Operation;
use super::super::{Content, Context, Unreadable, Word};
use super::batch::{Element, elements, unsupported};
use super::key::{
    COPY_SOURCE, CopySource, RENAME_SOURCE, bad_value, checked_bucket, checked_key, header_keys,
};
use super::save_as::SaveAs;
use super::{ELEMENT, Selector};

/// A value, and whether it is a bucket or key, which has rules of its own; other values are identifiers.
pub(in super::super) type PartValue<'v> = (Cow<'v, str>, bool);

/// A request, taken apart. What cannot be read is an error for whoever asks for it.
#[derive(Debug)]
pub(in super::super) struct Parts<'r> {
    bucket: String,
    key: String,
    head: &'r Head,
    context: &'r Context<'r>,
    form: Result<&'r Multipart, Unreadable>,
    source: Option<Result<CopySource, Unreadable>>,
    save_as: Result<SaveAs, Unreadable>,
    batch: Result<Vec<Element>, Unreadable>,
}

impl<'r> Parts<'r> {
    pub(super) fn new(
        operation: &Operation,
        (bucket, key): (String, String),
        head: &'r Head,
        content: &'r Content<'r>,
        context: &'r Context<'r>,
    ) -> Self {
        let reads = |space: &str| operation.used.iter().any(|name| name.starts_with(space));
        let body = || body(head, content);
        Self {
            bucket,
            key,
            head,
            context,
            form: match content {
                Content::Upload(form) if !is_compressed(head) => Ok(*form),
                _ => Err(unread()),
            },
            source: reads("source.").then(|| source(head, context)).flatten(),
            save_as: if reads("saveas.") {
                let name = instruction(&operation.selector);
                body().and_then(|body| SaveAs::parse(name, body, context))
            } else {
                Err(unread())
            },
            batch: if reads(ELEMENT) {
                body().and_then(|body| elements(body, context))
            } else {
                Err(unread())
            },
        }
    }

    /// The bucket that the request is sent to; empty: the service itself.
    pub(in super::super) fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The elements of a batch.
    pub(in super::super) fn elements(&self) -> Result<&[Element], Unreadable> {
        self.batch.as_deref().map_err(Clone::clone)
    }

    /// Whether it names a version of an object: its own, the source of a copy, or one of a batch.
    pub(in super::super) fn names_version(&self) -> bool {
        let of_source = matches!(&self.source, Some(Ok(source)) if source.version.is_some());
        let elements = self.batch.as_deref().unwrap_or_default();
        let of_element = elements.iter().any(|element| element.version.is_some());
        of_source || of_element || self.head.query().get("versionId").is_some()
    }

    /// The values of a placeholder.
    pub(in super::super) fn values<'v>(
        &'v self,
        name: &str,
        element: Option<&'v Element>,
    ) -> Result<Vec<PartValue<'v>>, Unreadable> {
        let data = |value: &'v str| Ok(vec![(Cow::Borrowed(value), true)]);
        let owned = |value: String| Ok(vec![(Cow::Owned(value), true)]);
        match name {
            "Bucket" => data(checked_bucket(&self.bucket)?),
            "Object" => data(checked_key(&self.key, self.context)?),
            "source.Bucket" => {
                let source = self.source()?.into_iter();
                Ok(source.map(|it| (Cow::Borrowed(&*it.bucket), true)).collect())
            }
            "source.Object" => {
                let keys = self.source()?.into_iter().flat_map(|source| &source.keys);
                Ok(keys.map(|key| (Cow::Borrowed(&**key), true)).collect())
            }
            "saveas.Bucket" => match &self.save_as()?.bucket {
                Some(bucket) => data(bucket),
                None => data(checked_bucket(&self.bucket)?),
            },
            "saveas.Object" => data(&self.save_as()?.key),
            "form.key" => match (self.form()?.get("key"), self.form()?.key()) {
                (_, Some(key)) => {
                    checked_key(&key, self.context)?;
                    owned(key)
                }
                (Some(_), None) => Err(Unreadable::new(
                    Word::BadPath,
                    "the file has no plain name, and its key asks for it",
                )),
                (None, None) => Ok(Vec::new()),
            },
            _ => match (name.strip_prefix(ELEMENT), element) {
                (Some("Key"), Some(element)) => data(&element.key),
                _ if name.strip_prefix("header.") == Some(RENAME_SOURCE) => self.rename_source(),
                _ => {
                    let value = self.get(name, element)?;
                    Ok(value.map(|value| (Cow::Borrowed(value), false)).into_iter().collect())
                }
            },
        }
    }

    /// One value, as it is written; `None` when the request does not carry it.
    pub(in super::super) fn get<'s>(
        &'s self,
        name: &str,
        element: Option<&'s Element>,
    ) -> Result<Option<&'s str>, Unreadable> {
        if let Some(field) = name.strip_prefix(ELEMENT) {
            return Ok(match field {
                "VersionId" => element.and_then(|element| element.version.as_deref()),
                _ => element.map(|element| element.key.as_str()),
            });
        }
        match name.split_once('.') {
            Some(("query", name)) => Ok(self.head.query().get(name)),
            Some(("header", name)) => header(self.head, name),
            Some(("form", name)) => Ok(self.form()?.get(name)),
            Some(("source", "versionId")) => {
                Ok(self.source()?.and_then(|source| source.version.as_deref()))
            }
            _ => Ok(None),
        }
    }

    fn form(&self) -> Result<&'r Multipart, Unreadable> {
        self.form.as_ref().map(|form| *form).map_err(Clone::clone)
    }

    fn source(&self) -> Result<Option<&CopySource>, Unreadable> {
        self.source.as_ref().map(Result::as_ref).transpose().map_err(Clone::clone)
    }

    fn save_as(&self) -> Result<&SaveAs, Unreadable> {
        self.save_as.as_ref().map_err(Clone::clone)
    }

    fn rename_source(&self) -> Result<Vec<PartValue<'_>>, Unreadable> {
        let Some(raw) = header(self.head, RENAME_SOURCE)? else { return Ok(Vec::new()) };
        let keys = header_keys(raw, self.context)?;
        Ok(keys.into_iter().map(|key| (Cow::Owned(key), true)).collect())
    }
}

/// The source of a copy, where there is one.
pub(super) fn source(head: &Head, context: &Context<'_>) -> Option<Result<CopySource, Unreadable>> {
    let text = header(head, COPY_SOURCE).transpose()?;
    Some(text.and_then(|text| CopySource::parse(text, context)))
}

fn header<'h>(head: &'h Head, name: &str) -> Result<Option<&'h str>, Unreadable> {
    head.one(name).map_err(|error| bad_value(&error.to_string()))
}

/// The sub-resource whose instruction stands in the body.
fn instruction(selector: &Selector) -> &str {
    selector.query.first().map(|(name, _)| name.as_str()).unwrap_or_default()
}

fn body<'r>(head: &Head, content: &Content<'r>) -> Result<&'r [u8], Unreadable> {
    match content {
        Content::Text(body) if !is_compressed(head) => Ok(*body),
        _ => Err(unread()),
    }
}

fn is_compressed(head: &Head) -> bool {
    head.headers().contains_key("content-encoding")
}

fn unread() -> Unreadable {
    unsupported("the body decides, and there is none that can be read")
}
