//! `AssumeRoleWithOIDC` without a gate (3.4, 3.7).

use super::*;
use crate::federation::{Fault, Identity};

const PROVIDER: &str = "acs:ram::1234567890123456:oidc-provider/ack";

fn read_oidc<'p>(changes: &[(&'p str, &'p str)]) -> Result<AssumeRoleWithOidc<'p>, StsError> {
    let usual = [
        ("OIDCProviderArn", PROVIDER),
        ("RoleArn", ARN),
        ("OIDCToken", "a.b.c"),
        ("RoleSessionName", "alice"),
    ];
    let kept = usual.into_iter().filter(|(name, _)| !changes.iter().any(|(it, _)| it == name));
    let all: Vec<(&str, &str)> = kept.chain(changes.iter().copied()).collect();
    AssumeRoleWithOidc::read(&Parameters::read(all)?)
}

#[test]
fn parameters_with_a_token() {
    use StsError::{Malformed, Missing, MissingParameter, ProviderArn};
    for (rule, name, value, expected) in [
        ("3.7", "OIDCProviderArn", "", Some(MissingParameter("OIDCProviderArn"))),
        ("3.7", "RoleArn", "", Some(MissingParameter("RoleArn"))),
        ("3.7", "OIDCToken", "", Some(MissingParameter("OIDCToken"))),
        ("3.7", "RoleSessionName", "", Some(Missing("RoleSessionName"))),
        ("4.2", "OIDCProviderArn", "ack", Some(ProviderArn)),
        ("4.2", "OIDCProviderArn", "acs:ram::x:oidc-provider/ack", Some(ProviderArn)),
        ("4.2", "OIDCProviderArn", "acs:ram::1:saml-provider/ack", Some(ProviderArn)),
        ("4.2", "OIDCProviderArn", "acs:ram::1:oidc-provider/a/b", Some(ProviderArn)),
        ("4.2", "OIDCProviderArn", "acs:ram::1:oidc-provider/-a", Some(ProviderArn)),
        ("4.2", "OIDCProviderArn", "acs:ram::1:oidc-provider/a\n", Some(ProviderArn)),
        ("3.4", "RoleArn", "role", Some(Malformed("RoleArn"))),
        ("3.4", "RoleSessionName", "a b", Some(Malformed("RoleSessionName"))),
        ("3.4", "DurationSeconds", "899", Some(StsError::Duration)),
        ("3.4", "Policy", "{", Some(StsError::PolicyGrammar)),
        ("3.4", "Policy", "", None),
        ("3.4", "policy", "{", Some(Malformed("Policy"))),
        ("STS-33", "SourceIdentity", "Mallory", None),
    ] {
        let read = read_oidc(&[(name, value)]).and_then(|request| request.session());
        assert_eq!(read.err(), expected, "{rule} {name}={value}");
    }
    let spaced = read_oidc(&[("OIDCToken", " \r\na.b.c\t\n")]).unwrap();
    assert_eq!(spaced.token, "a.b.c", "3.4");
    assert!(!format!("{spaced:?}").contains("a.b.c"), "STS-41");
    let twice = read_oidc(&[("OIDCToken", "a"), ("OIDCToken", "a")]);
    assert_eq!(twice.err(), Some(Malformed("OIDCToken")), "STS-01");
}

#[test]
fn codes_of_tokens() {
    for (error, code) in [
        (StsError::ProviderArn, (403, "AuthenticationFail.NoPermission")),
        (StsError::NoProvider, (403, "AuthenticationFail.NoPermission")),
        (StsError::Untrusted, (403, "AuthenticationFail.NoPermission")),
        (StsError::MissingParameter("OIDCToken"), (400, "MissingParameter.OIDCToken")),
        (StsError::OidcToken(Fault::Invalid), (401, "AuthenticationFail.OIDCToken.Invalid")),
        (StsError::OidcToken(Fault::Expired), (401, "AuthenticationFail.OIDCToken.Expired")),
        (
            StsError::OidcToken(Fault::Audience),
            (401, "AuthenticationFail.OIDCToken.AudienceNotMatch"),
        ),
        (StsError::OidcToken(Fault::Issuer), (401, "AuthenticationFail.OIDCToken.IssuerNotMatch")),
        (
            StsError::OidcToken(Fault::Keys),
            (401, "AuthenticationFail.OIDCToken.IssuerConfigurationBroken"),
        ),
        (
            StsError::OidcToken(Fault::Fingerprint),
            (401, "AuthenticationFail.OIDCToken.PublicKeyFingerprintMismatch"),
        ),
    ] {
        let (status, name) = error.status_and_name();
        assert_eq!((status, &*name), code, "3.7");
    }
}

/// 5.5: what may be long in a session may be too long together, and the policy is to blame.
#[test]
fn a_federated_session_may_be_too_long() {
    let provider = PROVIDER.parse().unwrap();
    let long = |bytes: usize| "x".repeat(bytes).into_boxed_str();
    let identity = |issuer: usize, subject: usize| Identity {
        issuer: long(issuer),
        subject: long(subject),
        audiences: Vec::new(),
        client_ids: Vec::new(),
        issued: UnixSeconds(NOW),
        expires: UnixSeconds(NOW),
    };
    let sealed = |identity: &Identity, policy: usize| {
        let name = "n".repeat(64);
        let policy = format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"{}:*","Resource":"*"}}]}}"#,
            "e".repeat(policy)
        );
        let changes = [("Policy", policy.as_str()), ("RoleSessionName", &name)];
        let payload = session(Caller::Federated(&provider, identity), 3600, &changes).unwrap();
        assert_eq!(payload.federation.as_ref().unwrap().subject, identity.subject);
        assert_eq!(payload.source.id, SourceId::Oidc(PROVIDER.into()));
        assert_eq!(payload.source_identity, None, "STS-33");
        sealed_by_issuer(&payload).map(|issued| issued.token.len())
    };
    assert!(sealed(&identity(48, 512), 1).unwrap() < 2000);
    assert_eq!(sealed(&identity(255, 512), 1900), Err(SealError::TooLong));
}
