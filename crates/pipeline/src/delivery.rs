//! One sink's task: reads the outbox at the sink's own durable cursor and delivers, whatever the others do.
//!
//! A batch goes when it is full (by rows or bytes), when its oldest row has waited `batch_secs`, or when nothing
//! more will come. A call that fails is repeated after a pause that grows, has jitter, and is never shorter than the
//! store asked for; at a stop the pauses are short, so that what can be flushed before the deadline is. A row that
//! the store will never take is kept with the store's words (`rejection.rs`) before the cursor passes it.
//!
//! What a command asks to send again goes in between, a batch of it after each batch of new rows (`resend.rs`).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use copydesk_article::{ArticleId, Sequence};
use copydesk_ledger::{Begin, ExceptionKind, OutboxChange, OutboxRow, Settled, SinkKey, SinkRow};
use copydesk_sinks::{Change, Class, Report, Row, Sink, SinkError};
use fail::fail_point;
use metrics::counter;

use crate::context::Context;
use crate::metric;
use crate::rejection;
use crate::stages::GivenUp;
use crate::status::{SinkStatus, Station};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Between two tries while the desk stops.
const STOP_PAUSE: Duration = Duration::from_secs(1);
/// The longest that a store may ask us to stay away: what it says is a wish, and may be a mistake.
const LONGEST_WISH: Duration = Duration::from_secs(600);
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
    /// How long a batch that is not full waits for more rows. Zero: not at all.
    pub batch_age: Duration,
    /// Where it begins when the ledger has never seen it.
    pub begin: Begin,
    /// Folder that keeps what the sink rejects.
    pub rejected: PathBuf,
    /// Folder of requests to send it something again.
    pub again: PathBuf,
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
    let turn = if row.again.is_some() { Turn::Again } else { Turn::New };
    let mut runner = Runner {
        context,
        part,
        key,
        row,
        station,
        open: false,
        failures: 0,
        level_at: Instant::now(),
        waits_since: None,
        turn,
        looked: None,
        error: None,
    };
    runner.publish();
    runner.hold();
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
            runner.waits_since = None;
            if last.is_some() {
                break;
            }
        }
        let waits = runner.open && runner.row.cursor < committed;
        let wait = if waits { runner.not_due() } else { Duration::ZERO };
        let is_due = !runner.open || (waits && wait.is_zero());
        let again = runner.open && last.is_none() && runner.has_request().await;
        let result = if again && (!is_due || runner.turn == Turn::Again) {
            runner.step_watched(sink.as_mut(), Turn::Again).await?
        } else if is_due {
            runner.step_watched(sink.as_mut(), Turn::New).await?
        } else if waits {
            runner.station.waits();
            tokio::select! {
                () = runner.context.kill.cancelled() => return Err(GivenUp),
                _ = changes.changed() => Ok(()),
                () = tokio::time::sleep(wait.min(IDLE)) => {
                    runner.publish();
                    Ok(())
                }
            }
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

/// What the next batch is of. One that failed is tried again before the other has its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    New,
    Again,
}

pub(crate) struct Runner {
    pub(crate) context: Context,
    pub(crate) part: Arc<SinkPart>,
    pub(crate) key: SinkKey,
    /// As stored, except that its cursor may be ahead where no row lies between.
    pub(crate) row: SinkRow,
    station: Arc<Station>,
    open: bool,
    pub(crate) turn: Turn,
    /// When a request to send something again was last looked for and not found.
    pub(crate) looked: Option<Instant>,
    failures: u32,
    level_at: Instant,
    /// Since when the oldest row of the next batch has been there.
    waits_since: Option<Instant>,
    error: Option<String>,
}

impl Runner {
    /// How long the next batch still waits for more rows.
    fn not_due(&mut self) -> Duration {
        let since = *self.waits_since.get_or_insert_with(Instant::now);
        let (bytes, sequences) = self.context.settlement.lag(&self.key.name);
        let full = bytes >= self.part.batch_bytes || sequences >= self.part.batch_articles as u64;
        if full || self.failures > 0 || self.context.settlement.last().is_some() {
            return Duration::ZERO;
        }
        self.part.batch_age.saturating_sub(since.elapsed())
    }

    /// [`Runner::step`], with an eye on an optional sink that takes too long over it: its oldest rows expire
    /// meanwhile, so that it can't hold the outbox for ever.
    async fn step_watched(&mut self, sink: &mut dyn Sink, turn: Turn) -> Result<Result<(), SinkError>, GivenUp> {
        let (context, part, key) = (self.context.clone(), Arc::clone(&self.part), self.key.clone());
        let level_at = self.level_at;
        let expiring = async {
            loop {
                tokio::time::sleep(IDLE).await;
                publish_lag(&context, &key.name, level_at);
                let behind = context.settlement.lag(&key.name).0 > part.limit_bytes;
                if behind && !part.required && expire(&context, &part, &key).await.is_err() {
                    break;
                }
            }
        };
        // A sink may take as long as it likes: that is its own affair, not a hang of ours.
        self.station.waits_at_gate();
        let step = async {
            match turn {
                Turn::New => self.step(sink).await,
                Turn::Again => self.step_again(sink).await,
            }
        };
        tokio::select! {
            step = step => step,
            () = expiring => Err(GivenUp),
        }
    }

    /// Opens the sink, or delivers one batch. The outer error gives the pipeline up.
    async fn step(&mut self, sink: &mut dyn Sink) -> Result<Result<(), SinkError>, GivenUp> {
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
        let rows: Arc<[Row]> = batch.rows.iter().map(row).collect();
        let started = Instant::now();
        let report = match self.deliver(sink, &rows).await? {
            Err(error) => return Ok(Err(error)),
            Ok(report) => report,
        };
        let settled = Settled {
            start: after,
            end: batch.end,
            rows: batch.rows.len() as u64,
            bytes: batch.bytes,
            exceptions: exceptions(&rows, &report),
            state: sink.state(),
            sync: sink.class() == Class::FencedAppend,
        };
        counter!(metric::SINK_DELIVERED, "sink" => self.key.name.clone())
            .increment(settled.rows - settled.exceptions.len() as u64);
        counter!(metric::SINK_REJECTED, "sink" => self.key.name.clone()).increment(report.rejected.len() as u64);
        if !report.skipped.is_empty() {
            counter!(metric::SINK_SKIPPED, "sink" => self.key.name.clone()).increment(report.skipped.len() as u64);
        }
        let key = self.key.clone();
        self.row = self.context.ledger.call_async(move |ledger| ledger.settle(&key, &settled)).await?;
        self.station.worked(started.elapsed(), u32::try_from(batch.rows.len()).unwrap_or(u32::MAX));
        self.waits_since = None;
        self.turn = Turn::Again;
        self.worked();
        Ok(Ok(()))
    }

    /// Delivers a batch, and keeps what is rejected. The outer error gives the pipeline up.
    pub(crate) async fn deliver(
        &mut self,
        sink: &mut dyn Sink,
        rows: &Arc<[Row]>,
    ) -> Result<Result<Report, SinkError>, GivenUp> {
        match sink.prepare(rows).await {
            Err(error) => return Ok(Err(error)),
            Ok(None) => {}
            Ok(Some(state)) => {
                let (key, stored) = (self.key.clone(), state.clone());
                self.context.ledger.call_async(move |ledger| ledger.store_sink_state(&key, &stored)).await?;
                self.row.state = Some(state);
            }
        }
        fail_point!("sink.before", |_| std::process::abort());
        let report = match sink.deliver(rows).await {
            Err(error) => return Ok(Err(error)),
            Ok(report) => report,
        };
        fail_point!("sink.after", |_| std::process::abort());
        if report.rejected.is_empty() {
            return Ok(Ok(report));
        }
        for rejection in &report.rejected {
            let article = rows.get(rejection.row).map(|row| row.id().to_string()).unwrap_or_default();
            tracing::warn!(sink = self.key.name, article, error = rejection.reason, "sink rejected an article");
        }
        // Kept before the cursor passes them: the outbox forgets them then.
        let (folder, name) = (self.part.rejected.clone(), self.key.name.clone());
        let (rows, rejected) = (Arc::clone(rows), report.rejected.clone());
        match tokio::task::spawn_blocking(move || rejection::keep(&folder, &name, &rows, &rejected)).await {
            Ok(Ok(())) => Ok(Ok(report)),
            Ok(Err(error)) => {
                let message = format!("rejected articles can't be kept, so the batch is repeated: {error}");
                Ok(Err(SinkError::new(message)))
            }
            Err(_) => Err(GivenUp),
        }
    }

    pub(crate) fn worked(&mut self) {
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
        counter!(metric::SINK_ERRORS, "sink" => self.key.name.clone(), "kind" => error.kind.as_str()).increment(1);
        self.context.status.count_retry();
        self.publish();
        // Each doubling of the failures is news, not each failure.
        if self.failures.is_power_of_two() {
            tracing::warn!(sink = self.key.name, attempt = self.failures, error = %error, "sink failed, will try again");
        }
        if self.part.give_up_after.is_some_and(|limit| self.failures >= limit) {
            tracing::error!(sink = self.key.name, attempt = self.failures, error = %error, "sink given up");
            return Err(GivenUp);
        }
        self.pause(error.retry_after).await
    }

    /// Waits before the next try; an optional sink's oldest rows expire meanwhile, too.
    async fn pause(&mut self, wish: Option<Duration>) -> Result<(), GivenUp> {
        let mut until = Instant::now() + pause(wish, self.failures);
        loop {
            // A wish of the store is a wish at a stop, too.
            if wish.is_none() && self.context.settlement.last().is_some() {
                until = until.min(Instant::now() + STOP_PAUSE);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            tokio::select! {
                () = self.context.kill.cancelled() => return Err(GivenUp),
                () = tokio::time::sleep(left.min(IDLE)) => {}
            }
            publish_lag(&self.context, &self.key.name, self.level_at);
            self.expire().await?;
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
        let pending_bytes = publish_lag(&self.context, name, self.level_at);
        let up = self.open && self.error.is_none();
        self.context.status.set_gauge(metric::SINK_UP, &[("sink", name)], f64::from(u8::from(up)));
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

/// Says how far behind a sink is, also while it takes its time over a batch; the bytes.
fn publish_lag(context: &Context, name: &str, level_at: Instant) -> u64 {
    let (pending_bytes, lag) = context.settlement.lag(name);
    let behind = if lag == 0 { 0.0 } else { level_at.elapsed().as_secs_f64() };
    let set = |gauge, value| context.status.set_gauge(gauge, &[("sink", name)], value);
    set(metric::SINK_LAG, lag as f64);
    set(metric::SINK_PENDING, pending_bytes as f64);
    set(metric::SINK_LAG_SECONDS, behind);
    pending_bytes
}

/// Gives up an optional sink's oldest rows beyond its limit, counted and said.
async fn expire(context: &Context, part: &SinkPart, key: &SinkKey) -> Result<SinkRow, GivenUp> {
    let (limit, of) = (part.limit_bytes, key.clone());
    let (row, expired) = context.ledger.call_async(move |ledger| ledger.expire(&of, limit)).await?;
    if expired > 0 {
        counter!(metric::SINK_EXPIRED, "sink" => key.name.clone()).increment(expired);
        context.status.count_expired(expired);
        tracing::error!(sink = key.name, count = expired, "sink fell behind its limit, its oldest rows expired");
        context.settlement.settled(&key.name, part.required, row.cursor, row.passed_bytes);
    }
    Ok(row)
}

pub(crate) fn row(row: &OutboxRow) -> Row {
    let change = match &row.change {
        OutboxChange::Put { id, record } => Change::Put { id: *id, record: Arc::clone(record) },
        OutboxChange::Delete { id } => Change::Delete { id: *id },
    };
    Row { sequence: row.sequence, change }
}

fn exceptions(rows: &[Row], report: &Report) -> Vec<(Sequence, ArticleId, ExceptionKind)> {
    let at = |index: usize| rows.get(index).map(|row| (row.sequence, row.id()));
    let rejected = report.rejected.iter().filter_map(|rejection| {
        let (sequence, article) = at(rejection.row)?;
        Some((sequence, article, ExceptionKind::Rejected { reason: rejection.reason.clone() }))
    });
    let skipped = report.skipped.iter().filter_map(|&index| at(index)).map(|(s, id)| (s, id, ExceptionKind::Skipped));
    rejected.chain(skipped).collect()
}

/// The pause before the next try: exponential, or what the store asked for and up to a tenth more; with jitter, so
/// that sinks that failed together do not come back together.
fn pause(wish: Option<Duration>, failures: u32) -> Duration {
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.subsec_nanos());
    let jitter = f64::from(nanos % 1000) / 1000.0;
    if let Some(wish) = wish {
        return wish.min(LONGEST_WISH).mul_f64(1.0 + jitter / 10.0);
    }
    let full = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
    full.min(LONGEST_PAUSE).mul_f64(0.5 + jitter / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        assert!(pause(None, 1) <= FIRST_PAUSE);
        assert!((LONGEST_PAUSE / 2..=LONGEST_PAUSE).contains(&pause(None, 40)));
    }

    #[test]
    fn a_store_that_asks_for_time_gets_it_within_reason() {
        let wish = Duration::from_secs(7);
        assert!((wish..=wish * 2).contains(&pause(Some(wish), 1)));
        assert!(pause(Some(Duration::from_secs(86_400)), 1) <= LONGEST_WISH * 2);
    }
}
