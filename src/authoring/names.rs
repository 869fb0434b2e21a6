//! Words of an API and what they say.

/// What an operation does, as the API metadata words it; the level follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Get,
    List,
    Create,
    Update,
    Delete,
}

impl Kind {
    /// Reads the word of the metadata.
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "get" => Self::Get,
            "list" => Self::List,
            "create" => Self::Create,
            "update" => Self::Update,
            "delete" => Self::Delete,
            _ => return None,
        })
    }

    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// The level that the docs give it.
    pub(super) fn level(self) -> &'static str {
        match self {
            Self::Get => "read",
            Self::List => "list",
            Self::Create | Self::Update | Self::Delete => "write",
        }
    }

    /// Whether it leaves everything as it is.
    pub(super) fn only_looks(self) -> bool {
        matches!(self, Self::Get | Self::List)
    }
}

/// Verbs that operations begin with. Others may do anything.
const VERBS: &[(&str, Kind)] = &[
    ("Check", Kind::Get),
    ("Describe", Kind::Get),
    ("Find", Kind::Get),
    ("Get", Kind::Get),
    ("Head", Kind::Get),
    ("Query", Kind::Get),
    ("Read", Kind::Get),
    ("Show", Kind::Get),
    ("List", Kind::List),
    ("Search", Kind::List),
    ("Add", Kind::Create),
    ("Allocate", Kind::Create),
    ("Copy", Kind::Create),
    ("Create", Kind::Create),
    ("Import", Kind::Create),
    ("Run", Kind::Create),
    ("Delete", Kind::Delete),
    ("Release", Kind::Delete),
    ("Remove", Kind::Delete),
    ("Modify", Kind::Update),
    ("Put", Kind::Update),
    ("Set", Kind::Update),
    ("Update", Kind::Update),
    ("Write", Kind::Update),
];

/// What the verb of an operation's name says: `ListNotes` lists, `Listen` says nothing.
pub(super) fn kind_of_verb(operation: &str) -> Option<Kind> {
    let begins = |verb: &str| {
        let rest = operation.strip_prefix(verb)?;
        rest.chars().next().is_none_or(|next| !next.is_ascii_lowercase()).then_some(())
    };
    VERBS.iter().find(|(verb, _)| begins(verb).is_some()).map(|(_, kind)| *kind)
}

/// `list-notes` and `list_notes` are `ListNotes`. What is no ASCII letter or digit only separates words.
pub(super) fn pascal(text: &str) -> String {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric());
    words.map(capital).collect()
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| {
        format!("{}{}", first.to_ascii_uppercase(), characters.as_str())
    })
}

/// Whether an action may be called like this: a letter, then letters, digits, `_`, `-`.
pub(super) fn is_operation(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// What one thing of a collection is called: `notes` has a `note`, `policies` a `policy`. A word that is no plural of
/// this kind stays as it is.
pub(super) fn singular(collection: &str) -> String {
    let word = collection.to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    let cut = |bytes: usize| word.get(..word.len().saturating_sub(bytes)).unwrap_or_default();
    if ends(&["ies"]) {
        format!("{}y", cut(3))
    } else if ends(&["sses", "xes", "ches", "shes"]) {
        cut(2).to_owned()
    } else if ends(&["s"]) && !ends(&["ss", "us", "is"]) && word.len() > 1 {
        cut(1).to_owned()
    } else {
        word
    }
}

/// The code of a product, made of a free text: lower-case letters, digits and dashes.
pub(super) fn code(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words = lower.split(|character: char| !character.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (text, expected) in [
            ("listNotes", "ListNotes"),
            ("list-notes", "ListNotes"),
            ("notes.v2_list", "NotesV2List"),
            ("GETNote", "GETNote"),
            ("späti", "SpTi"),
            ("", ""),
        ] {
            assert_eq!(pascal(text), expected, "{text}");
        }
        for (text, expected) in [
            ("notes", "note"),
            ("policies", "policy"),
            ("boxes", "box"),
            ("addresses", "address"),
            ("status", "status"),
            ("glass", "glass"),
            ("analysis", "analysis"),
            ("Files", "file"),
            ("s", "s"),
            ("sheep", "sheep"),
        ] {
            assert_eq!(singular(text), expected, "{text}");
        }
        for (text, expected) in [("Notes API (v2)", "notes-api-v2"), ("ECS", "ecs"), ("—", "")] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn verbs() {
        for (name, expected) in [
            ("ListNotes", Some(Kind::List)),
            ("Listen", None),
            ("Get", Some(Kind::Get)),
            ("Get2", Some(Kind::Get)),
            ("Getaway", None),
            ("AddBgpNetwork", Some(Kind::Create)),
            ("StopInstance", None),
        ] {
            assert_eq!(kind_of_verb(name), expected, "{name}");
        }
    }
}
