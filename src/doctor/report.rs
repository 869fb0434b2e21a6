//! What an examination found, for people and for programs.

use serde::Serialize;

use crate::cases::Recorded;
use crate::signature::{Claim, Family};

use super::mask::Mask;
use super::{Row, elements};

/// Everything that is told. A field is added, never changed.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What becomes of the request.
    pub verdict: Verdict,
    /// The scheme, when the request has one.
    pub scheme: Option<&'static str>,
    /// The kind of host that it was judged for.
    pub host_kind: &'static str,
    /// Method and target as they came.
    pub request: String,
    /// The key that the request names.
    pub access_key_id: Option<String>,
    /// The mandatory elements of the scheme.
    pub elements: Vec<Element>,
    /// Whether the signature fits; `null` when nothing was known to prove it.
    pub signature: Option<bool>,
    /// Whether the body is the one that was signed; `null` when that could not be asked.
    pub body: Option<bool>,
    /// What is wrong, the surest first.
    pub findings: Vec<Finding>,
    /// The canonical text of both sides.
    pub comparison: Option<Comparison>,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Signature, time and body fit.
    Fits,
    /// At least one of them does not.
    Refused,
    /// Nothing is wrong that can be seen without the secret.
    Unknown,
    /// It carries a token that is no signature.
    Bearer,
    /// It carries no credentials.
    Anonymous,
}

/// A part of the request that the scheme must have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Element {
    /// The header, or the parameter after a `?`.
    pub name: String,
    /// `null`: it is missing.
    pub value: Option<String>,
}

/// One thing that is wrong, or may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A word for programs; never changed.
    pub id: &'static str,
    /// How sure it is.
    pub grade: Grade,
    /// What happened.
    pub what: String,
    /// What to do about it.
    pub help: String,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Undone, and then the signature fitted.
    Proven,
    /// Seen in the request.
    Certain,
    /// Would explain it; nothing proves it.
    Possible,
    /// Good to know; no reason for a refusal by itself.
    Note,
}

/// Two canonical texts, line beside line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Whether the client's text is known: found by undoing a change, or given.
    pub client_known: bool,
    /// The lines.
    pub rows: Vec<Row>,
}

impl Report {
    pub(super) fn of(request: &Recorded, family: Family) -> Self {
        Self {
            verdict: Verdict::Unknown,
            scheme: None,
            host_kind: family.as_str(),
            request: format!("{} {}", request.method, request.target),
            access_key_id: None,
            elements: Vec::new(),
            signature: None,
            body: None,
            findings: Vec::new(),
            comparison: None,
        }
    }

    pub(super) fn describe(&mut self, request: &Recorded, claim: &Claim) {
        self.scheme = Some(claim.scheme().as_str());
        self.access_key_id = Some(claim.access_key_id().as_str().to_owned());
        self.elements = elements::of(request, claim.scheme());
    }

    /// Sorts the findings and says what follows from them.
    pub(super) fn conclude(&mut self) {
        self.findings.sort_by_key(|finding| finding.grade);
        let wrong = self.signature == Some(false)
            || self.body == Some(false)
            || self.findings.iter().any(|finding| finding.grade <= Grade::Certain);
        self.verdict = match (wrong, self.signature) {
            (true, _) => Verdict::Refused,
            (false, Some(true)) => Verdict::Fits,
            (false, _) => Verdict::Unknown,
        };
    }

    /// Hides secrets, tokens and the signature in every text.
    pub(super) fn hide(&mut self, mask: &Mask) {
        mask.hide(&mut self.request);
        let elements = self.elements.iter_mut().filter_map(|element| element.value.as_mut());
        let findings = self.findings.iter_mut().flat_map(|f| [&mut f.what, &mut f.help]);
        let rows = self.comparison.iter_mut().flat_map(|comparison| &mut comparison.rows);
        let lines = rows.flat_map(|row| [row.server.as_mut(), row.client.as_mut()]).flatten();
        let id = self.access_key_id.as_mut();
        elements.chain(findings).chain(lines).chain(id).for_each(|text| mask.hide(text));
    }
}
