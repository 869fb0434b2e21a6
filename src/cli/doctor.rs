//! `ramgate doctor`: why a captured request was refused.

mod text;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use zeroize::Zeroizing;

use crate::clock;
use crate::doctor::{CAPTURE_BYTES_MAX, Capture, Question, Report, Verdict, examine};
use crate::ident::{SecretKey, UnixSeconds};
use crate::signature::{Family, PublicKey};

use super::output::{print, print_json};

/// Variables that the official SDKs read.
const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
/// Something is wrong with what was given, not with the request.
const UNREADABLE: u8 = 2;

/// `ramgate doctor`
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The capture: bytes of HTTP/1.1, a HAR file or one of its entries, a command line of curl, or recorded requests as of
    /// `test signatures`. Without it, or with `-`: standard input.
    file: Option<PathBuf>,
    /// Which request of a file of several, from 1; without it the first that has credentials.
    #[arg(long, value_name = "NUMBER")]
    entry: Option<usize>,
    /// A file with the secret; one line end behind it is dropped. Without it: `ALIBABA_CLOUD_ACCESS_KEY_SECRET`.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The kind of host that the request was sent to; without it, guessed from the host and the credentials.
    #[arg(long, value_name = "KIND")]
    host_kind: Option<Family>,
    /// A name by which the client may have called the host; repeat it for several.
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// The bucket behind a domain of one's own; repeat it for several.
    #[arg(long, value_name = "HOST=BUCKET", value_parser = pair)]
    bucket_of_domain: Vec<(String, String)>,
    /// The clock to judge with, `2026-11-22T11:05:05Z`; without it the time of the capture, else now.
    #[arg(long, value_parser = instant)]
    time: Option<UnixSeconds>,
    /// A file with the string to sign, or the canonical request, that the client logged.
    #[arg(long, value_name = "FILE")]
    client_text: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Exit status 0: signature, time and body fit. 1: they do not, or nobody can say. 2: the capture cannot be read.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match answer(arguments) {
        Ok(Verdict::Fits) => ExitCode::SUCCESS,
        Ok(Verdict::Refused | Verdict::Unknown | Verdict::Bearer | Verdict::Anonymous) => {
            ExitCode::FAILURE
        }
        Err(message) => {
            #[expect(clippy::print_stderr, reason = "the last word of a command that failed")]
            {
                eprintln!("ramgate: {message}");
            }
            ExitCode::from(UNREADABLE)
        }
    }
}

fn answer(arguments: &Arguments) -> Result<Verdict, String> {
    let bytes = read_capture(arguments.file.as_deref())?;
    let mut capture = Capture::parse(&bytes, arguments.entry)
        .map_err(|error| format!("the capture cannot be read: {error}"))?;
    capture.hosts.extend(arguments.host.iter().cloned());
    let client_text = arguments.client_text.as_deref().map(super::read).transpose()?;
    let report =
        Known::of(arguments, &capture)?.examine(arguments, &capture, client_text.as_deref());
    if arguments.json {
        print_json(&report)?;
    } else {
        print(&text::render(&report, &capture.notes))?;
    }
    Ok(report.verdict)
}

/// The key: that of a recorded case, else that of the file or the environment.
struct Known {
    secret: Option<SecretKey>,
    public: Option<PublicKey>,
    id: Option<String>,
    token: Option<Zeroizing<String>>,
    family: Option<Family>,
    cname: Vec<(String, String)>,
}

impl Known {
    fn of(arguments: &Arguments, capture: &Capture) -> Result<Self, String> {
        let family = arguments.host_kind;
        let mut cname = arguments.bucket_of_domain.clone();
        let secret = match &arguments.secret_file {
            Some(file) => Some(secret_of(file)?),
            None => None,
        };
        let Some(case) = &capture.case else {
            let from_environment = || variable(SECRET).map(|text| SecretKey::from(text.as_str()));
            // The variables belong together: a secret from a file has an id that nobody told.
            let id = if secret.is_none() { variable(ID) } else { None };
            let token = variable(TOKEN).filter(|_| secret.is_none());
            let secret = secret.or_else(from_environment);
            let id = id.map(|id| id.to_string());
            return Ok(Self { secret, public: None, id, token, family, cname });
        };
        cname.extend(case.context.cname.clone());
        let public = match &case.context.public_key_pem {
            Some(pem) => Some(PublicKey::from_pem(pem).ok_or("the public key cannot be read")?),
            None => None,
        };
        let own = SecretKey::from(case.access_key_secret.as_str());
        Ok(Self {
            secret: secret.or(Some(own)),
            public,
            id: Some(case.access_key_id.clone()),
            token: case.security_token.clone().map(Zeroizing::new),
            family: family.or(case.family().ok()),
            cname,
        })
    }

    fn examine(
        &self,
        arguments: &Arguments,
        capture: &Capture,
        client_text: Option<&str>,
    ) -> Report {
        examine(&Question {
            request: &capture.request,
            family: self.family,
            cname: &self.cname,
            now: arguments.time.or(capture.taken_at).unwrap_or_else(clock::now),
            secret: self.secret.as_ref(),
            public: self.public.as_ref(),
            access_key_id: self.id.as_deref(),
            security_token: self.token.as_ref().map(|token| token.as_str()),
            client_text,
            hosts: &capture.hosts,
        })
    }
}

/// Reads a capture, from standard input if no file is named.
pub(super) fn read_capture(file: Option<&Path>) -> Result<Vec<u8>, String> {
    let limit = u64::try_from(CAPTURE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let file = file.filter(|file| *file != Path::new("-"));
    match file {
        None => std::io::stdin().lock().take(limit).read_to_end(&mut bytes),
        Some(file) => {
            std::fs::File::open(file).and_then(|opened| opened.take(limit).read_to_end(&mut bytes))
        }
    }
    .map_err(|error| {
        let name =
            file.map_or_else(|| "standard input".to_owned(), |file| file.display().to_string());
        format!("cannot read {name}: {error}")
    })?;
    Ok(bytes)
}

/// The bytes of the file without one line end behind them.
fn secret_of(file: &Path) -> Result<SecretKey, String> {
    let text = Zeroizing::new(super::read(file)?);
    let bare = text.strip_suffix('\n').unwrap_or(&text);
    let bare = bare.strip_suffix('\r').unwrap_or(bare);
    if bare.is_empty() {
        return Err(format!("{} is empty", file.display()));
    }
    Ok(SecretKey::from(bare))
}

fn variable(name: &str) -> Option<Zeroizing<String>> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the variables of the SDKs, for a tool beside them"
    )]
    let value = std::env::var(name);
    value.ok().filter(|value| !value.is_empty()).map(Zeroizing::new)
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (host, bucket) = text.split_once('=').ok_or("it is `HOST=BUCKET`")?;
    Ok((host.to_ascii_lowercase(), bucket.to_owned()))
}

fn instant(text: &str) -> Result<UnixSeconds, String> {
    UnixSeconds::parse_iso8601(text).map_err(|error| error.to_string())
}
