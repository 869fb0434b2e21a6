//! Roles, whom they trust, and the providers that can be trusted.

use std::sync::Arc;

use super::super::file::{Mention, RoleEntry};
use super::super::principals::Role;
use super::super::providers::{JwksLookup, OidcProviderEntry};
use super::super::trust::{Resolver, TrustFile};
use super::{Builder, Providers, shown};
use crate::federation::{KeySource, OidcProvider, ProviderArn};
use crate::ident::{AccountId, PolicyName};
use crate::policy::{self, DocumentKind, Policy, PolicySet};
use crate::strict::{Problem, nearest};

impl Builder<'_, '_> {
    pub(super) fn role(
        &mut self,
        entry: &RoleEntry,
        account: AccountId,
        known: &Providers,
    ) -> Role {
        let own = self.attached(&entry.policies);
        let trust = entry.trust.as_ref().and_then(|name| self.trust(entry, name, account));
        if let (Some(name), Some(policy)) = (&entry.trust, &trust) {
            self.warn_unregistered(name, policy, account, known);
        }
        Role {
            account,
            name: entry.name.value.clone(),
            id: entry.id.value.clone(),
            service_linked: entry.service_linked,
            max_session_duration: entry.max_session_duration,
            trust: PolicySet::new(trust),
            attached: shown(&own),
            grants: self.grants(own),
        }
    }

    /// A provider that is not registered in the account of the role vouches for nobody (TP-09). Those of other accounts
    /// never would, which the linter says.
    fn warn_unregistered(
        &mut self,
        name: &Mention<PolicyName>,
        trust: &Policy,
        account: AccountId,
        known: &Providers,
    ) {
        let missing = |arn: &&str| {
            let arn: Result<ProviderArn, _> = arn.parse();
            arn.is_ok_and(|arn| arn.account == account && !known.contains_key(&arn.name))
        };
        for arn in trust.document().oidc_providers().filter(missing) {
            let message = format!("nobody is `{arn}`, whom the role trusts");
            let help = "add it to `oidc_providers` of the account";
            let problem = Problem::warning(self.file, name.at, &name.field, message);
            self.problems.push(problem.help(help));
        }
    }

    /// Who may assume a role. What is wrong with trusting whom it trusts is said at each load (TP-09, TP-23).
    fn trust(
        &mut self,
        role: &RoleEntry,
        name: &Mention<PolicyName>,
        account: AccountId,
    ) -> Option<Arc<Policy>> {
        let policy = self.of_file(DocumentKind::Trust, name)?;
        let text = self.book.text(DocumentKind::Trust, &name.value)?;
        let findings = policy::lint_trust(policy.document(), text, account);
        self.problems.extend(
            findings.into_iter().filter(|it| !self.problems.contains(it)).collect::<Vec<_>>(),
        );
        self.refuse_pins_of_nobody(role, &policy);
        let file = TrustFile { name: &name.value, policy: &policy, text };
        let mut resolver = Resolver {
            identities: &self.identities,
            before: self.before,
            meanings: &mut self.meanings,
            problems: &mut self.problems,
        };
        Some(resolver.resolve(role, &file))
    }

    /// An entry of `trusted_ids` that guards nothing is misspelt.
    fn refuse_pins_of_nobody(&mut self, role: &RoleEntry, policy: &Policy) {
        let named = policy.document().named_identities();
        let known: Vec<&str> = named.iter().map(|named| named.arn).collect();
        for pin in role.trusted_ids.iter().filter(|pin| !known.contains(&pin.arn.value.as_str())) {
            let message = format!("the trust policy of the role does not name `{}`", pin.arn.value);
            let help = nearest(&pin.arn.value, &known).map_or_else(
                || "write the ARN as the trust policy has it, or remove the entry".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.error(&pin.arn, message, &help);
        }
    }

    pub(super) fn oidc_provider(
        &mut self,
        entry: &OidcProviderEntry,
        account: AccountId,
    ) -> OidcProvider {
        let keys = entry.jwks.as_ref().and_then(|name| match self.jwks.find(&name.value) {
            JwksLookup::Found(set) => Some(KeySource::Mounted(set)),
            JwksLookup::Broken => None,
            JwksLookup::Unknown => {
                let known: Vec<String> = self.jwks.names().map(str::to_owned).collect();
                let known = known.iter().map(String::as_str);
                self.dangling("file of `files.jwks` named", name, known);
                None
            }
        });
        let OidcProviderEntry { issuance_limit_hours, algorithms, .. } = entry;
        self.warn_twice(&entry.client_ids);
        OidcProvider {
            account,
            name: entry.name.value.clone(),
            issuer: entry.issuer.value.clone(),
            client_ids: entry.client_ids.iter().map(|it| it.value.clone()).collect(),
            fingerprints: entry.fingerprints.iter().map(|it| it.value.clone()).collect(),
            issuance_limit_hours: *issuance_limit_hours,
            algorithms: algorithms.clone(),
            keys: keys.unwrap_or(KeySource::Issuer),
        }
    }
}
