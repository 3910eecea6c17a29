//! Admitting the records of a file, one by one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use copydesk_article::{Arrival, QuarantineReason};
use copydesk_ledger::{Admission, FileState};
use copydesk_readers::{BadRecord, Item as RecordItem, OpenError, ReadError, ReadOptions, Reader};
use metrics::counter;
use serde_json::Value;

use super::{BAD_IN_A_ROW, BLOCK, DEATHS, Halt, Job, QUIET, Reading};
use crate::cpu::words;
use crate::flow::{FileInfo, Item, Read, Step, Ticket};
use crate::intake::Left;
use crate::metric;

/// About how many bytes of memory a value takes: a short number weighs many times what it takes in a file.
fn weight(value: &Value) -> u64 {
    const NODE: u64 = 40;
    const ENTRY: u64 = 64;
    NODE + match value {
        Value::String(text) => text.len() as u64,
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| ENTRY + name.len() as u64 + weight(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

impl Reading {
    /// Reads a file to its end.
    pub(super) fn read(&mut self, job: Job) -> Result<(), Halt> {
        let path = job.found.path.display().to_string();
        let known = match job.inbox {
            Some(inbox) => self.intake.inboxes[inbox].known(&job.found.path),
            None => self.intake.known(&job.root, &job.found.path),
        };
        let options = ReadOptions {
            max_record_bytes: self.intake.inboxes[job.inbox.unwrap_or(0)].options.max_record_bytes,
            sources: Arc::clone(&self.intake.sources),
        };
        let mut reader = match Reader::open(&job.root, &job.found, job.from, &known, &options) {
            Ok(reader) => reader,
            Err(error @ (OpenError::Changed { .. } | OpenError::Missing { .. })) => {
                tracing::warn!(path, error = %error, "file not read");
                let how = if matches!(error, OpenError::Changed { .. }) { Left::Again } else { Left::Gone };
                return self.abandon(&job, how);
            }
            Err(OpenError::Unreadable { source, .. }) => return self.fail(&job, job.from, &source),
        };
        if reader.is_appendable() && job.inbox.is_some() {
            self.context.ledger.call(|ledger| ledger.mark_appendable(job.number))?;
        }
        let info =
            Arc::new(FileInfo { path: job.found.path.clone(), format: reader.format(), seen_at: job.row.seen_at });
        let (mut announced, mut bad_in_a_row) = (0, 0);
        let mut position = job.from;
        loop {
            self.pass_gate()?;
            let arrival = Arrival { file: job.number, record: position.record };
            let alone = self.next <= self.suspects_until;
            // After its only record can come only the file's end.
            let at_end = reader.is_single() && position.record > 0;
            if announced == 0 && !at_end {
                if !alone && position != job.from {
                    self.give_way(&job)?;
                }
                announced = if alone || reader.is_single() { 1 } else { BLOCK };
                let admission =
                    Admission { sequence: self.next, file: job.number, record: position.record, count: announced };
                self.context.ledger.call(|ledger| ledger.admit(&admission))?;
            }
            self.context.alone.store(alone, Ordering::Relaxed);
            let deaths = if alone { self.begin_alone(arrival)? } else { 0 };
            if deaths >= 2 * DEATHS {
                let detail = format!("reading it killed the process {} times", deaths - DEATHS);
                self.quarantine_rest(&job, position, QuarantineReason::KilledProcess, &detail)?;
                break;
            }
            let started = Instant::now();
            let item = match catch_unwind(AssertUnwindSafe(|| reader.next())) {
                Ok(Ok(Some(item))) => item,
                Ok(Ok(None)) => break,
                Ok(Err(error @ ReadError::Changed { .. })) => {
                    tracing::info!(path, error = %error, "file changed while it was read, it will be read again");
                    return self.abandon(&job, Left::Again);
                }
                Ok(Err(ReadError::Io { source, .. })) => return self.fail(&job, position, &source),
                Err(panic) => {
                    let detail = words(panic.as_ref());
                    self.quarantine_rest(&job, position, QuarantineReason::Panic, &detail)?;
                    break;
                }
            };
            announced = announced.saturating_sub(1);
            position = item.end();
            bad_in_a_row = if matches!(item, RecordItem::Bad(_)) { bad_in_a_row + 1 } else { 0 };
            self.station.worked(started.elapsed(), 1);
            self.admit(&job, &info, item, deaths)?;
            if alone {
                self.wait_until_committed()?;
            }
            if bad_in_a_row >= BAD_IN_A_ROW && !job.found.follow {
                // Each costs a copy and a slip: a file of nothing else would hold everybody up.
                let detail = format!("{BAD_IN_A_ROW} records in a row could not be read, so the rest is kept as one");
                self.quarantine_rest(&job, position, QuarantineReason::WrongShape, &detail)?;
                break;
            }
        }
        for (reason, count) in reader.skipped() {
            counter!(metric::ENTRIES_SKIPPED, "reason" => *reason).increment(*count);
            tracing::debug!(path, count, reason, "entries that are no articles were passed over");
        }
        if job.found.follow {
            return self.abandon(&job, Left::Followed);
        }
        self.end(&job, FileState::Read)
    }

    /// Records that a suspect's turn has come; how many deaths it was alone at.
    fn begin_alone(&self, arrival: Arrival) -> Result<u32, Halt> {
        if self.context.ledger.call(|ledger| ledger.begin_quiet(arrival))? {
            let (stop, kill) = (self.stop.clone(), self.context.kill.clone());
            self.station.waits_at_gate();
            self.runtime.block_on(async {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = kill.cancelled() => {}
                    () = tokio::time::sleep(QUIET) => {}
                }
            });
            self.station.goes_on();
        }
        Ok(self.context.ledger.call(|ledger| ledger.begin_alone(arrival))?)
    }

    /// Sends one record on its way.
    pub(super) fn admit(&mut self, job: &Job, info: &Arc<FileInfo>, item: RecordItem, deaths: u32) -> Result<(), Halt> {
        let end = item.end();
        // Bad records wait, too: the spans in flight are bounded by the sequence, whatever it is given to.
        let learned = self.learned()?;
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
                let bytes = (record.bytes.end - record.bytes.start).max(record.content.len() as u64)
                    + record.supplied.extra.values().map(weight).sum::<u64>();
                let read = Read {
                    id: record.id,
                    source_name: record.source_name,
                    file: Arc::clone(info),
                    record: record.index,
                    bytes: record.bytes.clone(),
                    content: record.content,
                    supplied: record.supplied,
                    learned,
                    seen_before: false,
                };
                (record.index, bytes, Step::Going(Box::new(read)))
            }
            RecordItem::Bad(bad) => {
                let index = bad.index;
                (index, 0, Step::Decided(Box::new(self.quarantine(job, bad, deaths)?)))
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
        let ticket = Ticket::new(self.next, arrival, end, reservation, self.context.kill.clone());
        self.next = self.next.next();
        counter!(metric::ARRIVALS).increment(1);
        counter!(metric::STAGE_RECEIVED, "stage" => "read").increment(1);
        let sent = self.runtime.block_on(self.station.send(&self.links.outbox, Item { ticket, step }));
        if sent { Ok(()) } else { Err(Halt::GivenUp) }
    }
}
