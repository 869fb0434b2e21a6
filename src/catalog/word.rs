//! The words of a refusal.

use crate::request::{HeadError, MultipartError};

/// Why a request cannot be read: one word of the closed list, and what a caller needs to know about its own request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The word.
    pub word: Word,
    /// The rest.
    pub detail: String,
}

impl Unreadable {
    pub(crate) fn new(word: Word, detail: impl Into<String>) -> Self {
        Self { word, detail: detail.into() }
    }
}

/// A head or a form that breaks the grammar, or is over a limit.
impl From<HeadError> for Unreadable {
    fn from(error: HeadError) -> Self {
        let word = match &error {
            HeadError::Host => Word::UnknownHost,
            HeadError::Target | HeadError::Escape("path") => Word::BadPath,
            HeadError::Once(_) => Word::DuplicateParameter,
            HeadError::Escape(_) | HeadError::TooMany(_) | HeadError::HeaderText(_) => {
                Word::BadValue
            }
        };
        Self::new(word, error.to_string())
    }
}

impl From<MultipartError> for Unreadable {
    fn from(error: MultipartError) -> Self {
        let word = match error {
            MultipartError::Repeated => Word::DuplicateParameter,
            MultipartError::TwoSpellings => Word::LookAlikeParameter,
            MultipartError::Form(_) => Word::UnsupportedBody,
        };
        Self::new(word, error.to_string())
    }
}

macro_rules! words {
    ($($variant:ident $text:literal),* $(,)?) => {
        /// The words of a refusal (section 2), in the order in which they are looked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each variant is its word")]
        pub enum Word { $($variant),* }

        impl Word {
            /// All of them, in that order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

words! {
    UnknownHost "unknown-host",
    AccessPoint "access-point",
    BadPath "bad-path",
    UnsupportedBody "unsupported-body",
    DuplicateParameter "duplicate-parameter",
    UnknownQuery "unknown-query",
    ConflictingAction "conflicting-action",
    UnknownVersion "unknown-version",
    UnknownOperation "unknown-operation",
    Ambiguous "ambiguous",
    LookAlikeParameter "look-alike-parameter",
    AccountMismatch "account-mismatch",
    RegionMismatch "region-mismatch",
    BadValue "bad-value",
    MalformedList "malformed-list",
    BadArn "bad-arn",
    MissingParameter "missing-parameter",
    NoResource "no-resource",
}
