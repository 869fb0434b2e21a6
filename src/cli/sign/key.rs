//! Where the key comes from: a file, or the environment; never the command line, which every user of a machine can read.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::ident::{AccessKeyId, SecretKey};
use crate::strict::Reader;

/// Three variables that belong together; the first set whose id is there counts, whole.
const VARIABLES: [[&str; 3]; 2] = [
    ["RAMGATE_ACCESS_KEY_ID", "RAMGATE_ACCESS_KEY_SECRET", "RAMGATE_SECURITY_TOKEN"],
    [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
    ],
];

/// A key.
#[derive(Debug)]
pub(in crate::cli) struct Key {
    pub(in crate::cli) id: AccessKeyId,
    pub(super) secret: SecretKey,
    pub(in crate::cli) token: Option<Token>,
}

/// The token of a session.
pub(in crate::cli) struct Token(Zeroizing<String>);

impl Token {
    pub(in crate::cli) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    pub(in crate::cli) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// Reads the key of `file`, or of the environment.
pub(in crate::cli) fn read(file: Option<&Path>) -> Result<Key, String> {
    match file {
        Some(file) => {
            let text = Zeroizing::new(crate::cli::read(file)?);
            of_text(&file.display().to_string(), &text)
        }
        None => of_environment(),
    }
}

fn of_text(name: &str, text: &str) -> Result<Key, String> {
    let mut reader = Reader::of_secrets(name);
    let key = reader.parse(text).and_then(|root| {
        let fields = reader.fields(&root, "", &["id", "secret", "token"])?;
        let id = reader.required_parsed(&fields, "id");
        reader.required(&fields, "secret");
        let secret = reader.text(&fields, "secret").map(SecretKey::from);
        let token =
            reader.text(&fields, "token").map(|text| Token(Zeroizing::new(text.to_owned())));
        Some(Key { id: id?, secret: secret?, token })
    });
    let problems = reader.into_problems();
    match (key, problems.first()) {
        (Some(key), None) => Ok(key),
        (_, Some(problem)) => Err(problem.to_string()),
        (None, None) => Err(format!("{name} holds no key")),
    }
}

fn of_environment() -> Result<Key, String> {
    for [id, secret, session] in VARIABLES {
        let Some(text) = variable(id)? else { continue };
        let id = text.parse().map_err(|_text| format!("{id} holds no AccessKey id"))?;
        let secret = variable(secret)?.ok_or_else(|| format!("{secret} is not set"))?;
        let secret = SecretKey::from(secret.as_str());
        let token = variable(session)?.map(Token);
        return Ok(Key { id, secret, token });
    }
    let [[id, ..], [other, ..]] = VARIABLES;
    Err(format!("no key: give --key-file, or set {id} (or {other}) and its secret"))
}

/// An empty variable is none.
fn variable(name: &str) -> Result<Option<Zeroizing<String>>, String> {
    let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let text = value.into_string().map_err(|_bytes| format!("{name} is not UTF-8"))?;
    Ok(Some(Zeroizing::new(text)))
}
