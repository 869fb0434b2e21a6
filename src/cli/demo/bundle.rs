//! A private copy of the example bundle, with keys of its own.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::ident::AccessKeyId;

/// An `AccessKey` made for this run.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) id: AccessKeyId,
    pub(super) secret: String,
}

/// The copy.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) folder: PathBuf,
    pub(super) alice: Key,
    pub(super) bob: Key,
}

impl Bundle {
    /// Copies `source` to a folder that only this user can read and gives alice and bob a key each.
    pub(super) fn copy(source: &Path) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("ramgate-demo-{}", random_text(12)?));
        DirBuilder::new().mode(0o700).create(&folder)?;
        copy_folder(source, &folder)?;
        let alice = Key::random()?;
        let bob = Key::random()?;
        let mut text = String::from("keys:\n");
        for (user, key) in [("alice", &alice), ("bob", &bob)] {
            let _infallible = writeln!(
                text,
                "  - {{ id: {}, user: {user}, secret: \"{}\", status: Active }}",
                key.id, key.secret
            );
        }
        let secrets = folder.join("secrets");
        DirBuilder::new().mode(0o700).create(&secrets)?;
        let path = secrets.join("access-keys.yaml");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        Ok(Self { folder, alice, bob })
    }

    pub(super) fn config(&self) -> PathBuf {
        self.folder.join("ramgate.yaml")
    }

    /// Changes a file as an editor or a deployment does: a new file, renamed over the old one.
    pub(super) fn replace(&self, name: &str, change: impl Fn(&str) -> String) -> io::Result<()> {
        let path = self.folder.join(name);
        #[expect(clippy::disallowed_methods, reason = "the demo edits a policy file")]
        let text = fs::read_to_string(&path)?;
        let fresh = self.folder.join(format!(".{}.new", random_text(6)?));
        fs::write(&fresh, change(&text))?;
        fs::set_permissions(&fresh, Permissions::from_mode(0o644))?;
        fs::rename(fresh, path)
    }

    /// Every file of the audit record so far.
    pub(super) fn audit(&self) -> io::Result<String> {
        #[expect(clippy::disallowed_methods, reason = "the demo reads the audit record it prints")]
        fs::read_to_string(self.folder.join("audit.jsonl"))
    }
}

impl Key {
    fn random() -> io::Result<Self> {
        let id = format!("LTAI5t{}", random_text(18)?).parse().map_err(io::Error::other)?;
        Ok(Self { id, secret: random_text(30)? })
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    let about =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", from.display()));
    for entry in fs::read_dir(from).map_err(about)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            DirBuilder::new().mode(0o700).create(&target)?;
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn random_text(length: usize) -> io::Result<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyzABCDEFGH"; // 32 letters: five bits each, no bias
    let mut bytes = vec![0_u8; length];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('a', char::from);
    Ok(bytes.iter().map(letter).collect())
}
