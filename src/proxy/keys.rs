//! The keys of OIDC providers that a call needs and no file has.

use std::collections::HashMap;

use crate::federation::{Fetched, KeysWanted};
use crate::gate::{Code, Refusal};
use crate::jwks::Source;
use crate::snapshot::World;

use super::Shared;

impl Shared {
    /// Fetches what is wanted, or finds it fetched. Where fetching is not configured there are no keys.
    pub(super) async fn keys(
        &self,
        world: &World,
        wanted: &KeysWanted,
    ) -> Result<Fetched, Refusal> {
        let Some(fetcher) = &self.fetcher else { return Ok(Fetched::Broken) };
        let directory = world.snapshot.directory();
        let is_known =
            |source: &Source| directory.oidc_providers().any(|it| *source == Source::of(it));
        let fetched = fetcher.keys(wanted, is_known).await;
        fetched.map_err(|busy| Refusal::new(Code::ServiceUnavailable, busy.to_string()))
    }

    /// How old the fetched keys of each provider are that has some, by the ARN of the provider.
    pub fn key_ages(&self) -> Vec<(String, i64)> {
        let Some(fetcher) = &self.fetcher else { return Vec::new() };
        let ages: HashMap<_, _> = fetcher.ages().into_iter().collect();
        let world = self.current.load();
        let providers = world.snapshot.directory().oidc_providers();
        providers
            .filter_map(|it| Some((it.arn().to_string(), *ages.get(&Source::of(it))?)))
            .collect()
    }
}
