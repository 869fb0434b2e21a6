//! The certificate of the encrypted listener and its key: two files that are read, tried and put in force by themselves,
//! so that nothing else holds up a renewal, and a failed renewal holds up nothing else (N14 of the threat model).

use std::sync::Arc;

use super::event::Event;
use super::source::{ContentHash, content_hash, read_pair};
use crate::config::{Config, TlsListen};
use crate::ident::UnixSeconds;
use crate::snapshot::KeysAccess;
use crate::strict::Problem;
use crate::tls::{Identity, Presented};

/// What a look found in place of the two files.
type Found = Result<(ContentHash, ContentHash), Vec<Problem>>;

/// The two files, and what was made of them.
#[derive(Clone, Debug)]
pub(super) struct Certificate {
    files: TlsListen,
    access: KeysAccess,
    presented: Arc<Presented>,
    /// What the last look found.
    seen: Option<Found>,
    /// What was last put in force or reported.
    settled: Option<Found>,
    /// Whether it was reported.
    failed: bool,
}

impl Certificate {
    /// Reads the files of a configuration that has some; also the warnings about them.
    pub(super) fn load(
        config: &Config,
        now: UnixSeconds,
    ) -> Result<(Option<Self>, Vec<Problem>), Vec<Problem>> {
        let Some(files) = &config.listen.tls else { return Ok((None, Vec::new())) };
        let access = config.keys_access;
        let (found, tried) = look_at(files, access, now);
        let (identity, warnings) = tried?;
        let presented = Arc::new(Presented::new(identity));
        let files = files.clone();
        let settled = Some(found);
        let certificate = Self { files, access, presented, seen: None, settled, failed: false };
        Ok((Some(certificate), warnings))
    }

    /// What is in force.
    pub(super) fn presented(&self) -> &Arc<Presented> {
        &self.presented
    }

    /// What is wrong is reported once more.
    pub(super) fn forget_failure(&mut self) {
        if self.failed {
            self.settled = None;
        }
    }

    /// Looks again. A pair that fits is in force at once. One that does not may be half written, and is reported when two
    /// looks in a row find it.
    pub(super) fn look(&mut self, now: UnixSeconds) -> Option<Event> {
        let (found, tried) = look_at(&self.files, self.access, now);
        let rests = self.seen.as_ref() == Some(&found);
        self.seen = Some(found.clone());
        if self.settled.as_ref() == Some(&found) {
            return None;
        }
        self.failed = tried.is_err() && rests;
        let event = match tried {
            Ok((identity, warnings)) => {
                let not_after = identity.not_after();
                self.presented.replace(identity);
                Event::CertificateApplied { not_after, warnings }
            }
            Err(problems) if rests => Event::CertificateRefused { problems },
            Err(_half_written) => return None,
        };
        self.settled = Some(found);
        Some(event)
    }
}

type Tried = Result<(Identity, Vec<Problem>), Vec<Problem>>;

fn look_at(files: &TlsListen, access: KeysAccess, now: UnixSeconds) -> (Found, Tried) {
    match read_pair(&files.certificate, &files.key) {
        Ok((certificate, key)) => {
            let found = (content_hash(Some(&certificate)), content_hash(Some(&key)));
            (Ok(found), Identity::read(&certificate, &key, access, now))
        }
        Err(problems) => (Err(problems.clone()), Err(problems)),
    }
}
