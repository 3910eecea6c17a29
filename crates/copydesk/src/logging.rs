//! Logs: text on a terminal, JSON otherwise, always on standard error. `COPYDESK_LOG` sets the level at the start
//! (`debug`, or `warn,copydesk_pipeline=debug`), [`Level`] while the process runs.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

/// What the store says of its own housekeeping is nobody's news.
const QUIET: &str = "fjall=error,lsm_tree=error";

/// The level, to be changed.
#[derive(Clone, Debug)]
pub struct Level(reload::Handle<EnvFilter, Registry>);

impl Level {
    /// Sets the level: `debug`, or directives such as `warn,copydesk_pipeline=debug`.
    ///
    /// # Errors
    /// Where that is no level; it stays as it was.
    pub fn set(&self, directives: &str) -> Result<(), String> {
        let filter = EnvFilter::try_new(format!("{QUIET},{directives}")).map_err(|error| error.to_string())?;
        self.0.reload(filter).map_err(|error| error.to_string())
    }
}

/// Starts logging at `level` unless the environment says otherwise.
pub fn start(level: &str) -> Level {
    let filter = EnvFilter::try_from_env("COPYDESK_LOG").unwrap_or_else(|_| EnvFilter::new(format!("{level},{QUIET}")));
    let (filter, handle) = reload::Layer::new(filter);
    let lines = fmt::layer().with_writer(stderr).with_target(false);
    let logs = tracing_subscriber::registry().with(filter);
    if stderr().is_terminal() {
        logs.with(lines).init();
    } else {
        logs.with(lines.json().flatten_event(true)).init();
    }
    Level(handle)
}
