//! What the credential listeners are started with: their secrets are read once.

use crate::config::{Config, CredentialForm, CredentialListener};
use crate::credential_server::Opening;
use crate::reload;
use crate::workload::{Form, UriSecret};

/// The listeners of a configuration.
pub(super) fn openings(config: &Config) -> Result<Vec<Opening<'_>>, String> {
    config
        .credentials
        .iter()
        .map(|listener| Ok(Opening { listener, form: form(config, listener)? }))
        .collect()
}

fn form(config: &Config, listener: &CredentialListener) -> Result<Form, String> {
    match &listener.form {
        CredentialForm::Metadata { workload, tokens } => {
            Ok(Form::Metadata { workload: workload.clone(), tokens: *tokens })
        }
        CredentialForm::Uri(workloads) => {
            let secret = |it: &crate::config::UriWorkload| {
                let path = it.secret_file.display();
                let failed = |error: &str| {
                    format!(
                        "cannot use {path} (credentials, secret_file of `{}`): {error}",
                        it.workload
                    )
                };
                let secret = reload::read_secret(&it.secret_file, config.keys_access)
                    .map_err(|error| failed(&error.to_string()))?;
                UriSecret::new(it.workload.clone(), secret).ok_or_else(|| failed(UriSecret::WANTED))
            };
            workloads.iter().map(secret).collect::<Result<_, _>>().map(Form::Uri)
        }
    }
}
