//! The secrets that credentials URIs end with: read once, at the start.

use crate::config::{Config, CredentialForm, UriWorkload};
use crate::snapshot::KeysAccess;
use crate::strict::{Position, Problem};
use crate::workload::{Form, UriSecret};

use super::reader::read_secret;

/// What each credential listener speaks, in their order.
pub(super) fn forms(config: &Config) -> Result<Vec<Form>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut forms = Vec::new();
    for listener in &config.credentials {
        forms.push(match &listener.form {
            CredentialForm::Metadata { workload, tokens } => {
                Form::Metadata { workload: workload.clone(), tokens: *tokens }
            }
            CredentialForm::Uri(workloads) => {
                let access = config.keys_access;
                let read = workloads.iter().filter_map(|it| secret(it, access, &mut problems));
                Form::Uri(read.collect())
            }
        });
    }
    if problems.is_empty() { Ok(forms) } else { Err(problems) }
}

fn secret(of: &UriWorkload, access: KeysAccess, problems: &mut Vec<Problem>) -> Option<UriSecret> {
    let name = of.secret_file.display().to_string();
    let mut wrong = |message: String, help: &str| {
        problems.push(Problem::error(&name, Position::START, "", message).help(help));
    };
    match read_secret(&of.secret_file, access) {
        Ok(secret) => {
            let secret = UriSecret::new(of.workload.clone(), secret);
            if secret.is_none() {
                let what = format!("this is no secret for the URI of workload `{}`", of.workload);
                wrong(what, UriSecret::WANTED);
            }
            secret
        }
        Err(error) => {
            let help = "`ramgate workload secret --file FILE` writes one, for its owner alone";
            let what = format!("the secret of workload `{}` cannot be used: {error}", of.workload);
            wrong(what, help);
            None
        }
    }
}
