//! A permitted request on its way to the upstream.

use std::future::poll_fn;

use http::Response;
use tokio::sync::oneshot;

use crate::gate::{Code, Coverage, Covered, Ending, Permitted, PermittedRequest, Refusal};
use crate::signature::SignatureError;
use crate::telemetry::Metrics;
use crate::upstream::{Guarded, Pool, UpstreamError};

use super::source::Source;

/// Sends it, and returns the answer once it may be believed.
pub(super) async fn send(
    pool: &Pool<Covered<Source>>,
    permitted: Permitted,
    source: Source,
    metrics: &Metrics,
) -> Result<Response<Guarded>, Refusal> {
    if permitted.is_guarded() {
        let (told, coverage) = oneshot::channel();
        // Nobody listens any more only when the answer no longer matters.
        let request = permitted.cover(source, move |coverage| {
            let _unheard = told.send(coverage);
        });
        return send_guarded(pool, request, coverage, metrics).await;
    }
    let request = permitted.cover(source, |_coverage| {});
    Ok(pool.send(request).await?)
}

/// The answer of an upstream is not believed before the body is proven. One that comes early changes nothing: the body
/// is read to its end, and judged, even if the upstream wants no more of it.
async fn send_guarded(
    pool: &Pool<Covered<Source>>,
    request: PermittedRequest<Source>,
    mut coverage: oneshot::Receiver<Coverage<Source>>,
    metrics: &Metrics,
) -> Result<Response<Guarded>, Refusal> {
    let answer = match pool.send(request).await {
        Ok(answer) => answer,
        Err(error) => match coverage.try_recv() {
            Ok(Coverage::Ended(Ending::Differs)) => return Err(differs(metrics)),
            _unknown => return Err(error.into()),
        },
    };
    let coverage = tokio::select! {
        biased;
        coverage = coverage => coverage,
        () = answer.body().stalled(pool.head_timeout()) => {
            let reason = "the upstream answered but stopped reading the body";
            return Err(Refusal::new(Code::UpstreamTimeout, reason));
        }
    };
    let ending = match coverage {
        Ok(Coverage::Ended(ending)) => ending,
        Ok(Coverage::Abandoned(mut rest)) => poll_fn(|cx| rest.poll_ending(cx)).await,
        Err(_untold) => Ending::Broken,
    };
    match ending {
        Ending::Agreed => Ok(answer),
        Ending::Differs => Err(differs(metrics)),
        Ending::Broken => {
            let reason = "the body was not sent to its end, so nobody knows what it is";
            Err(Refusal::new(Code::RequestTimeout, reason))
        }
    }
}

fn differs(metrics: &Metrics) -> Refusal {
    metrics.body_mismatches.inc();
    Refusal::from(SignatureError::Body)
}

impl From<UpstreamError> for Refusal {
    fn from(error: UpstreamError) -> Self {
        let code = match error {
            UpstreamError::ConnectTimeout | UpstreamError::HeadTimeout => Code::UpstreamTimeout,
            UpstreamError::ConnectRefused(_)
            | UpstreamError::Broken(_)
            | UpstreamError::BadAnswer(_) => Code::UpstreamUnavailable,
            UpstreamError::RequestBody => Code::RequestTimeout,
        };
        Self::new(code, error.to_string())
    }
}
