use crate::ident::UnixSeconds;
use crate::revocation::Counts;
use crate::strict::Problem;

/// What came of a look at the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A new generation decides from now on.
    Published {
        /// Its number.
        generation: u64,
        /// Its hash, as shown.
        hash: String,
        /// What people should know.
        warnings: Vec<Problem>,
    },
    /// The files were read and do not compile; the last good generation stays.
    Refused {
        /// The whole report.
        problems: Vec<Problem>,
        /// Whether what the sound files no longer give is refused already.
        restrained: bool,
    },
    /// Files could not be read, or are gone; the last good generation stays and grows stale.
    Unreadable {
        /// Which, and why.
        problems: Vec<Problem>,
    },
    /// New revocations hold from now on.
    RevocationsApplied {
        /// How many entries there are of each kind.
        counts: Counts,
    },
    /// The revocations cannot be read or used; the last good ones stay.
    RevocationsRefused {
        /// Why.
        problems: Vec<Problem>,
    },
    /// The heartbeat cannot be read or used; the last good one stays and grows old.
    HeartbeatRefused {
        /// Why.
        problems: Vec<Problem>,
    },
    /// New connections to the encrypted listener are shown another certificate from now on.
    CertificateApplied {
        /// When it ends.
        not_after: UnixSeconds,
        /// What people should know.
        warnings: Vec<Problem>,
    },
    /// The certificate or its key cannot be read or used; the last good pair stays.
    CertificateRefused {
        /// Why.
        problems: Vec<Problem>,
    },
    /// The configuration has changed; that takes effect at the next start.
    RestartNeeded {
        /// The sections that differ from those in use; none when the change went back.
        sections: Vec<&'static str>,
        /// What is wrong with the new configuration: the next start would fail.
        problems: Vec<Problem>,
    },
    /// Somebody asked for a reload and all files are as before.
    Unchanged,
}
