//! Bounded reading of bodies that decide or whose digest was signed (decisions, Bodies).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;

use crate::gate::{Code, Collected, FormReader, Reads, Refusal, Upload};

/// Bodies with a signed digest are collected whole up to here before the upstream is contacted.
pub(super) const DIGEST_COLLECT_BYTES_MAX: usize = 32 * 1024;

/// How much one worker may hold of bodies that were collected and have not been sent on.
#[derive(Debug)]
pub(super) struct Budget {
    held: Arc<AtomicUsize>,
    bytes_max: usize,
}

/// What one body holds of the budget; given back when the last of its bytes is dropped, wherever that is.
struct Lease {
    held: Arc<AtomicUsize>,
    bytes: usize,
}

/// Collected bytes and their lease.
struct Leased {
    bytes: Bytes,
    _lease: Lease,
}

impl AsRef<[u8]> for Leased {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Budget {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { held: Arc::default(), bytes_max }
    }

    fn lease(&self) -> Lease {
        Lease { held: Arc::clone(&self.held), bytes: 0 }
    }

    /// Takes room for more bytes. Only this budget's worker takes, so looking first cannot race.
    fn take(&self, lease: &mut Lease, bytes: usize) -> Result<(), Refusal> {
        if self.held.load(Ordering::Relaxed).saturating_add(bytes) > self.bytes_max {
            let reason = "too many bodies are being collected at this moment";
            return Err(Refusal::new(Code::ServiceUnavailable, reason));
        }
        self.held.fetch_add(bytes, Ordering::Relaxed);
        lease.bytes = lease.bytes.saturating_add(bytes);
        Ok(())
    }
}

impl Lease {
    fn over(self, bytes: BytesMut) -> Bytes {
        Bytes::from_owner(Leased { bytes: bytes.freeze(), _lease: self })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Reads what `reads` asks for. What is not read yet stays in `body`.
pub(super) async fn collect<B>(
    reads: Reads,
    body: &mut B,
    whole_bytes_max: usize,
    budget: &Budget,
) -> Result<Collected, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() {
        return Ok(Collected::Empty);
    }
    let bytes_max = match reads {
        Reads::Nothing => return Ok(Collected::Unread),
        Reads::Whole | Reads::Upload => whole_bytes_max,
        Reads::Digest => DIGEST_COLLECT_BYTES_MAX,
    };
    let too_large = body.size_hint().lower() > bytes_max as u64;
    if too_large && reads == Reads::Whole {
        return Err(too_large_for(bytes_max));
    }
    let mut lease = budget.lease();
    let mut collected = BytesMut::new();
    while let Some(data) = next(body).await? {
        budget.take(&mut lease, data.len())?;
        collected.extend_from_slice(&data);
        if collected.len() > bytes_max {
            return match reads {
                Reads::Digest => Ok(Collected::Start(lease.over(collected))),
                _decides => Err(too_large_for(bytes_max)),
            };
        }
    }
    if collected.is_empty() {
        return Ok(Collected::Empty);
    }
    Ok(Collected::Whole(lease.over(collected)))
}

/// Reads a browser form up to where its file begins.
pub(super) async fn collect_upload<B>(
    mut reader: FormReader,
    body: &mut B,
    bytes_max: usize,
    budget: &Budget,
) -> Result<Collected, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut lease = budget.lease();
    let mut collected = BytesMut::new();
    while let Some(data) = next(body).await? {
        budget.take(&mut lease, data.len())?;
        collected.extend_from_slice(&data);
        if let Some(form) = reader.read(&collected)? {
            let mut head = lease.over(collected);
            let file = head.split_off(form.file_at());
            return Ok(Collected::Upload(Box::new(Upload { form, head, file })));
        }
        if collected.len() > bytes_max {
            return Err(too_large_for(bytes_max));
        }
    }
    let reason = "the multipart form ends before its file".to_owned();
    Err(Refusal::told(Code::InvalidParameter, reason))
}

/// The next data. Trailers are dropped: nothing signs them.
async fn next<B>(body: &mut B) -> Result<Option<Bytes>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
{
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_broken| {
            let reason = "the caller broke off or stalled while sending the body";
            Refusal::new(Code::RequestTimeout, reason)
        })?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

fn too_large_for(bytes_max: usize) -> Refusal {
    let reason = format!("this operation is decided by its body, which may have {bytes_max} bytes");
    Refusal::told(Code::BodyTooLarge, reason)
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    fn read(budget: &Budget, text: &'static str, reads: Reads) -> Result<Collected, Code> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut body = Full::new(Bytes::from_static(text.as_bytes()));
        runtime.block_on(collect(reads, &mut body, 8, budget)).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_body_holds_its_room_until_it_is_gone() {
        let budget = Budget::new(10);
        let first = read(&budget, "12345678", Reads::Whole).unwrap();
        assert_eq!(read(&budget, "123", Reads::Whole).unwrap_err(), Code::ServiceUnavailable);
        drop(first);
        assert!(matches!(read(&budget, "123", Reads::Whole), Ok(Collected::Whole(_))));
    }

    #[test]
    fn limits() {
        let budget = Budget::new(100);
        assert_eq!(read(&budget, "123456789", Reads::Whole).unwrap_err(), Code::BodyTooLarge);
        assert!(matches!(read(&budget, "123456789", Reads::Nothing), Ok(Collected::Unread)));
        assert!(matches!(read(&budget, "", Reads::Whole), Ok(Collected::Empty)));
        assert!(matches!(read(&budget, "123456789", Reads::Digest), Ok(Collected::Whole(_))));
    }
}
