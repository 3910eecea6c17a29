//! `copydesk log-level LEVEL`: makes the daemon's log say more or less.

use std::path::Path;
use std::process::ExitCode;

use hyper::Method;
use serde_json::json;

use crate::arguments::LogLevel;
use crate::config::Config;
use crate::control::ask;

/// Sets the level until the daemon ends.
///
/// # Errors
/// Where no daemon runs, or that is no level.
pub fn run(config: Option<&Path>, arguments: &LogLevel) -> anyhow::Result<ExitCode> {
    let config = Config::load(config)?;
    let wish = json!({ "level": arguments.level });
    ask(&config.ledger.folder, Method::POST, "/api/log-level", Some(&wish))?;
    println!("the log level is {}", arguments.level);
    Ok(ExitCode::SUCCESS)
}
