//! Files that are read: once every required sink has settled their last article, they leave the inbox.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_channel::Receiver;
use copydesk_article::{FileNumber, Sequence};
use copydesk_intake::{After, FinishOutcome, Finished, Found};
use copydesk_ledger::{FileRow, FileState};
use jiff::Timestamp;
use metrics::counter;

use crate::context::Context;
use crate::intake::IntakePart;
use crate::metric;
use crate::stages::GivenUp;
use crate::stages::commit::FileRead;

/// Files moved together: their folders are synced once for all.
const BATCH: usize = 256;

/// How long a file that could not be moved waits for another try.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// Finishes files, and trims the outbox, until nothing more can settle.
pub async fn run(context: Context, intake: Arc<IntakePart>, read: Receiver<FileRead>) -> Result<(), GivenUp> {
    let station = context.status.station("finish");
    let mut changes = context.settlement.watch();
    let mut waiting: BTreeSet<(Sequence, FileNumber)> = BTreeSet::new();
    let mut trimmed = Sequence(0);
    let mut later: BTreeSet<(Sequence, FileNumber)> = BTreeSet::new();
    let mut again = tokio::time::interval(TRY_AGAIN);
    loop {
        let ended = context.settlement.last();
        waiting.extend(std::iter::from_fn(|| read.try_recv().ok()).map(|file| (file.after, file.file)));
        let settled = context.settlement.settled_for_required();
        if context.kill.is_cancelled() {
            return Err(GivenUp);
        }
        while !context.kill.is_cancelled() && waiting.first().is_some_and(|(after, _)| *after <= settled) {
            let ready = waiting.iter().take_while(|(after, _)| *after <= settled).take(BATCH).copied();
            let ready: Vec<_> = ready.collect();
            station.works(ready.len() as u64);
            let started = std::time::Instant::now();
            let numbers: Vec<FileNumber> = ready.iter().map(|(_, file)| *file).collect();
            let (job, on) = (context.clone(), Arc::clone(&intake));
            let failed =
                tokio::task::spawn_blocking(move || finish(&job, &on, &numbers)).await.map_err(|_| GivenUp)??;
            station.worked(started.elapsed(), u32::try_from(ready.len()).unwrap_or(u32::MAX));
            for file in ready {
                waiting.remove(&file);
                if failed.contains(&file.1) {
                    later.insert(file);
                }
            }
        }
        let passed = context.settlement.settled_for_all();
        if passed > trimmed {
            trimmed = passed;
            context.ledger.call_async(move |ledger| ledger.trim_outbox(passed)).await?;
        }
        if ended.is_some_and(|last| last <= settled) && waiting.is_empty() && read.is_empty() {
            break;
        }
        station.waits();
        tokio::select! {
            () = context.kill.cancelled() => return Err(GivenUp),
            changed = changes.changed() => changed.map_err(|_| GivenUp)?,
            _ = again.tick() => waiting.append(&mut later),
        }
    }
    station.ends();
    Ok(())
}

/// Finishes these files; the answer is those that could not be.
fn finish(context: &Context, intake: &IntakePart, numbers: &[FileNumber]) -> Result<Vec<FileNumber>, GivenUp> {
    let mut rows: Vec<(FileNumber, FileRow)> = Vec::new();
    for &number in numbers {
        if let Some(row) = context.ledger.call(|ledger| ledger.file(number))? {
            rows.push((number, row));
        }
    }
    // A one-shot run names files in any folder, and they stay where they are. So does a file with a record
    // that stands nowhere else, where it would be deleted.
    let deletes = intake.options.after == After::Delete;
    let stays = |row: &FileRow| row.root.is_some() || (deletes && row.unkept > 0);
    let (staying, dropped): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, row)| stays(row));
    for (_, row) in staying.iter().filter(|(_, row)| row.root.is_none()) {
        let path = row.path.to_path();
        tracing::warn!(path = %path.display(), count = row.unkept, "file stays, records of it could not be kept elsewhere");
    }
    close(context, &staying.iter().map(|(number, _)| *number).collect::<Vec<_>>(), false)?;
    let files: Vec<Finished> = dropped
        .iter()
        .map(|(_, row)| Finished {
            path: row.path.to_path(),
            generation: row.generation,
            all_quarantined: row.records > 0 && row.quarantined == row.records,
        })
        .collect();
    let outcomes = copydesk_intake::finish(&intake.options.folder, &intake.options, &files, Timestamp::now());
    let (mut left, mut stayed, mut gone, mut failed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for ((number, row), outcome) in dropped.iter().zip(outcomes) {
        let path = row.path.to_path();
        let word = match &outcome {
            FinishOutcome::Moved { .. } => "moved",
            FinishOutcome::Deleted if row.records > 0 && row.quarantined == row.records => "quarantined",
            FinishOutcome::Deleted => "deleted",
            FinishOutcome::Kept => "kept",
            FinishOutcome::Missing => "missing",
            FinishOutcome::Changed => "changed",
            FinishOutcome::Failed(_) => "failed",
        };
        counter!(metric::FILES_FINISHED, "outcome" => word).increment(1);
        tracing::debug!(path = %path.display(), outcome = word, count = row.records, "file finished");
        if let FinishOutcome::Failed(error) = &outcome {
            tracing::warn!(path = %path.display(), error = %error, "file is done and can't leave the inbox, will try again");
            failed.push(*number);
            continue;
        }
        let list = if matches!(outcome, FinishOutcome::Kept) { &mut stayed } else { &mut left };
        list.push(*number);
        if !matches!(outcome, FinishOutcome::Kept) {
            let again = matches!(outcome, FinishOutcome::Changed);
            gone.push((Found { path, generation: row.generation, follow: false }, again));
        }
    }
    close(context, &left, true)?;
    close(context, &stayed, false)?;
    // Only now: a file that comes back must not meet the ledger's memory of the one that left.
    for (found, again) in gone {
        intake.left(found, again);
    }
    Ok(failed)
}

fn close(context: &Context, numbers: &[FileNumber], left: bool) -> Result<(), GivenUp> {
    if numbers.is_empty() {
        return Ok(());
    }
    context.ledger.call(|ledger| ledger.close_files(numbers, FileState::Finished, left))
}
