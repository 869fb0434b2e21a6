use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::spool::Spooled;

/// Where the body of a request comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// The caller's connection.
    Caller(Incoming),
    /// The disk.
    Disk(Box<Spooled>),
}

impl Body for Source {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            Self::Caller(body) => {
                Pin::new(body).poll_frame(cx).map(|frame| Some(frame?.map_err(Into::into)))
            }
            Self::Disk(body) => {
                Pin::new(&mut **body).poll_frame(cx).map(|frame| Some(frame?.map_err(Into::into)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Caller(body) => body.is_end_stream(),
            Self::Disk(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Caller(body) => body.size_hint(),
            Self::Disk(body) => body.size_hint(),
        }
    }
}
