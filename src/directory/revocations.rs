use std::collections::HashSet;

use crate::ident::{AccessKeyId, Principal};
use crate::strict::{Problem, Reader, count_errors};

/// Pairs and users that are refused at once, whatever the directory says.
#[derive(Debug, Default)]
pub struct Revocations {
    access_keys: HashSet<Box<str>>,
    /// Names or ids, in ASCII lower case: names differ ignoring case (ID-15), and a revocation should rather hit.
    users: HashSet<Box<str>>,
}

impl Revocations {
    /// Reads a revocations file. Ids and names that nobody has are fine: a revocation outlives what it revokes.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader::new(file);
        let mut revocations = Self::default();
        if let Some(root) = reader.parse(text)
            && let Some(fields) = reader.fields(&root, "", &["access_keys", "users"])
        {
            let ids = reader.parsed_list::<AccessKeyId>(&fields, "access_keys");
            let users = reader.parsed_list::<crate::ident::UserName>(&fields, "users"); // an id has the form of a name
            revocations.access_keys = ids.iter().map(|id| id.as_str().into()).collect();
            revocations.users =
                users.iter().map(|user| user.as_str().to_ascii_lowercase().into()).collect();
        }
        let problems = reader.into_problems();
        if count_errors(&problems) == 0 { Ok(revocations) } else { Err(problems) }
    }

    /// Whether this pair, or the user it belongs to, is revoked.
    pub fn revokes(&self, access_key_id: &AccessKeyId, owner: &Principal) -> bool {
        self.revokes_key(access_key_id) || self.revokes_owner(owner)
    }

    /// Whether this pair is revoked by its own id.
    pub fn revokes_key(&self, access_key_id: &AccessKeyId) -> bool {
        self.access_keys.contains(access_key_id.as_str())
    }

    /// Whether this user is revoked, with all of its pairs.
    pub fn revokes_owner(&self, owner: &Principal) -> bool {
        match owner {
            // Sessions end by their own time, or when their role is taken out of the directory.
            Principal::Root { .. } | Principal::Session { .. } => false,
            Principal::User { .. } if self.users.is_empty() => false,
            Principal::User { name, id, .. } => {
                self.users.contains(id.as_str())
                    || self.users.contains(name.as_str().to_ascii_lowercase().as_str())
            }
        }
    }

    /// How many pairs are named.
    pub fn access_key_count(&self) -> usize {
        self.access_keys.len()
    }

    /// How many users are named.
    pub fn user_count(&self) -> usize {
        self.users.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_revoked() {
        let text = "access_keys: [LTAI1]\nusers: [Alice, '2000']\n";
        let revocations = Revocations::parse("r.yaml", text).unwrap();
        check(&revocations, "LTAI1", "bob", "1", true);
        check(&revocations, "LTAI2", "bob", "1", false);
        check(&revocations, "ltai1", "bob", "1", false);
        check(&revocations, "LTAI2", "alice", "1", true);
        check(&revocations, "LTAI2", "bob", "2000", true);
    }

    #[track_caller]
    fn check(revocations: &Revocations, key: &str, name: &str, id: &str, expected: bool) {
        let owner = Principal::User {
            account: "1234567890123456".parse().unwrap(),
            name: name.parse().unwrap(),
            id: id.parse().unwrap(),
        };
        assert_eq!(
            revocations.revokes(&key.parse().unwrap(), &owner),
            expected,
            "{key} {name} {id}"
        );
    }
}
