//! What an account or a user is allowed to be, whatever its policies say.

use std::str::FromStr;

/// Whether the people of an account may call (1.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccountStatus {
    /// They may.
    #[default]
    Active,
    /// Nobody of it may, sessions of its roles and sessions that its people obtained included.
    Frozen,
}

/// What a user logs in to (ID-06).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// The API, with `AccessKey` pairs.
    #[default]
    Api,
    /// The console alone: the user signs nothing.
    Console,
    /// Both.
    Both,
}

impl AccountStatus {
    /// The word of the directory file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Frozen => "frozen",
        }
    }
}

impl Access {
    /// The word of the directory file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Console => "console",
            Self::Both => "both",
        }
    }

    /// Whether the user may sign requests.
    pub fn signs(self) -> bool {
        self != Self::Console
    }
}

impl FromStr for AccountStatus {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = [Self::Active, Self::Frozen].into_iter().find(|it| it.as_str() == text);
        found.ok_or("write `active` or `frozen`")
    }
}

impl FromStr for Access {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found =
            [Self::Api, Self::Console, Self::Both].into_iter().find(|it| it.as_str() == text);
        found.ok_or("write `api`, `console` or `both`")
    }
}
