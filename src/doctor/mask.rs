//! Hides the secret and the tokens in everything that a report says.

use std::borrow::Cow;
use std::fmt;

use zeroize::Zeroizing;

use crate::signature::encode;

use super::rewrite::{header, parameter};
use super::suspects::{TOKEN_HEADERS, TOKEN_PARAMETERS};
use super::{Question, signature_text};

/// How much of a token or signature is shown.
const SHOWN_CHARS: usize = 4;

/// What must not be shown, with what stands there in its place; longest first.
pub(super) struct Mask(Vec<(Zeroizing<String>, String)>);

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mask(..)")
    }
}

impl Mask {
    /// The secret, every token, and the signature.
    pub(super) fn of(question: &Question<'_>) -> Self {
        let request = question.request;
        let mut mask = Self(Vec::new());
        if let Some(secret) = question.secret.and_then(|s| std::str::from_utf8(s.expose()).ok()) {
            mask.add(secret.trim(), "***");
        }
        let headers = TOKEN_HEADERS.iter().chain(&["x-acs-bearer-token"]);
        let headers = headers.filter_map(|name| header(request, name).map(str::to_owned));
        let parameters = TOKEN_PARAMETERS.iter().chain(&["BearerToken"]);
        let parameters = parameters
            .filter_map(|name| parameter(request, name).map(|(_, value)| value.into_owned()));
        let known = question.security_token.map(str::to_owned);
        let signature = signature_text::find(request);
        for text in headers.chain(parameters).chain(known).chain(signature) {
            mask.add(&text, &shortened(&text));
        }
        mask.0.sort_by_key(|(hidden, _)| std::cmp::Reverse(hidden.len()));
        mask
    }

    /// A text in every spelling that requests and texts to sign have for it.
    fn add(&mut self, text: &str, instead: &str) {
        let once = encode(text);
        let decoded = crate::request::percent_decode(text).map(Cow::into_owned);
        let all =
            [encode(&once), once, text.replace('+', " "), text.replace(' ', "+"), text.to_owned()];
        for spelling in all.into_iter().chain(decoded) {
            if !spelling.is_empty() {
                self.0.push((Zeroizing::new(spelling), instead.to_owned()));
            }
        }
    }

    /// The text without anything that must not be shown.
    pub(super) fn hide(&self, text: &mut String) {
        for (hidden, instead) in &self.0 {
            if text.contains(hidden.as_str()) {
                *text = text.replace(hidden.as_str(), instead);
            }
        }
    }
}

/// The beginning and the length.
pub(super) fn shortened(text: &str) -> String {
    let count = text.chars().count();
    let shown = if count > 2 * SHOWN_CHARS { SHOWN_CHARS } else { 0 };
    let beginning: String = text.chars().take(shown).collect();
    format!("{beginning}…({count} characters)")
}
