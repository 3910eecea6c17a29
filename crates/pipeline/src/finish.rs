//! Files that are read: once every required sink has settled their last article, they leave the inbox.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_channel::Receiver;
use copydesk_article::{FileNumber, Sequence};
use copydesk_intake::{After, FinishOutcome, Finished, Recheck};
use copydesk_ledger::{FileRow, FileState};
use copydesk_readers::Found;
use jiff::Timestamp;
use metrics::counter;

use crate::context::Context;
use crate::intake::{Inbox, IntakePart, Left};
use crate::metric;
use crate::stages::GivenUp;
use crate::stages::commit::FileRead;

/// Files moved together: their folders are synced once for all.
const BATCH: usize = 256;

/// How long a file that could not be moved waits for another try.
const TRY_AGAIN: Duration = Duration::from_secs(30);

/// How often files that moved are looked at again.
const LOOK_BACK: Duration = Duration::from_secs(2);

/// How often old days are looked for in `done`.
const SWEEP: Duration = Duration::from_secs(3600);

/// Finishes files, and trims the outbox, until nothing more can settle.
pub async fn run(context: Context, intake: Arc<IntakePart>, read: Receiver<FileRead>) -> Result<(), GivenUp> {
    let station = context.status.station("finish");
    let mut changes = context.settlement.watch();
    let mut waiting: BTreeSet<(Sequence, FileNumber)> = BTreeSet::new();
    let mut trimmed = Sequence(0);
    let mut later: BTreeSet<(Sequence, FileNumber)> = BTreeSet::new();
    let mut again = tokio::time::interval(TRY_AGAIN);
    let mut look_back = tokio::time::interval(LOOK_BACK);
    let mut sweep = tokio::time::interval(SWEEP);
    let moved = Arc::new(Mutex::new(Recheck::default()));
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
            let started = Instant::now();
            let numbers: Vec<FileNumber> = ready.iter().map(|(_, file)| *file).collect();
            let (job, on, moved) = (context.clone(), Arc::clone(&intake), Arc::clone(&moved));
            let failed = tokio::task::spawn_blocking(move || finish(&job, &on, &numbers, &moved))
                .await
                .map_err(|_| GivenUp)??;
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
            // Nobody looks at them again.
            let moved = Arc::clone(&moved);
            tokio::task::spawn_blocking(move || give_back(&moved, Recheck::last)).await.map_err(|_| GivenUp)?;
            break;
        }
        station.waits();
        tokio::select! {
            () = context.kill.cancelled() => return Err(GivenUp),
            changed = changes.changed() => changed.map_err(|_| GivenUp)?,
            _ = again.tick() => waiting.append(&mut later),
            _ = look_back.tick() => {
                let moved = Arc::clone(&moved);
                tokio::task::spawn_blocking(move || give_back(&moved, |held| held.due(Instant::now()))).await.map_err(|_| GivenUp)?;
            }
            _ = sweep.tick() => {
                let intake = Arc::clone(&intake);
                tokio::task::spawn_blocking(move || clear_shelves(&intake)).await.map_err(|_| GivenUp)?;
            }
        }
    }
    station.ends();
    Ok(())
}

/// Finishes these files; the answer is those that could not be.
fn finish(
    context: &Context,
    intake: &IntakePart,
    numbers: &[FileNumber],
    moved: &Mutex<Recheck>,
) -> Result<Vec<FileNumber>, GivenUp> {
    let mut rows: Vec<(FileNumber, FileRow)> = Vec::new();
    for &number in numbers {
        if let Some(row) = context.ledger.call(|ledger| ledger.file(number))? {
            rows.push((number, row));
        }
    }
    // A one-shot run names files in any folder, and they stay where they are. So do those of an inbox that is
    // not configured any more, and a file with a record that stands nowhere else, where it would be deleted.
    let inbox_of = |row: &FileRow| intake.inbox(&row.inbox).filter(|_| row.root.is_none());
    let stays = |row: &FileRow| {
        inbox_of(row).is_none_or(|inbox| intake.inboxes[inbox].options.after == After::Delete && row.unkept > 0)
    };
    let (staying, dropped): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, row)| stays(row));
    for (_, row) in staying.iter().filter(|(_, row)| row.root.is_none()) {
        let path = row.path.to_path();
        tracing::warn!(path = %path.display(), count = row.unkept, "file stays, records of it could not be kept elsewhere");
    }
    close(context, &staying.iter().map(|(number, _)| *number).collect::<Vec<_>>(), false)?;
    let mut failed = Vec::new();
    for (inbox, part) in intake.inboxes.iter().enumerate() {
        let files: Vec<_> = dropped.iter().filter(|(_, row)| inbox_of(row) == Some(inbox)).collect();
        if !files.is_empty() {
            failed.extend(clear(context, intake, inbox, part, &files, moved)?);
        }
    }
    Ok(failed)
}

/// Clears files out of one inbox; the answer is those that could not be.
fn clear(
    context: &Context,
    intake: &IntakePart,
    at: usize,
    inbox: &Inbox,
    dropped: &[&(FileNumber, FileRow)],
    recheck: &Mutex<Recheck>,
) -> Result<Vec<FileNumber>, GivenUp> {
    let files: Vec<Finished> = dropped
        .iter()
        .map(|(_, row)| Finished {
            path: row.path.to_path(),
            generation: row.generation,
            all_quarantined: row.records > 0 && row.quarantined == row.records,
        })
        .collect();
    let outcomes = copydesk_intake::finish(&inbox.options.folder, &inbox.options, &files, Timestamp::now());
    let (mut left, mut changed, mut stayed, mut gone) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut failed = Vec::new();
    for ((number, row), outcome) in dropped.iter().zip(outcomes) {
        let path = row.path.to_path();
        let word = match &outcome {
            FinishOutcome::Moved { .. } => "moved",
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
        let (list, how) = match outcome {
            FinishOutcome::Kept => (&mut stayed, None),
            FinishOutcome::Changed => (&mut changed, Some(Left::Again)),
            _ => (&mut left, Some(Left::Gone)),
        };
        list.push(*number);
        if let Some(how) = how {
            gone.push((Found { path, generation: row.generation, follow: false }, how));
        }
        if let FinishOutcome::Moved { to } = outcome {
            let from = inbox.options.folder.join(row.path.to_path());
            recheck.lock().unwrap_or_else(PoisonError::into_inner).add(to, from, row.generation, Instant::now());
        }
    }
    close(context, &left, true)?;
    close(context, &stayed, false)?;
    if !changed.is_empty() {
        // What was read of it stands, and the ledger knows it again if it has only grown.
        context.ledger.call(|ledger| ledger.close_files(&changed, FileState::Abandoned, true))?;
    }
    // Only now: a file that comes back must not meet the ledger's memory of the one that left.
    for (found, how) in gone {
        intake.left(at, found, how);
    }
    Ok(failed)
}

/// Files that somebody still wrote to after they had moved go back to their inbox.
fn give_back(moved: &Mutex<Recheck>, look: impl FnOnce(&mut Recheck) -> Vec<PathBuf>) {
    for path in look(&mut moved.lock().unwrap_or_else(PoisonError::into_inner)) {
        counter!(metric::FILES_GIVEN_BACK).increment(1);
        tracing::warn!(path = %path.display(), "file was changed after it had moved, it is back in its inbox and read again");
    }
}

/// Removes from `done` what is older than its days.
fn clear_shelves(intake: &IntakePart) {
    for inbox in intake.inboxes.iter().filter(|inbox| inbox.options.after == After::Done) {
        match copydesk_intake::sweep(&inbox.options, Timestamp::now()) {
            Ok(0) => {}
            Ok(count) => tracing::info!(path = %inbox.options.done.display(), count, "old days removed from done"),
            Err(error) => {
                tracing::warn!(path = %inbox.options.done.display(), error = %error, "old days can't be removed from done");
            }
        }
    }
}

fn close(context: &Context, numbers: &[FileNumber], left: bool) -> Result<(), GivenUp> {
    if numbers.is_empty() {
        return Ok(());
    }
    context.ledger.call(|ledger| ledger.close_files(numbers, FileState::Finished, left))
}
