//! Calls that the gate answers itself.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use http_body_util::Full;

use crate::clock;
use crate::federation::Fetched;
use crate::gate::{Code, Entropy, Gate, Proven, Refusal, Served, Supplies, Wire};

use super::answer::ProxyBody;
use super::outcome::Outcome;

/// Decides the call, and answers it if that is permitted.
pub(super) fn serve(
    gate: &Gate<'_>,
    proven: Proven,
    keys: Option<Fetched>,
    wire: &mut Wire,
    outcome: &mut Outcome,
) -> Result<Response<ProxyBody>, Refusal> {
    let supplies = Supplies { entropy: entropy()?, keys };
    let served = gate.serve(proven, clock::now(), &supplies, wire, &mut outcome.record)?;
    Ok(response(served, &outcome.request_id))
}

/// A session is as good as its chance: without entropy there is none.
pub fn entropy() -> Result<Entropy, Refusal> {
    let mut entropy = Entropy { access_key: [0; 26], nonce: [0; 24] };
    getrandom::fill(&mut entropy.access_key)
        .and_then(|()| getrandom::fill(&mut entropy.nonce))
        .map_err(|_error| Refusal::new(Code::InternalError, "the system gives no random bytes"))?;
    Ok(entropy)
}

/// Nobody may keep it (STS-10).
fn response(served: Served, request_id: &str) -> Response<ProxyBody> {
    let mut response = Response::new(ProxyBody::Made(Full::new(Bytes::from(served.body))));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(served.content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-acs-request-id", id);
    }
    response
}
