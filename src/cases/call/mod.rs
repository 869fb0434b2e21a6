//! Worked cases of what a request means (`ramgate-cases/1`): a request, and the operation with its checks that must come
//! out, or the word of the refusal.

mod expect;
mod multipart;
mod pairs;
mod request;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::meaning::{Regions, Terms};
use crate::ident::AccountId;

pub use expect::{Answer, CallCheck, Decision};
pub use multipart::{FormPart, write_form};
pub use pairs::Pairs;
pub use request::CallRequest;

/// The account of a file that names none: the one that documentation uses.
pub const EXAMPLE_ACCOUNT: &str = "1234567890123456";

/// A file of cases. One that cannot be read fails alone.
#[derive(Debug, Deserialize)]
pub struct CallFile<'t> {
    #[serde(default)]
    context: CallContext,
    #[serde(borrow)]
    cases: Vec<&'t RawValue>,
}

/// What the requests of a file alone do not say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct CallContext {
    /// The account that owns what the requests touch.
    #[serde(deserialize_with = "account")]
    account: Option<String>,
    /// The RAM user who calls; without it, the caller is none.
    caller_user: Option<String>,
}

/// A case.
#[derive(Debug)]
pub struct CallCase {
    /// Its name.
    pub id: String,
    read: Result<Read, String>,
}

/// A case that could be read.
#[derive(Debug)]
struct Read {
    request: CallRequest,
    expected: Answer,
    context: CallContext,
}

#[derive(Deserialize)]
#[serde(expecting = "a case, an object with `request` and `expect`")]
struct Written {
    request: CallRequest,
    expect: expect::Written,
    #[serde(default)]
    context: CallContext,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default)]
    id: Option<String>,
}

impl CallContext {
    /// What a case says by itself, else what its file says.
    fn or(self, file: &Self) -> Self {
        Self {
            account: self.account.or_else(|| file.account.clone()),
            caller_user: self.caller_user.or_else(|| file.caller_user.clone()),
        }
    }
}

impl<'t> CallFile<'t> {
    /// Reads a file: an object with `cases`, or a list of them.
    pub fn parse(text: &'t str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        let parsed = if text.trim_start().starts_with('[') {
            serde_json::from_str(text).map(|cases| Self { context: CallContext::default(), cases })
        } else {
            serde_json::from_str(text)
        };
        parsed.map_err(|error| {
            format!("not a file of cases, `{{\"cases\": […]}}` or a list of them: {error}")
        })
    }

    /// The cases.
    pub fn cases(&self) -> impl Iterator<Item = CallCase> {
        (1..).zip(&self.cases).map(|(number, text)| {
            let text = text.get();
            // A case that is broken elsewhere may still have a name to be called by.
            let named: Named = serde_json::from_str(text).unwrap_or_default();
            let written: Result<Written, _> = serde_json::from_str(text);
            let read =
                written.map_err(|error| format!("{error} of the case")).and_then(|written| {
                    Ok(Read {
                        request: written.request,
                        expected: written.expect.answer()?,
                        context: written.context.or(&self.context),
                    })
                });
            CallCase { id: named.id.unwrap_or_else(|| format!("case {number}")), read }
        })
    }
}

impl CallCase {
    /// What is wrong with what came out; empty when it is what was expected. Of `terms` the account and the caller are those
    /// of the file, where it names them.
    pub fn failure(&self, terms: &Terms<'_>) -> String {
        let Read { request, expected, context } = match &self.read {
            Ok(read) => read,
            Err(error) => return format!("cannot be read: {error}"),
        };
        let account = match context.account.as_deref().map(str::parse::<AccountId>) {
            None => terms.account,
            Some(Ok(account)) => account,
            Some(Err(error)) => return format!("cannot be read: `context.account`: {error}"),
        };
        let user = context.caller_user.as_deref();
        let terms = Terms { account, user, regions: Regions::AsNamed, ..*terms };
        let found = terms.meaning(&request.recorded(), |call| Answer::of(&call));
        let (found, detail) = match found {
            Ok(answer) => (answer, String::new()),
            Err(unreadable) => (Answer::refusal(&unreadable), format!(" ({})", unreadable.detail)),
        };
        if found == *expected {
            return String::new();
        }
        format!("expected {expected}\n    found {found}{detail}")
    }
}

/// Digits, as a text or as a number.
fn account<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Option::<pairs::Scalar>::deserialize(deserializer)?;
    Ok(value.and_then(pairs::Scalar::text))
}
