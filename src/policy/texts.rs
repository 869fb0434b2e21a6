//! The texts of one document, kept in one allocation.

/// A piece of the [`Texts`] of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    len: u32,
}

impl Span {
    /// A part of this piece.
    pub(super) fn part(self, from: usize, len: usize) -> Self {
        let (from, len) = (number(from), number(len));
        Self { start: self.start.saturating_add(from), len }
    }
}

/// Every text that the statements of a document speak of, one behind the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts(String);

impl Texts {
    /// Starts with room for the texts of a document of this length.
    pub(super) fn with_room_for(document_bytes: usize) -> Self {
        Self(String::with_capacity(document_bytes / 2))
    }

    /// Keeps a text.
    pub(super) fn keep(&mut self, text: &str) -> Span {
        let start = number(self.0.len());
        self.0.push_str(text);
        Span { start, len: number(text.len()) }
    }

    pub(super) fn get(&self, span: Span) -> &str {
        let start = usize::try_from(span.start).unwrap_or(usize::MAX);
        let len = usize::try_from(span.len).unwrap_or(usize::MAX);
        self.0.get(start..start.saturating_add(len)).unwrap_or_default()
    }

    /// Gives back the room that was not needed.
    pub(super) fn close(&mut self) {
        self.0.shrink_to_fit();
    }
}

/// Documents are bounded far below 4 GiB; the fallback is past the end of every text.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
