//! `copydesk run`: the daemon.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;

use crate::config::Config;
use crate::{daemon, logging};

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// Where it can't start, or breaks too often.
pub fn run(file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let level = logging::start("info");
    let config = Config::load(file)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let code = runtime.block_on(daemon::serve(file, config, level));
    // Blocking calls that hang must not keep a process that has decided to end.
    runtime.shutdown_timeout(Duration::from_secs(5));
    code
}
