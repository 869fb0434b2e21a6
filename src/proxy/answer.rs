//! An answer on its way back.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;

use crate::clock;
use crate::gate::{AnswerSigner, Code, Collected, Reads, Refusal};
use crate::upstream::{self, BodyError};

use super::collect::{Budget, collect};

/// Answers that are signed are held as a whole until their digest is known, in the room for collected bodies. The service
/// itself makes none this large.
const SIGNED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Signs a good answer again for a caller that verifies it; others pass as they are.
pub(super) async fn sign(
    answer: Response<upstream::Guarded>,
    signer: Option<AnswerSigner>,
    request_id: &str,
    budget: &Budget,
) -> Result<Response<ProxyBody>, Refusal> {
    let Some(signer) = signer.filter(|_signer| answer.status().is_success()) else {
        return Ok(answer.map(ProxyBody::Forwarded));
    };
    let (mut parts, mut body) = answer.into_parts();
    let body = match collect(Reads::Whole, &mut body, SIGNED_BYTES_MAX, budget).await {
        Ok(Collected::Whole(bytes)) => bytes,
        Ok(_nothing) => Bytes::new(),
        Err(refusal) if refusal.code == Code::ServiceUnavailable => return Err(refusal),
        Err(_refusal) => {
            let reason = "the answer broke off or is too large to be signed for the caller";
            return Err(Refusal::new(Code::UpstreamUnavailable, reason));
        }
    };
    signer.sign(&mut parts.headers, &body, request_id, clock::now());
    parts.headers.remove(http::header::CONTENT_LENGTH); // made anew from the body
    parts.headers.remove(http::header::TRANSFER_ENCODING);
    Ok(Response::from_parts(parts, ProxyBody::Made(Full::new(body))))
}

/// The body of an answer: ours, or the upstream's as it streams.
#[derive(Debug)]
pub enum ProxyBody {
    /// Made here.
    Made(Full<Bytes>),
    /// What the upstream answers.
    Forwarded(upstream::Guarded),
}

impl Body for ProxyBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match self.get_mut() {
            Self::Made(body) => Pin::new(body)
                .poll_frame(context)
                .map(|frame| frame.map(|frame| frame.map_err(|never| match never {}))),
            Self::Forwarded(body) => Pin::new(body).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Made(body) => body.is_end_stream(),
            Self::Forwarded(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Made(body) => body.size_hint(),
            Self::Forwarded(body) => body.size_hint(),
        }
    }
}
