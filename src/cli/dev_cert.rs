//! `ramgate dev-cert`: an authority and a certificate for trying out TLS, and what to do with them.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::output::print;
use crate::clock;
use crate::ident::UnixSeconds;
use crate::tls::{Authority, Issued, Permitted};

const DAY_SECONDS: i64 = 24 * 60 * 60;
const AUTHORITY_DAYS: i64 = 365;
const SERVER_DAYS: i64 = 30;
/// Clocks differ, also between a machine and its containers.
const BACKDATED_SECONDS: i64 = 60 * 60;
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Where, and for which names.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The folder of the four files. An authority that is there is used again, the server's certificate is renewed.
    #[arg(long, default_value = "dev-cert")]
    dir: PathBuf,
    /// A name that clients call the gate by, beside localhost and its addresses; such as `sts.aliyuncs.com`.
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
}

/// Makes what is missing and says how to use it.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, String> {
    let now = clock::now();
    let names = names(&arguments.hosts);
    let folder = Folder::open(&arguments.dir)?;
    let (authority, made) = folder.authority(&names, now)?;
    let server_names = permitted(&names, now, SERVER_DAYS)?;
    let server = authority.issue(&server_names).map_err(|error| error.to_string())?;
    folder.check(&server, &server_names, now)?;
    folder.put("server.key", &server.key, 0o600)?;
    folder.put("server.pem", &server.certificate, 0o644)?;
    print(&advice(&arguments.dir, &names, made))?;
    Ok(ExitCode::SUCCESS)
}

fn names(hosts: &[String]) -> Vec<String> {
    let mut names: Vec<String> = LOCAL_NAMES.map(str::to_owned).to_vec();
    for host in hosts.iter().map(|host| host.to_ascii_lowercase()) {
        if !names.contains(&host) {
            names.push(host);
        }
    }
    names
}

fn permitted(names: &[String], now: UnixSeconds, days: i64) -> Result<Permitted, String> {
    let time = UnixSeconds(now.0 - BACKDATED_SECONDS)..UnixSeconds(now.0 + days * DAY_SECONDS);
    Permitted::new(names, time).map_err(|error| format!("{error} (--host)"))
}

/// Whether the authority is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Now,
    Before,
}

/// The folder of the files.
#[derive(Debug)]
struct Folder<'f>(&'f Path);

impl<'f> Folder<'f> {
    fn open(path: &'f Path) -> Result<Self, String> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| format!("cannot make {}: {error}", path.display()))?;
        Ok(Self(path))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The authority of the folder; a new one only where there is none of its files, nor a server's that somebody else signed.
    fn authority(&self, names: &[String], now: UnixSeconds) -> Result<(Authority, Made), String> {
        let is_there = |name: &&str| self.path(name).symlink_metadata().is_ok();
        let there: Vec<_> =
            ["ca.key", "ca.pem", "server.key", "server.pem"].into_iter().filter(is_there).collect();
        if there.starts_with(&["ca.key", "ca.pem"]) {
            let path = self.path("ca.key");
            let reopened = Authority::reopen(&super::read(&path)?);
            let authority = reopened.map_err(|error| format!("{}: {error}", path.display()))?;
            return Ok((authority, Made::Before));
        }
        if let Some(name) = there.first() {
            return Err(format!(
                "{} is there, but not both halves of an authority (ca.pem, ca.key); nothing is overwritten: use another --dir, or remove it",
                self.path(name).display()
            ));
        }
        let permitted = permitted(names, now, AUTHORITY_DAYS)?;
        let (authority, issued) =
            Authority::create(&permitted).map_err(|error| error.to_string())?;
        self.put("ca.key", &issued.key, 0o600)?;
        self.put("ca.pem", &issued.certificate, 0o644)?;
        Ok((authority, Made::Now))
    }

    /// What no client would accept is not put in place.
    fn check(&self, server: &Issued, names: &Permitted, now: UnixSeconds) -> Result<(), String> {
        let path = self.path("ca.pem");
        let authority = super::read(&path)?;
        Authority::verify(&authority, &server.certificate, names, now).map_err(|error| {
            format!(
                "{}: {error}\nan authority holds for {AUTHORITY_DAYS} days and for the names that it was made with: use another --dir, or remove this one and let the clients trust the new authority",
                path.display()
            )
        })
    }

    /// Puts a file in its place in one step.
    fn put(&self, name: &str, text: &str, mode: u32) -> Result<(), String> {
        let (path, fresh) = (self.path(name), self.path(&format!(".{name}.tmp")));
        let written = write(&fresh, text, mode).and_then(|()| fs::rename(&fresh, &path));
        written.map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?; // whatever the umask says
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn advice(folder: &Path, names: &[String], made: Made) -> String {
    let authority = match made {
        Made::Now => format!("made for {AUTHORITY_DAYS} days"),
        Made::Before => "kept".to_owned(),
    };
    let folder = fs::canonicalize(folder).unwrap_or_else(|_gone| folder.to_owned());
    let folder = folder.display();
    let names = names.join(", ");
    format!(
        "\
authority    {folder}/ca.pem ({authority})
certificate  {folder}/server.pem (made for {SERVER_DAYS} days: {names})

In ramgate.yaml:

  listen:
    tls: {{address: 127.0.0.1:8743, certificate: {folder}/server.pem, key: {folder}/server.key}}

Clients that shall trust it:

  curl    --cacert {folder}/ca.pem
  Python  REQUESTS_CA_BUNDLE={folder}/ca.pem SSL_CERT_FILE={folder}/ca.pem
          ALIBABA_CLOUD_CA_BUNDLE={folder}/ca.pem (aliyun-python-sdk-core)
  Node    NODE_EXTRA_CA_CERTS={folder}/ca.pem
  Go      SSL_CERT_FILE={folder}/ca.pem

This is for trying out on this machine. Do not add ca.pem to the trust of a system, and keep ca.key to yourself: whoever has
it can pose as the names above to clients that trust it. Run the command again before the certificate ends; a running
gate takes the new one within a second.
"
    )
}
