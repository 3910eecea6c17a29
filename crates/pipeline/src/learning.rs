//! What the desk learns across articles: kept in the ledger, given to each article by its place in the sequence.
//!
//! Two learners, pure both: `copydesk-boilerplate` learns what recurs on a site, [`copydesk_entities::identities`] which
//! spellings of a name are one person. `commit` tells them of every article in sequence order, before the group is
//! written, and writes what they say into the same batch: what was observed in an open span as one row a group and
//! learner, and at the end of a span what changed. `read` gives each article what its epoch knows when it admits it, and
//! waits until that epoch is committed (`copydesk_article::learned_until`); so an article carries all that it must use,
//! and a restart finds in the ledger what the process before had in memory.

use std::sync::{Arc, Mutex, PoisonError};

use copydesk_article::{Sequence, epoch_for, epoch_of, learned_until};
use copydesk_boilerplate::{Learning, Observation, Row, Rules, Site};
use copydesk_entities::identities::{self, Identities, Redirects, Sighting};
use copydesk_ledger::{Learned, LearnedRow, Ledger, LedgerError, Unlearned};
use metrics::{counter, gauge};

use crate::metric;

/// Rows of sites at the end of an epoch.
const SITES: &str = "boilerplate";
/// Rows of observations since the last end of an epoch.
const OPEN_SITES: &str = "boilerplate.open";
/// Rows of families of names at the end of an epoch.
const FAMILIES: &str = "identities";
/// Rows of sightings since the last end of an epoch.
const OPEN_FAMILIES: &str = "identities.open";

/// What an article may use.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// What recurs on sites.
    pub rules: Arc<Rules>,
    /// Which ids of persons turned out to be others.
    pub redirects: Arc<Redirects>,
}

impl Knowledge {
    /// The epoch; both are of the same.
    pub fn epoch(&self) -> u64 {
        self.rules.epoch
    }
}

/// What is known in the two newest epochs, for whoever admits articles.
#[derive(Debug, Default)]
pub struct InUse(Mutex<[Knowledge; 2]>);

impl InUse {
    /// What the article of a sequence may use; none while its epoch is not committed.
    pub fn of(&self, sequence: Sequence) -> Option<Knowledge> {
        let epoch = epoch_for(sequence);
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|known| known.epoch() == epoch).cloned()
    }

    fn set(&self, known: [Knowledge; 2]) {
        gauge!(metric::LEARNED_SITES).set(known[0].rules.sites() as f64);
        gauge!(metric::LEARNED_REDIRECTS).set(known[0].redirects.len() as f64);
        gauge!(metric::LEARNED_EPOCH).set(known[0].epoch() as f64);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

/// The last sequence that must be committed before an article of this one is admitted.
pub const fn needed_by(sequence: Sequence) -> Sequence {
    learned_until(epoch_for(sequence))
}

/// What an article tells the learners.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lesson<'a> {
    /// Of its site.
    pub observation: Option<&'a Observation>,
    /// Of the persons in it.
    pub sighting: Option<&'a Sighting>,
}

/// The learners as `commit` has them.
pub struct Learner {
    sites: Learning,
    families: Identities,
    in_use: Arc<InUse>,
    open_sites: Open,
    open_families: Open,
}

/// What a group's batch says of them.
#[derive(Debug, Default)]
pub struct Lessons {
    /// New rows.
    pub learned: Vec<Learned>,
    /// Rows that go.
    pub unlearned: Vec<Unlearned>,
}

/// What was observed since the last end of a span.
struct Open {
    namespace: &'static str,
    /// Rows that go with the end of the span.
    rows: Vec<(Vec<u8>, u64)>,
    /// What the group under way observed.
    bytes: Vec<u8>,
    last: Sequence,
}

impl Open {
    /// The rows of the ledger, with what `read` makes of each, in order.
    fn restore<T>(
        ledger: &dyn Ledger,
        namespace: &'static str,
        read: impl Fn(&[u8]) -> Option<Vec<T>>,
    ) -> Result<(Self, Vec<T>), LedgerError> {
        let mut rows = ledger.learned_rows(namespace)?;
        // Their keys are sequences.
        rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let mut observed = Vec::new();
        for row in &rows {
            match read(&row.value) {
                Some(all) => observed.extend(all),
                None => tracing::error!("a row of what was observed of articles is damaged, it is left out"),
            }
        }
        let rows = rows.into_iter().map(|row| (row.key, row.epoch)).collect();
        Ok((Self { namespace, rows, bytes: Vec::new(), last: Sequence(0) }, observed))
    }

    fn note(&mut self, sequence: Sequence, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.last = sequence;
    }

    /// The span is over: its rows go.
    fn close(&mut self, lessons: &mut Lessons) {
        self.bytes.clear();
        let gone = self.rows.drain(..).map(|(key, epoch)| Unlearned { namespace: self.namespace, key, epoch });
        lessons.unlearned.extend(gone);
    }

    /// The group is over: what it observed becomes a row.
    fn flush(&mut self, lessons: &mut Lessons) {
        if self.bytes.is_empty() {
            return;
        }
        let key = self.last.0.to_be_bytes().to_vec();
        self.rows.push((key.clone(), epoch_of(self.last)));
        let value = std::mem::take(&mut self.bytes);
        lessons.learned.push(Learned { namespace: self.namespace, key, value, sequence: self.last });
    }
}

impl Learner {
    /// The learners as the ledger has them. Blocks.
    ///
    /// # Errors
    /// Where the ledger can't be read.
    pub fn restore(ledger: &dyn Ledger) -> Result<Self, LedgerError> {
        let committed = ledger.progress().committed;
        let rows: Vec<Row> = ledger.learned_rows(SITES)?.into_iter().filter_map(site_row).collect();
        let (open_sites, observations) = Open::restore(ledger, OPEN_SITES, Observation::read_all)?;
        let (sites, damaged) = Learning::restore(&rows, &observations, committed);
        if !damaged.is_empty() {
            tracing::error!(count = damaged.len(), "rows of sites are damaged, what recurs there is learned anew");
        }
        let rows: Vec<_> = ledger.learned_rows(FAMILIES)?.into_iter().filter_map(family_row).collect();
        let (open_families, sightings) = Open::restore(ledger, OPEN_FAMILIES, Sighting::read_all)?;
        let (families, damaged) = Identities::restore(&rows, &sightings, committed);
        if damaged > 0 {
            tracing::error!(count = damaged, "rows of names are damaged, which are one person is learned anew");
        }
        let learner = Self { sites, families, in_use: Arc::default(), open_sites, open_families };
        learner.publish();
        Ok(learner)
    }

    /// What is known.
    pub fn in_use(&self) -> Arc<InUse> {
        Arc::clone(&self.in_use)
    }

    /// Learns from a group, sequence by sequence; what it says must become durable with the group.
    pub fn learn<'a>(&mut self, group: impl Iterator<Item = (Sequence, Lesson<'a>)>) -> Lessons {
        let mut lessons = Lessons::default();
        let mut ends = 0;
        for (sequence, lesson) in group {
            if let Some(observation) = lesson.observation {
                self.open_sites.note(sequence, |bytes| observation.write(bytes));
            }
            if let Some(sighting) = lesson.sighting {
                self.open_families.note(sequence, |bytes| sighting.write(bytes));
            }
            let sites = self.sites.learn(sequence, lesson.observation);
            let families = self.families.learn(sequence, lesson.sighting);
            if let Some(closed) = sites {
                ends += 1;
                self.open_sites.close(&mut lessons);
                lessons.add(SITES, sequence, closed.rows.into_iter().map(|row| (key(row.site), row.value)));
                lessons.drop(SITES, closed.gone.into_iter().map(|(site, epoch)| (key(site), epoch)));
            }
            if let Some(closed) = families {
                self.open_families.close(&mut lessons);
                tell(&closed);
                let rows = closed.rows.into_iter().map(|row| (row.family.to_be_bytes().to_vec(), row.value));
                lessons.add(FAMILIES, sequence, rows);
                lessons
                    .drop(FAMILIES, closed.gone.into_iter().map(|(name, epoch)| (name.to_be_bytes().to_vec(), epoch)));
            }
        }
        // What one batch writes it must not take away: both would have one place in the store's order. It would take
        // three ends of spans, and articles wait for their epoch, so that no more than two are in flight.
        debug_assert!(ends <= 2, "{ends} spans end in one group");
        self.open_sites.flush(&mut lessons);
        self.open_families.flush(&mut lessons);
        lessons
    }

    /// Gives what was learned to the articles to come: to be called when it is durable.
    pub fn publish(&self) {
        let ([rules, rules_before], [redirects, redirects_before]) = (self.sites.newest(), self.families.newest());
        let known = |rules: &Arc<Rules>, redirects: &Arc<Redirects>| Knowledge {
            rules: Arc::clone(rules),
            redirects: Arc::clone(redirects),
        };
        self.in_use.set([known(rules, redirects), known(rules_before, redirects_before)]);
    }
}

impl Lessons {
    fn add(&mut self, namespace: &'static str, sequence: Sequence, rows: impl Iterator<Item = (Vec<u8>, Vec<u8>)>) {
        self.learned.extend(rows.map(|(key, value)| Learned { namespace, key, value, sequence }));
    }

    fn drop(&mut self, namespace: &'static str, rows: impl Iterator<Item = (Vec<u8>, u64)>) {
        self.unlearned.extend(rows.map(|(key, epoch)| Unlearned { namespace, key, epoch }));
    }
}

/// Says which ids redirect from now on, and which do no longer.
fn tell(closed: &identities::Closed) {
    for redirect in &closed.made {
        tracing::info!(from = redirect.from, to = redirect.to, "two spellings are one person");
    }
    for redirect in &closed.withdrawn {
        tracing::warn!(from = redirect.from, to = redirect.to, "two spellings are no longer held to be one person");
    }
    counter!(metric::REDIRECTS, "change" => "made").increment(closed.made.len() as u64);
    counter!(metric::REDIRECTS, "change" => "withdrawn").increment(closed.withdrawn.len() as u64);
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

fn family_row(row: LearnedRow) -> Option<identities::Row> {
    let family = u64::from_be_bytes(row.key.as_slice().try_into().ok()?);
    Some(identities::Row { family, epoch: row.epoch, value: row.value })
}
