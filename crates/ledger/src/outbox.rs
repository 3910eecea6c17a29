//! The outbox: rows for the sinks, counted and dropped in segments.

use std::sync::{Arc, PoisonError};

use copydesk_article::{ArticleId, Sequence};
use fjall::{AbstractTree, PersistMode};

use crate::store::Store;
use crate::{LedgerError, OutboxBatch, OutboxChange, OutboxRow, keys};

const PUT: u8 = b'p';
const DELETE: u8 = b'd';

/// One row's value: the kind, the article's id, and for a put its record.
pub fn encode_change(change: &OutboxChange) -> Vec<u8> {
    let (kind, id, record) = match change {
        OutboxChange::Put { id, record } => (PUT, id, &record[..]),
        OutboxChange::Delete { id } => (DELETE, id, &[][..]),
    };
    let mut value = Vec::with_capacity(17 + record.len());
    value.push(kind);
    value.extend(id.as_bytes());
    value.extend(record);
    value
}

fn decode_change(value: &[u8]) -> Option<OutboxChange> {
    let (kind, rest) = value.split_first()?;
    let (id, record) = rest.split_first_chunk::<16>()?;
    let id = ArticleId::from_bytes(*id);
    match *kind {
        PUT => Some(OutboxChange::Put { id, record: Arc::from(record) }),
        DELETE => Some(OutboxChange::Delete { id }),
        _ => None,
    }
}

impl Store {
    pub fn read_outbox(&self, after: Sequence, max_rows: usize, max_bytes: u64) -> Result<OutboxBatch, LedgerError> {
        // Read before the links: every row up to here stands in them.
        let committed = self.cached().progress.committed;
        let mut batch = OutboxBatch { rows: Vec::new(), bytes: 0, end: committed.max(after) };
        // A row of a dropped segment may still be there, and is counted as gone.
        let Some(before) = self.before_oldest() else { return Ok(batch) };
        let first = keys::outbox_row(after.max(before).next(), 0);
        for guard in self.outbox.range(first..) {
            let (key, value) = guard.into_inner().map_err(|source| self.failed("read its outbox", source))?;
            let sequence = Sequence(keys::number(&key));
            if sequence > committed {
                break;
            }
            let full = batch.rows.len() >= max_rows || batch.bytes >= max_bytes;
            if let Some(last) = batch.rows.last()
                && full
                && last.sequence != sequence
            {
                batch.end = last.sequence;
                break;
            }
            let Some(change) = decode_change(&value) else {
                let error = serde::de::Error::custom("neither a put nor a delete");
                let key = key.iter().map(|byte| format!("{byte:02x}")).collect();
                return Err(LedgerError::Row { keyspace: "outbox", key, source: error });
            };
            batch.bytes += value.len() as u64;
            batch.rows.push(OutboxRow { sequence, change });
        }
        Ok(batch)
    }

    /// The sequence before the oldest row still held; none where no row is.
    fn before_oldest(&self) -> Option<Sequence> {
        let links = self.links.read().unwrap_or_else(PoisonError::into_inner);
        links.first().map(|oldest| Sequence(oldest.segment.first.0 - 1))
    }

    pub fn trim_outbox(&self, settled: Sequence) -> Result<(), LedgerError> {
        let mut links = self.links.write().unwrap_or_else(PoisonError::into_inner);
        // The last link still grows.
        let passed = links.iter().take(links.len().saturating_sub(1)).take_while(|link| link.segment.last <= settled);
        let passed = passed.count();
        let Some(last) = links[..passed].last().map(|link| link.segment.last) else { return Ok(()) };
        let mut batch = self.batch();
        for link in &links[..passed] {
            batch.remove(&self.segments, link.number.to_be_bytes());
        }
        // Synced, and with it the cursors that passed the rows (one journal): a power cut must not bring back a
        // cursor to before rows that are gone.
        self.write(batch, PersistMode::SyncData, "forget outbox segments")?;
        links.drain(..passed);
        drop(links);
        self.drop_rows(last).map_err(|source| self.failed("drop outbox segments", source.into()))
    }

    /// Drops the tables that hold no row after a sequence, as the crate's documentation says.
    fn drop_rows(&self, last: Sequence) -> Result<(), fjall::LsmError> {
        let tree = &self.outbox.tree;
        tree.drop_range(..=keys::outbox_row(last, u16::MAX))?;
        // The tables just dropped are kept for readers of an older state until the next flush, which may be far:
        // where the disk is full nothing is written before they are gone. Nobody reads an older state of the
        // outbox (a `Snapshot` would), and who is reading the newest holds on to it by itself.
        tree.get_version_history_lock().maintenance(self.outbox.path(), fjall::SeqNo::MAX)
    }

    pub fn disk_bytes(&self) -> Result<(u64, u64), LedgerError> {
        let all = self.db.disk_space().map_err(|source| self.failed("measure itself", source))?;
        let links = self.links.read().unwrap_or_else(PoisonError::into_inner);
        Ok((
            all + self.anchors.bytes() + self.texts.bytes() + self.sketches.bytes(),
            links.iter().map(|link| link.segment.bytes).sum(),
        ))
    }
}
