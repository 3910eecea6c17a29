//! What can't be read: put aside with its reason, and decided so.

use std::sync::Arc;
use std::time::Duration;

use copydesk_article::{QuarantineReason, SourceFormat, Verdict};
use copydesk_intake::QuarantineEntry;
use copydesk_ledger::{Admission, FileState};
use copydesk_readers::{BadRecord, Item as RecordItem, Position};
use jiff::Timestamp;

use super::{Halt, Job, Reading, TRIES};
use crate::flow::{Decision, FileInfo};
use crate::intake::Left;

impl Reading {
    /// Puts a record into the quarantine folder, durably, and decides it so.
    pub(super) fn quarantine(&self, job: &Job, bad: BadRecord, deaths: u32) -> Result<Decision, Halt> {
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
            follow: job.found.follow,
        };
        let mut pause = Duration::from_millis(100);
        let options = &self.intake.inboxes[job.inbox.unwrap_or(0)].options;
        let reserve = self.context.options.free_space_reserve_bytes;
        let kept = loop {
            match copydesk_intake::quarantine(&job.root, options, &entry, reserve) {
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
    pub(super) fn quarantine_rest(
        &mut self,
        job: &Job,
        from: Position,
        reason: QuarantineReason,
        detail: &str,
    ) -> Result<(), Halt> {
        let bad = BadRecord {
            index: from.record,
            // To the end of the file, which of a compressed one nobody knows.
            bytes: from.offset..u64::MAX,
            line: None,
            // Past the end: whoever resumes there finds nothing, not even a file that breaks off.
            end: Position { record: from.record + 1, offset: u64::MAX, prefix: 0 },
            reason,
            detail: detail.to_owned(),
        };
        let info =
            Arc::new(FileInfo { path: job.found.path.clone(), format: SourceFormat::Text, seen_at: job.row.seen_at });
        self.admit(job, &info, RecordItem::Bad(bad), 0)
    }

    /// A file that could not be opened or read on: one of an inbox is tried again some times before it is refused,
    /// as rights may be given, and a network file system may come back.
    pub(super) fn fail(&mut self, job: &Job, at: Position, error: &std::io::Error) -> Result<(), Halt> {
        let path = job.root.join(&job.found.path);
        let failures = self.failures.entry(path.clone()).or_default();
        *failures += 1;
        let rights = error.kind() == std::io::ErrorKind::PermissionDenied;
        if job.inbox.is_some() && (rights || job.found.follow || *failures < TRIES) {
            tracing::warn!(path = %path.display(), attempt = *failures, error = %error, "file can't be read, will try again");
            return self.abandon(job, Left::Again);
        }
        self.failures.remove(&path);
        self.refuse(job, at, &error.to_string())
    }

    /// A file that can't be read: one arrival that says so. Its bytes can't be kept, so the file is.
    fn refuse(&mut self, job: &Job, from: Position, detail: &str) -> Result<(), Halt> {
        let sequence = self.next;
        let admission = Admission { sequence, file: job.number, record: from.record, count: 1 };
        self.context.ledger.call(|ledger| ledger.admit(&admission))?;
        self.quarantine_rest(job, from, QuarantineReason::Unreadable, detail)?;
        self.end(job, FileState::Read)
    }
}
