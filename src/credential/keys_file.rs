//! The keys file. Its messages name ids and lines, never a value that might be a secret.

use std::collections::HashMap;

use super::Status;
use crate::ident::{AccessKeyId, SecretKey, UserName};
use crate::strict::{Fields, Node, Position, Problem, Reader};

/// RAM's limit of pairs for one user (ID-21).
const KEYS_PER_OWNER_MAX: usize = 2;
/// Longer secrets are mistakes: real ones have 30 characters.
const SECRET_BYTES_MAX: usize = 512;

/// Who a pair belongs to, as the keys file says it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyOwner {
    /// The account itself.
    Root,
    /// The user of this name, who may live in another volume.
    User(UserName),
}

/// A pair of the keys file, before anybody looked for its owner.
#[derive(Debug)]
pub struct KeyEntry {
    /// The public half.
    pub id: AccessKeyId,
    /// Who it belongs to.
    pub owner: KeyOwner,
    /// The secret half.
    pub secret: SecretKey,
    /// Whether it may be used.
    pub status: Status,
    /// Where the entry starts.
    pub at: Position,
    /// The entry as a path, `keys[3]`.
    pub field: String,
}

/// Reads a keys file. Entries that cannot be read are reported and left out; a caller refuses the file on any error.
pub fn parse(file: &str, text: &str) -> (Vec<KeyEntry>, Vec<Problem>) {
    let mut reader = Reader::new(file);
    let entries = read(&mut reader, text);
    refuse_equal_ids(&mut reader, &entries);
    refuse_too_many(&mut reader, &entries);
    (entries, reader.into_problems())
}

fn read(reader: &mut Reader<'_>, text: &str) -> Vec<KeyEntry> {
    let Some(root) = reader.parse(text) else { return Vec::new() };
    let Some(fields) = reader.fields(&root, "", &["keys"]) else { return Vec::new() };
    reader.required(&fields, "keys");
    let items = reader.list(&fields, "keys").iter().enumerate();
    items.filter_map(|(index, node)| entry(reader, node, &format!("keys[{index}]"))).collect()
}

fn entry(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<KeyEntry> {
    let fields = reader.fields(node, path, &["id", "user", "root", "secret", "status"])?;
    let id = id(reader, &fields);
    let owner = owner(reader, &fields);
    let secret = secret(reader, &fields);
    let status = status(reader, &fields);
    Some(KeyEntry {
        id: id?,
        owner: owner?,
        secret: secret?,
        status: status?,
        at: node.at,
        field: path.to_owned(),
    })
}

/// The text is not repeated: people swap the two halves of a pair.
fn id(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<AccessKeyId> {
    let node = reader.required(fields, "id")?;
    let path = fields.path("id");
    let text = reader.text_of(node, &path)?;
    let Ok(id) = text.parse::<AccessKeyId>() else {
        let message = "no AccessKey id (letters, digits, `.`, `_`, `-`; at most 128)";
        reader.error(node.at, &path, message, "copy the id as the console shows it");
        return None;
    };
    if id.is_session() {
        let help = "ids that begin with `STS.` belong to sessions; list long-term pairs only";
        reader.error(node.at, &path, "an id of a session cannot be a long-term pair", help);
        return None;
    }
    Some(id)
}

fn owner(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<KeyOwner> {
    let root = reader.switch(fields, "root", false);
    let user = fields.get("user");
    match (root, user) {
        (true, None) => Some(KeyOwner::Root),
        (false, Some(node)) => {
            reader.parsed_of(node, &fields.path("user")).map(KeyOwner::User) // a name is no secret
        }
        (true, Some(node)) => {
            let help = "keep `user: <name>` or `root: true`";
            reader.error(node.at, &fields.path("user"), "a pair has one owner, not two", help);
            None
        }
        (false, None) => {
            let help = "add `user: <name>`";
            reader.error(fields.at, &fields.path("user"), "nobody owns this pair", help);
            None
        }
    }
}

fn secret(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<SecretKey> {
    let node = reader.required(fields, "secret")?;
    let path = fields.path("secret");
    let text = reader.text_of(node, &path)?;
    let fits = !text.is_empty() && text.len() <= SECRET_BYTES_MAX;
    if !fits || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = "no AccessKey secret (visible ASCII characters, at most 512)";
        reader.error(node.at, &path, message, "copy the secret without spaces or line ends");
        return None;
    }
    Some(SecretKey::from(text))
}

fn status(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Status> {
    let Some(node) = fields.get("status") else { return Some(Status::Active) };
    let path = fields.path("status");
    match reader.text_of(node, &path)? {
        "Active" => Some(Status::Active),
        "Inactive" => Some(Status::Inactive),
        _ => {
            reader.error(node.at, &path, "unknown status", "write `Active` or `Inactive`");
            None
        }
    }
}

fn refuse_equal_ids(reader: &mut Reader<'_>, entries: &[KeyEntry]) {
    let mut seen: HashMap<&str, Position> = HashMap::new();
    for entry in entries {
        if let Some(first) = seen.get(entry.id.as_str()) {
            let message =
                format!("the id `{}` stands twice, first on line {}", entry.id, first.line);
            reader.error(
                entry.at,
                &format!("{}.id", entry.field),
                message,
                "remove one of the two",
            );
        } else {
            seen.insert(entry.id.as_str(), entry.at);
        }
    }
}

fn refuse_too_many(reader: &mut Reader<'_>, entries: &[KeyEntry]) {
    let mut counts: HashMap<&KeyOwner, usize> = HashMap::new();
    for entry in entries {
        let count = counts.entry(&entry.owner).or_default();
        *count += 1;
        if *count > KEYS_PER_OWNER_MAX {
            let owner = match &entry.owner {
                KeyOwner::Root => "root".to_owned(),
                KeyOwner::User(name) => format!("user `{name}`"),
            };
            let message = format!("{owner} has more than {KEYS_PER_OWNER_MAX} AccessKey pairs");
            let help = "RAM allows two, for rotation: remove the oldest";
            reader.error(entry.at, &format!("{}.user", entry.field), message, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_repeats_a_secret() {
        const SECRET: &str = "s3cr3t/with+slash==";
        for text in [
            format!("keys:\n  - {{id: '{SECRET}', user: a, secret: LTAI1}}\n"),
            format!("keys:\n  - {{id: LTAI1, user: a, secret: '{SECRET} {SECRET}'}}\n"),
            format!("keys:\n  - {{id: LTAI1, user: a, secret: x, status: '{SECRET}'}}\n"),
            format!("keys:\n  - {{id: LTAI1, user: a, secret: ['{SECRET}']}}\n"),
            format!("keys:\n  - '{SECRET}'\n"),
            format!("keys: '{SECRET}'\n"),
            format!("keys:\n  - {{id: STS.abc, user: a, secret: '{SECRET}'}}\n"),
        ] {
            let (_, problems) = parse("keys.yaml", &text);
            assert!(!problems.is_empty(), "{text}");
            for problem in problems {
                assert!(!format!("{problem} {problem:?}").contains("s3cr3t"), "{problem}");
            }
        }
    }

    #[test]
    fn entries() {
        let text = "keys:\n  - {id: LTAI1, user: alice, secret: x}\n  - {id: LTAI2, root: true, secret: y, status: Inactive}\n";
        let (entries, problems) = parse("keys.yaml", text);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(entries[0].owner, KeyOwner::User("alice".parse().unwrap()));
        assert_eq!(entries[0].status, Status::Active);
        assert_eq!(
            (entries[1].owner.clone(), entries[1].status),
            (KeyOwner::Root, Status::Inactive)
        );
    }
}
