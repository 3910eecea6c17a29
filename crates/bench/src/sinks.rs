//! `sinks`: how many articles a second each sink takes.
//!
//! Straight through the contract, as the runner calls it, with records that `copydesk ingest` wrote: no pipeline and no
//! ledger in between, so this is what a store can take, not what the desk can make. The stores are those of a
//! configuration's `[sinks.NAME]`; what is written stays there, so give it a schema, an index, a prefix for the purpose.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use copydesk_article::{ArticleId, Sequence};
use copydesk_sinks::{Change, Row, Sink, SinkOptions};
use serde::Deserialize;
use serde_json::Value;

use crate::process::cpu_seconds;

/// Options of `sinks`.
#[derive(Args, Debug)]
pub struct Options {
    /// A configuration; of each of its sinks only what its type knows is read.
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Records, one a line, as `copydesk ingest` writes them.
    #[arg(long, value_name = "FILE")]
    pub records: PathBuf,
    /// Rows a batch.
    #[arg(long, default_value_t = 500)]
    pub batch: usize,
}

/// Keys that every sink has and its type does not know.
const COMMON: [&str; 8] =
    ["required", "start", "limit_bytes", "batch_articles", "batch_bytes", "batch_secs", "filter", "fields"];

#[derive(Deserialize)]
struct Config {
    sinks: BTreeMap<String, BTreeMap<String, Value>>,
}

/// Delivers all records to each sink, one sink after the other, and prints how long it took.
///
/// # Errors
/// Where the files can't be read, or a sink fails.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let rows = read_rows(&options.records)?;
    let bytes: usize = rows.iter().map(record_bytes).sum();
    let text =
        std::fs::read_to_string(&options.config).with_context(|| format!("can't read {}", options.config.display()))?;
    let config: Config =
        toml_edit::de::from_str(&text).with_context(|| format!("{} is no configuration", options.config.display()))?;
    let base = options.config.parent().unwrap_or(Path::new("")).to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    println!("{} articles, {} bytes each", rows.len(), bytes / rows.len().max(1));
    for (name, mut keys) in config.sinks {
        keys.retain(|key, _| !COMMON.contains(&key.as_str()));
        let value = serde_json::to_value(keys)?;
        let mut sink_options: SinkOptions = serde_json::from_value(value).with_context(|| format!("sink `{name}`"))?;
        sink_options.resolve_paths(&base);
        let (cpu, started) = (cpu_seconds("self")?, Instant::now());
        runtime.block_on(deliver(sink_options.build().as_mut(), &rows, options.batch.max(1)))?;
        let seconds = started.elapsed().as_secs_f64();
        let cpu = cpu_seconds("self")?.since(cpu).total();
        println!(
            "{name} ({}): {:.0} articles/s, {:.1} MB/s, {:.0} µs of our processor an article",
            sink_options.kind(),
            rows.len() as f64 / seconds,
            bytes as f64 / seconds / 1e6,
            cpu * 1e6 / rows.len().max(1) as f64,
        );
    }
    Ok(())
}

async fn deliver(sink: &mut dyn Sink, rows: &[Row], batch: usize) -> anyhow::Result<()> {
    sink.open(None).await.context("it does not open")?;
    for rows in rows.chunks(batch) {
        sink.prepare(rows).await.context("it does not get ready")?;
        let report = sink.deliver(rows).await.context("it does not take a batch")?;
        if let Some(rejection) = report.rejected.first() {
            bail!("it rejects {} rows, the first with: {}", report.rejected.len(), rejection.reason);
        }
    }
    sink.close().await.context("it does not close")
}

/// The records as rows.
fn read_rows(path: &Path) -> anyhow::Result<Vec<Row>> {
    #[derive(Deserialize)]
    struct Named {
        id: ArticleId,
        sequence: Sequence,
    }
    let file = std::fs::File::open(path).with_context(|| format!("can't read {}", path.display()))?;
    let mut rows = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.with_context(|| format!("can't read {}", path.display()))?;
        let named: Named =
            serde_json::from_str(&line).with_context(|| format!("line {} is no record", rows.len() + 1))?;
        let record: Arc<[u8]> = line.into_bytes().into();
        rows.push(Row { sequence: named.sequence, change: Change::Put { id: named.id, record } });
    }
    Ok(rows)
}

fn record_bytes(row: &Row) -> usize {
    match &row.change {
        Change::Put { record, .. } => record.len(),
        Change::Delete { .. } => 0,
    }
}
