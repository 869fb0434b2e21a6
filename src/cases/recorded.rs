//! A request as it was captured, and the way from its bytes to what the signature schemes read.

use std::fmt::{self, Display};

use bytes::Bytes;

use crate::request::{Head, HeadLimits, Multipart, Params};
use crate::signature::{Family, Form, Site};

use super::Refused;

/// Method, target, headers and body; nothing of it is checked yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers in the order of the wire.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, after transfer decoding.
    pub body: Bytes,
}

/// Headers and target carry credentials: only the method is shown.
impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded").field("method", &self.method).finish_non_exhaustive()
    }
}

impl Recorded {
    /// Parses what the schemes read.
    pub fn head(&self) -> Result<Head, Refused> {
        let parts = self.parts().map_err(|broken| Refused::Case(broken.detail))?;
        Ok(Head::parse(parts, &HeadLimits::default())?)
    }

    /// Reads the form, if the host is of a kind that takes parameters from one, and hands it over with what the
    /// signature may cover by its digest: of a browser form the file, else the body.
    pub fn with_form<T>(
        &self,
        head: &Head,
        site: &Site<'_>,
        then: impl FnOnce(&Form<'_>, &[u8]) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        if site.family == Family::OpenApi && head.is_form() && !self.body.is_empty() {
            let text = std::str::from_utf8(&self.body).map_err(unreadable)?;
            let fields = Params::parse(text, HeadLimits::default().parameters_max)?;
            return then(&Form::Read(&fields), &self.body);
        }
        if site.family == Family::Oss && head.is_multipart_post() {
            let kind = head.one("content-type")?.unwrap_or_default();
            let (upload, file) = Multipart::parse(kind, &self.body).map_err(unreadable)?;
            return then(&Form::Multipart(&upload), file);
        }
        then(&Form::None, &self.body)
    }
}

fn unreadable(error: impl Display) -> Refused {
    Refused::Case(error.to_string())
}
