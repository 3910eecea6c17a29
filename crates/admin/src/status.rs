//! `/api/status` and `/api/events`: how the desk is doing, asked once or told each second.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use copydesk_article::VerdictKind;
use copydesk_pipeline::metric;
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;

use crate::answer::Refusal;
use crate::figures::Figures;
use crate::{Desk, articles, metrics, quarantine};

/// The stages in the order of the pipeline.
const STAGES: [&str; 6] = ["read", "dedup", "clean", "near_dedup", "entities", "commit"];

/// How often the page is told.
const BEAT: Duration = Duration::from_secs(1);

/// Most articles a beat tells of.
const ARTICLES: usize = 20;

/// How the desk is doing.
#[derive(Debug, Serialize)]
pub struct DeskStatus {
    version: &'static str,
    uptime_seconds: f64,
    alive: bool,
    ready: bool,
    reasons: Vec<String>,
    stages: Vec<Stage>,
    sinks: Vec<Sink>,
    verdicts: BTreeMap<&'static str, u64>,
    committed: u64,
    retried: u64,
    expired: u64,
    inboxes: Vec<Inbox>,
    in_flight: u64,
    latency: Latency,
    oldest_pending_seconds: f64,
    ledger_bytes: u64,
    outbox_bytes: u64,
    disk_free_bytes: u64,
    quarantined_files: u64,
}

#[derive(Debug, Serialize)]
struct Stage {
    name: &'static str,
    received: u64,
    busy_seconds: f64,
    blocked_seconds: f64,
    /// Problems it noted in records, and what it gave up.
    errors: u64,
    depth: Option<u64>,
    capacity: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Sink {
    name: String,
    required: bool,
    up: bool,
    error: Option<String>,
    delivered: u64,
    rejected: u64,
    /// Calls that failed; each is repeated.
    errors: u64,
    lag_articles: u64,
    pending_bytes: u64,
    lag_seconds: f64,
}

/// From admission to commit, of every article since the process began: two readings give the mean between them.
#[derive(Debug, Serialize)]
struct Latency {
    articles: u64,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Inbox {
    name: String,
    files: u64,
    bytes: u64,
}

/// How the desk is doing.
pub async fn show(State(desk): State<Desk>) -> Json<DeskStatus> {
    Json(status(&desk).await)
}

async fn status(desk: &Desk) -> DeskStatus {
    let places = desk.places();
    let folders = places.inboxes.iter().map(|inbox| inbox.quarantine.clone()).collect::<Vec<_>>();
    let quarantined = tokio::task::spawn_blocking(move || quarantine::count(&folders)).await.unwrap_or(0);
    let (setup, health) = (&desk.setup, &desk.setup.status);
    let figures = Figures::parse(&metrics::page(desk));
    let seconds = health.stage_seconds();
    let stages = STAGES.map(|name| {
        let spent = seconds.get(name).copied().unwrap_or_default();
        let link = |family| figures.get(family, name).map(|value| value as u64);
        Stage {
            name,
            received: match name {
                "read" => figures.count(metric::ARRIVALS, ""),
                name => figures.count(metric::STAGE_RECEIVED, name),
            },
            busy_seconds: spent.busy,
            blocked_seconds: spent.blocked,
            errors: figures.count(metric::PROBLEMS, name) + figures.count(metric::QUARANTINED, name),
            depth: link(metric::CHANNEL_DEPTH),
            capacity: link(metric::CHANNEL_CAPACITY),
        }
    });
    let sinks = health.sinks().into_iter().map(|(name, sink)| Sink {
        required: sink.required,
        up: sink.up,
        error: sink.error,
        delivered: figures.count(metric::SINK_DELIVERED, &name),
        rejected: figures.count(metric::SINK_REJECTED, &name),
        errors: figures.count(metric::SINK_ERRORS, &name),
        lag_articles: figures.count(metric::SINK_LAG, &name),
        pending_bytes: sink.pending_bytes,
        lag_seconds: figures.value(metric::SINK_LAG_SECONDS, &name),
        name,
    });
    let inboxes = places.inboxes.iter().map(|inbox| Inbox {
        name: inbox.name.clone(),
        files: figures.count(metric::INBOX_FILES, &inbox.name),
        bytes: figures.count(metric::INBOX_BYTES, &inbox.name),
    });
    let progress = places.tracer.progress();
    let (retried, expired) = health.tally();
    let reasons = health.why_not_ready(setup.hang_limit);
    DeskStatus {
        version: env!("CARGO_PKG_VERSION"),
        uptime_seconds: health.uptime().as_secs_f64(),
        alive: health.why_not_alive(setup.hang_limit).is_empty(),
        ready: reasons.is_empty(),
        reasons,
        stages: stages.into(),
        sinks: sinks.collect(),
        verdicts: VerdictKind::ALL.map(|kind| (kind.as_str(), progress.verdicts.get(kind))).into(),
        committed: progress.committed.0,
        retried,
        expired,
        inboxes: inboxes.collect(),
        in_flight: figures.count(metric::IN_FLIGHT, ""),
        latency: Latency {
            articles: figures.count(&format!("{}_count", metric::COMMIT_LATENCY), ""),
            seconds: figures.value(&format!("{}_sum", metric::COMMIT_LATENCY), ""),
        },
        oldest_pending_seconds: figures.value(metric::OLDEST_PENDING, ""),
        ledger_bytes: figures.count(metric::LEDGER_BYTES, ""),
        outbox_bytes: figures.count(metric::OUTBOX_BYTES, ""),
        disk_free_bytes: figures.count(metric::DISK_FREE, ""),
        quarantined_files: quarantined,
    }
}

/// The newest status as JSON, for every page that listens: looked at once a beat, however many they are.
#[derive(Debug, Default)]
pub struct Newest(tokio::sync::Mutex<Option<(Instant, Arc<str>)>>);

impl Newest {
    async fn of(&self, desk: &Desk) -> Arc<str> {
        let mut newest = self.0.lock().await;
        match &*newest {
            Some((at, status)) if at.elapsed() < BEAT / 2 => Arc::clone(status),
            _ => {
                let status = serde_json::to_string(&status(desk).await).unwrap_or_default();
                let status: Arc<str> = status.into();
                *newest = Some((Instant::now(), Arc::clone(&status)));
                status
            }
        }
    }
}

/// What a listener has been told, and what waits to be said.
struct Told {
    desk: Desk,
    newest: Option<i64>,
    waiting: VecDeque<Event>,
    beat: tokio::time::Interval,
    _place: OwnedSemaphorePermit,
}

/// Tells how the desk is doing, each second, and which articles came.
pub async fn events(State(desk): State<Desk>) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    let place = Arc::clone(&desk.listeners).try_acquire_owned();
    let place = place.map_err(|_| Refusal::unavailable("too many pages listen already: close one"))?;
    let mut beat = tokio::time::interval(BEAT);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let told = Told { desk, newest: None, waiting: VecDeque::new(), beat, _place: place };
    let events = unfold(told, |mut told| async move {
        loop {
            if let Some(event) = told.waiting.pop_front() {
                return Some((Ok(event), told));
            }
            tokio::select! {
                _ = told.beat.tick() => {}
                () = told.desk.stop.cancelled() => return None,
            }
            told.look().await;
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

impl Told {
    async fn look(&mut self) {
        let status = self.desk.newest.of(&self.desk).await;
        self.waiting.push_back(Event::default().event("status").data(&*status));
        // Where there is no store there is nothing to tell.
        let Ok(articles) = articles::newest(&self.desk, self.newest, ARTICLES).await else { return };
        for article in articles {
            self.newest = self.newest.max(Some(article.number));
            self.waiting.extend(Event::default().event("article").json_data(article).ok());
        }
    }
}
