//! The products that a command reads requests for: those that come with the program, or those of a deployment.

use std::path::Path;

use crate::cases::{EXAMPLE_ACCOUNT, Terms};
use crate::catalog::Catalog;

use super::check::report;
use super::explain::Deployment;
use super::serve::head_limits;

/// A catalogue, and what is known beside it.
pub(super) enum Products {
    /// That of the program.
    Builtin(Catalog),
    /// That of a deployment.
    Deployed(Box<Deployment>),
}

impl Products {
    /// Loads a deployment as `serve` would; without one, what is built in.
    pub(super) fn load(config: Option<&Path>) -> Result<Self, String> {
        match config {
            Some(config) => Ok(Self::Deployed(Box::new(Deployment::load(config)?))),
            None => builtin().map(Self::Builtin),
        }
    }

    /// How requests are read.
    pub(super) fn terms(&self) -> Result<Terms<'_>, String> {
        match self {
            Self::Builtin(catalog) => {
                let account = EXAMPLE_ACCOUNT.parse();
                Ok(Terms::of(catalog, account.map_err(|error| format!("{error}"))?))
            }
            Self::Deployed(deployment) => {
                let config = deployment.config();
                Ok(Terms {
                    routes: &config.routes,
                    head: head_limits(config),
                    body_bytes_max: config.limits.body_bytes,
                    buckets: deployment.snapshot().buckets(),
                    ..Terms::of(deployment.snapshot().catalog(), config.account)
                })
            }
        }
    }
}

/// The products that come with the program.
pub(super) fn builtin() -> Result<Catalog, String> {
    Catalog::compile(Catalog::builtin_files())
        .map_err(|problems| format!("the built-in catalogue is refused\n{}", report(&problems)))
}
