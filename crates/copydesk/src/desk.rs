//! The desk a configuration describes, ready to run.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use copydesk_ledger::FjallLedger;
use copydesk_pipeline::{FileSource, IntakePart, Names, Parts, SinkPart, Status};

use crate::config::Config;

/// Opens the ledger and puts the parts together. `give_up_after`: failures in a row after which a sink ends
/// the run.
///
/// # Errors
/// Where the ledger can't be opened.
pub fn open(config: &Config, source: FileSource, give_up_after: Option<u32>) -> anyhow::Result<Parts> {
    std::fs::create_dir_all(&config.ledger.folder)
        .with_context(|| format!("can't create the ledger's folder {}", config.ledger.folder.display()))?;
    let ledger = FjallLedger::open(&config.ledger)?;
    let sinks = config.sinks.iter().map(|(name, sink)| {
        let (options, choice) = (sink.options.clone(), sink.common.choice());
        Arc::new(SinkPart {
            name: name.clone(),
            required: sink.common.required,
            limit_bytes: sink.common.limit_bytes,
            batch_articles: sink.common.batch_articles.max(1),
            batch_bytes: sink.common.batch_bytes,
            batch_age: Duration::from_secs_f64(sink.common.batch_secs),
            rejected: config.intake.quarantine.join("rejected").join(name),
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
        ledger: Arc::new(ledger),
        ledger_folder: config.ledger.folder.clone(),
        status: Arc::new(Status::default()),
    })
}
