//! How the desk is doing: written by its tasks as they go, read by health checks, metrics and the watchdog.
//!
//! Health goes by progress, not by speed: a task that waits for work or for room is well; one that has been at
//! one step for too long is not.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use copydesk_article::Sequence;
use metrics::{counter, histogram};

use crate::board::{Board, Series};
use crate::metric;

/// What a task is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Doing {
    /// Waiting for work.
    Waiting = 0,
    /// At work.
    Working = 1,
    /// Waiting for room in the next stage, or for a gate to open.
    Blocked = 2,
    /// Ended in good order.
    Ended = 3,
}

/// One task of a stage. Only the task itself changes it.
#[derive(Debug)]
pub struct Station {
    stage: &'static str,
    doing: AtomicU8,
    /// Milliseconds since `epoch`.
    since_ms: AtomicU64,
    epoch: Instant,
    busy_ns: AtomicU64,
    blocked_ns: AtomicU64,
}

/// Seconds of all tasks of one stage. Kept here because the metrics facade counts in whole numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StageSeconds {
    /// At work: processor time where the stage computes.
    pub busy: f64,
    /// Waiting for room in the next stage.
    pub blocked: f64,
}

fn add(counter: &AtomicU64, time: Duration) {
    counter.fetch_add(time.as_nanos().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
}

fn seconds(counter: &AtomicU64) -> f64 {
    Duration::from_nanos(counter.load(Ordering::Relaxed)).as_secs_f64()
}

impl Station {
    fn set(&self, doing: Doing) {
        self.since_ms.store(self.epoch.elapsed().as_millis().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
        self.doing.store(doing as u8, Ordering::Relaxed);
    }

    /// Name of the stage.
    #[must_use]
    pub const fn stage(&self) -> &'static str {
        self.stage
    }

    /// The task waits for work.
    pub fn waits(&self) {
        self.set(Doing::Waiting);
    }

    /// The task has received so many articles and works on them.
    pub fn works(&self, received: u64) {
        counter!(metric::STAGE_RECEIVED, "stage" => self.stage).increment(received);
        self.set(Doing::Working);
    }

    /// The task goes on to its next step.
    pub fn goes_on(&self) {
        self.set(Doing::Working);
    }

    /// The task waits for a gate.
    pub fn waits_at_gate(&self) {
        self.set(Doing::Blocked);
    }

    /// The task ended in good order.
    pub fn ends(&self) {
        self.set(Doing::Ended);
    }

    /// Counts work that was done.
    pub fn worked(&self, busy: Duration, articles: u32) {
        add(&self.busy_ns, busy);
        if articles > 0 {
            let each = busy.as_secs_f64() / f64::from(articles);
            let duration = histogram!(metric::STAGE_DURATION, "stage" => self.stage);
            (0..articles).for_each(|_| duration.record(each));
        }
    }

    /// Sends into the next link; counts the time it waits for room. False once nobody listens any more.
    pub async fn send<T>(&self, link: &async_channel::Sender<T>, item: T) -> bool {
        let item = match link.try_send(item) {
            Ok(()) => return true,
            Err(async_channel::TrySendError::Closed(_)) => return false,
            Err(async_channel::TrySendError::Full(item)) => item,
        };
        self.set(Doing::Blocked);
        let start = Instant::now();
        let sent = link.send(item).await.is_ok();
        add(&self.blocked_ns, start.elapsed());
        self.set(Doing::Working);
        sent
    }

    /// What the task is doing, and for how long.
    #[must_use]
    pub fn doing(&self) -> (Doing, Duration) {
        let doing = match self.doing.load(Ordering::Relaxed) {
            0 => Doing::Waiting,
            1 => Doing::Working,
            2 => Doing::Blocked,
            _ => Doing::Ended,
        };
        let since = Duration::from_millis(self.since_ms.load(Ordering::Relaxed));
        (doing, self.epoch.elapsed().saturating_sub(since))
    }
}

/// How one sink is doing.
#[derive(Clone, Debug)]
pub struct SinkStatus {
    /// Whether files wait for it.
    pub required: bool,
    /// Whether its last call worked.
    pub up: bool,
    /// Its last error.
    pub error: Option<String>,
    /// Its cursor.
    pub cursor: Sequence,
    /// Outbox bytes before its cursor.
    pub pending_bytes: u64,
    /// When it was last level with the ledger.
    pub level_at: Instant,
}

/// How the whole desk is doing.
#[derive(Debug)]
pub struct Status {
    epoch: Instant,
    stations: Mutex<Vec<Arc<Station>>>,
    /// Seconds of the tasks that are gone.
    past: Mutex<BTreeMap<&'static str, StageSeconds>>,
    sinks: Mutex<BTreeMap<String, SinkStatus>>,
    gauges: Board,
    /// Why intake waits, where it does.
    closed: Mutex<Option<String>>,
    ledger_error: Mutex<Option<String>>,
    /// When a ledger call last failed, in milliseconds since `epoch`: whoever waits for the ledger is not
    /// hung while its calls still fail.
    ledger_failed_ms: AtomicU64,
    /// Ledger calls under way, by number, and when each began.
    ledger_calls: Mutex<BTreeMap<u64, Instant>>,
    watching: AtomicBool,
    /// Batches that a sink failed to take, and will be offered again.
    retried: AtomicU64,
    /// Rows that sinks fell too far behind to take.
    expired: AtomicU64,
    fault: Mutex<Option<String>>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            epoch: Instant::now(),
            stations: Mutex::default(),
            past: Mutex::default(),
            sinks: Mutex::default(),
            gauges: Board::default(),
            closed: Mutex::default(),
            ledger_error: Mutex::default(),
            ledger_failed_ms: AtomicU64::new(0),
            ledger_calls: Mutex::default(),
            watching: AtomicBool::new(false),
            retried: AtomicU64::new(0),
            expired: AtomicU64::new(0),
            fault: Mutex::default(),
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Status {
    /// A new task of a stage.
    #[must_use]
    pub fn station(&self, stage: &'static str) -> Arc<Station> {
        let station = Arc::new(Station {
            stage,
            doing: AtomicU8::new(0),
            since_ms: AtomicU64::new(self.epoch.elapsed().as_millis().try_into().unwrap_or(u64::MAX)),
            epoch: self.epoch,
            busy_ns: AtomicU64::new(0),
            blocked_ns: AtomicU64::new(0),
        });
        lock(&self.stations).push(Arc::clone(&station));
        station
    }

    /// Forgets the tasks of a pipeline that ended; their seconds still count.
    pub fn clear_stations(&self) {
        let seconds = self.stage_seconds();
        lock(&self.stations).clear();
        *lock(&self.past) = seconds;
    }

    /// Seconds of each stage since the process began.
    #[must_use]
    pub fn stage_seconds(&self) -> BTreeMap<&'static str, StageSeconds> {
        let mut all = lock(&self.past).clone();
        for station in lock(&self.stations).iter() {
            let stage = all.entry(station.stage).or_default();
            stage.busy += seconds(&station.busy_ns);
            stage.blocked += seconds(&station.blocked_ns);
        }
        all
    }

    /// Tasks that have been at one step for longer than `limit`.
    #[must_use]
    pub fn hung(&self, limit: Duration) -> Vec<(&'static str, Duration)> {
        let failed = Duration::from_millis(self.ledger_failed_ms.load(Ordering::Relaxed));
        let since_failure = self.epoch.elapsed().saturating_sub(failed);
        let stations = lock(&self.stations);
        let working = stations.iter().filter_map(|station| match station.doing() {
            (Doing::Working, time) => Some((station.stage, time.min(since_failure))),
            _ => None,
        });
        let calls = lock(&self.ledger_calls);
        let calling = calls.values().map(|began| ("ledger", began.elapsed()));
        working.chain(calling).filter(|(_, time)| *time > limit).collect()
    }

    /// Runs a ledger call under the watchdog's eye.
    pub fn watch_call<T>(&self, call: impl FnOnce() -> T) -> T {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        lock(&self.ledger_calls).insert(number, Instant::now());
        let result = call();
        lock(&self.ledger_calls).remove(&number);
        result
    }

    /// Changes how one sink is doing.
    pub fn set_sink(&self, name: &str, status: SinkStatus) {
        lock(&self.sinks).insert(name.to_owned(), status);
    }

    /// How the sinks are doing.
    #[must_use]
    pub fn sinks(&self) -> BTreeMap<String, SinkStatus> {
        lock(&self.sinks).clone()
    }

    /// Sets a gauge of a sink or an inbox, one of [`metric::OF_SINKS_AND_INBOXES`].
    pub fn set_gauge(&self, name: &'static str, labels: &[(&str, &str)], value: f64) {
        self.gauges.set(name, labels, value);
    }

    /// The gauges of the sinks and inboxes there are now.
    #[must_use]
    pub fn gauges(&self) -> Series {
        self.gauges.series()
    }

    /// Says why intake waits, or that it no longer does; true where that is news.
    pub fn set_closed(&self, reason: Option<String>) -> bool {
        let mut closed = lock(&self.closed);
        let news = *closed != reason;
        *closed = reason;
        news
    }

    /// Whether intake takes files, as far as nobody has said why it waits.
    #[must_use]
    pub fn intake_open(&self) -> bool {
        lock(&self.closed).is_none()
    }

    /// Says what the last ledger call failed with, or that it worked.
    pub fn set_ledger_error(&self, error: Option<String>) {
        self.ledger_failed_ms.store(self.epoch.elapsed().as_millis().try_into().unwrap_or(u64::MAX), Ordering::Relaxed);
        *lock(&self.ledger_error) = error;
    }

    /// Says whether the inbox is watched.
    pub fn set_watching(&self, up: bool) {
        self.watching.store(up, Ordering::Relaxed);
    }

    /// How long the process has been at it.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Whether the inbox is watched.
    #[must_use]
    pub fn is_watching(&self) -> bool {
        self.watching.load(Ordering::Relaxed)
    }

    /// Another pipeline comes: inboxes and sinks are as it will find them, and those that are gone show nothing.
    pub fn begin_generation(&self) {
        self.set_watching(false);
        lock(&self.sinks).clear();
        self.gauges.clear();
        *lock(&self.closed) = None;
    }

    /// A sink failed to take a batch.
    pub fn count_retry(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    /// So many rows expired for a sink.
    pub fn count_expired(&self, rows: u64) {
        self.expired.fetch_add(rows, Ordering::Relaxed);
    }

    /// Since the process began: batches tried again, rows expired.
    #[must_use]
    pub fn tally(&self) -> (u64, u64) {
        (self.retried.load(Ordering::Relaxed), self.expired.load(Ordering::Relaxed))
    }

    /// Says what stopped the pipeline, or that it runs.
    pub fn set_fault(&self, fault: Option<String>) {
        *lock(&self.fault) = fault;
    }

    /// Why the desk is not alive; empty while it is. Backpressure is not death.
    #[must_use]
    pub fn why_not_alive(&self, limit: Duration) -> Vec<String> {
        let mut reasons: Vec<String> = lock(&self.fault).iter().map(|fault| format!("pipeline: {fault}")).collect();
        reasons.extend(
            self.hung(limit)
                .into_iter()
                .map(|(stage, time)| format!("stage {stage} has been at one step for {} s", time.as_secs())),
        );
        reasons
    }

    /// Why the desk is not ready; empty while it is.
    #[must_use]
    pub fn why_not_ready(&self, limit: Duration) -> Vec<String> {
        let mut reasons = self.why_not_alive(limit);
        if !self.watching.load(Ordering::Relaxed) {
            reasons.push("the inbox is not watched".to_owned());
        }
        reasons.extend(lock(&self.ledger_error).iter().map(|error| format!("ledger: {error}")));
        reasons.extend(lock(&self.closed).iter().map(|reason| format!("intake waits: {reason}")));
        for (name, sink) in lock(&self.sinks).iter() {
            if sink.required && !sink.up {
                reasons.push(format!("sink {name}: {}", sink.error.as_deref().unwrap_or("not open yet")));
            }
        }
        reasons
    }
}
