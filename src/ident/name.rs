//! Names and ids of RAM entities (ID-10, ID-13, 1.3 of the identities sheet): ASCII only, whole-string match.

use std::fmt;
use std::str::FromStr;

use super::ParseIdentError;

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $wanted:literal, $bytes_max:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(Box<str>);

        impl $type {
            /// The name as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = ParseIdentError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let fits: fn(&[u8]) -> bool = $fits;
                if text.is_empty() || text.len() > $bytes_max || !fits(text.as_bytes()) {
                    return Err(ParseIdentError::new($wanted, text));
                }
                Ok(Self(text.into()))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

fn name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}

name!(
    /// The name of a RAM user: `^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$`.
    UserName,
    "user name (letters, digits, `.`, `_`, `-`; at most 64; not starting with `-`)",
    64,
    |bytes| bytes.iter().copied().all(name_byte) && bytes.first() != Some(&b'-')
);
name!(
    /// The name of a RAM user group: `^[A-Za-z0-9._-]{1,64}$`.
    GroupName,
    "group name (letters, digits, `.`, `_`, `-`; at most 64)",
    64,
    |bytes| bytes.iter().copied().all(name_byte)
);
name!(
    /// The name of a system or custom policy: `^[A-Za-z0-9-]{1,128}$`.
    PolicyName,
    "policy name (letters, digits, `-`; at most 128)",
    128,
    |bytes| bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
);
name!(
    /// The name of a RAM role: `^[A-Za-z0-9._-]{1,64}$`. Letter case tells no two roles apart (ID-14).
    RoleName,
    "role name (letters, digits, `.`, `_`, `-`; at most 64)",
    64,
    |bytes| bytes.iter().copied().all(name_byte)
);
name!(
    /// What an account is called at the login, `^[a-z0-9]+(-[a-z0-9]+)*$` in 3 to 63 characters.
    AccountAlias,
    "account alias (lower-case letters, digits, single `-` between them; 3 to 63)",
    63,
    |bytes| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        bytes.len() >= 3
            && bytes.iter().all(|byte| plain(*byte) || *byte == b'-')
            && bytes.split(|byte| *byte == b'-').all(|part| !part.is_empty())
    }
);
name!(
    /// The name of an identity provider: `^[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$`.
    ProviderName,
    "provider name (letters, digits, `.`, `_`, `-`; at most 128; begins and ends with a letter or digit)",
    128,
    |bytes| {
        let ends = [bytes.first(), bytes.last()];
        let fit = ends.iter().flatten().all(|byte| byte.is_ascii_alphanumeric());
        fit && bytes.iter().copied().all(name_byte)
    }
);
name!(
    /// The name of a role session: 2 to 64 of `A-Za-z0-9.@_-` (STS-20).
    SessionName,
    "session name (letters, digits, `.`, `@`, `-`, `_`; 2 to 64)",
    64,
    |bytes| bytes.len() >= 2 && bytes.iter().all(|byte| name_byte(*byte) || *byte == b'@')
);
name!(
    /// Who is behind a session whatever it is called, through all chaining: 2 to 64 of `A-Za-z0-9_+=,.@-` (STS-24).
    SourceIdentity,
    "source identity (letters, digits, `_`, `+`, `=`, `,`, `.`, `@`, `-`; 2 to 64)",
    64,
    |bytes| bytes.len() >= 2 && bytes.iter().all(|byte| name_byte(*byte) || b"+=,@".contains(byte))
);
name!(
    /// The id of a RAM role, which is never used again (ID-11).
    RoleId,
    "role id (digits; at most 32)",
    32,
    |bytes| bytes.iter().all(u8::is_ascii_digit)
);
name!(
    /// The id of a resource group, `rg-acfm…`.
    ResourceGroupId,
    "resource group id (letters, digits, `.`, `_`, `-`; at most 64)",
    64,
    |bytes| bytes.iter().copied().all(name_byte)
);
name!(
    /// The id of a RAM user, which outlives a rename and is never used again (ID-11).
    UserId,
    "user id (digits; at most 32)",
    32,
    |bytes| bytes.iter().all(u8::is_ascii_digit)
);
name!(
    /// The name of a workload that is bound to a role: 2 to 64 of `A-Za-z0-9._-`, so that its sessions can be called the same.
    WorkloadName,
    "workload name (letters, digits, `.`, `_`, `-`; 2 to 64)",
    64,
    |bytes| bytes.len() >= 2 && bytes.iter().copied().all(name_byte)
);
