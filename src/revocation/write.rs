//! The file as `ramgate revoke` writes it: one entry a line.

use std::fmt::Write as _;

use super::entry::{Entry, Kind, Subject};
use crate::ident::AccountId;
use crate::token::SourceId;

/// The text of a file with these entries, which [`super::parse`] reads as the same.
pub fn write(entries: &[Entry]) -> String {
    let mut text = String::new();
    for kind in Kind::ALL {
        let mut of_kind = entries.iter().filter(|entry| entry.subject.kind() == kind).peekable();
        if of_kind.peek().is_some() {
            let _infallible = writeln!(text, "{}:", kind.field());
        }
        for entry in of_kind {
            let _infallible = writeln!(text, "  - {}", line(entry));
        }
    }
    if text.is_empty() { "{}\n".to_owned() } else { text }
}

fn line(entry: &Entry) -> String {
    let time =
        |name: &str| entry.time.map(|time| format!(", {name}: \"{time}\"")).unwrap_or_default();
    match &entry.subject {
        Subject::AccessKey(id) => format!("\"{id}\""),
        Subject::User(name) => format!("\"{name}\""),
        Subject::Session(id) => format!("{{ id: \"{id}\"{} }}", time("until")),
        Subject::Account(id) => format!("{{ account: \"{id}\"{} }}", time("before")),
        Subject::Role { account, id } => {
            format!("{{ role: \"{id}\"{}{} }}", of(*account), time("before"))
        }
        Subject::Source { account, id } => {
            let (field, id) = (source(id), id.as_str());
            format!("{{ {field}: \"{id}\"{}{} }}", of(*account), time("before"))
        }
        Subject::SourceIdentity { account, name } => {
            format!("{{ source_identity: \"{name}\"{}{} }}", of(*account), time("before"))
        }
        Subject::TokenKey(id) => format!("{{ key: \"{id}\"{} }}", time("before")),
    }
}

fn of(account: Option<AccountId>) -> String {
    account.map(|account| format!(", account: \"{account}\"")).unwrap_or_default()
}

fn source(id: &SourceId) -> &'static str {
    match id {
        SourceId::User(_) => "user",
        SourceId::Role(_) => "role",
        SourceId::Oidc(_) => "oidc",
        SourceId::Saml(_) => "saml",
        SourceId::Service(_) => "service",
    }
}
