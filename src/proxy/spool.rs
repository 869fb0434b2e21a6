//! Bodies that wait on disk until they are proven (SIG-26).
//!
//! A file has no name from the start, so that nothing of it is left however the process ends. Reading and writing happen on
//! threads of their own; a worker goes on serving others.

use std::io;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use crate::gate::{BodyAgreed, Code, Refusal, Watch};

/// How much goes to or comes from the disk at once.
const PIECE_BYTES: usize = 64 * 1024;

/// How slow a caller may be: a drip keeps neither a file nor a connection for long (N02).
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// So long in any case.
    grace: Duration,
    /// And a second more for each so many bytes that have come.
    bytes_per_second: u64,
}

const PACE: Pace = Pace { grace: Duration::from_secs(30), bytes_per_second: 1024 };

impl Pace {
    fn allows(self, bytes: u64) -> Duration {
        let seconds = bytes.checked_div(self.bytes_per_second).unwrap_or(0);
        self.grace.saturating_add(Duration::from_secs(seconds))
    }
}

/// Room for bodies on disk, shared by all workers.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    bytes_max: u64,
    total_bytes_max: u64,
    held: Arc<AtomicU64>,
    pace: Pace,
}

/// What one body holds of the room; given back when its file is gone.
#[derive(Debug)]
struct Share {
    held: Arc<AtomicU64>,
    bytes: u64,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A body on disk, to be read once from its beginning.
#[derive(Debug)]
pub(super) struct Spooled {
    file: File,
    left: u64,
    buffer: BytesMut,
    share: Share,
}

impl Spool {
    /// A spool in a folder, which is tried at once.
    pub fn open(folder: PathBuf, bytes_max: u64, total_bytes_max: u64) -> io::Result<Self> {
        tempfile::tempfile_in(&folder)?;
        Ok(Self { folder, bytes_max, total_bytes_max, held: Arc::default(), pace: PACE })
    }

    /// Writes a body to its end and checks it on the way. `watch` has seen the beginning.
    pub(super) async fn fill<B>(
        &self,
        mut watch: Watch,
        body: &mut B,
    ) -> Result<(Spooled, BodyAgreed), Refusal>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        if body.size_hint().lower() > self.bytes_max {
            return Err(self.too_large());
        }
        let mut spooled = self.begin().await?;
        let started = Instant::now();
        loop {
            while let Some(piece) = watch.next() {
                self.write(&mut spooled, &piece).await?;
            }
            let deadline = started + self.pace.allows(spooled.left);
            let frame = timeout_at(deadline, body.frame()).await.map_err(|_elapsed| slow())?;
            match frame {
                None => break,
                Some(frame) => {
                    // Trailers are dropped: nothing signs them.
                    if let Ok(data) = frame.map_err(|_broken| slow())?.into_data() {
                        watch.take(data)?;
                    }
                }
            }
        }
        let agreed = watch.finish()?;
        spooled.file.flush().await.map_err(|error| unwritable(&error))?;
        spooled.file.rewind().await.map_err(|error| unwritable(&error))?;
        Ok((spooled, agreed))
    }

    async fn begin(&self) -> Result<Spooled, Refusal> {
        let folder = self.folder.clone();
        let made = tokio::task::spawn_blocking(move || tempfile::tempfile_in(folder)).await;
        let file = made.map_err(io::Error::other).flatten().map_err(|error| unwritable(&error))?;
        let mut file = File::from_std(file);
        file.set_max_buf_size(PIECE_BYTES);
        let share = Share { held: Arc::clone(&self.held), bytes: 0 };
        Ok(Spooled { file, left: 0, buffer: BytesMut::new(), share })
    }

    async fn write(&self, spooled: &mut Spooled, piece: &[u8]) -> Result<(), Refusal> {
        let bytes = piece.len() as u64;
        spooled.left = spooled.left.saturating_add(bytes);
        if spooled.left > self.bytes_max {
            return Err(self.too_large());
        }
        self.take(&mut spooled.share, bytes)?;
        spooled.file.write_all(piece).await.map_err(|error| unwritable(&error))
    }

    /// Takes room for more bytes, from all workers' common one.
    fn take(&self, share: &mut Share, bytes: u64) -> Result<(), Refusal> {
        let before = self.held.fetch_add(bytes, Ordering::Relaxed);
        share.bytes = share.bytes.saturating_add(bytes);
        if before.saturating_add(bytes) > self.total_bytes_max {
            let reason = "too many bodies wait on disk at this moment";
            return Err(Refusal::new(Code::ServiceUnavailable, reason));
        }
        Ok(())
    }

    fn too_large(&self) -> Refusal {
        let reason = format!("a body that is checked on disk may have {} bytes", self.bytes_max);
        Refusal::told(Code::BodyTooLarge, reason)
    }
}

fn slow() -> Refusal {
    let reason = "the caller broke off or stalled while sending the body";
    Refusal::new(Code::RequestTimeout, reason)
}

/// The disk is full, or gone.
fn unwritable(error: &io::Error) -> Refusal {
    Refusal::new(Code::ServiceUnavailable, format!("the spool cannot be used: {error}"))
}

impl Body for Spooled {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        this.buffer.reserve(PIECE_BYTES);
        let read = ready!(pin!(this.file.read_buf(&mut this.buffer)).poll(cx))? as u64;
        if read == 0 || read > this.left {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        this.left = this.left.saturating_sub(read);
        Poll::Ready(Some(Ok(Frame::data(this.buffer.split().freeze()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::signature::BodyRule;

    const TEXT: &str = "hello";

    fn watch() -> Watch {
        Watch::new(BodyRule::Sha256(Sha256::digest(TEXT).into()).check())
    }

    fn spool(folder: &tempfile::TempDir) -> Spool {
        let pace = Pace { grace: Duration::from_millis(50), bytes_per_second: 1024 };
        Spool { pace, ..Spool::open(folder.path().to_owned(), 8, 8).unwrap() }
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(future)
    }

    fn held(spool: &Spool) -> u64 {
        spool.held.load(Ordering::Relaxed)
    }

    #[test]
    fn what_was_written_is_read_and_its_room_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(&folder);
        run(async {
            let mut body = Full::new(Bytes::from_static(TEXT.as_bytes()));
            let (spooled, _agreed) = spool.fill(watch(), &mut body).await.unwrap();
            assert_eq!((held(&spool), spooled.size_hint().exact()), (5, Some(5)));
            assert_eq!(folder.path().read_dir().unwrap().count(), 0);
            assert_eq!(spooled.collect().await.unwrap().to_bytes(), TEXT);
        });
        assert_eq!(held(&spool), 0);
    }

    #[test]
    fn another_body_and_too_large_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(&folder);
        for (text, code) in [("hellp", Code::BodyMismatch), ("123456789", Code::BodyTooLarge)] {
            let mut body = Full::new(Bytes::from_static(text.as_bytes()));
            assert_eq!(run(spool.fill(watch(), &mut body)).unwrap_err().code, code);
        }
        assert_eq!(held(&spool), 0);
    }

    /// A body of which nothing comes.
    struct Silence;

    impl Body for Silence {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
            Poll::Pending
        }
    }

    #[test]
    fn a_drip_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(&folder);
        let refusal = run(spool.fill(watch(), &mut Silence)).unwrap_err();
        assert_eq!((refusal.code, held(&spool)), (Code::RequestTimeout, 0));
        assert_eq!(PACE.allows(0), Duration::from_secs(30));
        assert_eq!(PACE.allows(10 * 1024), Duration::from_secs(40));
    }

    /// A folder that is gone stands for a disk that is.
    #[test]
    fn a_disk_that_fails_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let spool = spool(&folder);
        drop(folder);
        let mut body = Full::new(Bytes::from_static(TEXT.as_bytes()));
        let refusal = run(spool.fill(watch(), &mut body)).unwrap_err();
        assert_eq!((refusal.code, held(&spool)), (Code::ServiceUnavailable, 0));
    }
}
