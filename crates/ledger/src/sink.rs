//! One sink's place in the outbox: cursor, receipts, exceptions; and the audit of it all.

use std::sync::PoisonError;

use copydesk_article::Sequence;
use fail::fail_point;
use fjall::PersistMode;
use jiff::Timestamp;

use crate::ledger::{Audit, SinkAudit};
use crate::store::{Store, parse};
use crate::{
    ArrivalRow, Begin, Exception, ExceptionKind, LearnedRow, LedgerError, Receipt, Settled, SettledAgain, SinkKey,
    SinkRow, keys,
};

/// Rows read at a time where rows are only counted.
const COUNTED_ROWS: usize = 256;

impl Store {
    pub fn sink(&self, sink: &SinkKey) -> Result<SinkRow, LedgerError> {
        let stored = self.get::<SinkRow>(&self.sinks, "sinks", &keys::sink(sink))?;
        let links = self.links.read().unwrap_or_else(PoisonError::into_inner);
        let progress = self.cached().progress.clone();
        let held_rows: u64 = links.iter().map(|link| link.segment.rows).sum();
        let held_bytes: u64 = links.iter().map(|link| link.segment.bytes).sum();
        let cursor = match links.first() {
            Some(oldest) => Sequence(oldest.segment.first.0 - 1),
            None => progress.committed,
        };
        let (gone_rows, gone_bytes) = (progress.rows - held_rows, progress.row_bytes - held_bytes);
        Ok(match stored {
            None => SinkRow {
                cursor,
                passed_rows: gone_rows,
                passed_bytes: gone_bytes,
                before_rows: gone_rows,
                ..SinkRow::default()
            },
            // It was out of the configuration for a while: nobody kept its rows.
            Some(row) if row.passed_rows < gone_rows => {
                let count = gone_rows - row.passed_rows;
                tracing::warn!(sink = sink.name, count, "sink was away while these rows passed, they expired for it");
                SinkRow {
                    cursor,
                    expired: row.expired + count,
                    passed_rows: gone_rows,
                    passed_bytes: gone_bytes,
                    ..row
                }
            }
            Some(row) => row,
        })
    }

    pub fn begin_sink(&self, sink: &SinkKey, begin: Begin) -> Result<SinkRow, LedgerError> {
        if begin == Begin::Oldest || self.get::<SinkRow>(&self.sinks, "sinks", &keys::sink(sink))?.is_some() {
            return self.sink(sink);
        }
        let progress = self.cached().progress.clone();
        let row = SinkRow {
            cursor: progress.committed,
            passed_rows: progress.rows,
            passed_bytes: progress.row_bytes,
            before_rows: progress.rows,
            ..SinkRow::default()
        };
        let mut batch = self.batch();
        self.put(&mut batch, &self.sinks, &keys::sink(sink), &row);
        // Synced: a later start must find the same beginning, or what came between would be lost.
        self.write(batch, PersistMode::SyncData, "begin a sink")?;
        Ok(row)
    }

    pub fn settle_again(&self, sink: &SinkKey, settled: &SettledAgain) -> Result<SinkRow, LedgerError> {
        let mut row = self.sink(sink)?;
        let mut batch = self.batch();
        let mut delivered = settled.delivered.clone();
        delivered.sort_unstable();
        delivered.dedup();
        for (sequence, id) in delivered {
            let key = keys::sink_row(sink, sequence, id);
            let Some(exception) = self.get::<Exception>(&self.exceptions, "exceptions", &key)? else { continue };
            let count = match exception.kind {
                ExceptionKind::Rejected { .. } => &mut row.rejected,
                ExceptionKind::Skipped => &mut row.skipped,
            };
            if *count > 0 {
                *count -= 1;
                row.delivered += 1;
            }
            batch.remove(&self.exceptions, key);
        }
        row.again.clone_from(&settled.again);
        row.state.clone_from(&settled.state);
        self.put(&mut batch, &self.sinks, &keys::sink(sink), &row);
        let mode = if settled.sync { PersistMode::SyncData } else { PersistMode::Buffer };
        self.write(batch, mode, "record what was sent again")?;
        Ok(row)
    }

    pub fn store_sink_state(&self, sink: &SinkKey, state: &[u8]) -> Result<(), LedgerError> {
        let row = SinkRow { state: Some(state.to_vec()), ..self.sink(sink)? };
        let mut batch = self.batch();
        self.put(&mut batch, &self.sinks, &keys::sink(sink), &row);
        self.write(batch, PersistMode::SyncData, "store a sink's intent")
    }

    pub fn settle(&self, sink: &SinkKey, settled: &Settled) -> Result<SinkRow, LedgerError> {
        let mut row = self.sink(sink)?;
        if settled.end <= row.cursor {
            // It made it before; only the answer was lost.
            return Ok(row);
        }
        // Rows that expired while the batch was under way are counted as that already.
        let (rows, bytes) = if row.cursor > settled.start {
            self.count_rows(row.cursor, settled.end)?
        } else {
            (settled.rows, settled.bytes)
        };
        let now = Timestamp::now();
        let mut batch = self.batch();
        let exceptions: Vec<_> = settled.exceptions.iter().filter(|(at, _, _)| *at > row.cursor).collect();
        for (sequence, id, kind) in &exceptions {
            match kind {
                ExceptionKind::Rejected { .. } => row.rejected += 1,
                ExceptionKind::Skipped => row.skipped += 1,
            }
            let exception = Exception { id: *id, at: now, kind: kind.clone() };
            self.put(&mut batch, &self.exceptions, &keys::sink_row(sink, *sequence, *id), &exception);
        }
        let delivered = rows.saturating_sub(exceptions.len() as u64);
        if rows > 0 {
            let receipt = Receipt { end: settled.end, at: now, delivered };
            self.put(&mut batch, &self.receipts, &keys::sink_sequence(sink, row.cursor.next()), &receipt);
        }
        row.cursor = settled.end;
        row.delivered += delivered;
        row.passed_rows += rows;
        row.passed_bytes += bytes;
        row.state.clone_from(&settled.state);
        self.put(&mut batch, &self.sinks, &keys::sink(sink), &row);
        let mode = if settled.sync { PersistMode::SyncData } else { PersistMode::Buffer };
        fail_point!("cursor.before", |_| std::process::abort());
        self.write(batch, mode, "advance a sink's cursor")?;
        fail_point!("cursor.after", |_| std::process::abort());
        Ok(row)
    }

    /// Rows after one sequence up to another, and their bytes.
    fn count_rows(&self, after: Sequence, end: Sequence) -> Result<(u64, u64), LedgerError> {
        let (mut cursor, mut rows, mut bytes) = (after, 0, 0);
        while cursor < end {
            let batch = self.read_outbox(cursor, 1, 1)?;
            if batch.rows.is_empty() || batch.end > end {
                break;
            }
            rows += batch.rows.len() as u64;
            bytes += batch.bytes;
            cursor = batch.end;
        }
        Ok((rows, bytes))
    }

    pub fn expire(&self, sink: &SinkKey, keep_bytes: u64) -> Result<(SinkRow, u64), LedgerError> {
        let mut row = self.sink(sink)?;
        let mut expired = 0;
        loop {
            let pending = self.cached().progress.row_bytes - row.passed_bytes;
            if pending <= keep_bytes {
                break;
            }
            let oldest = self.read_outbox(row.cursor, COUNTED_ROWS, pending - keep_bytes)?;
            if oldest.rows.is_empty() {
                break;
            }
            expired += oldest.rows.len() as u64;
            row.cursor = oldest.end;
            row.passed_rows += oldest.rows.len() as u64;
            row.passed_bytes += oldest.bytes;
        }
        if expired > 0 {
            row.expired += expired;
            let mut batch = self.batch();
            self.put(&mut batch, &self.sinks, &keys::sink(sink), &row);
            self.write(batch, PersistMode::Buffer, "expire a sink's oldest rows")?;
        }
        Ok((row, expired))
    }

    pub fn learned_value(&self, namespace: &str, key: &[u8], epoch: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        let range = keys::learned(namespace, key, 0)..=keys::learned(namespace, key, epoch);
        match self.learned.range(range).next_back() {
            None => Ok(None),
            Some(guard) => {
                let value = guard.value().map_err(|source| self.failed("read learned state", source))?;
                Ok(Some(value.to_vec()))
            }
        }
    }

    pub fn learned_rows(&self, namespace: &str) -> Result<Vec<LearnedRow>, LedgerError> {
        let mut rows = Vec::new();
        for guard in self.learned.prefix(keys::learned_prefix(namespace)) {
            let (key, value) = guard.into_inner().map_err(|source| self.failed("read learned state", source))?;
            if let Some((key, epoch)) = keys::parse_learned(namespace, &key) {
                rows.push(LearnedRow { key: key.to_vec(), epoch, value: value.to_vec() });
            }
        }
        Ok(rows)
    }

    pub fn audit(&self) -> Result<Audit, LedgerError> {
        let mut audit = Audit { progress: self.cached().progress.clone(), ..Audit::default() };
        for guard in self.arrivals.iter() {
            let (key, value) = guard.into_inner().map_err(|source| self.failed("read its arrivals", source))?;
            let row: ArrivalRow = parse("arrivals", &key, &value)?;
            audit.arrivals += 1;
            audit.verdicts.add(row.verdict.kind());
            audit.rows += u64::from(row.rows);
        }
        for (key, _) in self.rows::<SinkRow>(&self.sinks, "sinks")? {
            let row = self.sink(&keys::parse_sink(&key))?;
            let mut cursor = row.cursor;
            let mut pending = 0;
            loop {
                let batch = self.read_outbox(cursor, COUNTED_ROWS, u64::MAX)?;
                pending += batch.rows.len() as u64;
                if batch.rows.is_empty() || batch.end <= cursor {
                    break;
                }
                cursor = batch.end;
            }
            audit.sinks.push(SinkAudit { sink: keys::parse_sink(&key), row, pending });
        }
        Ok(audit)
    }
}
