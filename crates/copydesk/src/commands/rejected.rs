//! `copydesk rejected`: what sinks refused is listed, shown, sent again, or dropped.
//!
//! Works on files alone (`rejected/SINK/` below the quarantine folder), so with and without a running daemon: it sends
//! what is asked for within a second, or at its next start. An article that is refused once more stands in the list
//! again.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use copydesk_pipeline::{Again, RequestWriter, Slip, requests};
use serde_json::json;

use super::terminal::harmless;
use crate::arguments::{Rejected, RejectedArticles};
use crate::config::Config;
use crate::{desk, logging};

/// A rejected article and its file.
struct Found {
    path: PathBuf,
    slip: Slip,
}

/// Does what is asked.
///
/// # Errors
/// Where the configuration is wrong, an article is not there, or files can't be read or written.
pub fn run(config: Option<&Path>, command: &Rejected) -> anyhow::Result<ExitCode> {
    logging::start("warn");
    let config = Config::load(config)?;
    match command {
        Rejected::List { sink, json } => list(&config, sink.as_deref(), *json)?,
        Rejected::Show(which) => {
            for Found { slip, .. } in chosen(&config, which)? {
                println!("{}", harmless(&serde_json::to_string_pretty(&slip)?));
            }
        }
        Rejected::Retry(which) => retry(&config, chosen(&config, which)?)?,
        Rejected::Drop(which) => {
            let found = chosen(&config, which)?;
            found.iter().try_for_each(forget)?;
            println!("{} dropped", found.len());
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(config: &Config, sink: Option<&str>, json: bool) -> anyhow::Result<()> {
    for Found { slip, .. } in all(config, sink)? {
        let Slip { sink, sequence, id, reason, time, .. } = &slip;
        if json {
            let line =
                json!({"sink": sink, "sequence": sequence, "id": id.to_string(), "time": time, "reason": reason});
            println!("{line}");
        } else {
            println!("{sink}  {sequence}  {id}  {time:.0}  {}", harmless(reason).replace('\n', " "));
        }
    }
    for name in names(config, sink)? {
        let waiting = requests(&desk::again_folder(config, name)).context("can't list what is to be sent again")?;
        if !waiting.is_empty() && !json {
            eprintln!("{name}: {} request(s) to send something again are not done yet", waiting.len());
        }
    }
    Ok(())
}

fn retry(config: &Config, found: Vec<Found>) -> anyhow::Result<()> {
    let count = found.len();
    for name in config.sinks.keys() {
        let of_sink: Vec<&Found> = found.iter().filter(|found| found.slip.sink == *name).collect();
        if of_sink.is_empty() {
            continue;
        }
        let folder = desk::again_folder(config, name);
        let failed = || format!("can't write a request to {}", folder.display());
        let mut request = RequestWriter::create(&folder).with_context(failed)?;
        for found in &of_sink {
            request.add(&Again::Row(Box::new(found.slip.clone()))).with_context(failed)?;
        }
        request.finish().with_context(failed)?;
        // Only now: at a crash in between they are listed once more, not lost.
        of_sink.into_iter().try_for_each(forget)?;
    }
    println!("{count} to be sent again: at once where the daemon runs, else at its next start");
    Ok(())
}

fn forget(found: &Found) -> anyhow::Result<()> {
    std::fs::remove_file(&found.path).with_context(|| format!("can't remove {}", found.path.display()))
}

/// The sinks that are meant.
fn names<'a>(config: &'a Config, sink: Option<&'a str>) -> anyhow::Result<Vec<&'a str>> {
    match sink {
        None => Ok(config.sinks.keys().map(String::as_str).collect()),
        Some(name) if config.sinks.contains_key(name) => Ok(vec![name]),
        Some(name) => bail!(unknown_sink(config, name)),
    }
}

/// Says that a sink is not configured.
pub(super) fn unknown_sink(config: &Config, name: &str) -> String {
    let known: Vec<&str> = config.sinks.keys().map(String::as_str).collect();
    format!("{} has no sink `{name}`; its sinks are {}", config.path.display(), known.join(", "))
}

/// Everything that was rejected.
fn all(config: &Config, sink: Option<&str>) -> anyhow::Result<Vec<Found>> {
    let mut found = Vec::new();
    for name in names(config, sink)? {
        let folder = desk::rejected_folder(config, name);
        for path in Slip::list(&folder).with_context(|| format!("can't list {}", folder.display()))? {
            match Slip::read(&path) {
                Ok(slip) => found.push(Found { path, slip: Slip { sink: name.to_owned(), ..slip } }),
                // Sent again or dropped meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => eprintln!("copydesk: {} is no rejected article: {error}", path.display()),
            }
        }
    }
    Ok(found)
}

/// Those that are named.
fn chosen(config: &Config, which: &RejectedArticles) -> anyhow::Result<Vec<Found>> {
    let mut found = all(config, which.sink.as_deref())?;
    if which.all {
        return Ok(found);
    }
    let is = |found: &Found, name: &str| found.slip.id.to_string() == name || found.slip.sequence.to_string() == name;
    for name in &which.articles {
        if !found.iter().any(|found| is(found, name)) {
            bail!("no sink has rejected `{name}`: give an id or a sequence that `copydesk rejected list` shows");
        }
    }
    found.retain(|found| which.articles.iter().any(|name| is(found, name)));
    Ok(found)
}
