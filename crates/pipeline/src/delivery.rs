//! One sink's task: reads the outbox at the sink's own durable cursor and delivers, whatever the others do.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use copydesk_ledger::{ExceptionKind, OutboxChange, OutboxRow, Settled, SinkKey, SinkRow};
use copydesk_sinks::{Change, Class, Report, Row, Sink, SinkError};
use fail::fail_point;
use metrics::{counter, gauge};

use crate::context::Context;
use crate::metric;
use crate::stages::GivenUp;
use crate::status::{SinkStatus, Station};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_secs(1);

/// A sink as the pipeline runs it.
pub struct SinkPart {
    /// Name in the configuration.
    pub name: String,
    /// Whether files wait for it.
    pub required: bool,
    /// Outbox bytes an optional sink may fall behind before its oldest rows expire.
    pub limit_bytes: u64,
    /// Rows a batch.
    pub batch_articles: usize,
    /// Bytes a batch.
    pub batch_bytes: u64,
    /// Failures in a row after which the pipeline gives up; none: never.
    pub give_up_after: Option<u32>,
    /// Makes the sink.
    pub build: Box<dyn Fn() -> Box<dyn Sink> + Send + Sync>,
}

/// Delivers until everything there will ever be is settled.
pub async fn run(context: Context, part: Arc<SinkPart>) -> Result<(), GivenUp> {
    let mut sink = (part.build)();
    let key = SinkKey { name: part.name.clone(), target: sink.target() };
    let station = context.status.station("sink");
    let asked = key.clone();
    let row = context.ledger.call_async(move |ledger| ledger.sink(&asked)).await?;
    let mut runner =
        Runner { context, part, key, row, station, open: false, failures: 0, level_at: Instant::now(), error: None };
    runner.publish();
    let mut changes = runner.context.settlement.watch();
    loop {
        if runner.context.kill.is_cancelled() {
            return Err(GivenUp);
        }
        runner.expire().await?;
        let committed = runner.context.settlement.committed_sequence();
        let last = runner.context.settlement.last();
        if runner.open && runner.row.cursor >= committed {
            runner.level_at = Instant::now();
            if last.is_some() {
                break;
            }
        }
        let result = if !runner.open || runner.row.cursor < committed {
            runner.step_watched(sink.as_mut()).await?
        } else {
            runner.station.waits();
            tokio::select! {
                () = runner.context.kill.cancelled() => return Err(GivenUp),
                _ = changes.changed() => Ok(()),
                () = tokio::time::sleep(IDLE) => {
                    runner.publish();
                    sink.idle().await
                }
            }
        };
        if let Err(error) = result {
            runner.failed(&error).await?;
        }
    }
    runner.save_cursor().await?;
    if let Err(error) = sink.close().await {
        tracing::warn!(sink = runner.key.name, error = %error, "sink did not close in good order");
    }
    runner.station.ends();
    Ok(())
}

struct Runner {
    context: Context,
    part: Arc<SinkPart>,
    key: SinkKey,
    /// As stored, except that its cursor may be ahead where no row lies between.
    row: SinkRow,
    station: Arc<Station>,
    open: bool,
    failures: u32,
    level_at: Instant,
    error: Option<String>,
}

impl Runner {
    /// [`Runner::step`], with an eye on an optional sink that takes too long over it: its oldest rows expire
    /// meanwhile, so that it can't hold the outbox for ever.
    async fn step_watched(&mut self, sink: &mut dyn Sink) -> Result<Result<(), SinkError>, GivenUp> {
        let (context, part, key) = (self.context.clone(), Arc::clone(&self.part), self.key.clone());
        let expiring = async {
            loop {
                tokio::time::sleep(IDLE).await;
                let behind = context.settlement.lag(&key.name).0 > part.limit_bytes;
                if behind && !part.required && expire(&context, &part, &key).await.is_err() {
                    break;
                }
            }
        };
        tokio::select! {
            step = self.step(sink) => step,
            () = expiring => Err(GivenUp),
        }
    }

    /// Opens the sink, or delivers one batch. The outer error gives the pipeline up.
    async fn step(&mut self, sink: &mut dyn Sink) -> Result<Result<(), SinkError>, GivenUp> {
        // A sink may take as long as it likes: that is its own affair, not a hang of ours.
        self.station.waits_at_gate();
        if !self.open {
            if let Err(error) = sink.open(self.row.state.as_deref()).await {
                return Ok(Err(error));
            }
            self.open = true;
            // It opens, but whether it takes anything only a delivery tells, where there is one to come.
            if self.row.cursor >= self.context.settlement.committed_sequence() {
                self.worked();
            } else {
                self.publish();
            }
            return Ok(Ok(()));
        }
        let (after, rows, bytes) = (self.row.cursor, self.part.batch_articles, self.part.batch_bytes);
        let batch = self.context.ledger.call_async(move |ledger| ledger.read_outbox(after, rows, bytes)).await?;
        if batch.rows.is_empty() {
            self.row.cursor = batch.end;
            self.publish();
            return Ok(Ok(()));
        }
        let rows: Vec<Row> = batch.rows.iter().map(row).collect();
        let started = Instant::now();
        match sink.prepare(&rows).await {
            Err(error) => return Ok(Err(error)),
            Ok(None) => {}
            Ok(Some(state)) => {
                let (key, stored) = (self.key.clone(), state.clone());
                self.context.ledger.call_async(move |ledger| ledger.store_sink_state(&key, &stored)).await?;
                self.row.state = Some(state);
            }
        }
        fail_point!("sink.before", |_| std::process::abort());
        let report = match sink.deliver(&rows).await {
            Err(error) => return Ok(Err(error)),
            Ok(report) => report,
        };
        fail_point!("sink.after", |_| std::process::abort());
        let settled = Settled {
            start: after,
            end: batch.end,
            rows: batch.rows.len() as u64,
            bytes: batch.bytes,
            exceptions: exceptions(&self.key.name, &batch.rows, &report),
            state: sink.state(),
            sync: sink.class() == Class::FencedAppend,
        };
        counter!(metric::SINK_DELIVERED, "sink" => self.key.name.clone())
            .increment(settled.rows - settled.exceptions.len() as u64);
        counter!(metric::SINK_REJECTED, "sink" => self.key.name.clone()).increment(report.rejected.len() as u64);
        let key = self.key.clone();
        self.row = self.context.ledger.call_async(move |ledger| ledger.settle(&key, &settled)).await?;
        self.station.worked(started.elapsed(), u32::try_from(rows.len()).unwrap_or(u32::MAX));
        self.worked();
        Ok(Ok(()))
    }

    fn worked(&mut self) {
        if self.failures > 0 {
            tracing::warn!(sink = self.key.name, attempt = self.failures, "sink works again");
        }
        self.failures = 0;
        self.error = None;
        self.publish();
    }

    async fn failed(&mut self, error: &SinkError) -> Result<(), GivenUp> {
        self.failures += 1;
        self.open = false;
        self.error = Some(error.to_string());
        counter!(metric::SINK_ERRORS, "sink" => self.key.name.clone()).increment(1);
        self.publish();
        // Each doubling of the failures is news, not each failure.
        if self.failures.is_power_of_two() {
            tracing::warn!(sink = self.key.name, attempt = self.failures, error = %error, "sink failed, will try again");
        }
        if self.part.give_up_after.is_some_and(|limit| self.failures >= limit) {
            tracing::error!(sink = self.key.name, attempt = self.failures, error = %error, "sink given up");
            return Err(GivenUp);
        }
        let pause = error.retry_after.unwrap_or_else(|| backoff(self.failures));
        tokio::select! {
            () = self.context.kill.cancelled() => Err(GivenUp),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }

    /// An optional sink that fell too far behind loses its oldest rows, counted and said.
    async fn expire(&mut self) -> Result<(), GivenUp> {
        if !self.part.required && self.context.settlement.lag(&self.key.name).0 > self.part.limit_bytes {
            self.row = expire(&self.context, &self.part, &self.key).await?;
            self.publish();
        }
        Ok(())
    }

    /// Where the cursor passed sequences without rows, the ledger hears of it only now.
    async fn save_cursor(&mut self) -> Result<(), GivenUp> {
        let key = self.key.clone();
        let settled = Settled {
            start: self.row.cursor,
            end: self.row.cursor,
            rows: 0,
            bytes: 0,
            exceptions: Vec::new(),
            state: self.row.state.clone(),
            sync: false,
        };
        self.row = self.context.ledger.call_async(move |ledger| ledger.settle(&key, &settled)).await?;
        Ok(())
    }

    fn publish(&self) {
        let (name, row) = (&self.key.name, &self.row);
        self.context.settlement.settled(name, self.part.required, row.cursor, row.passed_bytes);
        let (pending_bytes, lag) = self.context.settlement.lag(name);
        let up = self.open && self.error.is_none();
        gauge!(metric::SINK_UP, "sink" => name.clone()).set(if up { 1.0 } else { 0.0 });
        gauge!(metric::SINK_LAG, "sink" => name.clone()).set(lag as f64);
        gauge!(metric::SINK_PENDING, "sink" => name.clone()).set(pending_bytes as f64);
        let behind = if lag == 0 { 0.0 } else { self.level_at.elapsed().as_secs_f64() };
        gauge!(metric::SINK_LAG_SECONDS, "sink" => name.clone()).set(behind);
        self.context.status.set_sink(
            name,
            SinkStatus {
                required: self.part.required,
                up,
                error: self.error.clone(),
                cursor: row.cursor,
                pending_bytes,
                level_at: self.level_at,
            },
        );
    }
}

/// Gives up an optional sink's oldest rows beyond its limit, counted and said.
async fn expire(context: &Context, part: &SinkPart, key: &SinkKey) -> Result<SinkRow, GivenUp> {
    let (limit, of) = (part.limit_bytes, key.clone());
    let (row, expired) = context.ledger.call_async(move |ledger| ledger.expire(&of, limit)).await?;
    if expired > 0 {
        counter!(metric::SINK_EXPIRED, "sink" => key.name.clone()).increment(expired);
        tracing::error!(sink = key.name, count = expired, "sink fell behind its limit, its oldest rows expired");
        context.settlement.settled(&key.name, part.required, row.cursor, row.passed_bytes);
    }
    Ok(row)
}

fn row(row: &OutboxRow) -> Row {
    let change = match &row.change {
        OutboxChange::Put { id, record } => Change::Put { id: *id, record: Arc::clone(record) },
        OutboxChange::Delete { id } => Change::Delete { id: *id },
    };
    Row { sequence: row.sequence, change }
}

fn exceptions(
    sink: &str,
    rows: &[OutboxRow],
    report: &Report,
) -> Vec<(copydesk_article::Sequence, copydesk_article::ArticleId, ExceptionKind)> {
    let at = |index: usize| rows.get(index).map(|outbox| (outbox.sequence, row(outbox).id()));
    let rejected = report.rejected.iter().filter_map(|rejection| {
        let (sequence, article) = at(rejection.row)?;
        tracing::warn!(sink, %article, error = rejection.reason, "sink rejected an article");
        Some((sequence, article, ExceptionKind::Rejected { reason: rejection.reason.clone() }))
    });
    let skipped = report.skipped.iter().filter_map(|&index| at(index)).map(|(s, id)| (s, id, ExceptionKind::Skipped));
    rejected.chain(skipped).collect()
}

/// Exponential, with jitter so that sinks that failed together do not come back together.
fn backoff(failures: u32) -> Duration {
    let full = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
    let jitter = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.subsec_nanos()) % 1000;
    full.min(LONGEST_PAUSE).mul_f64(0.5 + f64::from(jitter) / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        assert!(backoff(1) <= FIRST_PAUSE);
        assert!((LONGEST_PAUSE / 2..=LONGEST_PAUSE).contains(&backoff(40)));
    }
}
