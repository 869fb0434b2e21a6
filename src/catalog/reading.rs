//! The parameters of one request, from every place they can be in, each with its own name space.

use std::ops::Deref;

use smol_str::{SmolStr, format_smolstr};

use crate::request::{Head, Params};
use crate::signature::Fact;
use crate::strict::Json;

use super::host::Located;
use super::model::Style;
use super::objects::{Element, PartValue, Parts};
use super::operation::Captures;
use super::parameters::malformed;
use super::{Content, Context, Unreadable, Word};

/// One request, and all that is known about it: what placeholders, `when` and condition keys read.
#[derive(Debug)]
pub(super) struct Request<'r> {
    pub(super) head: &'r Head,
    pub(super) content: &'r Content<'r>,
    pub(super) query: &'r Params,
    pub(super) form: Option<&'r Params>,
    pub(super) path: Captures<'r>,
    pub(super) body: Option<&'r Json>,
    pub(super) located: &'r Located<'r>,
    pub(super) context: &'r Context<'r>,
    /// Lists that are not what they should be; whoever reads one is told so.
    pub(super) broken_lists: Vec<SmolStr>,
    /// The account behind the gate.
    pub(super) account: SmolStr,
    /// A request to object storage, taken apart.
    pub(super) objects: Option<Parts<'r>>,
}

/// A request with an eye on one element of its batch, if it has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'r> {
    request: &'r Request<'r>,
    element: Option<&'r Element>,
}

impl<'r> Deref for Reading<'r> {
    type Target = Request<'r>;

    fn deref(&self) -> &Self::Target {
        self.request
    }
}

impl<'r> Request<'r> {
    pub(super) fn new(
        head: &'r Head,
        content: &'r Content<'r>,
        located: &'r Located<'r>,
        context: &'r Context<'r>,
    ) -> Self {
        let form = match content {
            // Only rpc products read parameters from a form.
            Content::Form(form) if located.product.style == Style::Rpc => Some(*form),
            _ => None,
        };
        let body = match content {
            Content::Json(json) => Some(*json),
            _ => None,
        };
        Self {
            head,
            content,
            query: head.query(),
            form,
            path: Captures::new(),
            body,
            located,
            context,
            broken_lists: Vec::new(),
            account: format_smolstr!("{}", context.account),
            objects: None,
        }
    }

    /// The request as a whole.
    pub(super) fn reading(&self) -> Reading<'_> {
        Reading { request: self, element: None }
    }
}

impl<'r> Reading<'r> {
    /// The elements of a batch.
    pub(super) fn elements(self) -> Result<&'r [Element], Unreadable> {
        self.request.objects.as_ref().map_or(Ok(&[]), Parts::elements)
    }

    /// The same request, with an eye on one element of its batch.
    pub(super) fn at(self, element: &'r Element) -> Self {
        Self { element: Some(element), ..self }
    }

    /// What a request to object storage carries under a name.
    pub(super) fn part(self, name: &str) -> Option<Result<Vec<PartValue<'r>>, Unreadable>> {
        self.request.objects.as_ref().map(|parts| parts.values(name, self.element))
    }

    /// Whether the value under a name, or that there is none, may be believed.
    pub(super) fn is_sure(self, name: &str) -> bool {
        let trust = &self.context.trust;
        if self.objects.is_some() {
            return match name.split_once('.') {
                Some(("body" | "saveas", _)) => trust.believes_body(),
                Some(("query", name)) => trust.believes(Fact::Query(name)),
                Some(("header", name)) => trust.believes(Fact::Header(name)),
                _ => true,
            };
        }
        match name.split_once('.') {
            Some(("body", _)) => trust.believes_body(),
            Some(("host", _)) => trust.believes(Fact::Host),
            _ => {
                let elsewhere = self.form.is_some_and(|form| form.get(name).is_some())
                    || self.path.iter().any(|(key, _)| *key == name);
                elsewhere || trust.believes(Fact::Query(name))
            }
        }
    }

    /// Every parameter of query, form and path.
    pub(super) fn parameters(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        let request = self.request;
        let pairs = request.query.iter().chain(request.form.into_iter().flat_map(Params::iter));
        let path = request.path.iter().map(|(name, value)| (*name, &**value));
        pairs.map(|param| (&*param.name, &*param.value)).chain(path)
    }

    /// The value of one parameter, or of `body.x` or `host.x`.
    pub(super) fn get(self, name: &str) -> Result<Option<&'r str>, Unreadable> {
        if let Some(parts) = &self.request.objects {
            return parts.get(name, self.element);
        }
        if let Some(field) = name.strip_prefix("body.") {
            return match self.body_field(field) {
                None | Some(Json::Null) => Ok(None),
                Some(Json::String(text)) => Ok(Some(text)),
                Some(_) => {
                    Err(Unreadable::new(Word::BadValue, format!("the body's `{field}` is no text")))
                }
            };
        }
        if let Some(label) = name.strip_prefix("host.") {
            return Ok(self.request.located.label(label));
        }
        Ok(self.parameters().find(|(key, _)| *key == name).map(|(_, value)| value))
    }

    /// Whether a name is carried: a null field is not, an empty parameter is.
    pub(super) fn has(self, name: &str) -> Result<bool, Unreadable> {
        if self.objects.is_some() {
            return self.get(name).map(|value| value.is_some());
        }
        Ok(match name.strip_prefix("body.") {
            Some(field) => !matches!(self.body_field(field), None | Some(Json::Null)),
            None if is_list(name) => self.elements_of(name)?.next().is_some(),
            None => self.get(name)?.is_some(),
        })
    }

    /// The values of a repeated parameter.
    pub(super) fn elements_of(
        self,
        list: &str,
    ) -> Result<impl Iterator<Item = &'r str>, Unreadable> {
        if self.broken_lists.iter().any(|broken| broken == list) {
            return Err(malformed(list));
        }
        let of_list = move |(key, value): (&str, &'r str)| fits_indexed(key, list).then_some(value);
        Ok(self.parameters().filter_map(of_list))
    }

    /// A top-level field of the JSON body.
    pub(super) fn body_field(self, field: &str) -> Option<&'r Json> {
        match self.request.body? {
            Json::Object(members) => {
                members.iter().find(|(name, _)| &**name == field).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

/// Whether a name is that of a repeated parameter.
pub(super) fn is_list(name: &str) -> bool {
    name.split('.').any(|token| token == "N")
}

/// Whether `key` is `pattern` with a valid index wherever the pattern has `N`.
pub(super) fn fits_indexed(key: &str, pattern: &str) -> bool {
    // Most names differ in their first letter.
    if key.as_bytes().first() != pattern.as_bytes().first() {
        return false;
    }
    let mut tokens = key.split('.');
    let fits = pattern.split('.').all(|want| {
        tokens.next().is_some_and(|token| if want == "N" { is_index(token) } else { token == want })
    });
    fits && tokens.next().is_none()
}

/// A decimal number from 1 without leading zeros.
pub(super) fn is_index(token: &str) -> bool {
    !token.is_empty()
        && token.len() <= 6
        && !token.starts_with('0')
        && token.bytes().all(|byte| byte.is_ascii_digit())
}
