/// Why a request is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It has been used with this `AccessKey`.
    #[error("the nonce or signature has been used")]
    Used,
    /// The principal holds its whole share of the guard.
    #[error("the caller has used up its share of remembered nonces")]
    FullForCaller,
    /// The guard is full.
    #[error("no room for another nonce")]
    Full,
    /// The request was signed before the guard's memory begins: before the start of the process, or in a time that
    /// was over by the clock once already.
    #[error("signed before the memory of used nonces begins")]
    SignedBeforeStart,
    /// The request counts for longer than the guard remembers anything.
    #[error("counts for longer than can be remembered")]
    TooFarAhead,
}

impl ReplayError {
    /// The label of `ramgate_replay_refusals_total`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Used => "used",
            Self::FullForCaller => "caller_full",
            Self::Full => "full",
            Self::SignedBeforeStart => "signed_before_start",
            Self::TooFarAhead => "too_far_ahead",
        }
    }
}
