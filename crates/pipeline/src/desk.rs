//! One run of the pipeline, from the ledger as it stands to the last settled article: wiring, and what happens
//! when a part of it breaks.
//!
//! Stopping drains from the top: admission ends, its link closes, and each stage ends when its inbox is closed
//! and empty. The first task that fails is the root cause; it takes the whole run down, and the supervisor
//! starts another from the ledger.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_channel::{Receiver, bounded, unbounded};
use copydesk_clean::{Mode, SourceRules};
use copydesk_ledger::{FileState, Ledger, LedgerError};
use futures_util::FutureExt;
use metrics::gauge;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::budget::Budget;
use crate::context::Context;
use crate::cpu::{Cpu, words};
use crate::delivery::{self, SinkPart};
use crate::filter::Filter;
use crate::gauges::{Depth, Gauges};
use crate::intake::IntakePart;
use crate::learning::Learner;
use crate::names::Names;
use crate::options::{Dedup, Options, Policies};
use crate::settlement::Settlement;
use crate::stages::admission::{Links, Reading};
use crate::stages::commit::FileRead;
use crate::stages::{GivenUp, PatientLedger, clean, commit, dedup, entities, near_dedup};
use crate::status::Status;
use crate::{finish, metric};

/// Least time the stages get to drain after a stop: it does not depend on any sink.
const DRAIN: Duration = Duration::from_secs(30);

/// How long the tasks of a broken run get to end.
const LET_GO: Duration = Duration::from_secs(20);

/// Everything a run needs.
pub struct Parts {
    /// Limits.
    pub options: Arc<Options>,
    /// What happens to copies.
    pub policies: Policies,
    /// What is remembered of articles.
    pub dedup: Arc<Dedup>,
    /// How far cleaning goes.
    pub cleaning: Mode,
    /// What the user wants of each source, by name.
    pub sources: Arc<BTreeMap<String, SourceRules>>,
    /// What is left out.
    pub filter: Arc<Filter>,
    /// Who finds names.
    pub names: Arc<Names>,
    /// Where files come from.
    pub intake: Arc<IntakePart>,
    /// Where records go.
    pub sinks: Vec<Arc<SinkPart>>,
    /// Durable state.
    pub ledger: Arc<dyn Ledger>,
    /// Where the ledger is: its file system's free space closes the gate.
    pub ledger_folder: PathBuf,
    /// How everyone is doing.
    pub status: Arc<Status>,
}

/// Why a run broke.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The ledger could not be read at the start.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The inbox could not be watched.
    #[error(transparent)]
    Intake(#[from] copydesk_intake::IntakeError),
    /// The system gave no threads.
    #[error("no computing threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A task panicked: a bug, not an article.
    #[error("stage {stage} panicked: {words}")]
    Panicked {
        /// The stage.
        stage: &'static str,
        /// What the panic said.
        words: String,
    },
    /// A task gave up; the log says why.
    #[error("stage {0} gave up")]
    GaveUp(&'static str),
    /// The stages did not drain in time after a stop, because the ledger keeps failing, say.
    #[error("the stages did not drain in time, what was in flight is worked on again at the next start")]
    NotDrained,
    /// Tasks of a broken run did not end.
    #[error("tasks of the broken run do not end")]
    Stuck,
    /// An article was dropped without a decision.
    #[error("an article was dropped without a decision")]
    Dropped,
}

impl Fault {
    /// The stage that broke, as far as it is known: the label of what is counted.
    #[must_use]
    pub const fn stage(&self) -> &'static str {
        match self {
            Self::Ledger(_) => "ledger",
            Self::Intake(_) => "intake",
            Self::Panicked { stage, .. } | Self::GaveUp(stage) => stage,
            Self::Threads(_) | Self::NotDrained | Self::Stuck | Self::Dropped => "unknown",
        }
    }
}

/// How a run ended that did not break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Sinks that had not taken everything when the time to stop was up.
    pub laggards: Vec<String>,
}

type Tasks = JoinSet<Result<(), Fault>>;

/// Runs the pipeline until `stop` is cancelled or there are no more files, then drains it.
///
/// # Errors
/// Where it could not start, or a part of it broke.
pub async fn run(parts: &Parts, stop: CancellationToken) -> Result<Ended, Fault> {
    // A blocking call of a sink outlives its task, and must not write beside the next one's.
    if tokio::time::timeout(LET_GO, copydesk_sinks::at_rest()).await.is_err() {
        return Err(Fault::Stuck);
    }
    let ledger = Arc::clone(&parts.ledger);
    let start = tokio::task::spawn_blocking(move || ledger.start()).await.map_err(|_| Fault::GaveUp("start"))??;
    if start.unclean {
        tracing::warn!(
            count = start.files.len(),
            "the last process did not stop in good order, going on from the ledger"
        );
    }
    let progress = parts.ledger.progress();
    let next = progress.committed.next();
    let ledger = Arc::clone(&parts.ledger);
    let restored = tokio::task::spawn_blocking(move || Learner::restore(ledger.as_ref()));
    let learner = restored.await.map_err(|_| Fault::GaveUp("start"))??;
    let kill = CancellationToken::new();
    let workers = parts.options.worker_count();
    let context = Context {
        options: Arc::clone(&parts.options),
        policies: parts.policies,
        dedup: Arc::clone(&parts.dedup),
        url_rules: Arc::new(parts.dedup.url_rules()),
        cleaning: parts.cleaning,
        sources: Arc::clone(&parts.sources),
        filter: Arc::clone(&parts.filter),
        names: Arc::clone(&parts.names),
        learned: learner.in_use(),
        ledger: PatientLedger::new(Arc::clone(&parts.ledger), Arc::clone(&parts.status), kill.clone()),
        in_flight: Arc::default(),
        alone: Arc::default(),
        cpu: Cpu::new(workers)?,
        budget: Budget::new(parts.options.memory_budget_bytes, parts.options.max_in_flight.min(2048)),
        settlement: Arc::new(Settlement::new(&progress)),
        status: Arc::clone(&parts.status),
        kill: kill.clone(),
    };
    // Word lists are made ready at first use: not while a suspect is alone in flight.
    let names = Arc::clone(&parts.names);
    context.cpu.run(move || warm_up(&names)).await;
    // Before the first sequence can settle, every sink has its place.
    for sink in &parts.sinks {
        let key = copydesk_ledger::SinkKey { name: sink.name.clone(), target: (sink.build)().target() };
        let row = parts.ledger.begin_sink(&key, sink.begin)?;
        context.settlement.settled(&sink.name, sink.required, row.cursor, row.passed_bytes);
        let limit = if sink.required { parts.options.outbox_limit_bytes } else { sink.limit_bytes };
        metric::begin_sink(&parts.status, &sink.name, sink.required, limit);
    }

    let capacity = parts.options.channel_articles.max(1);
    let (read_out, dedup_in) = bounded(capacity);
    let (dedup_out, clean_in) = bounded(capacity);
    let (clean_out, near_dedup_in) = bounded(capacity);
    let (near_dedup_out, entities_in) = bounded(capacity);
    let (entities_out, commit_in) = bounded(capacity);
    // A few bytes a file, and never more than the outbox limit lets files wait: bounding these would only
    // make a full link where there must not be one.
    let (ends, ended) = unbounded();
    let (read, finished) = unbounded();
    for (file, row) in start.files.iter().filter(|(_, row)| row.state == FileState::Read) {
        // Read before the last process ended, and not yet settled or not yet moved.
        read.try_send(FileRead { file: *file, after: row.last_sequence }).map_err(|_| Fault::GaveUp("start"))?;
    }
    let abandoned: Vec<_> =
        start.files.iter().filter(|(_, row)| row.state == FileState::Abandoned).map(|(file, _)| *file).collect();
    parts.ledger.close_files(&abandoned, FileState::Abandoned, true)?;
    let depths = vec![
        depth("dedup", &dedup_in),
        depth("clean", &clean_in),
        depth("near_dedup", &near_dedup_in),
        depth("entities", &entities_in),
        depth("commit", &commit_in),
    ];

    let found = {
        let intake = Arc::clone(&parts.intake);
        tokio::task::spawn_blocking(move || intake.start()).await.map_err(|_| Fault::GaveUp("intake"))??
    };
    let mut stages: Tasks = JoinSet::new();
    let links = Links { outbox: read_out, ends };
    let reading =
        Reading::new(context.clone(), Arc::clone(&parts.intake), links, stop.clone(), &start, &parts.ledger_folder);
    stages.spawn(named("read", in_thread("read", move || reading.run(&start, found))));
    stages.spawn(named("dedup", dedup::run(context.clone(), dedup_in, dedup_out)));
    for _ in 0..workers {
        stages.spawn(named("clean", clean::run(context.clone(), clean_in.clone(), clean_out.clone())));
        stages.spawn(named("entities", entities::run(context.clone(), entities_in.clone(), entities_out.clone())));
    }
    // The links close when the last task of a stage ends, so no sender may stay here.
    drop((clean_in, clean_out, entities_in, entities_out));
    stages.spawn(named("near_dedup", near_dedup::run(context.clone(), near_dedup_in, near_dedup_out, next)));
    stages.spawn(named("commit", commit::run(context.clone(), commit_in, ended, read, next, learner)));
    let mut ends_of_line: Tasks = JoinSet::new();
    for sink in &parts.sinks {
        ends_of_line.spawn(named("sink", delivery::run(context.clone(), Arc::clone(sink))));
    }
    ends_of_line.spawn(named("finish", finish::run(context.clone(), Arc::clone(&parts.intake), finished)));
    let gauges = Gauges {
        context: context.clone(),
        intake: Arc::clone(&parts.intake),
        ledger_folder: parts.ledger_folder.clone(),
        depths,
    };
    let gauges = tokio::spawn(gauges.run());

    let result = drive(parts, &context, &stop, &mut stages, &mut ends_of_line).await;
    gauges.abort();
    if result.is_err() {
        kill.cancel();
        context.budget.close();
        let all = async {
            while stages.join_next().await.is_some() {}
            while ends_of_line.join_next().await.is_some() {}
        };
        if tokio::time::timeout(LET_GO, all).await.is_err() {
            // Another run beside what is left of this one would be two desks on one ledger.
            return Err(Fault::Stuck);
        }
    }
    stages.shutdown().await;
    ends_of_line.shutdown().await;
    let intake = Arc::clone(&parts.intake);
    let stopped = tokio::task::spawn_blocking(move || intake.stop());
    if tokio::time::timeout(LET_GO, stopped).await.is_err() {
        return Err(Fault::Stuck);
    }
    parts.status.clear_stations();
    result
}

/// Works on a text that is nobody's, in the language with the most word lists.
fn warm_up(names: &Names) {
    const TEXT: &str = "The minister met reporters in the capital on Tuesday and said that the work had begun.";
    let supplied = copydesk_article::Supplied::default();
    let source = copydesk_clean::Source::Text(TEXT);
    let cleaned = copydesk_clean::clean(&copydesk_clean::Input { source, supplied: &supplied, mode: Mode::Cut });
    let input =
        copydesk_entities::Input { title: None, text: &cleaned.text, language: "en", parts: &[], published: None };
    drop(names.recogniser().recognise(&input));
}

async fn drive(
    parts: &Parts,
    context: &Context,
    stop: &CancellationToken,
    stages: &mut Tasks,
    ends_of_line: &mut Tasks,
) -> Result<Ended, Fault> {
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN.max(parts.options.stop_after())).await;
    };
    tokio::pin!(deadline);
    while !stages.is_empty() {
        tokio::select! {
            () = &mut deadline => return Err(Fault::NotDrained),
            ended = stages.join_next() => check(ended)?,
            // A sink ends only after the stages, unless it breaks.
            ended = ends_of_line.join_next(), if !ends_of_line.is_empty() => check(ended)?,
            () = context.kill.cancelled() => return Err(Fault::Dropped),
        }
    }
    let deadline = tokio::time::sleep(parts.options.stop_after());
    tokio::pin!(deadline);
    while !ends_of_line.is_empty() {
        tokio::select! {
            ended = ends_of_line.join_next() => check(ended)?,
            () = &mut deadline => break,
        }
    }
    let committed = context.settlement.committed_sequence();
    let sinks = parts.status.sinks();
    let laggards = sinks.into_iter().filter(|(_, sink)| sink.cursor < committed).map(|(name, _)| name).collect();
    Ok(Ended { laggards })
}

fn check(ended: Option<Result<Result<(), Fault>, tokio::task::JoinError>>) -> Result<(), Fault> {
    match ended {
        None => Ok(()),
        Some(Ok(result)) => result,
        // Panics are caught in the task.
        Some(Err(error)) => Err(Fault::Panicked { stage: "unknown", words: error.to_string() }),
    }
}

/// A task of a stage: whatever ends it names the stage.
async fn named(stage: &'static str, task: impl Future<Output = Result<(), GivenUp>>) -> Result<(), Fault> {
    match AssertUnwindSafe(task).catch_unwind().await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(GivenUp)) => Err(Fault::GaveUp(stage)),
        Err(panic) => Err(Fault::Panicked { stage, words: words(panic.as_ref()) }),
    }
}

/// Runs blocking work on a thread of its own and waits for it.
async fn in_thread(
    name: &'static str,
    work: impl FnOnce() -> Result<(), GivenUp> + Send + 'static,
) -> Result<(), GivenUp> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        sender.send(work()).ok();
    });
    if thread.is_err() {
        return Err(GivenUp);
    }
    // A panic of the thread drops the sender.
    receiver.await.unwrap_or(Err(GivenUp))
}

fn depth<T: Send + 'static>(channel: &'static str, link: &Receiver<T>) -> Depth {
    gauge!(metric::CHANNEL_CAPACITY, "channel" => channel).set(link.capacity().unwrap_or(0) as f64);
    // A weak handle: watching a link must not keep it open.
    let link = link.downgrade();
    Depth { channel, depth: Box::new(move || link.upgrade().map_or(0, |link| link.len())) }
}
