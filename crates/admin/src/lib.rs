//! The daemon seen from outside: `/metrics`, `/livez`, `/readyz`, the API and the page.
//!
//! Health answers are JSON: `{"ok": …, "reasons": […]}`, with status 200 or 503. `/livez` goes by progress, so
//! backpressure is not death; `/readyz` adds what the desk needs from outside: ledger, inbox, required sinks.
//!
//! | question | answer |
//! |---|---|
//! | `GET /api/status` | stages, sinks, verdicts, inboxes, what waits (`status.rs`) |
//! | `GET /api/events` | the same each second, and the articles that came: server-sent events |
//! | `GET /api/articles?q=&before=&limit=`, `/api/articles/ID` | search over the embedded store; one record (`articles.rs`) |
//! | `GET /api/trace?of=ID\|URL\|PATH` | the whole life of an article (`trace.rs`) |
//! | `GET /api/quarantine?after=&limit=`, `/api/quarantine/NAME` | what could not be worked on (`quarantine.rs`) |
//! | `POST /api/quarantine/NAME/retry`, `…/drop` | back into its inbox; away |
//! | `POST /api/log-level` | `{"level": "debug"}` |
//! | `GET /` | the page (`page/`) |
//!
//! What is no success is `{"error": …}`, with what to do. Who may ask and who may change something says `caller.rs`.
//! The same is served on a Unix socket in the ledger's folder, [`CONTROL_SOCKET`], which is how the commands ask.

mod answer;
mod articles;
mod caller;
mod figures;
mod health;
mod log_level;
mod metrics;
mod page;
pub mod quarantine;
mod status;
mod trace;

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{get, post};
use copydesk_pipeline::{Status, Tracer};
use metrics_exporter_prometheus::PrometheusHandle;
use rustix::fs::{Mode, fchmod};
use tokio::net::{TcpListener, UnixListener, UnixSocket};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use crate::answer::Refusal;
pub use crate::metrics::{RecorderError, install_recorder};

/// Name of the control socket in the ledger's folder.
pub const CONTROL_SOCKET: &str = "control.sock";

/// Commands that may wait to be heard.
const WAITING: u32 = 64;

/// Questions to the store at a time, and pages that listen to events: the desk has better things to do.
const QUESTIONS: usize = 4;
const LISTENERS: usize = 64;

/// Reads the token that changes from another machine need.
pub type ReadToken = Box<dyn Fn() -> Result<String, String> + Send + Sync>;

/// Sets the level of the log, or says why not.
pub type SetLogLevel = Box<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// What stays as it is while the process lives.
pub struct Setup {
    /// How the desk is doing.
    pub status: Arc<Status>,
    /// Its figures.
    pub recorder: PrometheusHandle,
    /// When a stage counts as hung.
    pub hang_limit: Duration,
    /// None where no token is set: then nobody on another machine may change anything.
    pub token: Option<ReadToken>,
    /// How the log is made to say more.
    pub set_log_level: SetLogLevel,
}

/// What a configuration says of the desk.
#[derive(Clone)]
pub struct Places {
    /// The drop folders, the main one first.
    pub inboxes: Vec<InboxPlace>,
    /// The database of a `sqlite` sink.
    pub store: Option<PathBuf>,
    /// Who knows the lives of articles.
    pub tracer: Tracer,
}

/// One drop folder and where its bad records go.
#[derive(Clone, Debug)]
pub struct InboxPlace {
    /// Its name.
    pub name: String,
    /// The folder.
    pub folder: PathBuf,
    /// Its quarantine, which others may share.
    pub quarantine: PathBuf,
}

/// The admin side of one daemon.
#[derive(Clone)]
pub struct Desk {
    pub(crate) setup: Arc<Setup>,
    places: Arc<RwLock<Arc<Places>>>,
    pub(crate) questions: Arc<Semaphore>,
    pub(crate) listeners: Arc<Semaphore>,
    pub(crate) newest: Arc<status::Newest>,
    pub(crate) stop: CancellationToken,
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

/// The control socket could not be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "can't make the control socket {}: {reason}; give the ledger a folder that can be written, with a path of fewer \
     than 90 bytes", path.display()
)]
pub struct SocketError {
    /// The socket.
    pub path: PathBuf,
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

/// Makes the control socket in the folder of a ledger that this process holds the lock of: one that is there is left
/// over from a process that is gone.
///
/// # Errors
/// Where the folder can't be written.
pub fn listen_for_commands(ledger: &Path) -> Result<UnixListener, SocketError> {
    let path = ledger.join(CONTROL_SOCKET);
    let made = || {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixSocket::new_stream()?;
        // Before it has a name, so that nobody else can open it in between: on Linux the name gets the socket's mode.
        fchmod(socket.as_fd(), Mode::RUSR | Mode::WUSR)?;
        socket.bind(&path)?;
        socket.listen(WAITING)
    };
    made().map_err(|reason| SocketError { path: path.clone(), reason })
}

impl Desk {
    /// The admin side of a desk; `stop` ends it.
    #[must_use]
    pub fn new(setup: Setup, places: Places, stop: CancellationToken) -> Self {
        Self {
            setup: Arc::new(setup),
            places: Arc::new(RwLock::new(Arc::new(places))),
            questions: Arc::new(Semaphore::new(QUESTIONS)),
            listeners: Arc::new(Semaphore::new(LISTENERS)),
            newest: Arc::default(),
            stop,
        }
    }

    /// Another configuration is at work.
    pub fn move_to(&self, places: Places) {
        *self.places.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(places);
    }

    pub(crate) fn places(&self) -> Arc<Places> {
        Arc::clone(&self.places.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn api(&self) -> Router<Self> {
        Router::new()
            .route("/api/status", get(status::show))
            .route("/api/events", get(status::events))
            .route("/api/articles", get(articles::search))
            .route("/api/articles/{id}", get(articles::show))
            .route("/api/trace", get(trace::show))
            .route("/api/quarantine", get(quarantine::index))
            .route("/api/quarantine/{name}", get(quarantine::show))
            .route("/api/quarantine/{name}/retry", post(quarantine::retry))
            .route("/api/quarantine/{name}/drop", post(quarantine::drop))
            .route("/api/log-level", post(log_level::set))
    }

    /// Serves the network until the desk is stopped.
    ///
    /// # Errors
    /// Where the listener breaks.
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        let guarded = self.api().route_layer(from_fn_with_state(self.clone(), caller::guard));
        let pages = Router::new()
            .route("/metrics", get(metrics::show))
            .route("/livez", get(health::live))
            .route("/readyz", get(health::ready))
            .route("/", get(page::html))
            .route("/page.css", get(page::css))
            .route("/page.js", get(page::script))
            .merge(guarded)
            .fallback(answer::nothing)
            .layer(map_response(answer::as_json))
            .with_state(self.clone())
            .into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, pages).with_graceful_shutdown(self.stop.cancelled_owned()).await
    }

    /// Serves the commands until the desk is stopped.
    ///
    /// # Errors
    /// Where the listener breaks.
    pub async fn serve_commands(self, listener: UnixListener) -> io::Result<()> {
        let pages = self.api().fallback(answer::nothing).layer(map_response(answer::as_json));
        let pages = pages.with_state(self.clone());
        axum::serve(listener, pages).with_graceful_shutdown(self.stop.cancelled_owned()).await
    }
}
