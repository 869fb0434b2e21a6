//! A body that is checked as it comes, and what of it may be sent on.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::request::{FileScan, Multipart};
use crate::signature::{BodyAgreed, BodyCheck, SignatureError};

/// What was promised about a body, and how far the promise was kept.
#[derive(Debug)]
pub struct Watch {
    check: BodyCheck,
    form: Option<FormFile>,
    /// What was read and not sent on.
    pieces: VecDeque<Bytes>,
}

/// The file of a browser form: it alone is checked, and what follows it goes nowhere (SIG-70).
#[derive(Debug)]
struct FormFile {
    scan: FileScan,
    ending: Bytes,
}

impl Watch {
    /// Watches a body.
    pub fn new(check: BodyCheck) -> Self {
        Self { check, form: None, pieces: VecDeque::new() }
    }

    /// Watches the file of a form; what comes begins with it.
    pub(super) fn of_file(check: BodyCheck, form: &Multipart) -> Self {
        let file = FormFile { scan: form.file(), ending: form.ending() };
        Self { check, form: Some(file), pieces: VecDeque::new() }
    }

    /// Takes the next piece of the body. Fails when it cannot become what was promised.
    pub fn take(&mut self, data: Bytes) -> Result<(), SignatureError> {
        match &mut self.form {
            None => self.keep(data),
            Some(form) => {
                let pieces = form.scan.push(&data).map_err(|_malformed| SignatureError::Body)?;
                pieces.into_iter().try_for_each(|piece| self.keep(piece))
            }
        }
    }

    fn keep(&mut self, piece: Bytes) -> Result<(), SignatureError> {
        self.check.update(&piece)?;
        if !piece.is_empty() {
            self.pieces.push_back(piece);
        }
        Ok(())
    }

    /// Says whether the body, now at its end, is what was promised.
    pub fn finish(&mut self) -> Result<BodyAgreed, SignatureError> {
        if let Some(form) = &self.form {
            if !form.scan.has_ended() {
                return Err(SignatureError::Body);
            }
            self.pieces.push_back(form.ending.clone());
        }
        self.check.clone().finish()
    }

    /// Sends something ahead that is not checked: the fields of a form.
    pub(super) fn precede(&mut self, piece: Bytes) {
        self.pieces.push_front(piece);
    }

    /// The next piece.
    #[expect(
        clippy::should_implement_trait,
        reason = "what comes next depends on what is taken in between"
    )]
    pub fn next(&mut self) -> Option<Bytes> {
        self.pieces.pop_front()
    }

    /// The next piece, unless nothing would be left to hold back.
    pub(super) fn next_but_last(&mut self) -> Option<Bytes> {
        if self.pieces.len() > 1 { self.pieces.pop_front() } else { None }
    }

    pub(super) fn discard(&mut self) {
        self.pieces.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// How much will still be sent when so much is still to come. Nobody knows what of a form is its file.
    pub(super) fn bytes_left(&self, to_come: Option<u64>) -> Option<u64> {
        let here = self.pieces.iter().map(|piece| piece.len() as u64).sum();
        match self.form {
            None => to_come?.checked_add(here),
            Some(_) => None,
        }
    }
}
