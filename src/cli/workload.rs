//! `ramgate workload`: what a workload next door needs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Subcommand;
use zeroize::Zeroizing;

use super::in_place;
use super::output::print;

/// The owner alone.
const MODE: u32 = 0o600;
const RANDOM_BYTES: usize = 32;

/// What to make.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make the secret that the credentials URI of a workload ends with.
    Secret {
        /// Write it to this file, which must not be there yet; without it, to standard output.
        #[arg(long)]
        file: Option<PathBuf>,
    },
}

/// Runs one of them.
pub(super) fn run(command: &Command) -> Result<ExitCode, String> {
    let Command::Secret { file } = command;
    let secret = secret()?;
    match file {
        Some(file) => {
            in_place::create(file, &secret, MODE)?;
            print(&advice(file))?;
        }
        None => print(&format!("{}\n", *secret))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn secret() -> Result<Zeroizing<String>, String> {
    let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| format!("no randomness: {error}"))?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}

/// Who needs it.
fn advice(file: &Path) -> String {
    let file = file.display();
    format!(
        "{file}: mount it as the `secret_file` of the workload under `credentials`, and give the workload\n\
         ALIBABA_CLOUD_CREDENTIALS_URI=http://ADDRESS/v1/credentials/WORKLOAD/$(cat {file})\n\
         ALIBABA_CLOUD_ECS_METADATA_DISABLED=true\n"
    )
}
