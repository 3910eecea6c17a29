//! `copydesk preview FILE`: an article as each stage sees it, for whoever asks "why is this paragraph missing?".
//!
//! The file goes through the very pipeline of the daemon, on a ledger that lasts as long as the command and into a
//! sink that nobody else sees, so what is shown is what would be delivered by this configuration. Only what the
//! desk remembers is missing: every article meets an empty ledger. A file in an inbox or in its `done` is read as
//! that inbox would read it; nothing is moved and nothing is written.
//!
//! `show.rs` prints it for people, `../terminal.rs` keeps hostile text harmless there; `--json` gives tools the same.

mod show;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use copydesk_article::{Content, Record, Sequence, Verdict};
use copydesk_clean::{Source, source_text};
use copydesk_pipeline::{FileSource, NamedFile, Parts, Policies, Policy, supervise};
use copydesk_readers::{BadRecord, Item, Position, RawRecord, ReadOptions, Reader};
use copydesk_sinks::{Compression, JsonlOptions, SinkOptions};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::files;
use crate::arguments::Preview;
use crate::config::{Config, SinkConfig};
use crate::{desk, logging};

/// Exit status when something could not be read.
const QUARANTINED: u8 = 2;

/// One record of the file, seen from all sides.
#[derive(Serialize)]
struct Seen {
    /// Record in the file, from 0.
    record: u64,
    /// What the desk decided.
    verdict: Verdict,
    /// The text that the offsets of `removed` and `repairs` count in; none where nothing could be read.
    source_text: Option<String>,
    /// Whether that is the markup of a page rather than text.
    is_markup: bool,
    /// What the sinks receive; none where that is nothing.
    article: Option<Box<Record>>,
}

/// Shows a file.
///
/// # Errors
/// Where the file is not there, the configuration is wrong, or the run breaks.
pub fn run(config: Option<&Path>, preview: &Preview) -> anyhow::Result<ExitCode> {
    logging::start("error");
    let scratch = tempfile::tempdir().context("no temporary folder")?;
    let mut config = Config::load_if_any(config, scratch.path())?;
    let file = files::read_as_inbox_would(files::one(&preview.file, scratch.path())?, &config);
    leave_no_trace(&mut config, scratch.path());
    let parts = desk::open(&config, FileSource::Named(vec![file.clone()]), Some(1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let result = runtime.block_on(supervise(&parts, CancellationToken::new()));
    runtime.shutdown_timeout(Duration::from_secs(1));
    result?;

    let records = delivered(&scratch.path().join("out"))?;
    let printer = show::Printer::for_stdout();
    let (mut shown, mut quarantined) = (0, 0);
    walk(&parts, &file, records, &mut |seen| {
        quarantined += u8::from(matches!(seen.verdict, Verdict::Quarantined { .. }));
        if preview.record.is_some_and(|wanted| wanted != seen.record) {
            return Ok(());
        }
        shown += 1;
        if preview.json { printer.json(&seen) } else { printer.show(&file.found.path, &seen) }
    })?;
    match preview.record {
        Some(wanted) if shown == 0 => bail!("{} has no record {wanted}; they count from 0", preview.file.display()),
        _ => Ok(if quarantined > 0 { ExitCode::from(QUARANTINED) } else { ExitCode::SUCCESS }),
    }
}

/// Turns a configuration into one that keeps nothing and withholds nothing.
fn leave_no_trace(config: &mut Config, scratch: &Path) {
    config.ledger.folder = scratch.join("ledger");
    config.intake.quarantine = scratch.join("quarantine");
    config.pipeline.free_space_reserve_bytes = 0;
    config.pipeline.stop_secs = u64::from(u32::MAX);
    config.pipeline.restarts = 0;
    config.policies = Policies {
        duplicate_id: Policy::Tag,
        duplicate_url: Policy::Tag,
        duplicate_text: Policy::Tag,
        near_duplicate: Policy::Tag,
        revision: Policy::Tag,
    };
    let options = JsonlOptions {
        path: scratch.join("out/records.jsonl"),
        segment_max_bytes: u64::MAX,
        rotate_hourly: false,
        compression: Compression::None,
    };
    config.sinks = BTreeMap::from([("preview".to_owned(), SinkConfig::alone(SinkOptions::Jsonl(options)))]);
}

/// What the sink received, by sequence.
fn delivered(folder: &Path) -> anyhow::Result<BTreeMap<Sequence, Box<Record>>> {
    let path = folder.join("records.jsonl");
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let file = std::fs::File::open(&path).context("can't read what was delivered")?;
    BufReader::new(file)
        .lines()
        .map(|line| {
            let record: Box<Record> = serde_json::from_str(&line?).context("a delivered record can't be read")?;
            Ok((record.sequence, record))
        })
        .collect()
}

/// Reads the file once more, beside what the desk made of it.
fn walk(
    parts: &Parts,
    file: &NamedFile,
    mut records: BTreeMap<Sequence, Box<Record>>,
    see: &mut dyn FnMut(Seen) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let options = ReadOptions {
        max_record_bytes: parts.intake.inboxes[0].options.max_record_bytes,
        sources: Arc::clone(&parts.intake.sources),
    };
    let known = parts.intake.known(&file.root, &file.found.path);
    let mut reader = Reader::open(&file.root, &file.found, Position::default(), &known, &options)?;
    for sequence in 1..=parts.ledger.progress().committed.0 {
        let sequence = Sequence(sequence);
        let row = parts.ledger.arrival(sequence)?.context("the ledger lost an arrival")?;
        // What follows a break in the file was decided as one record.
        let item = reader.next().ok().flatten();
        let (source_text, is_markup) = match &item {
            Some(Item::Record(record)) => decoded(record),
            Some(Item::Bad(BadRecord { .. })) | None => (None, false),
        };
        let article = records.remove(&sequence);
        see(Seen { record: row.arrival.record, verdict: row.verdict, source_text, is_markup, article })?;
    }
    Ok(())
}

fn decoded(record: &RawRecord) -> (Option<String>, bool) {
    let (source, is_markup) = match &record.content {
        Content::Bytes(bytes) => (Source::Bytes(bytes), false),
        Content::Text(text) => (Source::Text(text), false),
        Content::Html(bytes) => (Source::Html(bytes), true),
        Content::Markup(text) => (Source::Markup(text), true),
    };
    (Some(source_text(source, &record.supplied)), is_markup)
}
