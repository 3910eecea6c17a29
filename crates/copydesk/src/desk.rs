//! The desk a configuration describes, ready to run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use copydesk_admin::{InboxPlace, Places};
use copydesk_ledger::{FjallLedger, Ledger};
use copydesk_pipeline::{FileSource, IntakePart, Names, Parts, SinkPart, Status, Tracer};
use copydesk_sinks::SinkOptions;

use crate::config::Config;

/// Folder of what a sink rejected.
#[must_use]
pub fn rejected_folder(config: &Config, sink: &str) -> PathBuf {
    config.intake.quarantine.join("rejected").join(sink)
}

/// Folder of requests to send a sink something again.
#[must_use]
pub fn again_folder(config: &Config, sink: &str) -> PathBuf {
    rejected_folder(config, sink).join("again")
}

/// Opens the ledger and puts the [`parts`] together.
///
/// # Errors
/// Where the ledger can't be opened.
pub fn open(config: &Config, source: FileSource, give_up_after: Option<u32>) -> anyhow::Result<Parts> {
    std::fs::create_dir_all(&config.ledger.folder)
        .with_context(|| format!("can't create the ledger's folder {}", config.ledger.folder.display()))?;
    let ledger = Arc::new(FjallLedger::open(&config.ledger)?);
    parts(config, source, give_up_after, ledger, Arc::default())
}

/// The parts of a desk that does not run, to look things up.
///
/// # Errors
/// Where there is no ledger yet, or it can't be opened.
pub fn closed(config: &Config) -> anyhow::Result<Parts> {
    let folder = &config.ledger.folder;
    anyhow::ensure!(folder.exists(), "there is no ledger in {}: the desk has taken nothing yet", folder.display());
    let ledger = Arc::new(FjallLedger::open(&config.ledger)?);
    parts(config, FileSource::Folders, None, ledger, Arc::default())
}

/// The parts of a desk on an open ledger. `give_up_after`: failures in a row after which a sink ends the run.
///
/// # Errors
/// Where the model or the watchlist of names can't be read.
pub fn parts(
    config: &Config,
    source: FileSource,
    give_up_after: Option<u32>,
    ledger: Arc<dyn Ledger>,
    status: Arc<Status>,
) -> anyhow::Result<Parts> {
    let sinks = config.sinks.iter().map(|(name, sink)| {
        let (options, choice) = (sink.options.clone(), sink.common.choice());
        Arc::new(SinkPart {
            name: name.clone(),
            required: sink.common.required,
            limit_bytes: sink.common.limit_bytes,
            batch_articles: sink.common.batch_articles.max(1),
            batch_bytes: sink.common.batch_bytes,
            batch_age: Duration::from_secs_f64(sink.common.batch_secs),
            begin: sink.common.start,
            rejected: rejected_folder(config, name),
            again: again_folder(config, name),
            give_up_after,
            build: Box::new(move || copydesk_sinks::choosy(options.build(), choice.clone())),
        })
    });
    Ok(Parts {
        options: Arc::new(config.pipeline.clone()),
        policies: config.policies,
        dedup: Arc::new(config.dedup.clone()),
        cleaning: config.clean.mode,
        sources: Arc::new(config.source_rules.clone()),
        filter: Arc::new(config.filter.clone()),
        names: Arc::new(Names::open(&config.entities)?),
        intake: Arc::new(IntakePart::new(config.pipeline_inboxes(), Arc::new(config.sources.clone()), source)),
        sinks: sinks.collect(),
        ledger,
        ledger_folder: config.ledger.folder.clone(),
        status,
    })
}

/// What the admin side shows of a desk.
pub fn places(config: &Config, parts: &Parts) -> Places {
    let inboxes = config.all_inboxes().map(|(name, inbox)| InboxPlace {
        name: name.to_owned(),
        folder: inbox.folder.clone(),
        quarantine: inbox.quarantine.clone(),
    });
    let store = config.sinks.values().find_map(|sink| match &sink.options {
        SinkOptions::Sqlite(options) => Some(options.path.clone()),
        _ => None,
    });
    Places { inboxes: inboxes.collect(), store, tracer: Tracer::of(parts) }
}
