use super::throttle::{Rate, Throttle};

/// The limits of a gate.
#[derive(Debug)]
pub struct Throttles {
    /// Credentials that turn out wrong, of a peer (SIG-101, TOK-21).
    pub failures: Throttle,
    /// Calls that the gate answers itself, of an account (STS-08).
    pub calls: Throttle,
    /// The same without credentials, of a peer.
    pub anonymous_calls: Throttle,
}

/// A limit, for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Throttled {
    /// [`Throttles::failures`]
    Failures,
    /// [`Throttles::calls`]
    Calls,
    /// [`Throttles::anonymous_calls`]
    AnonymousCalls,
}

/// How often for each of them; `None` for as often as they like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleSettings {
    /// For [`Throttles::failures`].
    pub failures: Option<Rate>,
    /// For [`Throttles::calls`].
    pub calls: Option<Rate>,
    /// For [`Throttles::anonymous_calls`].
    pub anonymous_calls: Option<Rate>,
}

impl Throttles {
    /// Nobody has used any yet.
    pub fn new(settings: &ThrottleSettings) -> Self {
        Self {
            failures: Throttle::new(settings.failures),
            calls: Throttle::new(settings.calls),
            anonymous_calls: Throttle::new(settings.anonymous_calls),
        }
    }
}

impl Throttled {
    /// The label of `ramgate_throttled_total`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failures => "failures",
            Self::Calls => "sts_calls",
            Self::AnonymousCalls => "sts_anonymous",
        }
    }
}
