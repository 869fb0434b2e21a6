use super::source::{ContentHash, content_hash};
use crate::snapshot::SourceFile;
use crate::strict::Problem;

/// A file that is read at each look, and what was found the last time.
#[derive(Debug)]
pub(super) struct Single {
    seen: Option<Result<ContentHash, Vec<Problem>>>,
    /// Whether what was found the last time could not be used. Set by the one who tries.
    pub(super) failed: bool,
}

impl Single {
    /// Nothing was found yet.
    pub(super) fn new() -> Self {
        Self { seen: None, failed: false }
    }

    pub(super) fn of(hash: ContentHash) -> Self {
        Self { seen: Some(Ok(hash)), failed: false }
    }

    /// Whether the file, or the reason why it cannot be read, is not what it was.
    pub(super) fn is_new(&mut self, file: &Result<Option<SourceFile>, Vec<Problem>>) -> bool {
        let now = match file {
            Ok(file) => Ok(content_hash(file.as_ref())),
            Err(problems) => Err(problems.clone()),
        };
        let new = self.seen.as_ref() != Some(&now);
        self.seen = Some(now);
        new
    }

    pub(super) fn forget_failure(&mut self) {
        if self.failed {
            self.seen = None;
        }
    }
}
