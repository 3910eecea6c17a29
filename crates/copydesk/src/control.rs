//! Asking the daemon through its control socket: `control.sock` in the ledger's folder, the same answers as on the admin
//! address, for whoever may open it.

use std::io;
use std::path::{Path, PathBuf};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;

/// The socket's name in the ledger's folder.
pub const SOCKET: &str = copydesk_admin::CONTROL_SOCKET;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens.
    #[error("no daemon listens on {}: start it with `copydesk run`, or name its configuration with --config", path.display())]
    NoDaemon {
        /// The socket.
        path: PathBuf,
    },
    /// It may not be opened.
    #[error("{} can't be opened: {source}; ask as the user the daemon runs as", path.display())]
    Refused {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The daemon said no, in these words.
    #[error("{0}")]
    No(String),
    /// No HTTP came back.
    #[error("the daemon's answer could not be read: {0}")]
    Answer(String),
}

/// Asks one question and waits for the answer.
///
/// # Errors
/// Where there is no daemon, or it says no.
pub fn ask(ledger: &Path, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ControlError> {
    let unreadable = |error: &dyn std::fmt::Display| ControlError::Answer(error.to_string());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| unreadable(&error))?;
    runtime.block_on(async {
        let socket = ledger.join(SOCKET);
        let stream = match UnixStream::connect(&socket).await {
            Ok(stream) => stream,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
                return Err(ControlError::NoDaemon { path: socket });
            }
            Err(source) => return Err(ControlError::Refused { path: socket, source }),
        };
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| unreadable(&error))?;
        tokio::spawn(connection);
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| unreadable(&error))?;
        let answer = sender.send_request(request).await.map_err(|error| unreadable(&error))?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await.map_err(|error| unreadable(&error))?.to_bytes();
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
        if status == StatusCode::OK {
            return Ok(value);
        }
        Err(ControlError::No(value["error"].as_str().map_or_else(|| status.to_string(), str::to_owned)))
    })
}
