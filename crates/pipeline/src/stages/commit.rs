//! `commit`: one atomic ledger batch for a group of articles. Ordered, one task.
//!
//! Groups form by themselves: whatever was decided while the last group was being synced is the next one.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use async_channel::{Receiver, Sender};
use copydesk_article::{FileNumber, Sequence, Verdict};
use copydesk_ledger::{CommitGroup, FileProgress, FileState};
use metrics::{counter, histogram};

use crate::context::Context;
use crate::flow::Resolved;
use crate::learning::{Learner, Lesson, Lessons};
use crate::metric;
use crate::reorder::Reorder;
use crate::stages::GivenUp;
use crate::stages::amend::amend;
use crate::status::Station;

/// A group is closed at so many bytes of records, whatever the number of articles.
const GROUP_BYTES: usize = 8 << 20;

/// A file whose records were all admitted.
#[derive(Clone, Copy, Debug)]
pub struct FileEnd {
    /// The file.
    pub file: FileNumber,
    /// Sequence of the last record admitted of it or of any file before it.
    pub after: Sequence,
    /// Read to its end, or given up.
    pub state: FileState,
}

/// A file whose records are all committed.
#[derive(Clone, Copy, Debug)]
pub struct FileRead {
    /// The file.
    pub file: FileNumber,
    /// It is settled when the required sinks have settled this sequence.
    pub after: Sequence,
}

/// Runs the stage until its inbox is closed and empty.
pub async fn run(
    context: Context,
    inbox: Receiver<Resolved>,
    ends: Receiver<FileEnd>,
    finished: Sender<FileRead>,
    next: Sequence,
    mut learner: Learner,
) -> Result<(), GivenUp> {
    let station = context.status.station("commit");
    let mut reorder = Reorder::new(next);
    let mut ended = VecDeque::new();
    let mut open = true;
    while open {
        station.waits();
        tokio::select! {
            item = inbox.recv() => match item {
                Ok(item) => {
                    reorder.push(item.entry.sequence, item);
                    while let Ok(more) = inbox.try_recv() {
                        reorder.push(more.entry.sequence, more);
                    }
                }
                Err(_) => open = false,
            },
            Ok(end) = ends.recv() => ended.push_back(end),
        }
        if reorder.len() > 0 && context.alone.load(Ordering::Relaxed) {
            // The suspect came through its work; a death in the commit would not be its doing.
            context.ledger.call_async(|ledger| ledger.end_alone()).await?;
        }
        ended.extend(std::iter::from_fn(|| ends.try_recv().ok()));
        loop {
            let group = next_group(&mut reorder, context.options.commit_articles);
            if !commit_group(&context, &station, group, &mut ended, &finished, &mut learner).await? {
                break;
            }
        }
    }
    if reorder.len() > 0 || !ended.is_empty() {
        tracing::error!(count = reorder.len(), "articles waited for one that never came");
        return Err(GivenUp);
    }
    context.settlement.ended();
    station.ends();
    Ok(())
}

fn next_group(reorder: &mut Reorder<Resolved>, limit: usize) -> Vec<Resolved> {
    let mut group = Vec::new();
    let mut bytes = 0;
    while group.len() < limit.max(1) && bytes < GROUP_BYTES {
        let Some(item) = reorder.pop() else { break };
        bytes += item.entry.changes.iter().map(change_bytes).sum::<usize>();
        group.push(item);
    }
    group
}

fn change_bytes(change: &copydesk_ledger::OutboxChange) -> usize {
    match change {
        copydesk_ledger::OutboxChange::Put { record, .. } => record.len(),
        copydesk_ledger::OutboxChange::Delete { .. } => 0,
    }
}

/// Commits one group with the file ends it allows; false where there was nothing to commit.
async fn commit_group(
    context: &Context,
    station: &Arc<Station>,
    group: Vec<Resolved>,
    ended: &mut VecDeque<FileEnd>,
    finished: &Sender<FileRead>,
    learner: &mut Learner,
) -> Result<bool, GivenUp> {
    let last = group.last().map_or_else(|| context.settlement.committed_sequence(), |item| item.entry.sequence);
    let mut done = Vec::new();
    while ended.front().is_some_and(|end| end.after <= last) {
        done.extend(ended.pop_front());
    }
    if group.is_empty() && done.is_empty() {
        return Ok(false);
    }
    station.works(group.len() as u64);
    let started = Instant::now();
    let group = amended(context, group).await?;
    let learnt = group.iter().map(|item| {
        let lesson = Lesson { observation: item.observation.as_ref(), sighting: item.sighting.as_ref() };
        (item.entry.sequence, lesson)
    });
    let Lessons { learned, unlearned } = learner.learn(learnt);
    let mut admitted = Vec::with_capacity(group.len());
    let mut reservations = Vec::with_capacity(group.len());
    let mut entries = Vec::with_capacity(group.len());
    for item in group {
        entries.push(item.entry);
        admitted.push(item.admitted);
        reservations.push(item.reservation);
    }
    let files = done.iter().map(|end| FileProgress { file: end.file, state: end.state }).collect();
    let group = Arc::new(CommitGroup { entries, files, learned, unlearned });
    let job = Arc::clone(&group);
    context.ledger.call_async(move |ledger| ledger.commit(&job)).await?;

    // Durable from here on: keys may leave the waiting room, memory may go, the sinks may look. What was learned is
    // there before the reader, which waits for the commit, asks for it.
    learner.publish();
    context.in_flight.committed(&group.entries);
    drop(reservations);
    for (entry, admitted) in group.entries.iter().zip(admitted) {
        counter!(metric::VERDICTS, "verdict" => entry.row.verdict.kind().as_str()).increment(1);
        histogram!(metric::COMMIT_LATENCY).record(admitted.elapsed().as_secs_f64());
        tell(entry.sequence, &entry.row);
    }
    context.settlement.committed(&context.ledger.ledger().progress());
    for end in done.into_iter().filter(|end| end.state == FileState::Read) {
        if finished.send(FileRead { file: end.file, after: end.after }).await.is_err() {
            return Err(GivenUp);
        }
    }
    station.worked(started.elapsed(), u32::try_from(group.entries.len()).unwrap_or(u32::MAX));
    Ok(true)
}

/// The group with what it changes in articles before.
async fn amended(context: &Context, mut group: Vec<Resolved>) -> Result<Vec<Resolved>, GivenUp> {
    if group.iter().all(|item| item.entry.memory.is_none()) {
        return Ok(group);
    }
    let job = context.clone();
    let amending = tokio::task::spawn_blocking(move || amend(&job, &mut group).map(|()| group));
    amending.await.unwrap_or(Err(GivenUp))
}

/// Says why an article is not delivered.
fn tell(sequence: Sequence, row: &copydesk_ledger::ArrivalRow) {
    let article = row.id.map(tracing::field::display);
    match &row.verdict {
        Verdict::Quarantined { stage, reason, .. } => {
            // Logged with its details where it was put into quarantine.
            let stage = if stage == "read" { "read" } else { "suspects" };
            counter!(metric::QUARANTINED, "stage" => stage, "reason" => reason.as_str()).increment(1);
        }
        Verdict::Filtered { reason } => {
            let reason = if reason == "language" { "language" } else { "language_unsure" };
            counter!(metric::FILTERED, "reason" => reason).increment(1);
            tracing::info!(article, sequence = sequence.0, reason, "left out by rule, not delivered");
        }
        verdict if row.rows == 0 => {
            tracing::debug!(article, sequence = sequence.0, verdict = verdict.kind().as_str(), "not delivered");
        }
        _ => {}
    }
}
