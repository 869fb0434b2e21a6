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
                let read = workloads.iter().map(|it| secret(it, config.keys_access));
                let (found, wrong): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
                problems.extend(wrong.into_iter().filter_map(Result::err));
                Form::Uri(found.into_iter().flatten().collect())
            }
        });
    }
    if problems.is_empty() { Ok(forms) } else { Err(problems) }
}

fn secret(of: &UriWorkload, access: KeysAccess) -> Result<UriSecret, Problem> {
    let name = of.secret_file.display().to_string();
    let wrong = |message: String, help: &str| {
        Problem::error(&name, Position::START, "", message).help(help)
    };
    let secret = read_secret(&of.secret_file, access).map_err(|error| {
        let help = "`ramgate workload secret --file FILE` writes one, for its owner alone";
        wrong(format!("the secret of workload `{}` cannot be used: {error}", of.workload), help)
    })?;
    UriSecret::new(of.workload.clone(), secret).ok_or_else(|| {
        let message = format!("this is no secret for the URI of workload `{}`", of.workload);
        wrong(message, UriSecret::WANTED)
    })
}
