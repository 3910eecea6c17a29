//! `copydesk check`: says whether `run` would start.
//!
//! The same loader as `run`, then what only the machine can tell: folders that can be made and written, the
//! inbox and `done` on one file system (a file is moved by renaming it), the ledger free, the address free. What would
//! let `run` start and then wait (`outlook.rs`) is a warning, and no failure.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use copydesk_intake::After;
use copydesk_ledger::{FjallLedger, LedgerError};
use copydesk_pipeline::Names;

use crate::arguments::Check;
use crate::commands::outlook;
use crate::config::Config;

/// Checks everything and says what it found.
///
/// # Errors
/// Where the configuration has a mistake.
pub fn run(config: Option<&Path>, arguments: &Check) -> anyhow::Result<ExitCode> {
    let config = Config::load(config)?;
    let mut problems = problems(&config);
    problems.extend(problems_of_a_start(&config));
    for problem in &problems {
        eprintln!("{}: {problem}", config.path.display());
    }
    let mut warnings = outlook::full_disks(&config);
    if !arguments.offline {
        warnings.extend(outlook::silent_servers(&config));
    }
    for warning in &warnings {
        eprintln!("{}: warning: {warning}", config.path.display());
    }
    if problems.is_empty() {
        let warned = if warnings.is_empty() { String::new() } else { format!(", {} warning(s)", warnings.len()) };
        println!("{}: ok, {} sink(s){warned}", config.path.display(), config.sinks.len());
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

/// What is wrong with folders, inboxes and sinks.
#[must_use]
pub fn problems(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    let sinks = config.sinks.values().flat_map(|sink| sink.options.folders());
    let inboxes = config.all_inboxes().map(|(_, inbox)| inbox.clone());
    let of_inbox = |inbox: copydesk_intake::Options| {
        let done = (inbox.after == After::Done).then_some(inbox.done);
        [Some(inbox.folder), done, Some(inbox.quarantine)].into_iter().flatten()
    };
    let own: BTreeSet<PathBuf> =
        inboxes.flat_map(of_inbox).chain([config.ledger.folder.clone()]).chain(sinks).collect();
    for folder in own {
        if let Err(problem) = writable(&folder) {
            problems.push(problem);
        }
    }
    for (name, inbox) in config.all_inboxes() {
        if let Err(error) = inbox.check() {
            problems.push(format!("inbox `{name}`: {error}"));
        }
    }
    for (name, sink) in &config.sinks {
        problems.extend(sink.options.problems().into_iter().map(|problem| format!("sink `{name}`: {problem}")));
    }
    if let Err(error) = Names::open(&config.entities) {
        problems.push(error.to_string());
    }
    problems
}

/// What is in the way of a process that starts: only one can have the ledger and the address.
fn problems_of_a_start(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    if config.ledger.folder.exists()
        && let Err(error) = FjallLedger::open(&config.ledger)
    {
        let running = matches!(error, LedgerError::Locked { .. });
        problems.push(if running { format!("{error} (`run` is running?)") } else { error.to_string() });
    }
    if let Err(error) = std::net::TcpListener::bind(config.admin.listen) {
        problems.push(format!("can't listen on {}: {error}; set another `listen` in [admin]", config.admin.listen));
    }
    problems
}

/// The nearest folder above that exists: what `run` would create the folder in.
pub fn standing(folder: &Path) -> PathBuf {
    let standing = folder.ancestors().find(|above| above.exists() && !above.as_os_str().is_empty());
    standing.unwrap_or(Path::new(".")).to_owned()
}

/// Whether `run` could make and write a folder; nothing is left behind.
fn writable(folder: &Path) -> Result<(), String> {
    let standing = standing(folder);
    if !standing.is_dir() {
        return Err(format!("{} is no folder, so {} can't be used", standing.display(), folder.display()));
    }
    let probe = tempfile::Builder::new().prefix(".copydesk-check-").tempfile_in(&standing);
    let refused = |error| format!("{} can't be written: {error}; give the desk the right to", standing.display());
    probe.map(|_| ()).map_err(refused)
}
