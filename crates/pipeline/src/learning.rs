//! What the desk learns of sites: kept in the ledger, given to each article by its place in the sequence.
//!
//! The learner itself is `copydesk-boilerplate`. `commit` tells it of every article in sequence order, before the group
//! is written, and writes what it says into the same batch: the observations of an open span as one row a group, and at
//! the end of a span the sites that changed. `read` gives each article the rules of its epoch when it admits it, and
//! waits until that epoch is committed (`copydesk_article::learned_until`); so an article carries all that it must use,
//! and a restart finds in the ledger what the process before had in memory.

use std::sync::{Arc, Mutex, PoisonError};

use copydesk_article::{Sequence, epoch_for, epoch_of, learned_until};
use copydesk_boilerplate::{Learning, Observation, Row, Rules, Site};
use copydesk_ledger::{Learned, LearnedRow, Ledger, LedgerError, Unlearned};
use metrics::gauge;

use crate::metric;

/// Rows of sites at the end of an epoch.
const SITES: &str = "boilerplate";
/// Rows of observations since the last end of an epoch.
const OPEN: &str = "boilerplate.open";

/// The rules in use, for whoever admits articles.
#[derive(Debug, Default)]
pub struct InUse(Mutex<[Arc<Rules>; 2]>);

impl InUse {
    /// The rules of a sequence; none while its epoch is not committed.
    pub fn of(&self, sequence: Sequence) -> Option<Arc<Rules>> {
        let epoch = epoch_for(sequence);
        let rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rules.iter().find(|rules| rules.epoch == epoch).map(Arc::clone)
    }

    fn set(&self, rules: &[Arc<Rules>; 2]) {
        gauge!(metric::LEARNED_SITES).set(rules[0].sites() as f64);
        gauge!(metric::LEARNED_EPOCH).set(rules[0].epoch as f64);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone_from(rules);
    }
}

/// The last sequence that must be committed before an article of this one is admitted.
pub const fn needed_by(sequence: Sequence) -> Sequence {
    learned_until(epoch_for(sequence))
}

/// The learner as `commit` has it.
pub struct Learner {
    learning: Learning,
    in_use: Arc<InUse>,
    /// Rows of observations that go with the end of the span.
    open: Vec<(Vec<u8>, u64)>,
}

/// What a group's batch says of it.
#[derive(Debug, Default)]
pub struct Lessons {
    /// New rows.
    pub learned: Vec<Learned>,
    /// Rows that go.
    pub unlearned: Vec<Unlearned>,
}

impl Learner {
    /// The learner as the ledger has it. Blocks.
    ///
    /// # Errors
    /// Where the ledger can't be read.
    pub fn restore(ledger: &dyn Ledger) -> Result<Self, LedgerError> {
        let committed = ledger.progress().committed;
        let rows: Vec<Row> = ledger.learned_rows(SITES)?.into_iter().filter_map(site_row).collect();
        let mut open_rows = ledger.learned_rows(OPEN)?;
        // Their keys are sequences.
        open_rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let mut observations = Vec::new();
        for row in &open_rows {
            match Observation::read_all(&row.value) {
                Some(all) => observations.extend(all),
                None => tracing::error!("a row of what was observed of articles is damaged, it is left out"),
            }
        }
        let (learning, damaged) = Learning::restore(&rows, &observations, committed);
        if !damaged.is_empty() {
            tracing::error!(count = damaged.len(), "rows of sites are damaged, what recurs there is learned anew");
        }
        let in_use = Arc::new(InUse::default());
        in_use.set(learning.newest());
        Ok(Self { learning, in_use, open: open_rows.into_iter().map(|row| (row.key, row.epoch)).collect() })
    }

    /// The rules in use.
    pub fn in_use(&self) -> Arc<InUse> {
        Arc::clone(&self.in_use)
    }

    /// Learns from a group, sequence by sequence; what it says must become durable with the group.
    pub fn learn<'a>(&mut self, group: impl Iterator<Item = (Sequence, Option<&'a Observation>)>) -> Lessons {
        let mut lessons = Lessons::default();
        let mut observed = Vec::new();
        let (mut last, mut ends) = (Sequence(0), 0);
        for (sequence, observation) in group {
            if let Some(observation) = observation {
                observation.write(&mut observed);
                last = sequence;
            }
            let Some(closed) = self.learning.learn(sequence, observation) else { continue };
            ends += 1;
            observed.clear();
            let gone = self.open.drain(..).map(|(key, epoch)| Unlearned { namespace: OPEN, key, epoch });
            lessons.unlearned.extend(gone);
            let gone = closed.gone.into_iter();
            lessons.unlearned.extend(gone.map(|(site, epoch)| Unlearned { namespace: SITES, key: key(site), epoch }));
            let rows = closed.rows.into_iter();
            lessons.learned.extend(rows.map(|row| Learned {
                namespace: SITES,
                key: key(row.site),
                value: row.value,
                sequence,
            }));
        }
        // What one batch writes it must not take away: both would have one place in the store's order. It would take
        // three ends of spans, and articles wait for their epoch, so that no more than two are in flight.
        debug_assert!(ends <= 2, "{ends} spans end in one group");
        if !observed.is_empty() {
            let key = last.0.to_be_bytes().to_vec();
            self.open.push((key.clone(), epoch_of(last)));
            lessons.learned.push(Learned { namespace: OPEN, key, value: observed, sequence: last });
        }
        lessons
    }

    /// Gives what was learned to the articles to come: to be called when it is durable.
    pub fn publish(&self) {
        self.in_use.set(self.learning.newest());
    }
}

fn key(site: Site) -> Vec<u8> {
    let mut key = site.key.to_be_bytes().to_vec();
    key.push(u8::from(site.is_known));
    key
}

fn site_row(row: LearnedRow) -> Option<Row> {
    let (key, rest) = row.key.split_first_chunk()?;
    let site = Site { key: u64::from_be_bytes(*key), is_known: rest == [1] };
    Some(Row { site, epoch: row.epoch, value: row.value })
}
