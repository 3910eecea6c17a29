//! `read`: takes files in, gives each record its sequence and its share of the budget.
//!
//! One thread, because reading blocks and because there is one order. A record is admitted in four steps: the
//! gate is open, its sequence is announced in the ledger (in blocks), it is read, it has its share of the
//! budget. A crash therefore finds in the ledger which records the undecided sequences were for, and the next
//! start reads just those first, in the same order.
//!
//! After an unclean stop those records are *suspects*: one of them may have killed the process. They go
//! through one at a time, each attempt recorded before it begins, and one that was alone at three deaths is
//! quarantined instead of being worked on. If even reading it kills, the rest of its file goes.

use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use async_channel::{Receiver, Sender};
use copydesk_article::{Arrival, FileNumber, QuarantineReason, Sequence, SourceFormat, Verdict};
use copydesk_intake::QuarantineEntry;
use copydesk_ledger::{Admission, FileRow, FileState, PathText, Start};
use copydesk_readers::{BadRecord, Found, Item as RecordItem, OpenError, Position, ReadError, ReadOptions, Reader};
use jiff::Timestamp;
use metrics::counter;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::cpu::words;
use crate::flow::{Decision, FileInfo, Item, Read, Step, Ticket};
use crate::gate::Gate;
use crate::intake::{FileSource, IntakePart};
use crate::metric;
use crate::stages::GivenUp;
use crate::stages::commit::FileEnd;
use crate::status::Station;

/// Records announced to the ledger at a time, where a file has many.
const BLOCK: u64 = 256;

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
}

/// Why reading a file ended before its end.
enum Halt {
    /// Intake was told to stop.
    Stopped,
    /// The pipeline is being given up.
    GivenUp,
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
            suspects_until: Sequence(if start.unclean { last } else { 0 }),
            context,
            intake,
            links,
            stop,
        }
    }

    /// Runs the stage until intake is told to stop, or there are no more files. Blocks.
    pub fn run(mut self, start: &Start, found: Option<Receiver<Vec<Found>>>) -> Result<(), GivenUp> {
        match self.take_all(start, found) {
            Ok(()) | Err(Halt::Stopped) => {
                self.station.ends();
                Ok(())
            }
            Err(Halt::GivenUp) => Err(GivenUp),
        }
    }

    fn take_all(&mut self, start: &Start, found: Option<Receiver<Vec<Found>>>) -> Result<(), Halt> {
        self.resume(start)?;
        self.suspects_until = Sequence(0);
        let Some(found) = found else {
            let intake = Arc::clone(&self.intake);
            if let FileSource::Named(files) = &intake.source {
                for file in files {
                    self.take(file.found.clone(), Some(&file.root))?;
                }
            }
            return Ok(());
        };
        loop {
            self.station.waits();
            let batch = self.runtime.block_on(async {
                tokio::select! {
                    () = self.context.kill.cancelled() => Err(Halt::GivenUp),
                    () = self.stop.cancelled() => Err(Halt::Stopped),
                    batch = found.recv() => batch.map_err(|_| Halt::GivenUp),
                }
            })?;
            for file in batch {
                self.take(file, None)?;
            }
        }
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
            let found = Found { path: row.path.to_path(), generation: row.generation, follow: false };
            let from = Position { record: row.records, offset: row.offset, prefix: 0 };
            self.read(Job { number: *number, found, row: row.clone(), from })?;
        }
        Ok(())
    }

    /// Takes up a file that was found.
    fn take(&mut self, found: Found, root: Option<&Path>) -> Result<(), Halt> {
        let known = self.context.ledger.call(|ledger| ledger.find_file(&found.path, &found.generation))?;
        if known.is_some() && root.is_none() {
            // Being worked on since the start, or kept in the folder after it was finished.
            return Ok(());
        }
        self.pass_gate()?;
        if root.is_none() && self.must_wait(&found) {
            return Ok(());
        }
        let row = FileRow {
            path: PathText::from(found.path.as_path()),
            root: root.map(PathText::from),
            generation: found.generation,
            seen_at: Timestamp::now(),
            state: FileState::Open,
            records: 0,
            offset: 0,
            quarantined: 0,
            unkept: 0,
            last_sequence: Sequence(0),
        };
        let number = self.context.ledger.call(|ledger| ledger.register_file(&row))?;
        counter!(metric::FILES).increment(1);
        self.read(Job { number, found, row, from: Position::default() })
    }

    /// Whether a file of the inbox can't be opened yet: it is offered again, and somebody may give the right
    /// to read it meanwhile. Said once a file.
    fn must_wait(&mut self, found: &Found) -> bool {
        let path = self.intake.options.folder.join(&found.path);
        match std::fs::File::open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                if self.refused.insert(found.path.clone()) {
                    counter!(metric::FILES_REFUSED).increment(1);
                    tracing::warn!(path = %path.display(), error = %error, "file can't be read, it waits in the inbox until it can");
                }
                self.intake.left(found.clone(), true);
                true
            }
            _ => {
                self.refused.remove(&found.path);
                false
            }
        }
    }

    fn pass_gate(&mut self) -> Result<(), Halt> {
        let (stop, kill) = (self.stop.clone(), self.context.kill.clone());
        if self.gate.pass(&self.station, || stop.is_cancelled() || kill.is_cancelled()) {
            self.station.goes_on();
            return Ok(());
        }
        Err(if self.context.kill.is_cancelled() { Halt::GivenUp } else { Halt::Stopped })
    }

    /// Reads a file to its end.
    fn read(&mut self, job: Job) -> Result<(), Halt> {
        let root = job.row.root.as_ref().map_or_else(|| self.intake.options.folder.clone(), PathText::to_path);
        let options = ReadOptions { max_record_bytes: self.intake.options.max_record_bytes };
        let path = job.found.path.display().to_string();
        let mut reader = match Reader::open(&root, &job.found, job.from, &options) {
            Ok(reader) => reader,
            Err(error @ (OpenError::Changed { .. } | OpenError::Missing { .. })) => {
                tracing::warn!(path, error = %error, "file not read");
                return self.abandon(&job, matches!(error, OpenError::Changed { .. }));
            }
            Err(OpenError::Unreadable { source, .. }) => {
                return self.refuse(&root, &job, job.from, &source.to_string());
            }
        };
        let info =
            Arc::new(FileInfo { path: job.found.path.clone(), format: reader.format(), seen_at: job.row.seen_at });
        let mut announced = 0;
        let mut position = job.from;
        loop {
            self.pass_gate()?;
            let arrival = Arrival { file: job.number, record: position.record };
            let alone = self.next <= self.suspects_until;
            // A text file is one record: what follows can only be its end.
            let at_end = info.format == SourceFormat::Text && position.record > 0;
            if announced == 0 && !at_end {
                announced = if alone || info.format == SourceFormat::Text { 1 } else { BLOCK };
                let admission =
                    Admission { sequence: self.next, file: job.number, record: position.record, count: announced };
                self.context.ledger.call(|ledger| ledger.admit(&admission))?;
            }
            self.context.alone.store(alone, Ordering::Relaxed);
            let deaths = if alone { self.context.ledger.call(|ledger| ledger.begin_alone(arrival))? } else { 0 };
            if deaths >= 2 * DEATHS {
                let detail = format!("reading it killed the process {} times", deaths - DEATHS);
                self.quarantine_rest(&root, &job, position, QuarantineReason::KilledProcess, &detail)?;
                break;
            }
            let started = Instant::now();
            let item = match catch_unwind(AssertUnwindSafe(|| reader.next())) {
                Ok(Ok(Some(item))) => item,
                Ok(Ok(None)) => break,
                Ok(Err(error @ ReadError::Changed { .. })) => {
                    tracing::info!(path, error = %error, "file changed while it was read, it will be read again");
                    return self.abandon(&job, true);
                }
                Ok(Err(ReadError::Io { source, .. })) => {
                    return self.refuse(&root, &job, position, &source.to_string());
                }
                Err(panic) => {
                    let detail = words(panic.as_ref());
                    self.quarantine_rest(&root, &job, position, QuarantineReason::Panic, &detail)?;
                    break;
                }
            };
            announced = announced.saturating_sub(1);
            position = item.end();
            self.station.worked(started.elapsed(), 1);
            self.admit(&root, &job, &info, item, deaths)?;
            if alone {
                self.wait_until_committed()?;
            }
        }
        self.end(&job, FileState::Read)
    }

    /// Sends one record on its way.
    fn admit(
        &mut self,
        root: &Path,
        job: &Job,
        info: &Arc<FileInfo>,
        item: RecordItem,
        deaths: u32,
    ) -> Result<(), Halt> {
        let end_offset = item.end().offset;
        let item = match item {
            RecordItem::Record(record) if deaths >= DEATHS => RecordItem::Bad(BadRecord {
                index: record.index,
                bytes: record.bytes,
                line: record.line,
                end: record.end,
                reason: QuarantineReason::KilledProcess,
                detail: format!("it was alone in flight when the process died, {deaths} times"),
            }),
            item => item,
        };
        let (record, bytes, step) = match item {
            RecordItem::Record(record) => {
                let read = Read {
                    id: record.id,
                    source_name: record.source_name,
                    file: Arc::clone(info),
                    record: record.index,
                    bytes: record.bytes.clone(),
                    content: record.content,
                    supplied: record.supplied,
                    twin_in_flight: false,
                };
                (record.index, record.bytes.end - record.bytes.start, Step::Going(Box::new(read)))
            }
            RecordItem::Bad(bad) => {
                let index = bad.index;
                (index, 0, Step::Decided(Box::new(self.quarantine(root, job, bad, deaths)?)))
            }
        };
        self.station.waits_at_gate();
        let budget = self.context.budget.clone();
        let kill = self.context.kill.clone();
        let reserved = self.runtime.block_on(async {
            tokio::select! {
                () = kill.cancelled() => None,
                reserved = budget.reserve(bytes) => reserved,
            }
        });
        let reservation = reserved.ok_or(Halt::GivenUp)?;
        let arrival = Arrival { file: job.number, record };
        self.context.in_flight.admitted(self.next);
        let ticket = Ticket::new(self.next, arrival, end_offset, reservation, self.context.kill.clone());
        self.next = self.next.next();
        counter!(metric::ARRIVALS).increment(1);
        counter!(metric::STAGE_RECEIVED, "stage" => "read").increment(1);
        let sent = self.runtime.block_on(self.station.send(&self.links.outbox, Item { ticket, step }));
        if sent { Ok(()) } else { Err(Halt::GivenUp) }
    }

    /// Puts a record into the quarantine folder, durably, and decides it so.
    fn quarantine(&self, root: &Path, job: &Job, bad: BadRecord, deaths: u32) -> Result<Decision, Halt> {
        let entry = QuarantineEntry {
            file: job.number,
            generation: job.found.generation,
            first_seen: job.row.seen_at,
            path: job.found.path.clone(),
            record: bad.index,
            bytes: bad.bytes,
            line: bad.line,
            sequence: self.next,
            source: None,
            stage: "read".to_owned(),
            reason: bad.reason,
            detail: bad.detail,
            time: Timestamp::now(),
            attempt: deaths + 1,
        };
        let mut pause = Duration::from_millis(100);
        let reserve = self.context.options.free_space_reserve_bytes;
        let kept = loop {
            match copydesk_intake::quarantine(root, &self.intake.options, &entry, reserve) {
                Ok(quarantined) => break quarantined.kept,
                Err(error) => tracing::error!(error = %error, "quarantine can't be written, intake waits"),
            }
            self.station.waits_at_gate();
            if self.stop.is_cancelled() || self.context.kill.is_cancelled() {
                return Err(Halt::Stopped);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(5));
        };
        tracing::warn!(
            path = %job.found.path.display(),
            record = entry.record,
            line = entry.line,
            stage = entry.stage,
            reason = entry.reason.as_str(),
            error = entry.detail,
            "quarantined"
        );
        let verdict = Verdict::Quarantined { stage: entry.stage, reason: entry.reason, detail: entry.detail };
        Ok(Decision { kept, ..Decision::only(None, verdict) })
    }

    /// The rest of a file as one bad record.
    fn quarantine_rest(
        &mut self,
        root: &Path,
        job: &Job,
        from: Position,
        reason: QuarantineReason,
        detail: &str,
    ) -> Result<(), Halt> {
        let end = job.found.generation.bytes;
        let bad = BadRecord {
            index: from.record,
            bytes: from.offset..end,
            line: None,
            // Past the end: whoever resumes there finds nothing, not even a file that breaks off.
            end: Position { record: from.record + 1, offset: end + 1, prefix: 0 },
            reason,
            detail: detail.to_owned(),
        };
        let info =
            Arc::new(FileInfo { path: job.found.path.clone(), format: SourceFormat::Text, seen_at: job.row.seen_at });
        self.admit(root, job, &info, RecordItem::Bad(bad), 0)
    }

    /// A file that can't be read: one arrival that says so. Its bytes can't be kept, so the file is.
    fn refuse(&mut self, root: &Path, job: &Job, from: Position, detail: &str) -> Result<(), Halt> {
        let sequence = self.next;
        let admission = Admission { sequence, file: job.number, record: from.record, count: 1 };
        self.context.ledger.call(|ledger| ledger.admit(&admission))?;
        self.quarantine_rest(root, job, from, QuarantineReason::Unreadable, detail)?;
        self.end(job, FileState::Read)
    }

    /// A file that is gone, or is another one now: what was read of it stands.
    fn abandon(&mut self, job: &Job, again: bool) -> Result<(), Halt> {
        self.end(job, FileState::Abandoned)?;
        let number = job.number;
        self.context.ledger.call(|ledger| ledger.close_files(&[number], FileState::Abandoned, true))?;
        self.intake.left(job.found.clone(), again);
        Ok(())
    }

    fn end(&self, job: &Job, state: FileState) -> Result<(), Halt> {
        let end = FileEnd { file: job.number, after: Sequence(self.next.0 - 1), state };
        self.links.ends.send_blocking(end).map_err(|_| Halt::GivenUp)
    }

    fn wait_until_committed(&self) -> Result<(), Halt> {
        let last = Sequence(self.next.0 - 1);
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
