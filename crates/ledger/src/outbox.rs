//! The outbox: rows for the sinks, in a chain of keyspaces.

use std::ops::Bound;
use std::sync::{Arc, PoisonError};

use copydesk_article::{ArticleId, Sequence};
use fjall::{Keyspace, PersistMode};

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
        for keyspace in self.links_after(after) {
            for guard in keyspace.range((Bound::Excluded(keys::outbox_row(after, u16::MAX)), Bound::Unbounded)) {
                let (key, value) = guard.into_inner().map_err(|source| self.failed("read its outbox", source))?;
                let sequence = Sequence(keys::number(&key));
                if sequence > committed {
                    return Ok(batch);
                }
                let full = batch.rows.len() >= max_rows || batch.bytes >= max_bytes;
                if let Some(last) = batch.rows.last()
                    && full
                    && last.sequence != sequence
                {
                    batch.end = last.sequence;
                    return Ok(batch);
                }
                let Some(change) = decode_change(&value) else {
                    let error = serde::de::Error::custom("neither a put nor a delete");
                    let key = key.iter().map(|byte| format!("{byte:02x}")).collect();
                    return Err(LedgerError::Row { keyspace: "outbox", key, source: error });
                };
                batch.bytes += value.len() as u64;
                batch.rows.push(OutboxRow { sequence, change });
            }
        }
        Ok(batch)
    }

    fn links_after(&self, after: Sequence) -> Vec<Keyspace> {
        let links = self.outbox.read().unwrap_or_else(PoisonError::into_inner);
        links.iter().filter(|link| link.segment.last > after).map(|link| link.keyspace.clone()).collect()
    }

    pub fn trim_outbox(&self, settled: Sequence) -> Result<(), LedgerError> {
        let mut links = self.outbox.write().unwrap_or_else(PoisonError::into_inner);
        // The last link still grows.
        let passed = links.iter().take(links.len().saturating_sub(1)).take_while(|link| link.segment.last <= settled);
        let passed = passed.count();
        if passed == 0 {
            return Ok(());
        }
        let mut batch = self.batch();
        for link in &links[..passed] {
            batch.remove(&self.segments, link.number.to_be_bytes());
        }
        self.write(batch, PersistMode::Buffer, "forget outbox segments")?;
        for link in links.drain(..passed) {
            self.db.delete_keyspace(link.keyspace).map_err(|source| self.failed("drop an outbox segment", source))?;
        }
        Ok(())
    }

    pub fn disk_bytes(&self) -> Result<(u64, u64), LedgerError> {
        let all = self.db.disk_space().map_err(|source| self.failed("measure itself", source))?;
        let links = self.outbox.read().unwrap_or_else(PoisonError::into_inner);
        Ok((all, links.iter().map(|link| link.segment.bytes).sum()))
    }
}
