//! A request as a case writes it, and what the catalogue says that it means.

use ramgate::cases::{Answer, OpenTerms, Regions, Terms};
use ramgate::catalog::{Buckets, Callbacks, Catalog, Confidence};

pub use ramgate::cases::{CallCheck as Check, CallRequest as Call, Pairs};

/// What the route says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Route<'r> {
    pub literal_paths: bool,
    pub region: Option<&'r str>,
    pub buckets: Option<&'r Buckets>,
    pub plus_is_space: bool,
    pub callbacks: Callbacks,
    pub min_confidence: Option<Confidence>,
}

/// The operation and its checks, or the word of the refusal.
pub type Meaning = Result<(String, Vec<Check>), String>;

pub fn builtin() -> Catalog {
    Catalog::compile(Catalog::builtin_files()).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Looks at what a call means, through the functions that serve.
pub fn resolve<T>(
    catalog: &Catalog,
    call: &Call,
    route: &Route<'_>,
    look: impl FnOnce(ramgate::catalog::Call<'_>) -> T,
) -> Result<T, String> {
    let terms = Terms {
        user: Some("alice"),
        buckets: route.buckets,
        regions: route.region.map_or(Regions::OfRoute, Regions::Pinned),
        plus_is_space: route.plus_is_space,
        open: OpenTerms {
            literal_paths: route.literal_paths,
            callbacks: route.callbacks,
            min_confidence: route.min_confidence,
            ..OpenTerms::default()
        },
        ..Terms::of(catalog, super::ACCOUNT.parse().unwrap())
    };
    terms.meaning(&call.recorded(), look).map_err(|unreadable| unreadable.word.as_str().to_owned())
}

/// The same, as cases write it.
pub fn read(catalog: &Catalog, call: &Call, route: &Route<'_>) -> Meaning {
    match resolve(catalog, call, route, |call| Answer::of(&call))? {
        Answer::Authorize { operation, checks } => Ok((operation, checks)),
        Answer::Pass { operation } => Ok((operation, Vec::new())),
        Answer::Deny { reason } => Err(reason),
    }
}
