//! The parameters of a call, those of its query and those of its form, each with one meaning.

use std::fmt;

use super::StsError;

/// Those that anything here is read from.
const NAMES: [&str; 13] = [
    "Action",
    "Version",
    "Format",
    "RoleArn",
    "RoleSessionName",
    "DurationSeconds",
    "Policy",
    "ExternalId",
    "SourceIdentity",
    "SerialNumber",
    "TokenCode",
    "OIDCProviderArn",
    "OIDCToken",
];

/// What a call says, by name. Nothing stands twice, and nothing in another spelling: whoever sends `policy` or `Policy.1` wants
/// a session that is bounded, and must not get one that is not.
#[derive(Clone)]
pub struct Parameters<'p>(Vec<(&'static str, &'p str)>);

impl<'p> Parameters<'p> {
    /// Reads the pairs of the query and of the form together (STS-01). Names that nothing is read from are left out.
    pub fn read(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Result<Self, StsError> {
        let mut read: Vec<(&'static str, &'p str)> = Vec::new();
        for (given, value) in pairs {
            let Some(name) = NAMES.into_iter().find(|name| is_meant(given, name)) else { continue };
            if given != name || read.iter().any(|(other, _)| *other == name) {
                return Err(StsError::Malformed(name));
            }
            read.push((name, value));
        }
        Ok(Self(read))
    }

    /// The value, which may be empty.
    pub fn get(&self, name: &str) -> Option<&'p str> {
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }

    /// The value of a parameter for which nothing is as good as no parameter.
    pub(super) fn filled(&self, name: &str) -> Option<&'p str> {
        self.get(name).filter(|value| !value.is_empty())
    }
}

/// Among them may be a token.
impl fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parameters(..)")
    }
}

/// Whether a lenient reader would take it for the name: in any letter case, with blanks around it, as an element of a list.
fn is_meant(given: &str, name: &str) -> bool {
    let mut words = given.trim_start().split(|c: char| !c.is_ascii_alphanumeric());
    words.next().is_some_and(|word| word.eq_ignore_ascii_case(name))
}
