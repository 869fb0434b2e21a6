//! Stands between a socket and the HTTP engine and releases one well-formed message at a time.
//!
//! The engine never sees a byte of a message that was refused, nor of a message whose turn has not come: the next one stays
//! here, bounded, until the answer to the current one is out (rules H01 – H31). It also keeps the time, since only it
//! can tell an idle connection from a slow head (N01, N02).

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http::StatusCode;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};

use super::Timeouts;
use super::patience::Patience;
use super::turn::Turn;
use crate::framing::{BodyScan, FramingError, Head, HeadScan, Limits, Persistence, Scan};

/// Makes the message that ends a connection.
pub(super) type Refuse = Box<dyn Fn(&FramingError) -> Vec<u8>>;

/// The stage itself: what the engine takes for its socket.
pub(super) struct SerialIo<T> {
    io: T,
    /// What was read and not yet released.
    buffer: BytesMut,
    phase: Phase,
    limits: Limits,
    timeouts: Timeouts,
    turn: Rc<Turn>,
    refuse: Refuse,
    reading: Patience<Awaited>,
    writing: Patience<()>,
}

enum Phase {
    /// A head is awaited, or has begun.
    Head(HeadScan),
    /// The first `releasable` bytes of the buffer have been examined and belong to the message.
    Message { releasable: usize, body: BodyScan, persistence: Persistence },
    /// The message is released; the answer is not out yet.
    Answering(Persistence),
    /// The body went wrong; the engine may still answer, but nothing more is read.
    Broken,
    /// A refusal is on its way out.
    Refusing(Bytes),
    /// The last answer is out; what still comes is dropped.
    Lingering { shut: bool, bytes_left: usize },
    /// Over.
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Request,
    RestOfHead,
    Body,
    End,
}

/// What came of trying to read.
enum Fill {
    Some,
    Eof,
    TimedOut,
}

impl<T: AsyncRead + AsyncWrite + Unpin> SerialIo<T> {
    const READ_BYTES: usize = 16 * 1024;
    /// How much of later requests is read while an answer is made. Reading on is how a client's leaving is noticed.
    const AHEAD_BYTES_MAX: usize = 16 * 1024;
    const LINGER_BYTES_MAX: usize = 1024 * 1024;

    pub(super) fn new(
        io: T,
        limits: Limits,
        timeouts: Timeouts,
        turn: Rc<Turn>,
        refuse: Refuse,
    ) -> Self {
        Self {
            io,
            buffer: BytesMut::new(),
            phase: Phase::Head(HeadScan::new(limits)),
            limits,
            timeouts,
            turn,
            refuse,
            reading: Patience::new(),
            writing: Patience::new(),
        }
    }

    /// Goes on until bytes were released into `out`, or none will ever come.
    fn poll_release(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        loop {
            match self.phase {
                Phase::Head(_) => ready!(self.poll_head(cx)),
                Phase::Message { .. } => ready!(self.poll_message(cx, out))?,
                Phase::Answering(persistence) => ready!(self.poll_answering(cx, persistence))?,
                Phase::Refusing(_) | Phase::Lingering { .. } => ready!(self.poll_end(cx))?,
                Phase::Broken => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                Phase::Closed => return Poll::Ready(Ok(())),
            }
            if out.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Phase::Head(scan) = &mut self.phase else { return Poll::Ready(()) };
        let scanned = if self.buffer.is_empty() { Scan::NeedMore } else { scan.scan(&self.buffer) };
        match scanned {
            Scan::Head(head) => self.begin(head),
            Scan::Refused(error) => self.start_refusing(&error),
            Scan::NeedMore => return self.poll_more_head(cx),
        }
        Poll::Ready(())
    }

    fn poll_more_head(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let awaited = if self.buffer.is_empty() { Awaited::Request } else { Awaited::RestOfHead };
        let fill = self.poll_fill(cx, awaited);
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new(); // An idle connection holds no memory.
        }
        match (ready!(fill), awaited) {
            (Ok(Fill::Some), _) => {}
            (Ok(Fill::TimedOut), Awaited::RestOfHead) => {
                let status = StatusCode::REQUEST_TIMEOUT;
                self.start_refusing(&FramingError::new(status, "the head took too long"));
            }
            (Ok(Fill::Eof | Fill::TimedOut) | Err(_), _) => self.phase = Phase::Closed,
        }
        Poll::Ready(())
    }

    fn begin(&mut self, head: Head) {
        self.reading.calm();
        self.turn.begin();
        self.phase = Phase::Message {
            releasable: head.head_len,
            body: BodyScan::new(head.body),
            persistence: head.persistence,
        };
    }

    fn start_refusing(&mut self, error: &FramingError) {
        self.phase = Phase::Refusing((self.refuse)(error).into());
    }

    /// Releases what was examined, else examines what was read, else reads.
    fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Phase::Message { releasable, body, persistence } = &mut self.phase else {
            return Poll::Ready(Ok(()));
        };
        if *releasable > 0 {
            *releasable -= release(&mut self.buffer, *releasable, out);
        } else if body.has_ended() {
            self.phase = Phase::Answering(*persistence);
        } else if self.buffer.is_empty() {
            return self.poll_more_body(cx);
        } else {
            match body.follow(&self.buffer) {
                Ok(followed) => *releasable = followed.len,
                Err(error) => {
                    self.phase = Phase::Broken;
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, error)));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_more_body(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(self.poll_fill(cx, Awaited::Body))? {
            Fill::Some => {
                self.reading.calm();
                return Poll::Ready(Ok(()));
            }
            Fill::Eof => self.phase = Phase::Closed,
            Fill::TimedOut => {
                self.phase = Phase::Broken;
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_answering(
        &mut self,
        cx: &mut Context<'_>,
        persistence: Persistence,
    ) -> Poll<io::Result<()>> {
        if self.turn.is_over(cx) {
            self.phase = match persistence {
                Persistence::KeepAlive => Phase::Head(HeadScan::new(self.limits)),
                Persistence::Close => Phase::Closed,
            };
            return Poll::Ready(Ok(()));
        }
        if self.buffer.len() >= Self::AHEAD_BYTES_MAX {
            return Poll::Pending; // Woken when the answer is out.
        }
        if ready!(self.poll_read_socket(cx))? == 0 {
            self.phase = Phase::Closed;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, awaited: Awaited) -> Poll<io::Result<Fill>> {
        if let Poll::Ready(read) = self.poll_read_socket(cx)? {
            return Poll::Ready(Ok(if read == 0 { Fill::Eof } else { Fill::Some }));
        }
        let limit = match awaited {
            Awaited::Request => self.timeouts.idle,
            Awaited::RestOfHead => self.timeouts.head,
            Awaited::Body => self.timeouts.body_idle,
            Awaited::End => self.timeouts.linger,
        };
        ready!(self.reading.poll(cx, awaited, limit));
        Poll::Ready(Ok(Fill::TimedOut))
    }

    fn poll_read_socket(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.buffer.reserve(Self::READ_BYTES);
        pin!(self.io.read_buf(&mut self.buffer)).poll(cx)
    }

    /// Finishes a refusal, closes our side, and gives the peer the time to read what we wrote: closing a socket with unread
    /// bytes makes the system throw away what the peer has not read yet.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match &mut self.phase {
                Phase::Refusing(_) => ready!(self.poll_refusing(cx))?,
                Phase::Lingering { shut: false, .. } => {
                    ready!(self.poll_shut(cx))?;
                    self.buffer.clear();
                    self.start_lingering(true);
                }
                Phase::Lingering { shut: true, .. } => ready!(self.poll_lingering(cx)),
                _over => return Poll::Ready(Ok(())),
            }
        }
    }

    fn poll_refusing(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Phase::Refusing(message) = &self.phase else { return Poll::Ready(Ok(())) };
        let message = message.clone();
        if message.is_empty() {
            ready!(Pin::new(&mut self.io).poll_flush(cx))?;
            self.start_lingering(false);
            return Poll::Ready(Ok(()));
        }
        let polled = Pin::new(&mut self.io).poll_write(cx, &message);
        let written = ready!(self.impatient(cx, polled))?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.phase = Phase::Refusing(message.slice(written.min(message.len())..));
        Poll::Ready(Ok(()))
    }

    /// Where the end is told to the peer as data, that can wait for the peer as any other.
    fn poll_shut(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_shutdown(cx);
        self.impatient(cx, polled)
    }

    fn start_lingering(&mut self, shut: bool) {
        self.phase = Phase::Lingering { shut, bytes_left: Self::LINGER_BYTES_MAX };
    }

    fn poll_lingering(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let fill = ready!(self.poll_fill(cx, Awaited::End));
        let dropped = self.buffer.len();
        self.buffer.clear();
        if let (Phase::Lingering { bytes_left, .. }, Ok(Fill::Some)) = (&mut self.phase, fill)
            && *bytes_left > dropped
        {
            *bytes_left -= dropped;
        } else {
            self.phase = Phase::Closed;
        }
        Poll::Ready(())
    }

    /// Turns a write that waits for too long into an error.
    fn impatient<R>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if polled.is_ready() {
            self.writing.calm();
            return polled;
        }
        ready!(self.writing.poll(cx, (), self.timeouts.write_stall));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Moves up to `limit` bytes from the front of the buffer to the reader; says how many.
fn release(buffer: &mut BytesMut, limit: usize, out: &mut ReadBuf<'_>) -> usize {
    let len = limit.min(out.remaining()).min(buffer.len());
    out.put_slice(buffer.get(..len).unwrap_or_default());
    buffer.advance(len);
    len
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for SerialIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if out.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        self.poll_release(cx, out)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for SerialIo<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.impatient(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.impatient(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_flush(cx);
        ready!(self.impatient(cx, polled))?;
        // The engine flushes only when it holds nothing itself.
        self.turn.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.phase {
            Phase::Refusing(_) | Phase::Lingering { .. } => {}
            Phase::Message { .. } | Phase::Broken => self.start_lingering(false),
            _clean if !self.buffer.is_empty() => self.start_lingering(false),
            _clean => return self.poll_shut(cx),
        }
        self.poll_end(cx)
    }
}
