use bytes::Bytes;
use memchr::{memmem, memrchr};

use super::MultipartError;

/// Follows the file of a form, piece by piece, to the boundary that ends it.
///
/// Of a boundary that may have begun nothing is kept but the number of its bytes: they are known, and since only the
/// first of them is a carriage return, a boundary that fails cannot hide the beginning of another.
#[derive(Debug)]
pub struct FileScan {
    separator: Bytes,
    progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// So many bytes of the boundary have been seen, and nothing else since.
    Matched(usize),
    /// The boundary is there; what stands behind it says whether it is one.
    Behind(Option<u8>),
    /// The file is over.
    Ended,
}

impl FileScan {
    pub(super) fn new(separator: Bytes) -> Self {
        Self { separator, progress: Progress::Matched(0) }
    }

    /// Whether the file is over. What comes now is not of it.
    pub fn has_ended(&self) -> bool {
        self.progress == Progress::Ended
    }

    /// Takes the next piece of the body; gives back what is of the file for certain, in order.
    pub fn push(&mut self, piece: &Bytes) -> Result<[Bytes; 2], MultipartError> {
        let Progress::Matched(before) = self.progress else {
            self.look_behind(piece)?;
            return Ok([Bytes::new(), Bytes::new()]);
        };
        let rest = self.separator.slice(before..);
        let here = piece.len().min(rest.len());
        if before > 0 && rest.get(..here) == piece.get(..here) {
            self.matched(before.saturating_add(here));
            self.look_behind(piece.get(here..).unwrap_or_default())?;
            return Ok([Bytes::new(), Bytes::new()]);
        }
        let found = self.search(piece)?;
        Ok([self.separator.slice(..before), piece.slice(..found)])
    }

    /// How much of a piece stands before a boundary that is there or may have begun.
    fn search(&mut self, piece: &[u8]) -> Result<usize, MultipartError> {
        if let Some(at) = memmem::find(piece, &self.separator) {
            self.progress = Progress::Behind(None);
            self.look_behind(piece.get(at.saturating_add(self.separator.len())..).unwrap_or(&[]))?;
            return Ok(at);
        }
        let begun = memrchr(b'\r', piece)
            .filter(|at| piece.get(*at..).is_some_and(|tail| self.separator.starts_with(tail)));
        let at = begun.unwrap_or(piece.len());
        self.matched(piece.len().saturating_sub(at));
        Ok(at)
    }

    fn matched(&mut self, bytes: usize) {
        let whole = bytes >= self.separator.len();
        self.progress = if whole { Progress::Behind(None) } else { Progress::Matched(bytes) };
    }

    fn look_behind(&mut self, bytes: &[u8]) -> Result<(), MultipartError> {
        for byte in bytes {
            self.progress = match (self.progress, byte) {
                (Progress::Behind(None), b'\r' | b'-') => Progress::Behind(Some(*byte)),
                (Progress::Behind(Some(b'\r')), b'\n') => Progress::Ended,
                (Progress::Behind(Some(b'-')), b'-') => Progress::Ended,
                (Progress::Behind(_), _) => {
                    return Err(MultipartError::Form("has its boundary inside a part"));
                }
                (Progress::Matched(_) | Progress::Ended, _) => return Ok(()),
            };
        }
        Ok(())
    }
}
