//! The HTTP side of the daemon: `/metrics`, `/livez`, `/readyz`.
//!
//! Health answers are JSON: `{"ok": …, "reasons": […]}`, with status 200 or 503. `/livez` goes by progress, so
//! backpressure is not death; `/readyz` adds what the desk needs from outside: ledger, inbox, required sinks.

mod health;
mod metrics;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use copydesk_pipeline::Status;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use crate::metrics::{RecorderError, install_recorder};

/// What the pages show.
#[derive(Clone)]
pub(crate) struct Desk {
    pub status: Arc<Status>,
    pub recorder: PrometheusHandle,
    pub hang_limit: Duration,
}

/// The address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {address}: {reason}; set another `listen` in [admin], or end what uses it")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// What the system said.
    pub reason: std::io::Error,
}

/// Listens on an address.
///
/// # Errors
/// Where it is taken or not ours.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|reason| ListenError { address, reason })
}

/// Serves until `stop` is cancelled.
pub async fn serve(
    listener: TcpListener,
    status: Arc<Status>,
    recorder: PrometheusHandle,
    hang_limit: Duration,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let pages = Router::new()
        .route("/metrics", get(metrics::show))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .with_state(Desk { status, recorder, hang_limit });
    axum::serve(listener, pages).with_graceful_shutdown(async move { stop.cancelled().await }).await
}
