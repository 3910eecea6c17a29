//! Learning in the order of the sequence, a span at a time.

use std::sync::Arc;

use copydesk_article::{Sequence, epoch_for, epoch_of, span_of};

use crate::learner::{Closed, Learner, Row};
use crate::observation::{Observation, Site};
use crate::rules::Rules;

/// See the module.
#[derive(Debug, Default)]
pub struct Learning {
    learner: Learner,
    /// The rules of the newest epoch and of the one before it.
    rules: [Arc<Rules>; 2],
}

impl Learning {
    /// Where a process left off that had committed so many sequences: `rows` as they were written, `open` what was
    /// observed since the last end of an epoch, in order. Also says which sites' rows can't be read: they begin anew.
    #[must_use]
    pub fn restore(rows: &[Row], open: &[Observation], committed: Sequence) -> (Self, Vec<Site>) {
        let newest = span_of(committed.next());
        let (_, _, before) = Learner::restore(rows, newest.saturating_sub(1));
        let (mut learner, damaged, rules) = Learner::restore(rows, newest);
        for observation in open {
            learner.observe(observation);
        }
        (Self { learner, rules: [rules, before] }, damaged)
    }

    /// The rules for an article that comes after everything learned so far.
    #[must_use]
    pub fn rules_for(&self, sequence: Sequence) -> Option<Arc<Rules>> {
        let epoch = epoch_for(sequence);
        self.rules.iter().find(|rules| rules.epoch == epoch).map(Arc::clone)
    }

    /// The rules of the newest epoch, and of the one before it.
    #[must_use]
    pub const fn newest(&self) -> &[Arc<Rules>; 2] {
        &self.rules
    }

    /// Learns what there is to learn at a sequence, maybe nothing; every sequence in order, without gaps. At the end
    /// of a span says what becomes durable with it.
    pub fn learn(&mut self, sequence: Sequence, observation: Option<&Observation>) -> Option<Closed> {
        if let Some(observation) = observation {
            self.learner.observe(observation);
        }
        if span_of(sequence.next()) == span_of(sequence) {
            return None;
        }
        let closed = self.learner.close(epoch_of(sequence));
        let [newest, _] = std::mem::take(&mut self.rules);
        self.rules = [Arc::clone(&closed.rules), newest];
        Some(closed)
    }
}

#[cfg(test)]
mod tests {
    use copydesk_article::ArticleId;
    use proptest::prelude::*;

    use super::*;
    use crate::observation::{Observed, SeenLine};

    /// What a ledger keeps of it.
    #[derive(Default)]
    struct Kept {
        rows: Vec<Row>,
        open: Vec<Observation>,
    }

    impl Kept {
        fn learn(&mut self, learning: &mut Learning, sequence: Sequence, observation: Option<&Observation>) {
            self.open.extend(observation.cloned());
            if let Some(closed) = learning.learn(sequence, observation) {
                self.rows.extend(closed.rows);
                self.rows.retain(|row| !closed.gone.contains(&(row.site, row.epoch)));
                self.open.clear();
            }
        }
    }

    fn observation((site, day, story, lines): (u8, u8, u8, Vec<u8>)) -> Observation {
        let site = Site { key: u64::from(site), is_known: site != 0 };
        let lines = lines.into_iter().map(|line| SeenLine { hash: u64::from(line), at_edge: line % 3 != 0 }).collect();
        let story = ArticleId::from_bytes(u128::from(story).to_le_bytes());
        Observation::new(&Observed { site, lines }, i32::from(day), story)
    }

    proptest! {
        #[test]
        fn a_restart_anywhere_changes_nothing(
            articles in prop::collection::vec(prop::option::weighted(0.9, (0_u8..6, 0_u8..9, any::<u8>(), prop::collection::vec(0_u8..40, 0..12))), 1..900),
            stop in 0.0..1.0_f64,
        ) {
            let articles: Vec<_> = articles.into_iter().map(|one| one.map(observation)).collect();
            let stop = (articles.len() as f64 * stop) as u64;
            let (mut whole, mut broken) = (Learning::default(), Learning::default());
            let (mut kept, mut kept_broken) = (Kept::default(), Kept::default());
            for (sequence, article) in (1..).map(Sequence).zip(&articles) {
                kept.learn(&mut whole, sequence, article.as_ref());
                kept_broken.learn(&mut broken, sequence, article.as_ref());
                if sequence.0 == stop {
                    let damaged;
                    (broken, damaged) = Learning::restore(&kept_broken.rows, &kept_broken.open, sequence);
                    prop_assert!(damaged.is_empty());
                }
                prop_assert_eq!(whole.newest(), broken.newest());
                prop_assert!(whole.rules_for(sequence.next()).is_some());
            }
            prop_assert_eq!(kept.rows, kept_broken.rows);
        }
    }

    #[test]
    fn a_damaged_row_costs_its_own_site() {
        let mut kept = Kept::default();
        let mut learning = Learning::default();
        for number in 1..=130_u8 {
            let observation = observation((number % 2 + 1, number / 8, number, vec![1, 2]));
            kept.learn(&mut learning, Sequence(u64::from(number)), Some(&observation));
        }
        let damaged = kept.rows.len() - 1;
        kept.rows[damaged].value.truncate(9);
        let (restored, sites) = Learning::restore(&kept.rows, &kept.open, Sequence(130));
        assert_eq!(sites, [kept.rows[damaged].site]);
        assert_eq!(restored.newest()[0].sites(), 1);
    }
}
