use std::io;
use std::sync::Arc;

use rustls::Error;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::worker::Settings;
use super::{Event, HandshakeFailure, Stage};
use crate::tls::Presented;

/// A handshake that has to happen first, and its place among those that are not done.
pub(super) struct Handshake {
    pub(super) presented: Arc<Presented>,
    pub(super) place: OwnedSemaphorePermit,
}

/// Agrees with the peer on how to speak, within the time limit (N01). What fails is counted and closed; the peer gets the
/// alert of the protocol and nothing else.
pub(super) async fn shake(
    stream: TcpStream,
    handshake: Handshake,
    settings: &Settings,
    stage: &mut watch::Receiver<Stage>,
) -> Option<TlsStream<TcpStream>> {
    let Handshake { presented, place } = handshake;
    let shaken = timeout(settings.timeouts.handshake, presented.acceptor().accept(stream));
    let shaken = tokio::select! {
        biased;
        _ = stage.wait_for(|stage| *stage != Stage::Serving) => return None,
        shaken = shaken => shaken,
    };
    drop(place);
    let failure = match shaken {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => reason(&error),
        Err(_elapsed) => HandshakeFailure::Slow,
    };
    (settings.on_event)(Event::HandshakeFailed(failure));
    None
}

fn reason(error: &io::Error) -> HandshakeFailure {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidMessage(_)) => HandshakeFailure::NotTls,
        Some(Error::AlertReceived(_)) => HandshakeFailure::Declined,
        Some(Error::PeerIncompatible(_) | Error::NoApplicationProtocol) => {
            HandshakeFailure::NothingInCommon
        }
        _other => HandshakeFailure::BrokenOff,
    }
}
