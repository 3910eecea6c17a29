//! All sites of a desk, within bounds.

use std::collections::HashMap;
use std::sync::Arc;

use crate::observation::{Observation, Site};
use crate::rules::{Rules, SiteRules};
use crate::site::SiteState;

/// Most sites remembered.
pub const MOST_SITES: usize = 8192;
/// Most lines remembered of all sites together.
pub const MOST_SITE_LINES: usize = 1 << 20;

/// One row for the ledger: a site at the end of an epoch. An empty value: the site is forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The site.
    pub site: Site,
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
    /// Rows that nobody will read any more: site and epoch.
    pub gone: Vec<(Site, u64)>,
    /// The rules from now on.
    pub rules: Arc<Rules>,
}

/// A site and the rows the ledger has of it.
#[derive(Debug, Default)]
struct Known {
    state: SiteState,
    rules: Arc<SiteRules>,
    /// Epochs of its rows, oldest first.
    rows: Vec<u64>,
    has_changed: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Learner {
    sites: HashMap<Site, Known>,
    /// Sites forgotten at the last end of an epoch, with the epochs of their rows.
    leaving: Vec<(Site, Vec<u64>)>,
}

impl Learner {
    /// Adds an observation.
    pub fn observe(&mut self, observation: &Observation) {
        let known = self.sites.entry(observation.site).or_default();
        known.state.observe(observation);
        known.has_changed = true;
    }

    /// Ends the epoch before `epoch`: what was observed so far is its state.
    pub fn close(&mut self, epoch: u64) -> Closed {
        let mut gone = Vec::new();
        for (site, rows) in self.leaving.drain(..) {
            gone.extend(rows.into_iter().map(|row| (site, row)));
        }
        let mut rows = Vec::new();
        for (&site, known) in self.sites.iter_mut().filter(|(_, known)| known.has_changed) {
            known.state.prune();
            known.rules = Arc::new(known.state.rules(site.is_known));
            known.has_changed = false;
            // The articles in flight use this epoch or the one before it.
            let needed = known.rows.pop();
            gone.extend(known.rows.drain(..).map(|row| (site, row)));
            known.rows.extend(needed.into_iter().chain([epoch]));
            rows.push(Row { site, epoch, value: known.state.write() });
        }
        self.forget(epoch, &mut rows);
        // The order of the map is nobody's business.
        rows.sort_unstable_by_key(|row| row.site);
        gone.sort_unstable();
        Closed { rows, gone, rules: self.rules(epoch) }
    }

    /// Forgets the sites that were silent longest, until the rest is within bounds.
    fn forget(&mut self, epoch: u64, rows: &mut Vec<Row>) {
        let mut lines: usize = self.sites.values().map(|known| known.state.len()).sum();
        if self.sites.len() <= MOST_SITES && lines <= MOST_SITE_LINES {
            return;
        }
        let silent = |(site, known): (&Site, &Known)| (known.rows.last().copied(), *site);
        let mut order: Vec<_> = self.sites.iter().map(silent).collect();
        order.sort_unstable();
        for (_, site) in order {
            if self.sites.len() <= MOST_SITES && lines <= MOST_SITE_LINES {
                return;
            }
            let Some(mut known) = self.sites.remove(&site) else { continue };
            lines -= known.state.len();
            rows.retain(|row| row.site != site);
            rows.push(Row { site, epoch, value: Vec::new() });
            if known.rows.last() != Some(&epoch) {
                known.rows.push(epoch);
            }
            self.leaving.push((site, known.rows));
        }
    }

    fn rules(&self, epoch: u64) -> Arc<Rules> {
        let with_rules = self.sites.iter().filter(|(_, known)| !known.rules.is_empty());
        let sites = with_rules.map(|(site, known)| (*site, Arc::clone(&known.rules)));
        Arc::new(Rules::new(epoch, sites.collect()))
    }

    /// The learner as of an epoch, from the rows of that and earlier epochs; later ones are left out. Also says which
    /// rows could not be read: their sites begin anew.
    pub fn restore(rows: &[Row], epoch: u64) -> (Self, Vec<Site>, Arc<Rules>) {
        let mut all: Vec<&Row> = rows.iter().filter(|row| row.epoch <= epoch).collect();
        all.sort_unstable_by_key(|row| (row.site, row.epoch));
        let (mut learner, mut damaged) = (Self::default(), Vec::new());
        for of_site in all.chunk_by(|a, b| a.site == b.site) {
            let Some(newest) = of_site.last() else { continue };
            let (site, rows) = (newest.site, of_site.iter().map(|row| row.epoch).collect::<Vec<_>>());
            if newest.value.is_empty() {
                learner.leaving.push((site, rows));
                continue;
            }
            let state = SiteState::read(&newest.value).unwrap_or_else(|| {
                damaged.push(site);
                SiteState::default()
            });
            let rules = Arc::new(state.rules(site.is_known));
            learner.sites.insert(site, Known { state, rules, rows, has_changed: false });
        }
        let rules = learner.rules(epoch);
        (learner, damaged, rules)
    }
}

#[cfg(test)]
mod tests {
    use copydesk_article::ArticleId;

    use super::*;
    use crate::observation::{Observed, SeenLine};

    fn observation(site: u64, story: u64, line: u64) -> Observation {
        let site = Site { key: site, is_known: true };
        let lines = vec![SeenLine { hash: line, at_edge: true }];
        Observation::new(
            &Observed { site, lines },
            story as i32,
            ArticleId::from_bytes(u128::from(story).to_le_bytes()),
        )
    }

    #[test]
    fn the_sites_silent_longest_are_forgotten_and_their_rows_go_an_epoch_later() {
        let mut learner = Learner::default();
        for site in 0..MOST_SITES as u64 {
            learner.observe(&observation(site, 1, 1));
        }
        assert_eq!(learner.close(1).rows.len(), MOST_SITES);
        for site in (2..MOST_SITES as u64).chain([90_000, 90_001, 90_002]) {
            learner.observe(&observation(site, 2, 1));
        }
        let closed = learner.close(2);
        assert_eq!(learner.sites.len(), MOST_SITES);
        let forgotten: Vec<u64> =
            closed.rows.iter().filter(|row| row.value.is_empty()).map(|row| row.site.key).collect();
        assert_eq!(forgotten, [0, 1, 2], "0 and 1 were silent; of the rest the lowest goes");
        assert_eq!(closed.gone, [], "their rows are needed for one more epoch");
        let gone: Vec<_> = learner.close(3).gone.into_iter().map(|(site, epoch)| (site.key, epoch)).collect();
        assert_eq!(gone, [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2)]);
    }

    #[test]
    fn at_most_two_rows_of_a_site_stand() {
        let mut learner = Learner::default();
        let mut standing = Vec::new();
        for epoch in 1..20 {
            learner.observe(&observation(7, epoch, 1));
            let closed = learner.close(epoch);
            standing.extend(closed.rows.iter().map(|row| (row.site, row.epoch)));
            standing.retain(|row| !closed.gone.contains(row));
            assert!(standing.len() <= 2 && standing.last().is_some_and(|row| row.1 == epoch), "{standing:?}");
        }
    }
}
