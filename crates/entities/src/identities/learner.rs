//! All families of a desk, a span of articles at a time.

use std::collections::HashMap;
use std::sync::Arc;

use copydesk_article::{Sequence, epoch_for, epoch_of, span_of};

use super::family::Family;
use super::redirects::{Redirect, Redirects};
use super::sighting::{Seen, Sighting};

/// Most families remembered.
pub const MOST_FAMILIES: usize = 65_536;

/// One row for the ledger: a family at the end of an epoch. An empty value: it is forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The family.
    pub family: u64,
    /// The epoch.
    pub epoch: u64,
    /// Its state.
    pub value: Vec<u8>,
}

/// What the end of an epoch changes.
#[derive(Clone, Debug)]
pub struct Closed {
    /// Rows to write.
    pub rows: Vec<Row>,
    /// Rows that nobody will read any more: family and epoch.
    pub gone: Vec<(u64, u64)>,
    /// Redirects that are new.
    pub made: Vec<Redirect>,
    /// Redirects that stories contradicted.
    pub withdrawn: Vec<Redirect>,
}

/// A family and the rows the ledger has of it.
#[derive(Debug, Default)]
struct Known {
    state: Family,
    /// Epochs of its rows, oldest first.
    rows: Vec<u64>,
    has_changed: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Identities {
    families: HashMap<u64, Known>,
    /// Families forgotten at the last end of an epoch, with the epochs of their rows.
    leaving: Vec<(u64, Vec<u64>)>,
    /// The redirects of the newest epoch and of the one before it.
    redirects: [Arc<Redirects>; 2],
}

impl Identities {
    /// Where a process left off that had committed so many sequences: `rows` as they were written, `open` what was seen
    /// since the last end of an epoch, in order. Also says how many families' rows can't be read: they begin anew.
    #[must_use]
    pub fn restore(rows: &[Row], open: &[Sighting], committed: Sequence) -> (Self, usize) {
        let newest = span_of(committed.next());
        let (before, _) = Self::as_of(rows, newest.saturating_sub(1));
        let (mut learner, damaged) = Self::as_of(rows, newest);
        learner.redirects = [learner.all_redirects(newest), before.all_redirects(newest.saturating_sub(1))];
        open.iter().for_each(|sighting| learner.observe(sighting));
        (learner, damaged)
    }

    fn as_of(rows: &[Row], epoch: u64) -> (Self, usize) {
        let mut all: Vec<&Row> = rows.iter().filter(|row| row.epoch <= epoch).collect();
        all.sort_unstable_by_key(|row| (row.family, row.epoch));
        let (mut learner, mut damaged) = (Self::default(), 0);
        for of_family in all.chunk_by(|a, b| a.family == b.family) {
            let Some(newest) = of_family.last() else { continue };
            let rows = of_family.iter().map(|row| row.epoch).collect();
            if newest.value.is_empty() {
                learner.leaving.push((newest.family, rows));
                continue;
            }
            let state = serde_json::from_slice(&newest.value).unwrap_or_else(|_| {
                damaged += 1;
                Family::default()
            });
            learner.families.insert(newest.family, Known { state, rows, has_changed: false });
        }
        (learner, damaged)
    }

    /// The redirects for an article that comes after everything learned so far.
    #[must_use]
    pub fn redirects_for(&self, sequence: Sequence) -> Option<Arc<Redirects>> {
        let epoch = epoch_for(sequence);
        self.redirects.iter().find(|redirects| redirects.epoch == epoch).map(Arc::clone)
    }

    /// The redirects of the newest epoch, and of the one before it.
    #[must_use]
    pub const fn newest(&self) -> &[Arc<Redirects>; 2] {
        &self.redirects
    }

    /// Learns what there is to learn at a sequence, maybe nothing; every sequence in order, without gaps. At the end
    /// of a span says what becomes durable with it.
    pub fn learn(&mut self, sequence: Sequence, sighting: Option<&Sighting>) -> Option<Closed> {
        if let Some(sighting) = sighting {
            self.observe(sighting);
        }
        if span_of(sequence.next()) == span_of(sequence) {
            return None;
        }
        let epoch = epoch_of(sequence);
        let closed = self.close(epoch);
        let unchanged = closed.made.is_empty() && closed.withdrawn.is_empty() && self.leaving.is_empty();
        let [newest, _] = std::mem::take(&mut self.redirects);
        let next = if unchanged { Arc::new(newest.as_of(epoch)) } else { self.all_redirects(epoch) };
        self.redirects = [next, newest];
        Some(closed)
    }

    fn observe(&mut self, sighting: &Sighting) {
        let mut persons: Vec<&Seen> = sighting.persons.iter().collect();
        persons.sort_by_key(|seen| seen.family);
        for of_family in persons.chunk_by(|a, b| a.family == b.family) {
            let known = self.families.entry(of_family[0].family).or_default();
            known.state.observe(sighting.story, of_family);
            known.has_changed = true;
        }
    }

    fn close(&mut self, epoch: u64) -> Closed {
        let mut gone: Vec<(u64, u64)> = Vec::new();
        for (family, rows) in self.leaving.drain(..) {
            gone.extend(rows.into_iter().map(|row| (family, row)));
        }
        let (mut rows, mut made, mut withdrawn) = (Vec::new(), Vec::new(), Vec::new());
        for (&family, known) in self.families.iter_mut().filter(|(_, known)| known.has_changed) {
            let (new, old) = known.state.settle();
            made.extend(new);
            withdrawn.extend(old);
            known.has_changed = false;
            // The articles in flight use this epoch or the one before it.
            let needed = known.rows.pop();
            gone.extend(known.rows.drain(..).map(|row| (family, row)));
            known.rows.extend(needed.into_iter().chain([epoch]));
            // Plain data of numbers and texts: it can't fail.
            rows.push(Row { family, epoch, value: serde_json::to_vec(&known.state).unwrap_or_default() });
        }
        self.forget(epoch, &mut rows);
        // The order of the map is nobody's business.
        rows.sort_unstable_by_key(|row| row.family);
        gone.sort_unstable();
        made.sort_unstable_by(|a, b| a.from.cmp(&b.from));
        withdrawn.sort_unstable_by(|a, b| a.from.cmp(&b.from));
        Closed { rows, gone, made, withdrawn }
    }

    /// Forgets the families that were not seen for longest, until the rest is within bounds.
    fn forget(&mut self, epoch: u64, rows: &mut Vec<Row>) {
        if self.families.len() <= MOST_FAMILIES {
            return;
        }
        let mut order: Vec<(Option<u64>, u64)> =
            self.families.iter().map(|(&family, known)| (known.rows.last().copied(), family)).collect();
        order.sort_unstable();
        let excess = self.families.len() - MOST_FAMILIES;
        let leaving: Vec<u64> = order.into_iter().take(excess).map(|(_, family)| family).collect();
        for family in leaving {
            let Some(mut known) = self.families.remove(&family) else { continue };
            if known.rows.last() == Some(&epoch) {
                rows.retain(|row| row.family != family);
            } else {
                known.rows.push(epoch);
            }
            rows.push(Row { family, epoch, value: Vec::new() });
            self.leaving.push((family, known.rows));
        }
    }

    fn all_redirects(&self, epoch: u64) -> Arc<Redirects> {
        Arc::new(Redirects::new(epoch, self.families.values().flat_map(|known| known.state.redirects())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a ledger keeps of it.
    #[derive(Default)]
    struct Kept {
        rows: Vec<Row>,
        open: Vec<Sighting>,
    }

    impl Kept {
        fn learn(&mut self, learner: &mut Identities, sequence: Sequence, sighting: Option<&Sighting>) {
            self.open.extend(sighting.cloned());
            if let Some(closed) = learner.learn(sequence, sighting) {
                self.rows.extend(closed.rows);
                self.rows.retain(|row| !closed.gone.contains(&(row.family, row.epoch)));
                self.open.clear();
            }
        }
    }

    fn sighting((story, persons): (u8, Vec<(u8, u8, u8)>)) -> Sighting {
        let seen = |(family, a, b): (u8, u8, u8)| Seen {
            family: u64::from(family),
            ids: if a == b {
                vec![format!("{family}-{a}")]
            } else {
                vec![format!("{family}-{a}"), format!("{family}-{b}")]
            },
            companions: vec![u32::from(a), u32::from(b), u32::from(story % 3)],
        };
        Sighting { story: story.into(), persons: persons.into_iter().map(seen).collect() }
    }

    proptest! {
        #[test]
        fn a_restart_anywhere_changes_nothing(
            articles in prop::collection::vec(prop::option::weighted(0.8, (any::<u8>(), prop::collection::vec((0_u8..5, 0_u8..4, 0_u8..4), 0..4))), 1..500),
            stop in 0.0..1.0_f64,
        ) {
            let articles: Vec<_> = articles.into_iter().map(|one| one.map(sighting)).collect();
            let stop = (articles.len() as f64 * stop) as u64;
            let (mut whole, mut broken) = (Identities::default(), Identities::default());
            let (mut kept, mut kept_broken) = (Kept::default(), Kept::default());
            for (sequence, article) in (1..).map(Sequence).zip(&articles) {
                kept.learn(&mut whole, sequence, article.as_ref());
                kept_broken.learn(&mut broken, sequence, article.as_ref());
                if sequence.0 == stop {
                    let mut written = Vec::new();
                    kept_broken.open.iter().for_each(|sighting| sighting.write(&mut written));
                    let open = Sighting::read_all(&written).expect("its own format");
                    let damaged;
                    (broken, damaged) = Identities::restore(&kept_broken.rows, &open, sequence);
                    prop_assert_eq!(damaged, 0);
                }
                prop_assert_eq!(whole.newest(), broken.newest());
            }
            prop_assert_eq!(kept.rows, kept_broken.rows);
        }
    }

    #[test]
    fn what_two_spans_told_is_used_two_spans_later() {
        let mut learner = Identities::default();
        for sequence in 1..=200 {
            let both = sighting((sequence as u8, vec![(1, 2, 3)]));
            let used = learner.redirects_for(Sequence(sequence)).expect("an epoch");
            assert_eq!(used.is_empty(), sequence < 64, "{sequence}");
            learner.learn(Sequence(sequence), (sequence <= 2).then_some(&both));
        }
    }

    #[test]
    fn the_families_not_seen_for_longest_are_forgotten() {
        let mut learner = Identities::default();
        let seen = |family: u64| Seen { family, ids: vec!["a".to_owned()], companions: Vec::new() };
        learner.observe(&Sighting { story: 1, persons: (0..MOST_FAMILIES as u64).map(seen).collect() });
        assert_eq!(learner.close(1).rows.len(), MOST_FAMILIES);
        learner.observe(&Sighting { story: 2, persons: (1..MOST_FAMILIES as u64 + 1).map(seen).collect() });
        let closed = learner.close(2);
        let forgotten: Vec<u64> = closed.rows.iter().filter(|row| row.value.is_empty()).map(|row| row.family).collect();
        assert_eq!((learner.families.len(), forgotten), (MOST_FAMILIES, vec![0]));
        assert_eq!(learner.close(3).gone, [(0, 1), (0, 2)]);
    }
}
