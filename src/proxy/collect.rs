//! Bounded reading of bodies that decide or whose digest was signed (decisions, Bodies).

use std::cell::Cell;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;

use crate::gate::{Code, Collected, Reads, Refusal};

/// Bodies with a signed digest are collected whole up to here before the upstream is contacted.
pub(super) const DIGEST_COLLECT_BYTES_MAX: usize = 32 * 1024;

/// How much one worker may hold of bodies that it is collecting.
#[derive(Debug)]
pub(super) struct Budget {
    held: Cell<usize>,
    bytes_max: usize,
}

/// What one request holds of the budget; given back when dropped.
struct Lease<'b> {
    budget: &'b Budget,
    bytes: usize,
}

impl Budget {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { held: Cell::new(0), bytes_max }
    }
}

impl Lease<'_> {
    fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let held = self.budget.held.get().saturating_add(bytes);
        if held > self.budget.bytes_max {
            let reason = "too many bodies are being collected at this moment";
            return Err(Refusal::new(Code::ServiceUnavailable, reason));
        }
        self.budget.held.set(held);
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.budget.held.set(self.budget.held.get().saturating_sub(self.bytes));
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
        Reads::Whole => whole_bytes_max,
        Reads::Digest => DIGEST_COLLECT_BYTES_MAX,
    };
    let too_large = body.size_hint().lower() > bytes_max as u64;
    if too_large && reads == Reads::Whole {
        return Err(too_large_for(bytes_max));
    }
    let mut lease = Lease { budget, bytes: 0 };
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_broken| {
            Refusal::new(
                Code::RequestTimeout,
                "the caller broke off or stalled while sending the body",
            )
        })?;
        let Ok(data) = frame.into_data() else { continue }; // trailers: nothing signs them
        lease.grow(data.len())?;
        collected.extend_from_slice(&data);
        if collected.len() > bytes_max {
            return match reads {
                Reads::Digest => Ok(Collected::Start(collected.freeze())),
                Reads::Nothing | Reads::Whole => Err(too_large_for(bytes_max)),
            };
        }
    }
    if collected.is_empty() {
        return Ok(Collected::Empty);
    }
    Ok(Collected::Whole(collected.freeze()))
}

fn too_large_for(bytes_max: usize) -> Refusal {
    let reason = format!("this operation is decided by its body, which may have {bytes_max} bytes");
    Refusal::told(Code::BodyTooLarge, reason)
}
