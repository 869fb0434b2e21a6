//! The parameter `Policy` (STS-22, STS-23).

use std::sync::Arc;

use crate::policy::{self, DocumentKind, Policy, PolicySet, PolicyType};

use super::StsError;

const BYTES_MAX: usize = 2048;

/// The policy without the space between its tokens; it is a session policy that can be decided in time.
pub(super) fn read(text: &str) -> Result<Box<str>, StsError> {
    if text.len() > BYTES_MAX {
        return Err(StsError::PolicySize);
    }
    let document = policy::parse(DocumentKind::Session, text, "Policy")
        .map_err(|_problems| StsError::PolicyGrammar)?;
    let policy = Policy::new("session-policy", PolicyType::Custom, document);
    let decidable = PolicySet::new([Arc::new(policy)]).cost().is_acceptable();
    if decidable { Ok(minified(text)) } else { Err(StsError::PolicyGrammar) }
}

/// A JSON text without the space outside of its strings. Never longer than before.
fn minified(json: &str) -> Box<str> {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |c: &char| {
        let inside = in_string;
        match (in_string, escaped, *c) {
            (true, true, _) => escaped = false,
            (true, false, '\\') => escaped = true,
            (_, false, '"') => in_string = !in_string,
            _ => {}
        }
        inside || !c.is_ascii_whitespace()
    };
    json.chars().filter(keep).collect::<String>().into()
}
