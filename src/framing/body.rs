use super::line::is_token_byte;
use super::{BodyFraming, FramingError};

/// Follows the bytes of one body to its end.
#[derive(Debug)]
pub struct BodyScan(Kind);

#[derive(Debug)]
enum Kind {
    Length(u64),
    Chunked(Chunks),
}

/// What some bytes are to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Followed {
    /// How many of them, from the first, belong to it.
    pub len: usize,
    /// Whether it ends there.
    pub ended: bool,
}

impl BodyScan {
    /// Waits for a body.
    pub fn new(framing: BodyFraming) -> Self {
        Self(match framing {
            BodyFraming::None => Kind::Length(0),
            BodyFraming::Length(length) => Kind::Length(length),
            BodyFraming::Chunked => Kind::Chunked(Chunks::new()),
        })
    }

    /// Whether nothing more belongs to the body.
    pub fn has_ended(&self) -> bool {
        match &self.0 {
            Kind::Length(left) => *left == 0,
            Kind::Chunked(chunks) => chunks.state == State::End,
        }
    }

    /// Looks at the bytes that follow those of the last call.
    pub fn follow(&mut self, bytes: &[u8]) -> Result<Followed, FramingError> {
        let len = match &mut self.0 {
            Kind::Length(left) => take(left, bytes.len()),
            Kind::Chunked(chunks) => chunks.follow(bytes)?,
        };
        Ok(Followed { len, ended: self.has_ended() })
    }
}

/// Takes up to `available` from `left`.
fn take(left: &mut u64, available: usize) -> usize {
    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(available);
    *left = left.saturating_sub(taken as u64);
    taken
}

/// The strict reading of RFC 9112, section 7.1: CRLF only, sizes of at most 16 hexadecimal digits, everything that is
/// neither size nor data bounded (H09 – H12).
#[derive(Debug)]
struct Chunks {
    state: State,
    size: u64,
    digits: u8,
    /// Bytes of chunk extensions and of the trailer section that may still come in this message.
    spare: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
    End,
}

impl Chunks {
    /// Bytes of extensions and trailers that a message may have together.
    const SPARE_BYTES_MAX: u32 = 4096;
    const SIZE_DIGITS_MAX: u8 = 16;

    fn new() -> Self {
        Self { state: State::Size, size: 0, digits: 0, spare: Self::SPARE_BYTES_MAX }
    }

    fn follow(&mut self, bytes: &[u8]) -> Result<usize, FramingError> {
        let mut at = 0;
        while self.state != State::End {
            if self.state == State::Data {
                at += take(&mut self.size, bytes.len().saturating_sub(at));
                if self.size == 0 {
                    self.state = State::DataCr;
                }
            }
            let Some(byte) = bytes.get(at) else { break };
            self.state = self.step(*byte)?;
            at += 1;
        }
        Ok(at)
    }

    fn step(&mut self, byte: u8) -> Result<State, FramingError> {
        match (self.state, byte) {
            (State::Size, b'\r') if self.digits > 0 => Ok(State::SizeLf),
            (State::Size, b';') if self.digits > 0 => Ok(State::Extension),
            (State::Size, digit) => self.size_digit(digit),
            (State::Extension, b'\r') => Ok(State::SizeLf),
            (State::Extension, text) => self.text(text, State::Extension),
            (State::SizeLf, b'\n') => Ok(self.sized()),
            (State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => Ok(State::Size),
            (State::TrailerStart, b'\r') => Ok(State::EndLf),
            (State::TrailerName, b':') => self.text(byte, State::TrailerValue),
            (State::TrailerStart | State::TrailerName, name) if is_token_byte(name) => {
                self.text(name, State::TrailerName)
            }
            (State::TrailerValue, b'\r') => Ok(State::TrailerLf),
            (State::TrailerValue, text) => self.text(text, State::TrailerValue),
            (State::TrailerLf, b'\n') => Ok(State::TrailerStart),
            (State::EndLf, b'\n') => Ok(State::End),
            (State::SizeLf | State::Data | State::DataCr | State::DataLf, _) => {
                Err(FramingError::bad("chunk does not end with CRLF"))
            }
            (
                State::TrailerStart
                | State::TrailerName
                | State::TrailerLf
                | State::EndLf
                | State::End,
                _,
            ) => Err(FramingError::bad("malformed trailer section")),
        }
    }

    fn size_digit(&mut self, byte: u8) -> Result<State, FramingError> {
        let digit = char::from(byte).to_digit(16);
        let Some(digit) = digit.filter(|_| self.digits < Self::SIZE_DIGITS_MAX) else {
            return Err(FramingError::bad("malformed chunk size"));
        };
        self.digits += 1;
        self.size = (self.size << 4) | u64::from(digit);
        if i64::try_from(self.size).is_err() {
            return Err(FramingError::bad("malformed chunk size"));
        }
        Ok(State::Size)
    }

    fn sized(&mut self) -> State {
        self.digits = 0;
        if self.size == 0 { State::TrailerStart } else { State::Data }
    }

    /// A byte of an extension or a trailer: visible, and not too many of them.
    fn text(&mut self, byte: u8, state: State) -> Result<State, FramingError> {
        let plain = byte == b'\t' || (0x20..0x7F).contains(&byte);
        match self.spare.checked_sub(1) {
            Some(spare) if plain => {
                self.spare = spare;
                Ok(state)
            }
            Some(_) => Err(FramingError::bad("control character between chunks")),
            None => Err(FramingError::bad("chunk extensions or trailers are too large")),
        }
    }
}

#[cfg(test)]
mod tests;
