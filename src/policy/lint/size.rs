//! Documents that the service would not store (section 1.3 of the policy language).

use super::{Findings, Lint};
use crate::policy::{DocumentKind, PrincipalForm};

/// Characters that the service takes; blanks between the parts do not count here, since it is not known whether they do
/// there (OP-16).
fn characters_max(kind: DocumentKind) -> Option<usize> {
    match kind {
        DocumentKind::Identity => Some(6144),
        DocumentKind::Session => Some(2048),
        DocumentKind::Control => Some(4096),
        DocumentKind::Trust => Some(2048),
        DocumentKind::Resource(PrincipalForm::List) => Some(16 * 1024),
        DocumentKind::Resource(PrincipalForm::Object | PrincipalForm::OptionalObject) => None,
    }
}

pub(super) fn look(findings: &mut Findings<'_>) {
    let kind = findings.document.kind();
    let Some(max) = characters_max(kind) else { return };
    let count = characters(findings.text);
    if count > max {
        let message =
            format!("{count} characters without blanks; RAM takes {max} of a {}", kind.as_str());
        let help = "it works here and cannot be stored there; split it, or use wildcards";
        findings.add(Lint::TooLarge, "", message, help);
    }
}

/// The characters of a JSON text without the blanks outside its strings.
fn characters(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    let counts = |character: &char| {
        let counts = quoted || !character.is_ascii_whitespace();
        match character {
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && *character == '\\' && !escaped;
        counts
    };
    text.chars().filter(counts).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_between_the_parts_do_not_count() {
        assert_eq!(characters("{ \"a b\\\"\" :\n 1 }"), "{\"a b\\\"\":1}".len());
        assert_eq!(characters("\"é\""), 3);
    }
}
