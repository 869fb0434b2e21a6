//! The keys file. Its messages name ids and lines, never a value that might be a secret.

use std::collections::HashMap;
use std::str::FromStr;

use super::networks::NETWORKS_MAX;
use super::{KeyMaterial, Network, Status};
use crate::ident::{
    AccessKeyId, AccountId, ParseIdentError, PolicyName, RoleName, SecretKey, SessionName,
    UnixSeconds, UserName,
};
use crate::signature::PublicKey;
use crate::strict::{Fields, Node, Position, Problem, Reader};

/// RAM's limit of pairs for one user (ID-21).
const KEYS_PER_OWNER_MAX: usize = 2;
/// Longer secrets are mistakes: real ones have 30 characters.
const SECRET_BYTES_MAX: usize = 512;
/// Tokens have no documented length.
const TOKEN_BYTES_MAX: usize = 4096;

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
    /// The account of its owner; `None` for the account behind the gate.
    pub account: Option<AccountId>,
    /// Who it belongs to.
    pub owner: KeyOwner,
    /// What it is verified with.
    pub material: KeyMaterial,
    /// Whether it may be used.
    pub status: Status,
    /// From where it may be used; `None`: from everywhere.
    pub networks: Option<Box<[Network]>>,
    /// Where the entry starts.
    pub at: Position,
    /// The entry as a path, `keys[3]`.
    pub field: String,
}

/// The credentials of a role session that somebody else issued, before anybody looked for its role.
#[derive(Debug)]
pub struct SessionEntry {
    /// The public half of its pair.
    pub id: AccessKeyId,
    /// The secret half.
    pub secret: SecretKey,
    /// The security token.
    pub token: SecretKey,
    /// The account that owns the role; `None` for the account behind the gate.
    pub account: Option<AccountId>,
    /// The role.
    pub role: RoleName,
    /// The name of the session.
    pub session_name: SessionName,
    /// When it ends.
    pub expires: UnixSeconds,
    /// The file of the policy that bounds it.
    pub policy: Option<PolicyName>,
    /// Where the entry starts.
    pub at: Position,
    /// The entry as a path, `sessions[3]`.
    pub field: String,
}

/// Everything in a keys file.
#[derive(Debug, Default)]
pub struct KeyEntries {
    /// Permanent pairs.
    pub keys: Vec<KeyEntry>,
    /// Sessions.
    pub sessions: Vec<SessionEntry>,
}

/// Reads a keys file. Entries that cannot be read are reported and left out; a caller refuses the file on any error.
pub fn parse(file: &str, text: &str, own: AccountId) -> (KeyEntries, Vec<Problem>) {
    let mut reader = Reader::of_secrets(file);
    let entries = read(&mut reader, text);
    refuse_equal_ids(&mut reader, &entries);
    refuse_too_many(&mut reader, &entries.keys, own);
    (entries, reader.into_problems())
}

fn read(reader: &mut Reader<'_>, text: &str) -> KeyEntries {
    let mut entries = KeyEntries::default();
    let Some(root) = reader.parse(text) else { return entries };
    let Some(fields) = reader.fields(&root, "", &["keys", "sessions"]) else { return entries };
    reader.required(&fields, "keys");
    for (index, node) in reader.list(&fields, "keys").iter().enumerate() {
        entries.keys.extend(entry(reader, node, &format!("keys[{index}]")));
    }
    for (index, node) in reader.list(&fields, "sessions").iter().enumerate() {
        entries.sessions.extend(session(reader, node, &format!("sessions[{index}]")));
    }
    entries
}

fn session(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<SessionEntry> {
    let known = ["id", "secret", "token", "account", "role", "name", "expires", "policy"];
    let fields = reader.fields(node, path, &known)?;
    let id = session_id(reader, &fields);
    let secret = secret(reader, &fields);
    let token = secret_text(reader, &fields, "token", "security token", TOKEN_BYTES_MAX);
    let account = reader.parsed(&fields, "account");
    let role = reader.required_parsed(&fields, "role");
    let session_name = reader.required_parsed(&fields, "name");
    let expires = reader.required_parsed::<Instant>(&fields, "expires");
    let policy = reader.parsed(&fields, "policy");
    if fields.get("policy").is_some() && policy.is_none() {
        return None; // reported; without its bound the session could do too much
    }
    Some(SessionEntry {
        id: id?,
        secret: secret?,
        token: token?,
        account,
        role: role?,
        session_name: session_name?,
        expires: expires?.0,
        policy,
        at: node.at,
        field: path.to_owned(),
    })
}

/// `2026-11-22T11:00:00Z`
struct Instant(UnixSeconds);

impl FromStr for Instant {
    type Err = ParseIdentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        UnixSeconds::parse_iso8601(text).map(Self)
    }
}

fn session_id(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<AccessKeyId> {
    let node = reader.required(fields, "id")?;
    let path = fields.path("id");
    match reader.text_of(node, &path)?.parse::<AccessKeyId>() {
        Ok(id) if id.is_session() => Some(id),
        Ok(_) | Err(_) => {
            let help = "copy the AccessKeyId of the temporary credentials";
            reader.error(node.at, &path, "the id of a session begins with `STS.`", help);
            None
        }
    }
}

fn entry(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<KeyEntry> {
    let known = ["id", "account", "user", "root", "secret", "public_key", "status", "network"];
    let fields = reader.fields(node, path, &known)?;
    let id = id(reader, &fields);
    let owner = owner(reader, &fields);
    let material = material(reader, &fields);
    let account = reader.parsed(&fields, "account");
    let status = status(reader, &fields);
    let networks = networks(reader, &fields);
    Some(KeyEntry {
        id: id?,
        account,
        owner: owner?,
        material: material?,
        status: status?,
        networks,
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

/// A secret, or the public half of an RSA pair: never both (SIG-27).
fn material(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<KeyMaterial> {
    let Some(node) = fields.get("public_key") else {
        return secret(reader, fields).map(KeyMaterial::Secret);
    };
    let path = fields.path("public_key");
    if let Some(other) = fields.get("secret") {
        let help = "keep the one that the caller signs with";
        let message = "a pair has a secret or a public key, not both";
        reader.error(other.at, &fields.path("secret"), message, help);
        return None;
    }
    let text = reader.text_of(node, &path)?;
    let key = PublicKey::from_pem(text);
    if key.is_none() {
        let help = "write the PEM block `-----BEGIN PUBLIC KEY-----`, of 2048 bits or more";
        reader.error(node.at, &path, "no public RSA key", help);
    }
    key.map(KeyMaterial::Public)
}

fn secret(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<SecretKey> {
    secret_text(reader, fields, "secret", "AccessKey secret", SECRET_BYTES_MAX)
}

fn secret_text(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    name: &str,
    what: &str,
    bytes_max: usize,
) -> Option<SecretKey> {
    let node = reader.required(fields, name)?;
    let path = fields.path(name);
    let text = reader.text_of(node, &path)?;
    let fits = !text.is_empty() && text.len() <= bytes_max;
    if !fits || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = format!("no {what} (visible ASCII characters, at most {bytes_max})");
        reader.error(node.at, &path, message, "copy it without spaces or line ends");
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

/// Entries that cannot be read are reported and left out, and the file is refused: a shorter list lets nobody else in.
fn networks(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Box<[Network]>> {
    let node = fields.get("network")?;
    let networks: Box<[Network]> = reader.parsed_list(fields, "network").into();
    let path = fields.path("network");
    if networks.is_empty() {
        let help = "list addresses or blocks such as 10.0.0.0/8; without the field, every address may use it";
        reader.error(node.at, &path, "nobody could use the AccessKey", help);
    }
    if networks.len() > NETWORKS_MAX {
        let message = format!("{} networks; RAM itself allows {NETWORKS_MAX}", networks.len());
        reader.warning(node.at, &path, message, "");
    }
    Some(networks)
}

fn refuse_equal_ids(reader: &mut Reader<'_>, entries: &KeyEntries) {
    let keys = entries.keys.iter().map(|entry| (&entry.id, entry.at, &entry.field));
    let sessions = entries.sessions.iter().map(|entry| (&entry.id, entry.at, &entry.field));
    let mut seen: HashMap<&str, Position> = HashMap::new();
    for (id, at, field) in keys.chain(sessions) {
        if let Some(first) = seen.get(id.as_str()) {
            let message = format!("the id `{id}` stands twice, first on line {}", first.line);
            reader.error(at, &format!("{field}.id"), message, "remove one of the two");
        } else {
            seen.insert(id.as_str(), at);
        }
    }
}

fn refuse_too_many(reader: &mut Reader<'_>, entries: &[KeyEntry], own: AccountId) {
    let mut counts: HashMap<(AccountId, &KeyOwner), usize> = HashMap::new();
    for entry in entries {
        let count = counts.entry((entry.account.unwrap_or(own), &entry.owner)).or_default();
        *count += 1;
        if *count > KEYS_PER_OWNER_MAX {
            let owner = match &entry.owner {
                KeyOwner::Root => "root".to_owned(),
                KeyOwner::User(_) => "a user".to_owned(),
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

    fn own() -> AccountId {
        "1".parse().unwrap()
    }

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
            format!("keys:\n  - {{id: LTAI1, user: a, secret: x, {SECRET}}}\n"),
            format!("keys:\n  - {{id: LTAI1, user: '{SECRET}', secret: x}}\n"),
            format!("keys:\n  - {{id: LTAI1, root: '{SECRET}', secret: x}}\n"),
            format!("keys:\n  - {{id: LTAI1, user: a, account: '{SECRET}', secret: x}}\n"),
            format!("keys:\n  - {{id: LTAI1, user: a, secret: x, {SECRET}: 1, {SECRET}: 2}}\n"),
            format!(
                "keys: []\nsessions:\n  - {{id: STS.a, role: '{SECRET}', expires: '{SECRET}'}}\n"
            ),
        ] {
            let (_, problems) = parse("keys.yaml", &text, own());
            assert!(!problems.is_empty(), "{text}");
            for problem in problems {
                assert!(!format!("{problem} {problem:?}").contains("s3cr3t"), "{problem}");
            }
        }
    }

    #[test]
    fn entries() {
        let text = "keys:\n  - {id: LTAI1, user: alice, secret: x}\n  - {id: LTAI2, root: true, secret: y, status: Inactive}\n";
        let (entries, problems) = parse("keys.yaml", text, own());
        assert!(problems.is_empty(), "{problems:?}");
        let keys = &entries.keys;
        assert_eq!(keys[0].owner, KeyOwner::User("alice".parse().unwrap()));
        assert_eq!(keys[0].status, Status::Active);
        assert_eq!((keys[1].owner.clone(), keys[1].status), (KeyOwner::Root, Status::Inactive));
    }

    const SESSION: &str = "keys: []\nsessions:\n  - {id: STS.abc, secret: x, token: 'tok/en+==', \
        account: '2000000000000002', role: Dev, name: ci-1, expires: '2026-11-22T11:00:00Z', policy: Bound}\n";

    #[test]
    fn sessions() {
        let (entries, problems) = parse("keys.yaml", SESSION, own());
        assert!(problems.is_empty(), "{problems:?}");
        let session = &entries.sessions[0];
        assert_eq!((session.id.as_str(), session.token.expose()), ("STS.abc", &b"tok/en+=="[..]));
        assert_eq!((session.role.as_str(), session.session_name.as_str()), ("Dev", "ci-1"));
        assert_eq!(session.account.map(|id| id.to_string()).as_deref(), Some("2000000000000002"));
        assert_eq!(session.expires, UnixSeconds::parse_iso8601("2026-11-22T11:00:00Z").unwrap());
        assert_eq!(session.policy.as_ref().map(PolicyName::as_str), Some("Bound"));
        let text =
            SESSION.replace(", policy: Bound", "").replace("account: '2000000000000002', ", "");
        let (entries, problems) = parse("keys.yaml", &text, own());
        assert!(problems.is_empty() && entries.sessions[0].policy.is_none(), "{problems:?}");
        assert!(entries.sessions[0].account.is_none());
    }

    /// A session that cannot be read is left out: without its bound it could do too much.
    #[test]
    fn sessions_that_are_refused() {
        for (from, to, field, message) in [
            ("STS.abc", "LTAI1", "id", "begins with `STS.`"),
            ("secret: x, ", "", "secret", "is missing"),
            ("'tok/en+=='", "''", "token", "no security token"),
            ("'tok/en+=='", "'a b'", "token", "no security token"),
            ("role: Dev", "role: a/b", "role", "cannot be read"),
            ("role: Dev, ", "", "role", "is missing"),
            ("name: ci-1", "name: c", "name", "cannot be read"),
            ("'2026-11-22T11:00:00Z'", "'2026-11-22'", "expires", ""),
            ("expires: '2026-11-22T11:00:00Z', ", "", "expires", "is missing"),
            ("policy: Bound", "policy: 'a b'", "policy", "cannot be read"),
            ("policy: Bound", "polcy: Bound", "", "unknown field"),
            ("account: '2000000000000002'", "account: x", "account", "cannot be read"),
        ] {
            let (entries, problems) = parse("keys.yaml", &SESSION.replace(from, to), own());
            let field = format!("sessions[0].{field}").trim_end_matches('.').to_owned();
            let fits =
                |problem: &&Problem| problem.field == field && problem.message.contains(message);
            assert!(problems.iter().any(|problem| fits(&problem)), "{field}: {problems:#?}");
            let unbounded = entries.sessions.iter().any(|session| session.policy.is_none());
            assert!(!unbounded || message == "unknown field", "{field}");
        }
        let twice = SESSION.replace("keys: []", "keys:\n  - {id: LTAI1, user: a, secret: x}")
            + SESSION.strip_prefix("keys: []\nsessions:\n").unwrap();
        let (_, problems) = parse("keys.yaml", &twice, own());
        let shown: Vec<_> =
            problems.iter().map(|it| (it.field.as_str(), it.message.as_str())).collect();
        assert_eq!(shown, [("sessions[1].id", "the id `STS.abc` stands twice, first on line 4")]);
    }
}
