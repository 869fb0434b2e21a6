//! The way of the gate, once for each request that may have been the client's.

use std::cell::Cell;

use crate::cases::{Recorded, Refused};
use crate::request::Head;
use crate::signature::{self, Claim, Form, Key, Presented, Scheme, Site};

use super::suspects::{Candidate, How, Scene};
use super::{Comparison, Question, compare, signature_text};

/// What one examination may cost: about so many bytes are parsed and signed, which bounds it to seconds.
const COST_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What a trial costs beside its bytes.
const TRIAL_BYTES: usize = 2 * 1024;

/// What a request presents.
#[derive(Debug)]
pub(super) enum Read {
    Signed(Box<Signed>),
    Bearer,
    Anonymous,
}

/// A claim and the strings to sign that belong to it.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) claim: Claim,
    pub(super) texts: Vec<String>,
}

/// Judges requests in one place with one key.
#[derive(Debug)]
pub(super) struct Judge<'j> {
    question: &'j Question<'j>,
    site: &'j Site<'j>,
    client_text: Option<String>,
    scheme: Option<Scheme>,
    left_bytes: Cell<usize>,
}

impl<'j> Judge<'j> {
    pub(super) fn new(question: &'j Question<'j>, site: &'j Site<'j>) -> Self {
        let client_text = question.client_text.map(compare::normal);
        let left_bytes = Cell::new(COST_BYTES_MAX);
        let judge = Self { question, site, client_text, scheme: None, left_bytes };
        let scheme = judge.named_scheme();
        Self { scheme, ..judge }
    }

    /// The scheme that the request names, whatever its signature looks like.
    fn named_scheme(&self) -> Option<Scheme> {
        let requests = blanked(self.request()).chain([self.request().clone()]);
        requests.filter_map(|request| self.read(&request).ok()).find_map(|read| match read {
            Read::Signed(signed) => Some(signed.claim.scheme()),
            Read::Bearer | Read::Anonymous => None,
        })
    }

    /// The request as it came, and what is known beside it.
    pub(super) fn scene<'s>(&'s self, request: &'s Recorded) -> Scene<'s> {
        Scene { request, question: self.question, family: self.site.family, scheme: self.scheme }
    }

    pub(super) fn request(&self) -> &'j Recorded {
        self.question.request
    }

    /// Whether there is anything that a candidate can be held against.
    pub(super) fn can_prove(&self) -> bool {
        self.question.key().is_some() || self.client_text.is_some()
    }

    pub(super) fn has_key(&self) -> bool {
        self.question.key().is_some()
    }

    /// Whether the texts of the two sides are equal, so that only the key can differ.
    pub(super) fn text_agrees(&self) -> bool {
        let Ok(Read::Signed(signed)) = self.read(self.request()) else { return false };
        self.is_clients(self.request(), &signed).is_some()
    }

    /// Reads a request.
    pub(super) fn read(&self, request: &Recorded) -> Result<Read, Refused> {
        self.with(request, |head, form| {
            let claim = match signature::identify(head, form, self.site)? {
                Presented::Signed(claim) => claim,
                Presented::Bearer => return Ok(Read::Bearer),
                Presented::Anonymous => return Ok(Read::Anonymous),
                Presented::AfterForm => return Err(Refused::Case("its form is not read".into())),
            };
            let texts = signature::texts(&claim, head, form, self.site)?;
            Ok(Read::Signed(Box::new(Signed { claim, texts })))
        })
    }

    /// Which of the texts the signature fits, as far as anything can be proven.
    pub(super) fn fitting(&self, signed: &Signed) -> Option<usize> {
        let key = self.question.key()?;
        fitting_with(signed, key)
    }

    /// Which of the texts is the one that the client signed: by the signature, or by what the client says.
    pub(super) fn accepts(&self, candidate: &Candidate) -> Option<usize> {
        match &candidate.how {
            How::Request(request) => {
                let Ok(Read::Signed(signed)) = self.read(request) else { return None };
                match self.question.key() {
                    Some(key) => fitting_with(&signed, key),
                    None => self.is_clients(request, &signed),
                }
            }
            How::Secret(secret) => {
                let Ok(Read::Signed(signed)) = self.read(self.request()) else { return None };
                fitting_with(&signed, Key::Secret(secret))
            }
            How::Mixed { text, mac } => self.fits_mixed(*text, *mac),
        }
    }

    fn is_clients(&self, request: &Recorded, signed: &Signed) -> Option<usize> {
        let wanted = self.client_text.as_ref()?;
        let plain = signed.texts.iter().position(|text| text == wanted);
        plain.or_else(|| self.forms(request).ok()?.iter().position(|form| form == wanted))
    }

    /// The text of one scheme under the MAC of another. The claim is read with a signature of the right length in
    /// place of the one that came.
    fn fits_mixed(&self, text: Scheme, mac: Scheme) -> Option<usize> {
        let key = self.question.key()?;
        let presented = signature_text::bytes(self.request())?;
        let mut readable = blanked(self.request()).filter_map(|request| {
            self.with(&request, |head, form| {
                let Presented::Signed(claim) = signature::identify(head, form, self.site)? else {
                    return Ok(None);
                };
                let claim = claim.mixed_up(text, &presented);
                let texts = signature::texts(&claim, head, form, self.site)?;
                let claim = claim.mixed_up(mac, &presented);
                Ok(texts.iter().position(|text| signature::fits(&claim, key, text)))
            })
            .ok()
        });
        readable.next().flatten()
    }

    /// The canonical forms that stand behind the texts of a request.
    fn forms(&self, request: &Recorded) -> Result<Vec<String>, Refused> {
        self.with(request, |head, form| match signature::identify(head, form, self.site)? {
            Presented::Signed(claim) => {
                Ok(signature::canonical_forms(&claim, head, form, self.site)?)
            }
            _ => Ok(Vec::new()),
        })
    }

    /// The canonical text of the request as it came beside that of the client: of the request that was found, else
    /// what the client says.
    pub(super) fn compare(&self, found: Option<&Recorded>, at: usize) -> Option<Comparison> {
        let server = self.forms(self.request()).unwrap_or_default();
        let one = |forms: &[String], at: usize| forms.get(at).or(forms.first()).cloned();
        let client = match found {
            Some(request) => one(&self.forms(request).ok()?, at),
            None => self.client_text.clone(),
        };
        let server = one(&self.closest(server, client.as_deref()), at);
        Comparison::of(server.as_deref(), client.as_deref())
    }

    /// A client may have logged the string to sign where the canonical request is the longer text: like with like.
    fn closest(&self, forms: Vec<String>, client: Option<&str>) -> Vec<String> {
        let lines = |text: &str| text.lines().count();
        let Some(client) = client else { return forms };
        let Ok(Read::Signed(signed)) = self.read(self.request()) else { return forms };
        let text = signed.texts.first();
        let is_text = text.is_some_and(|text| {
            text.lines().next() == client.lines().next() && lines(text) == lines(client)
        });
        if is_text { signed.texts } else { forms }
    }

    /// Takes what a trial costs from the budget; `false` when it is spent.
    pub(super) fn can_afford(&self, candidate: &Candidate) -> bool {
        let request = match &candidate.how {
            How::Request(request) => request,
            How::Secret(_) | How::Mixed { .. } => self.request(),
        };
        let headers = request.headers.iter().map(|(name, value)| name.len() + value.len());
        let cost = TRIAL_BYTES
            + request.target.len()
            + headers.sum::<usize>()
            + signature_text::form_bytes(request);
        let left = self.left_bytes.get();
        self.left_bytes.set(left.saturating_sub(cost));
        left >= cost
    }

    fn with<T>(
        &self,
        request: &Recorded,
        then: impl FnOnce(&Head, &Form<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let head = request.head()?;
        request.with_form(&head, self.site, |form, _body| then(&head, form))
    }
}

fn fitting_with(signed: &Signed, key: Key<'_>) -> Option<usize> {
    signed.texts.iter().position(|text| signature::fits(&signed.claim, key, text))
}

/// The request with a signature of the right form, for each form that there is.
fn blanked(request: &Recorded) -> impl Iterator<Item = Recorded> {
    signature_text::blanks().filter_map(|blank| signature_text::with(request, blank))
}
