//! `read`: takes files in, gives each record its sequence and its share of the budget.
//!
//! One thread, because reading blocks and because there is one order. Whose file is next is `lanes.rs`'s; a
//! file is taken up in `file.rs`, its records are admitted in `record.rs`, and what can't be read is put aside in
//! `refusal.rs`. A record is admitted in four steps: the gate is open, its sequence is announced in the ledger
//! (in blocks), it is read, it has its share of the budget. A crash therefore finds in the ledger which records the undecided sequences were for, and the next
//! start reads just those first, in the same order.
//!
//! After an unclean stop those records are *suspects*: one of them may have killed the process. They go
//! through one at a time, each attempt recorded before it begins, and one that was alone at three deaths is
//! quarantined instead of being worked on. Before one that was alone at a death tries again there is a quiet time
//! ([`QUIET`]) in which nothing is worked on: if the process dies then too, something else kills it (an operator, a
//! machine that has no memory left), and the article is cleared of all its deaths. If even reading it kills, the rest of its file goes.
//!
//! A backfill gives way: it is taken only while the required sinks are nearly level with the ledger, so that a
//! live article never has a long row of old ones before it, in flight or in the outbox; and a long file of it
//! lets live files go first between two blocks of its records. It always gets its turn (`lanes.rs`).

mod file;
mod record;
mod refusal;

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_channel::{Receiver, Sender};
use copydesk_article::{FileNumber, Sequence};
use copydesk_disk::Generation;
use copydesk_ledger::{FileRow, FileState, Start};
use copydesk_readers::{Found, Position};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::flow::{Item, Read};
use crate::gate::Gate;
use crate::intake::{FileSource, IntakePart, Left, Priority};
use crate::lanes::{LIVE_TURNS, Lanes};
use crate::learning::{Knowledge, needed_by};
use crate::stages::GivenUp;
use crate::stages::commit::FileEnd;
use crate::status::Station;

/// Records announced to the ledger at a time, where a file has many.
const BLOCK: u64 = 256;

/// How long nothing is worked on before a suspect tries again: many times what an article takes, so that whoever
/// kills the process at random does it then.
const QUIET: Duration = Duration::from_millis(500);

/// How often a backfill that waits looks whether it may go.
const LOOK: Duration = Duration::from_millis(100);

/// Tries after which a file that can't be read is refused.
const TRIES: u32 = 5;

/// Bad records in a row, without a good one between, after which the rest of a file is put aside as one.
const BAD_IN_A_ROW: u32 = 1000;

/// Lone deaths after which a record is quarantined.
const DEATHS: u32 = 3;

/// Where the links of the stage lead.
pub struct Links {
    /// To `dedup`.
    pub outbox: Sender<Item<Read>>,
    /// To `commit`: files that have no more records.
    pub ends: Sender<FileEnd>,
}

/// The stage.
pub struct Reading {
    context: Context,
    intake: Arc<IntakePart>,
    links: Links,
    stop: CancellationToken,
    runtime: Handle,
    station: Arc<Station>,
    gate: Gate,
    next: Sequence,
    /// The last sequence that was announced and not decided when the process died.
    suspects_until: Sequence,
    /// Files that wait for the right to read them.
    refused: HashSet<PathBuf>,
    /// How often reading a file failed in a way that may pass.
    failures: HashMap<PathBuf, u32>,
    lanes: Lanes,
}

/// Why reading a file ended before its end.
enum Halt {
    /// Intake was told to stop.
    Stopped,
    /// The pipeline is being given up.
    GivenUp,
}

/// Whether a file is longer than it was, and still the same file.
fn has_grown(path: &Path, before: &Generation) -> bool {
    Generation::of_path(path)
        .is_ok_and(|now| now != *before && now.identity == before.identity && now.bytes >= before.bytes)
}

impl From<GivenUp> for Halt {
    fn from(_: GivenUp) -> Self {
        Self::GivenUp
    }
}

/// A file to read and where to begin.
struct Job {
    number: FileNumber,
    found: Found,
    row: FileRow,
    from: Position,
    /// Its drop folder; none for a file named for a one-shot run.
    inbox: Option<usize>,
    /// The folder its path counts from.
    root: PathBuf,
}

impl Reading {
    /// The stage as `start` finds it.
    pub fn new(
        context: Context,
        intake: Arc<IntakePart>,
        links: Links,
        stop: CancellationToken,
        start: &Start,
        ledger_folder: &Path,
    ) -> Self {
        let committed = context.ledger.ledger().progress().committed;
        let last = start.admissions.last().map_or(0, |admission| admission.sequence.0 + admission.count - 1);
        Self {
            gate: Gate::new(context.clone(), ledger_folder.to_owned()),
            station: context.status.station("read"),
            runtime: Handle::current(),
            next: committed.next(),
            refused: HashSet::new(),
            failures: HashMap::new(),
            lanes: Lanes::new([]),
            suspects_until: Sequence(if start.unclean { last } else { 0 }),
            context,
            intake,
            links,
            stop,
        }
    }

    /// Runs the stage until intake is told to stop, or there are no more files. Blocks. `found`: what each drop
    /// folder finds, in order of the inboxes.
    pub fn run(mut self, start: &Start, found: Vec<Receiver<Vec<Found>>>) -> Result<(), GivenUp> {
        let priorities = self.intake.inboxes.iter().map(|inbox| inbox.priority);
        self.lanes = Lanes::new(priorities.zip(found));
        match self.take_all(start) {
            Ok(()) | Err(Halt::Stopped) => {
                self.station.ends();
                Ok(())
            }
            Err(Halt::GivenUp) => Err(GivenUp),
        }
    }

    fn take_all(&mut self, start: &Start) -> Result<(), Halt> {
        self.resume(start)?;
        self.suspects_until = Sequence(0);
        let intake = Arc::clone(&self.intake);
        if let FileSource::Named(files) = &intake.source {
            for file in files {
                self.take_named(file)?;
            }
            return Ok(());
        }
        loop {
            let may_go = self.backfill_may_go();
            match self.lanes.next(may_go) {
                Some((inbox, found)) => self.take(inbox, found)?,
                None => self.wait_for_files(may_go)?,
            }
        }
    }

    /// Waits until there may be a file whose turn it is.
    fn wait_for_files(&mut self, backfill_may_go: bool) -> Result<(), Halt> {
        self.station.waits();
        let only = (!backfill_may_go).then_some(Priority::Live);
        let (kill, stop, lanes) = (&self.context.kill, &self.stop, &mut self.lanes);
        self.runtime.block_on(async {
            let files = async {
                match only {
                    None => lanes.wait(None).await,
                    // Nobody says when the sinks have caught up.
                    Some(_) => tokio::time::timeout(LOOK, lanes.wait(only)).await.unwrap_or(true),
                }
            };
            tokio::select! {
                () = kill.cancelled() => Err(Halt::GivenUp),
                () = stop.cancelled() => Err(Halt::Stopped),
                there = files => if there { Ok(()) } else { Err(Halt::GivenUp) },
            }
        })
    }

    /// Whether so few articles are between here and the slowest required sink that old ones may get in between.
    fn backfill_may_go(&self) -> bool {
        let before = (self.next.0 - 1).saturating_sub(self.context.settlement.settled_for_required().0);
        before <= self.context.options.backfill_lag_articles
    }

    /// Between two blocks of a long file of a backfill: live files go first, and the sinks catch up.
    fn give_way(&mut self, job: &Job) -> Result<(), Halt> {
        if job.inbox.is_none_or(|inbox| self.intake.inboxes[inbox].priority == Priority::Live) {
            return Ok(());
        }
        for _ in 0..LIVE_TURNS {
            let Some((inbox, found)) = self.lanes.next_of(Priority::Live) else { break };
            self.take(inbox, found)?;
        }
        while !self.backfill_may_go() {
            match self.lanes.next_of(Priority::Live) {
                Some((inbox, found)) => self.take(inbox, found)?,
                None => self.wait_for_files(false)?,
            }
        }
        self.station.goes_on();
        Ok(())
    }

    /// Goes on with the files that were admitted before: first those with announced sequences, in that order.
    fn resume(&mut self, start: &Start) -> Result<(), Halt> {
        let open = |row: &FileRow| row.state == FileState::Open;
        let mut files: VecDeque<&(FileNumber, FileRow)> = VecDeque::new();
        for admission in &start.admissions {
            let announced = start.files.iter().find(|(number, row)| *number == admission.file && open(row));
            if let Some(file) = announced
                && !files.iter().any(|(number, _)| *number == file.0)
            {
                files.push_back(file);
            }
        }
        files.extend(
            start.files.iter().filter(|(number, row)| {
                open(row) && !start.admissions.iter().any(|admission| admission.file == *number)
            }),
        );
        if !files.is_empty() {
            let suspects = self.suspects_until.0.saturating_sub(self.next.0 - 1);
            tracing::info!(count = files.len(), suspects, "going on with files taken up before");
        }
        self.context.ledger.call(|ledger| ledger.clear_admissions())?;
        for (number, row) in files {
            let path = row.path.to_path();
            let inbox = self.intake.inbox(&row.inbox);
            let root = match (&row.root, inbox) {
                (Some(root), _) => root.to_path(),
                (None, Some(inbox)) => self.intake.inboxes[inbox].options.folder.clone(),
                (None, None) => {
                    tracing::warn!(path = %path.display(), inbox = row.inbox, "the inbox of a file is not configured any more, what was not read of it stays there");
                    self.context.ledger.call(|ledger| ledger.close_files(&[*number], FileState::Abandoned, true))?;
                    continue;
                }
            };
            // What was in flight of it must be read again even if it has been appended to since.
            let grown = row.appendable && row.root.is_none() && has_grown(&root.join(&path), &row.generation);
            let found = Found { path, generation: row.generation, follow: grown };
            let again = Found { follow: false, ..found.clone() };
            let from = Position { record: row.records, offset: row.offset, prefix: row.prefix };
            let inbox = inbox.filter(|_| row.root.is_none());
            self.read(Job { number: *number, found, row: row.clone(), from, inbox, root })?;
            if let Some(inbox) = inbox.filter(|_| grown) {
                self.intake.left(inbox, again, Left::Again);
            }
        }
        Ok(())
    }

    fn pass_gate(&mut self) -> Result<(), Halt> {
        let (stop, kill) = (self.stop.clone(), self.context.kill.clone());
        if self.gate.pass(&self.station, || stop.is_cancelled() || kill.is_cancelled()) {
            self.station.goes_on();
            return Ok(());
        }
        Err(if self.context.kill.is_cancelled() { Halt::GivenUp } else { Halt::Stopped })
    }

    fn wait_until_committed(&self) -> Result<(), Halt> {
        self.wait_until(Sequence(self.next.0 - 1))
    }

    /// What the next article is to use of what was learned: waits until all that it was learned from is committed.
    fn learned(&self) -> Result<Knowledge, Halt> {
        let needed = needed_by(self.next);
        if self.context.settlement.committed_sequence() < needed {
            self.wait_until(needed)?;
        }
        self.context.learned.of(self.next).ok_or(Halt::GivenUp)
    }

    fn wait_until(&self, last: Sequence) -> Result<(), Halt> {
        let mut changes = self.context.settlement.watch();
        self.station.waits_at_gate();
        self.runtime.block_on(async {
            while self.context.settlement.committed_sequence() < last {
                tokio::select! {
                    () = self.context.kill.cancelled() => return Err(Halt::GivenUp),
                    changed = changes.changed() => changed.map_err(|_| Halt::GivenUp)?,
                }
            }
            Ok(())
        })
    }
}
