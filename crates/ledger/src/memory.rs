//! What is remembered of articles to recognise their copies and versions: [`copydesk_dedup`]'s index, durable.
//!
//! | keyspace | key | value |
//! |---|---|---|
//! | `texts`, `text_runs` | sequence; run | the text's key and who had it first; its postings: see `postings/mod.rs` |
//! | `anchors`, `anchor_runs` | sequence; run | what an article is found by: the same |
//! | `addresses` | window + hash | what stands at the address |
//! | `chapters` | chapter | the texts' tokens: see `sketches/mod.rs` |
//! | `records` | sequence | the record of a version that another may follow |
//! | `clusters` | sequence of the original | [`ClusterRow`] |
//! | `members` | sequence of the original + of the copy | [`MemberRow`] |
//! | `windows` | window | its first sequence |
//!
//! Windows expire whole, like the segments of the outbox and for the same reasons: a window's keys lie together (its
//! number comes first, or its sequences follow each other), so its tables are dropped as they are and nothing is
//! rewritten. A table that also holds a newer window's rows goes with a later one; its old rows are not seen, because no
//! look-up goes beyond its [`Horizon`]. The newest window is never dropped, so no keyspace is ever left without tables
//! by this. Nothing is scanned. At a start `windows` (a row a month) is read, the logs behind the newest runs, the newest
//! chapter, and of each other run and chapter what finds its way in it.
//!
//! Rows are bytes in fixed places, not JSON: they are most of what an article leaves behind.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::{RangeBounds, RangeInclusive};
use std::sync::{Arc, PoisonError};

use copydesk_article::{ArticleId, Sequence};
use copydesk_dedup::{AddressRow, Changes, Holder, Horizon, Index, Likeness, SketchRow, TextRow, Window};
use fjall::{AbstractTree, Keyspace, OwnedWriteBatch as WriteBatch};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ledger::Ledger;
use crate::sketches::{self, Written};
use crate::store::Store;
use crate::{ArticleRow, LedgerError, keys, memory_rows, postings};

/// Sites that a cluster remembers by name; of further ones only their articles are counted.
pub const MAX_SITES: usize = 32;

/// What one arrival adds to the memory.
#[derive(Clone, Debug)]
pub struct Memory {
    /// What it is found by from now on.
    pub changes: Changes,
    /// What counted when it was judged; what lies before is dropped once this is durable.
    pub horizon: Horizon,
    /// The cluster it founds or joins.
    pub member: Option<Membership>,
    /// The version that it takes the place of; its record is kept under its sequence.
    pub supersedes: Option<Holder>,
    /// Records to keep: the sequence to keep one under, and which of the entry's changes it is.
    pub records: Vec<(Sequence, usize)>,
}

/// An article's place in a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    /// Sequence of the cluster's original; the article's own where it is that.
    pub original: Sequence,
    /// When the desk first saw the article.
    pub seen_at: Timestamp,
    /// Its site, or where that is not known its source.
    pub site: String,
    /// When it was published, ISO 8601, as precise as it is known.
    pub published: Option<String>,
    /// How like the original it is; none where it is the same text.
    pub likeness: Option<Likeness>,
}

/// One story in all its copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterRow {
    /// The original: the first in sequence.
    pub original: ArticleId,
    /// Articles, the original among them.
    pub members: u64,
    /// When the original was first seen.
    pub first_seen: Timestamp,
    /// When the newest copy was.
    pub last_seen: Timestamp,
    /// Who published it, each once, in the order of their first; at most [`MAX_SITES`].
    pub sites: Vec<String>,
    /// The earliest `published` of all, ISO 8601.
    pub published: Option<String>,
}

impl ClusterRow {
    fn new(original: ArticleId, member: &Membership) -> Self {
        Self {
            original,
            members: 1,
            first_seen: member.seen_at,
            last_seen: member.seen_at,
            sites: vec![member.site.clone()],
            published: member.published.clone(),
        }
    }

    /// Takes a copy in.
    pub fn join(&mut self, member: &Membership) {
        self.members += 1;
        self.last_seen = self.last_seen.max(member.seen_at);
        if self.sites.len() < MAX_SITES && !self.sites.contains(&member.site) {
            self.sites.push(member.site.clone());
        }
        // ISO 8601 in one zone sorts as text; in two it is right to the day, which is all most pages tell.
        let earlier = |known: &String| member.published.as_ref().is_some_and(|published| published < known);
        if self.published.as_ref().is_none_or(earlier) {
            self.published = member.published.clone().or(self.published.take());
        }
    }
}

/// A copy in its cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberRow {
    /// The article.
    pub id: ArticleId,
    /// Its site, or its source.
    pub site: String,
    /// When it was published.
    pub published: Option<String>,
    /// How like the original it is; none where it is the same text.
    pub likeness: Option<Likeness>,
}

/// The ledger as an index, from a horizon on.
#[derive(Clone, Copy)]
pub struct LedgerIndex<'a> {
    /// The ledger.
    pub ledger: &'a dyn Ledger,
    /// What counts.
    pub horizon: Horizon,
}

impl Index for LedgerIndex<'_> {
    type Error = LedgerError;

    fn text(&self, key: u128) -> Result<Option<TextRow>, LedgerError> {
        self.ledger.known_text(key, self.horizon)
    }

    fn holders(&self, keys: &[u64]) -> Result<Vec<Vec<Sequence>>, LedgerError> {
        self.ledger.anchor_holders(keys, self.horizon)
    }

    fn sketches(&self, sequences: &[Sequence]) -> Result<Vec<Option<SketchRow>>, LedgerError> {
        self.ledger.sketches(sequences, self.horizon)
    }

    fn address(&self, key: u128) -> Result<Option<AddressRow>, LedgerError> {
        self.ledger.known_address(key, self.horizon)
    }
}

/// The windows there are, with the first sequence of each, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Windows(pub Vec<(Window, Sequence)>);

impl Windows {
    /// Reads them.
    pub fn read(keyspace: &Keyspace) -> Result<Self, fjall::Error> {
        let mut windows = Self::default();
        for guard in keyspace.iter() {
            let (key, first) = guard.into_inner()?;
            let window = key.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
            windows.0.push((Window(window), Sequence(keys::number(&first))));
        }
        Ok(windows)
    }

    fn from(&self, oldest: Window) -> &[(Window, Sequence)] {
        &self.0[self.0.partition_point(|(window, _)| *window < oldest)..]
    }

    /// The first sequence that counts; one after all where none does.
    fn first_sequence(&self, oldest: Window) -> Sequence {
        self.from(oldest).first().map_or(Sequence(u64::MAX), |(_, first)| *first)
    }

    /// The window of an article.
    pub fn of(&self, sequence: Sequence) -> Window {
        let after = self.0.partition_point(|(_, first)| *first <= sequence);
        after.checked_sub(1).map_or(Window(0), |at| self.0[at].0)
    }

    /// The newest.
    pub fn newest(&self) -> Option<Window> {
        self.0.last().map(|(window, _)| *window)
    }
}

/// The keyspaces of the memory.
pub struct MemorySpaces {
    pub texts: Keyspace,
    pub text_runs: Keyspace,
    pub addresses: Keyspace,
    pub anchors: Keyspace,
    pub anchor_runs: Keyspace,
    pub chapters: Keyspace,
    pub records: Keyspace,
    pub clusters: Keyspace,
    pub members: Keyspace,
    pub windows: Keyspace,
}

/// What a group of articles changes in rows that more than one of them may change, gathered so that the group sees its
/// own changes and a batch never holds a key twice.
#[derive(Default)]
pub struct Gathered {
    anchors: Vec<(Window, Sequence, Vec<u64>)>,
    texts: Vec<(Window, Sequence, u64)>,
    sketches: Vec<sketches::Row>,
    addresses: HashMap<(Window, u128), Vec<u8>>,
    clusters: HashMap<Sequence, ClusterRow>,
    opened: Option<(Window, Sequence)>,
}

impl Gathered {
    /// The window that the group opens, if it does.
    pub const fn opened(&self) -> Option<(Window, Sequence)> {
        self.opened
    }
}

impl Store {
    /// Adds an article's changes to a batch, or gathers them.
    pub fn remember(
        &self,
        batch: &mut WriteBatch,
        gathered: &mut Gathered,
        changes: &Changes,
    ) -> Result<(), LedgerError> {
        let Changes { sequence, window, .. } = *changes;
        let newest = gathered.opened.map(|(window, _)| window).or_else(|| self.windows_known().newest());
        if newest.is_none_or(|newest| window > newest) {
            gathered.opened = Some((window, sequence));
            batch.insert(&self.memory.windows, window.0.to_be_bytes(), keys::sequence(sequence));
        }
        if let Some((key, row)) = &changes.text {
            batch.insert(&self.memory.texts, keys::sequence(sequence), memory_rows::encode_text(*key, row));
            gathered.texts.push((window, sequence, memory_rows::short(*key)));
        }
        if !changes.anchors.is_empty() {
            batch.insert(&self.memory.anchors, keys::sequence(sequence), postings::encode(&changes.anchors));
            gathered.anchors.push((window, sequence, changes.anchors.clone()));
        }
        if let Some(row) = &changes.sketch {
            gathered.sketches.push(sketches::Row { window, sequence, bytes: memory_rows::encode_sketch(row) });
        }
        if let Some((key, row)) = &changes.address {
            gathered.addresses.insert((window, *key), memory_rows::encode_address(row));
        }
        Ok(())
    }

    /// Takes an article into its cluster.
    pub fn join(
        &self,
        batch: &mut WriteBatch,
        gathered: &mut Gathered,
        (id, sequence): (ArticleId, Sequence),
        member: &Membership,
    ) -> Result<(), LedgerError> {
        if member.original == sequence {
            gathered.clusters.insert(sequence, ClusterRow::new(id, member));
            return Ok(());
        }
        let cluster = match gathered.clusters.entry(member.original) {
            Entry::Occupied(gathered) => gathered.into_mut(),
            Entry::Vacant(vacant) => {
                let key = keys::sequence(member.original);
                let stored = self.get::<ClusterRow>(&self.memory.clusters, "clusters", &key)?;
                // The original's row may have expired: then nobody asks for the cluster either.
                let Some(row) = stored else { return Ok(()) };
                vacant.insert(row)
            }
        };
        cluster.join(member);
        let row =
            MemberRow { id, site: member.site.clone(), published: member.published.clone(), likeness: member.likeness };
        self.put(batch, &self.memory.members, &keys::member(member.original, sequence), &row);
        Ok(())
    }

    /// Adds what was gathered to the batch, and writes what does not go into it, durably where `sync` says so.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn write_gathered(
        &self,
        batch: &mut WriteBatch,
        gathered: &Gathered,
        sync: bool,
    ) -> Result<Written, LedgerError> {
        for ((window, key), row) in &gathered.addresses {
            batch.insert(&self.memory.addresses, keys::in_window(*window, *key), row.as_slice());
        }
        for (original, row) in &gathered.clusters {
            self.put(batch, &self.memory.clusters, &keys::sequence(*original), row);
        }
        self.sketches.write(batch, &gathered.sketches, sync)
    }

    /// An article, and the window its row stands in.
    pub fn article(&self, id: ArticleId, horizon: Horizon) -> Result<Option<(Window, ArticleRow)>, LedgerError> {
        for (window, _) in self.windows_known().from(horizon.keys).iter().rev() {
            if let Some(row) = self.get(&self.articles, "articles", &keys::article(*window, id))? {
                return Ok(Some((*window, row)));
            }
        }
        Ok(None)
    }

    pub fn known_text(&self, key: u128, horizon: Horizon) -> Result<Option<TextRow>, LedgerError> {
        // The first who had it counts; another text with the same half of a key does not.
        for holder in self.texts.holders(&[memory_rows::short(key)], horizon.keys)?.into_iter().flatten() {
            let bytes = self.bytes(&self.memory.texts, &keys::sequence(holder))?;
            if let Some(row) = bytes.and_then(|bytes| memory_rows::text(key, &bytes)) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    pub fn known_address(&self, key: u128, horizon: Horizon) -> Result<Option<AddressRow>, LedgerError> {
        for (window, _) in self.windows_known().from(horizon.keys).iter().rev() {
            if let Some(bytes) = self.bytes(&self.memory.addresses, &keys::in_window(*window, key))? {
                return Ok(memory_rows::address(&bytes));
            }
        }
        Ok(None)
    }

    /// Takes over what a batch that is durable now has added.
    pub fn remembered(&self, gathered: Gathered, written: Written) -> Result<(), LedgerError> {
        self.sketches.note(written);
        if let Some(opened) = gathered.opened {
            let mut windows = self.windows.write().unwrap_or_else(PoisonError::into_inner);
            Arc::make_mut(&mut windows).0.push(opened);
        }
        for (window, sequence, anchors) in gathered.anchors {
            self.anchors.push(window, sequence, &anchors);
        }
        for (window, sequence, text) in gathered.texts {
            self.texts.push(window, sequence, &[text]);
        }
        if let Some(last) = self.anchors.droppable() {
            self.drop_range(&self.memory.anchors, ..=keys::sequence(last).to_vec())?;
        }
        Ok(())
    }

    pub fn known_sketches(
        &self,
        sequences: &[Sequence],
        horizon: Horizon,
    ) -> Result<Vec<Option<SketchRow>>, LedgerError> {
        let first = self.windows_known().first_sequence(horizon.texts);
        let of = |sequence: &Sequence| {
            if *sequence < first {
                return Ok(None);
            }
            Ok(self.sketches.row(*sequence)?.and_then(|bytes| memory_rows::sketch(&bytes)))
        };
        sequences.iter().map(of).collect()
    }

    pub fn record(&self, sequence: Sequence, horizon: Horizon) -> Result<Option<Vec<u8>>, LedgerError> {
        if sequence < self.windows_known().first_sequence(horizon.texts) {
            return Ok(None);
        }
        Ok(self.bytes(&self.memory.records, &keys::sequence(sequence))?.map(|bytes| bytes.to_vec()))
    }

    pub fn members(&self, original: Sequence) -> Result<Vec<(Sequence, MemberRow)>, LedgerError> {
        let (first, last) = (keys::member(original, Sequence(0)), keys::member(original, Sequence(u64::MAX)));
        let mut members = Vec::new();
        for guard in self.memory.members.range(RangeInclusive::new(first, last)) {
            let (key, value) = guard.into_inner().map_err(|source| self.failed("read a cluster", source))?;
            members.push((Sequence(keys::number(&key[8..])), crate::store::parse("members", &key, &value)?));
        }
        Ok(members)
    }

    /// Drops the windows before a horizon, as the module's documentation says.
    pub fn forget(&self, horizon: Horizon) -> Result<(), LedgerError> {
        let windows = self.windows_known();
        if windows.0.first().is_none_or(|(oldest, _)| *oldest >= horizon.keys && *oldest >= horizon.texts) {
            return Ok(());
        }
        let (keys_from, texts_from) = (windows.first_sequence(horizon.keys), windows.first_sequence(horizon.texts));
        let of_window = |window: Window| window.0.to_be_bytes().to_vec();
        let of_sequence = |sequence: Sequence| keys::sequence(sequence).to_vec();
        for (keyspace, before) in [
            (&self.memory.texts, of_sequence(keys_from)),
            (&self.memory.addresses, of_window(horizon.keys)),
            (&self.articles, of_window(horizon.keys)),
            (&self.memory.records, of_sequence(texts_from)),
            (&self.memory.clusters, of_sequence(keys_from)),
            (&self.memory.members, of_sequence(keys_from)),
        ] {
            self.drop_range(keyspace, ..before)?;
        }
        self.anchors.expire(horizon.texts)?;
        self.sketches.expire(horizon.texts)?;
        self.texts.expire(horizon.keys)
    }

    /// Drops the tables of a keyspace that hold nothing but these keys.
    fn drop_range(&self, keyspace: &Keyspace, keys: impl RangeBounds<Vec<u8>>) -> Result<(), LedgerError> {
        let dropped = keyspace.tree.drop_range(keys).and_then(|()| {
            // See `Store::drop_rows`: nobody reads an older state of these either.
            keyspace.tree.get_version_history_lock().maintenance(keyspace.path(), fjall::SeqNo::MAX)
        });
        dropped.map_err(|source| self.failed("drop what expired", source.into()))
    }

    fn bytes(&self, keyspace: &Keyspace, key: &[u8]) -> Result<Option<fjall::UserValue>, LedgerError> {
        keyspace.get(key).map_err(|source| self.failed("look up what it remembers", source))
    }
}
