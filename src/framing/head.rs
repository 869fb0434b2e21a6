use http::StatusCode;
use memchr::memchr;

use super::line::Lines;
use super::{BodyFraming, FramingError, Limits, Persistence};

/// A complete head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its bytes, the empty line included.
    pub head_len: usize,
    /// What follows it.
    pub body: BodyFraming,
    /// Whether a next request may follow.
    pub persistence: Persistence,
}

/// What is known about the bytes so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    /// The head is not complete.
    NeedMore,
    /// The head is complete and well formed.
    Head(Head),
    /// The bytes can be no request.
    Refused(FramingError),
}

/// Examines the head of one request while it arrives; each byte is looked at once.
#[derive(Debug)]
pub struct HeadScan {
    limits: Limits,
    lines: Lines,
    line_start: usize,
    examined: usize,
}

impl HeadScan {
    /// Room in the request line for the method, the version and what separates them.
    const AROUND_TARGET_BYTES: usize = 32;

    /// Waits for a head.
    pub fn new(limits: Limits) -> Self {
        Self { limits, lines: Lines::new(limits), line_start: 0, examined: 0 }
    }

    /// Looks at what is new. `buffered` starts with the first byte of the head and only ever grows.
    pub fn scan(&mut self, buffered: &[u8]) -> Scan {
        loop {
            match self.next_line(buffered) {
                Ok(Some(line)) => match self.lines.take(line) {
                    Ok(None) => {}
                    Ok(Some((body, persistence))) => {
                        return Scan::Head(Head { head_len: self.examined, body, persistence });
                    }
                    Err(error) => return Scan::Refused(error),
                },
                Ok(None) => return Scan::NeedMore,
                Err(error) => return Scan::Refused(error),
            }
        }
    }

    /// The next line without its CRLF, once it is complete.
    fn next_line<'b>(&mut self, buffered: &'b [u8]) -> Result<Option<&'b [u8]>, FramingError> {
        let limit = self.line_limit();
        let window = buffered.get(self.examined..buffered.len().min(limit)).unwrap_or_default();
        let line_feed = memchr(b'\n', window);
        let text = window.get(..line_feed.unwrap_or(window.len())).unwrap_or_default();
        let carriage_return = text.iter().position(|byte| is_control(*byte));
        if let Some(at) = carriage_return {
            self.check_carriage_return(text, at)?;
        }
        match (line_feed, carriage_return) {
            (Some(_), None) => Err(FramingError::bad("line feed without carriage return")),
            (Some(line_feed), Some(_)) => {
                let end = self.examined + line_feed;
                let line = buffered.get(self.line_start..end.saturating_sub(1));
                self.examined = end + 1;
                self.line_start = self.examined;
                Ok(Some(line.unwrap_or_default()))
            }
            (None, _) if buffered.len() >= limit => Err(self.too_large()),
            (None, at) => {
                self.examined += at.unwrap_or(text.len());
                Ok(None)
            }
        }
    }

    /// A control character is fine if it is the carriage return at the very end of the line (or of what is there of it).
    fn check_carriage_return(&self, text: &[u8], at: usize) -> Result<(), FramingError> {
        match text.get(at) {
            Some(b'\r') if at + 1 == text.len() => Ok(()),
            Some(b'\r') => Err(FramingError::bad("carriage return without line feed")),
            Some(0x16) if self.examined + at == 0 => {
                Err(FramingError::bad("this is TLS, and the port is plain text"))
            }
            _ => Err(FramingError::bad("control character in the head")),
        }
    }

    fn line_limit(&self) -> usize {
        let request_line = self.limits.target_bytes_max.saturating_add(Self::AROUND_TARGET_BYTES);
        if self.line_start == 0 {
            request_line.min(self.limits.head_bytes_max)
        } else {
            self.limits.head_bytes_max
        }
    }

    fn too_large(&self) -> FramingError {
        if self.line_start == 0 {
            FramingError::new(StatusCode::URI_TOO_LONG, "request line is too long")
        } else {
            FramingError::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head is too large")
        }
    }
}

fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || byte == 0x7F
}

#[cfg(test)]
mod tests;
