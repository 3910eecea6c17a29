//! `copydesk replay --sink NAME --since WHEN`: sends a sink again what it was sent before.
//!
//! The newest rows are still in the outbox, as they were. Those before are read again from the files in `done`, through
//! the desk's own stages, on a ledger that lasts as long as the command; they are cleaned and annotated as a desk does
//! that has learned nothing yet. Sequence, verdict, document and version are the first delivery's: the sink's task asks
//! the desk's ledger for them, and leaves out what the ledger never delivered.
//!
//! All of this becomes a request to the sink (`copydesk_pipeline`, `again.rs`), so a daemon may run, and it sends.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use copydesk_intake::After;
use copydesk_pipeline::{Again, FileSource, Filter, NamedFile, Policies, Policy, RequestWriter, supervise};
use copydesk_sinks::{Compression, JsonlOptions, SinkOptions};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::rejected::unknown_sink;
use crate::arguments::Replay;
use crate::config::{Config, SinkConfig};
use crate::{desk, logging};

/// Leaves the request.
///
/// # Errors
/// Where the configuration is wrong, a file can't be read, or the request can't be written.
pub fn run(config: Option<&Path>, replay: &Replay) -> anyhow::Result<ExitCode> {
    logging::start("warn");
    let config = Config::load(config)?;
    if !config.sinks.contains_key(&replay.sink) {
        bail!(unknown_sink(&config, &replay.sink));
    }
    let since = moment(&replay.since)?;
    let folder = desk::again_folder(&config, &replay.sink);
    let failed = || format!("can't write a request to {}", folder.display());
    let mut request = RequestWriter::create(&folder).with_context(failed)?;
    // First, so that the sink knows which articles of the files it has from here.
    request.add(&Again::Outbox { since }).with_context(failed)?;
    let files = if replay.outbox_only { Vec::new() } else { files(&config, since)? };
    let count = files.len();
    if count > 0 {
        let scratch = tempfile::tempdir().context("no temporary folder")?;
        read_again(config, files, scratch.path(), &mut |record| {
            request.add(&Again::Anew { since, record }).with_context(failed)
        })?;
    }
    let articles = request.lines() - 1;
    request.finish().with_context(failed)?;
    println!(
        "what the outbox holds, and {articles} article(s) from {count} file(s) in `done`, to be sent to {}: at once where \
         the daemon runs, else at its next start",
        replay.sink
    );
    Ok(ExitCode::SUCCESS)
}

/// The moment that the user means.
fn moment(text: &str) -> anyhow::Result<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let utc = || TimeZone::UTC;
    if let Ok(day) = text.parse::<Date>() {
        return Ok(day.to_zoned(utc()).context("that day is no day")?.timestamp());
    }
    match text.parse::<Span>() {
        Ok(span) if !span.is_negative() => {
            let then = Timestamp::now().to_zoned(utc()).checked_sub(span).context("that is too long ago")?;
            Ok(then.timestamp())
        }
        _ => bail!("`{text}` is no time: give a day (2026-11-01), a moment (2026-11-01T06:00Z) or a span (36h, 7d)"),
    }
}

/// Files in `done` that were finished since then: what was decided later was finished later.
fn files(config: &Config, since: Timestamp) -> anyhow::Result<Vec<NamedFile>> {
    let oldest = since.strftime("%Y-%m-%d/%H").to_string();
    let mut files = Vec::new();
    for (_, inbox) in config.all_inboxes().filter(|(_, inbox)| inbox.after == After::Done) {
        let mut hours = Vec::new();
        for day in names_in(&inbox.done)? {
            for hour in names_in(&inbox.done.join(&day))? {
                let name = format!("{day}/{hour}");
                let is_hour = name.len() == oldest.len() && day.parse::<Date>().is_ok() && hour.parse::<u8>().is_ok();
                if is_hour && name >= oldest {
                    hours.push(inbox.done.join(name));
                }
            }
        }
        hours.sort();
        for hour in hours {
            let found =
                copydesk_intake::list(&hour, &[]).with_context(|| format!("can't look through {}", hour.display()))?;
            files.extend(found.into_iter().map(|found| NamedFile { root: hour.clone(), found }));
        }
    }
    Ok(files)
}

/// Names in a folder that are text; none where it is missing or a file.
fn names_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).with_context(|| format!("can't list {}", folder.display()))?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect())
}

/// Takes the files through the stages, each article once, whatever it is a copy of.
fn read_again(
    mut config: Config,
    files: Vec<NamedFile>,
    scratch: &Path,
    take: &mut dyn FnMut(Box<RawValue>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    config.ledger.folder = scratch.join("ledger");
    config.intake.quarantine = scratch.join("quarantine");
    config.pipeline.free_space_reserve_bytes = 0;
    config.pipeline.stop_secs = u64::from(u32::MAX);
    config.pipeline.restarts = 0;
    // What was left out then the ledger knows.
    config.filter = Filter::default();
    config.policies = Policies {
        duplicate_id: Policy::Withhold,
        duplicate_url: Policy::Shadow,
        duplicate_text: Policy::Shadow,
        near_duplicate: Policy::Shadow,
        revision: Policy::Shadow,
    };
    let path = scratch.join("out/records.jsonl");
    let options = JsonlOptions {
        path: path.clone(),
        segment_max_bytes: u64::MAX,
        rotate_hourly: false,
        compression: Compression::None,
    };
    config.sinks = BTreeMap::from([("records".to_owned(), SinkConfig::alone(SinkOptions::Jsonl(options)))]);
    let parts = desk::open(&config, FileSource::Named(files), Some(1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let result = runtime.block_on(supervise(&parts, CancellationToken::new()));
    runtime.shutdown_timeout(Duration::from_secs(1));
    result?;
    if !path.exists() {
        return Ok(());
    }
    let file = std::fs::File::open(&path).context("can't read what was made of the files")?;
    for line in BufReader::new(file).lines() {
        take(RawValue::from_string(line?).context("a record can't be read")?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_days_instants_and_spans() {
        assert_eq!(moment("2026-11-01").expect("a day"), "2026-11-01T00:00:00Z".parse().expect("a moment"));
        assert_eq!(moment("2026-11-01T06:00Z").expect("a moment"), "2026-11-01T06:00:00Z".parse().expect("a moment"));
        let ago = |text: &str| Timestamp::now().duration_since(moment(text).expect("a span")).as_secs();
        assert!((36 * 3600..36 * 3600 + 60).contains(&ago("36h")));
        assert!((7 * 86_400..7 * 86_400 + 60).contains(&ago("7d")));
        for wrong in ["yesterday", "-7d", "", "2026-13-01"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
