//! Logs: text on a terminal, JSON otherwise, always on standard error. `COPYDESK_LOG` sets the level
//! (`debug`, or `warn,copydesk_pipeline=debug`).

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

/// Starts logging at `level` unless the environment says otherwise.
pub fn start(level: &str) {
    let filter = EnvFilter::try_from_env("COPYDESK_LOG")
        .unwrap_or_else(|_| EnvFilter::new(format!("{level},fjall=error,lsm_tree=error")));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_target(false);
    if stderr().is_terminal() {
        logs.init();
    } else {
        logs.json().flatten_event(true).init();
    }
}
