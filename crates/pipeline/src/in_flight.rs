//! Ids and addresses of articles that are decided or on their way, and not yet durable.
//!
//! Dedup never eats an original (DESIGN invariant 3): an id is durable only with the verdict of the article
//! that holds it. In between it stands here. Who looks an id up asks here first and the ledger second; who
//! commits removes it here only after it is durable there. So an id that exists is always found. What a text is
//! recognised by stands in `near_dedup`'s own [`copydesk_dedup::Recent`] meanwhile.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use copydesk_article::{ArticleId, Sequence};
use copydesk_ledger::CommitEntry;

/// Shared by `dedup`, `near_dedup` and `commit`.
#[derive(Debug, Default)]
pub struct InFlight(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    /// When each undecided arrival was admitted.
    ages: VecDeque<(Sequence, Instant)>,
    /// Articles on their way, by id: the newest of each, so that an id stays here while any of its kind is
    /// on its way.
    entered: HashMap<ArticleId, Sequence>,
    /// Articles that stand, decided and not yet durable.
    standing: HashMap<ArticleId, Sequence>,
    /// Addresses of articles on their way: the newest of each.
    addresses: HashMap<u128, Sequence>,
    /// The same, in order, for when they have come through.
    addressed: VecDeque<(Sequence, u128)>,
}

impl InFlight {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes when an arrival was admitted; in order of sequence.
    pub fn admitted(&self, sequence: Sequence) {
        self.tables().ages.push_back((sequence, Instant::now()));
    }

    /// How long the oldest undecided arrival has been on its way.
    pub fn oldest(&self) -> Duration {
        self.tables().ages.front().map_or(Duration::ZERO, |(_, at)| at.elapsed())
    }

    /// Whether an article of this id stands, decided and not yet durable.
    pub fn stands(&self, id: ArticleId) -> bool {
        self.tables().standing.contains_key(&id)
    }

    /// Notes that an article is on its way; true where another of its id already is.
    pub fn enter(&self, id: ArticleId, sequence: Sequence) -> bool {
        self.tables().entered.insert(id, sequence).is_some()
    }

    /// Notes that an article with an address is on its way, in order of sequence; true where another with that
    /// address already is.
    pub fn enter_address(&self, address: u128, sequence: Sequence) -> bool {
        let mut tables = self.tables();
        tables.addressed.push_back((sequence, address));
        tables.addresses.insert(address, sequence).is_some()
    }

    /// Notes that an article stands.
    pub fn stand(&self, id: ArticleId, sequence: Sequence) {
        self.tables().standing.insert(id, sequence);
    }

    /// Forgets what a commit made durable.
    pub fn committed(&self, entries: &[CommitEntry]) {
        let mut guard = self.tables();
        let tables = &mut *guard;
        while let (Some((oldest, _)), Some(last)) = (tables.ages.front(), entries.last())
            && *oldest <= last.sequence
        {
            tables.ages.pop_front();
        }
        while let (Some((oldest, address)), Some(last)) = (tables.addressed.front().copied(), entries.last())
            && oldest <= last.sequence
        {
            tables.addressed.pop_front();
            if tables.addresses.get(&address) == Some(&oldest) {
                tables.addresses.remove(&address);
            }
        }
        for entry in entries {
            if let Some(id) = entry.row.id {
                for table in [&mut tables.entered, &mut tables.standing] {
                    if table.get(&id) == Some(&entry.sequence) {
                        table.remove(&id);
                    }
                }
            }
        }
    }
}
