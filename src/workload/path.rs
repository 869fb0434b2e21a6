//! The paths of both forms.

use crate::ident::WorkloadName;

use super::door::UriSecret;

/// What a path of the instance metadata names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metadata<'p> {
    /// `/latest/api/token`
    Token,
    /// `/latest/meta-data/ram/security-credentials/`
    RoleName,
    /// The same with a role behind it.
    Credentials(&'p str),
}

/// Only the segment `ram` has two spellings (MD-27).
pub(super) fn metadata(path: &str) -> Option<Metadata<'_>> {
    if path == "/latest/api/token" {
        return Some(Metadata::Token);
    }
    let (ram, rest) = path.strip_prefix("/latest/meta-data/")?.split_once('/')?;
    let of_credentials = rest.strip_prefix("security-credentials");
    match of_credentials.filter(|_rest| ["ram", "Ram"].contains(&ram))? {
        "" | "/" => Some(Metadata::RoleName),
        role => role.strip_prefix('/').map(Metadata::Credentials),
    }
}

/// The workload whose secret a path of the URI form has (MD-23). Every secret is compared, so that time tells nothing about
/// which workloads there are.
pub(super) fn uri<'s>(path: &str, secrets: &'s [UriSecret]) -> Option<&'s WorkloadName> {
    let (name, given) = path.strip_prefix("/v1/credentials/")?.split_once('/')?;
    let mut found = None;
    for UriSecret { workload, secret } in secrets {
        let same = secret.is(given.as_bytes());
        if same & (workload.as_str() == name) {
            found = Some(workload);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// MD-27
    #[test]
    fn metadata_paths() {
        for (path, expected) in [
            ("/latest/api/token", Some(Metadata::Token)),
            ("/latest/meta-data/ram/security-credentials/", Some(Metadata::RoleName)),
            ("/latest/meta-data/Ram/security-credentials", Some(Metadata::RoleName)),
            ("/latest/meta-data/Ram/security-credentials/r", Some(Metadata::Credentials("r"))),
            ("/latest/meta-data/ram/security-credentials/r/", Some(Metadata::Credentials("r/"))),
            ("/latest/meta-data/RAM/security-credentials/r", None),
            ("/latest/meta-data/ram/Security-Credentials/r", None),
            ("/latest/meta-data/ram/security-credentialsr", None),
            ("/latest/meta-data//ram/security-credentials/r", None),
            ("/Latest/api/token", None),
            ("/latest/api/token/", None),
            ("/latest/user-data", None),
            ("/", None),
        ] {
            assert_eq!(metadata(path), expected, "{path}");
        }
    }
}
