//! One site: how often each of its lines was seen, over a window of stories.

use crate::bytes::{Reader, put, put_hash, put_signed};
use crate::observation::Observation;
use crate::rules::{Rule, SiteRules};

/// Most lines a site keeps.
pub const MOST_LINES: usize = 512;
/// Lines that stay when there are more: those seen twice, then those seen last. Twenty new lines a story leave a line
/// ten stories to come again, so a line of every tenth story is met twice before it is forgotten.
const KEPT_LINES: usize = 256;
/// Stories after which counts are halved.
const WINDOW: u16 = 128;
/// The same in a pool of unknown sites, where each site's share is small.
const POOL_WINDOW: u16 = 512;
/// Stories of the site after which a line that was not seen any more is no rule.
const SILENCE: u32 = 64;
/// Stories remembered, so that copies and versions do not count again.
const REMEMBERED: usize = 48;

/// Fewest days of a rule.
const DAYS: u8 = 2;
/// Stories that are enough where they are at least half of the window. Two may be chance.
const FEW_STORIES: u16 = 3;
/// Stories that are enough otherwise.
const STORIES: u16 = 5;
/// Least share of the window, in percent, of a line at the edges: the template of a small section.
const EDGE_PERCENT: u32 = 10;
/// The same of a line inside the body. A subheading that recurs in fewer is the site's style, not its template.
const INSIDE_PERCENT: u32 = 25;
/// The same three for a pool.
const POOL_DAYS: u8 = 3;
const POOL_STORIES: u16 = 12;
const POOL_PERCENT: u32 = 4;

/// A line of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    hash: u64,
    /// Stories of the window it was seen in.
    count: u16,
    /// Of these, at an edge.
    at_edge: u16,
    /// [`SiteState::total`] when it was first and last seen.
    first: u32,
    last: u32,
    first_day: i32,
    last_day: i32,
    /// Days it was seen on: exact up to two, and never too few.
    days: u8,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteState {
    /// Stories ever counted.
    total: u32,
    /// Stories in the window.
    stories: u16,
    /// The last stories, oldest first: 32 bits of their hash are enough to tell 48 apart.
    recent: Vec<u32>,
    /// By hash.
    lines: Vec<Line>,
}

impl SiteState {
    /// How many lines it keeps.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Counts a story, unless it was counted before.
    pub fn observe(&mut self, observation: &Observation) {
        let story = observation.story as u32;
        if self.recent.contains(&story) {
            return;
        }
        if self.recent.len() == REMEMBERED {
            self.recent.remove(0);
        }
        self.recent.push(story);
        self.total = self.total.saturating_add(1);
        self.stories += 1;
        let (total, day) = (self.total, observation.day);
        let mut new = Vec::new();
        for seen in &observation.lines {
            let at_edge = u16::from(seen.at_edge);
            if !observation.site.is_known && !seen.at_edge {
                continue;
            }
            match self.lines.binary_search_by_key(&seen.hash, |line| line.hash) {
                Ok(at) => self.lines[at].see(at_edge, total, day),
                Err(_) => new.push(Line {
                    hash: seen.hash,
                    count: 1,
                    at_edge,
                    first: total,
                    last: total,
                    first_day: day,
                    last_day: day,
                    days: 1,
                }),
            }
        }
        if !new.is_empty() {
            self.lines.extend(new);
            self.lines.sort_unstable_by_key(|line| line.hash);
        }
        if self.stories >= if observation.site.is_known { WINDOW } else { POOL_WINDOW } {
            self.halve();
        }
        if self.lines.len() > MOST_LINES {
            self.prune();
        }
    }

    fn halve(&mut self) {
        self.stories = self.stories.div_ceil(2);
        for line in &mut self.lines {
            line.count = line.count.div_ceil(2);
            line.at_edge = line.at_edge.div_ceil(2).min(line.count);
        }
    }

    /// Lets go of the lines that are least likely to come again.
    pub fn prune(&mut self) {
        if self.lines.len() <= KEPT_LINES {
            return;
        }
        let total = self.total;
        let worth = |line: &Line| {
            let is_alive = total - line.last <= 2 * SILENCE;
            (is_alive, is_alive && line.count >= 2, line.last, line.hash)
        };
        self.lines.sort_unstable_by_key(|line| std::cmp::Reverse(worth(line)));
        self.lines.truncate(KEPT_LINES);
        self.lines.sort_unstable_by_key(|line| line.hash);
    }

    /// What it has learned.
    pub fn rules(&self, is_known: bool) -> SiteRules {
        let rules = self.lines.iter().filter_map(|line| {
            let at_edge_only = self.judge(line, is_known)?;
            let stories = if is_known { line.count } else { line.at_edge };
            // Fifteen of sixteen: the prose of a short story may be missed.
            let bounds_body = u32::from(line.at_edge) * 16 >= u32::from(line.count) * 15;
            let since = u16::try_from(self.total - line.first + 1).unwrap_or(u16::MAX);
            let of = self.stories.min(since).max(stories);
            Some(Rule { hash: line.hash, stories, of, days: line.days, at_edge_only, bounds_body })
        });
        SiteRules(rules.collect())
    }

    /// Whether a line is a rule, and if so whether only at the edges.
    fn judge(&self, line: &Line, is_known: bool) -> Option<bool> {
        let share = |count: u16| u32::from(count) * 100 / u32::from(self.stories.max(1));
        if self.total - line.last > SILENCE {
            return None;
        }
        if !is_known {
            let enough = line.at_edge >= POOL_STORIES && line.days >= POOL_DAYS && share(line.at_edge) >= POOL_PERCENT;
            return enough.then_some(true);
        }
        if line.days < DAYS {
            return None;
        }
        let in_most = line.count >= FEW_STORIES && share(line.count) >= 50;
        // Of the stories since it came: a new design is in all of them.
        let since = self.total - line.first + 1;
        let is_new_design = line.count >= STORIES && u32::from(line.count) * 2 >= since;
        let enough = |percent: u32| line.count >= STORIES && share(line.count) >= percent;
        if in_most || enough(INSIDE_PERCENT) || (is_new_design && enough(EDGE_PERCENT)) {
            return Some(false);
        }
        let at_edges = u32::from(line.at_edge) * 4 >= u32::from(line.count) * 3;
        (at_edges && (is_new_design || enough(EDGE_PERCENT))).then_some(true)
    }

    /// The state as a row.
    pub fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32 + self.recent.len() * 5 + self.lines.len() * 16);
        put(&mut bytes, u64::from(self.total));
        put(&mut bytes, u64::from(self.stories));
        put(&mut bytes, self.recent.len() as u64);
        self.recent.iter().for_each(|story| put(&mut bytes, u64::from(*story)));
        put(&mut bytes, self.lines.len() as u64);
        for line in &self.lines {
            put_hash(&mut bytes, line.hash);
            put(&mut bytes, u64::from(line.count));
            put(&mut bytes, u64::from(line.at_edge));
            put(&mut bytes, u64::from(self.total - line.first));
            put(&mut bytes, u64::from(self.total - line.last));
            put_signed(&mut bytes, i64::from(line.first_day));
            put_signed(&mut bytes, i64::from(line.last_day) - i64::from(line.first_day));
            put(&mut bytes, u64::from(line.days));
        }
        bytes
    }

    /// Reads a row; `None` where it is damaged.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let (total, stories) = (reader.narrow()?, reader.narrow()?);
        let mut state = Self { total, stories, ..Self::default() };
        for _ in 0..reader.narrow::<usize>()? {
            state.recent.push(reader.narrow()?);
        }
        for _ in 0..reader.narrow::<usize>()? {
            let (hash, count, at_edge) = (reader.hash()?, reader.narrow()?, reader.narrow()?);
            let first = total.checked_sub(reader.narrow()?)?;
            let last = total.checked_sub(reader.narrow()?)?;
            let first_day = reader.day()?;
            let last_day = i64::from(first_day).checked_add(reader.signed()?)?.try_into().ok()?;
            let days = reader.narrow()?;
            state.lines.push(Line { hash, count, at_edge, first, last, first_day, last_day, days });
        }
        (reader.0.is_empty() && state.lines.is_sorted_by_key(|line| line.hash)).then_some(state)
    }
}

impl Line {
    fn see(&mut self, at_edge: u16, total: u32, day: i32) {
        self.count = self.count.saturating_add(1);
        self.at_edge = self.at_edge.saturating_add(at_edge);
        self.last = total;
        if day != self.last_day && day != self.first_day {
            self.days = self.days.saturating_add(1);
        }
        self.last_day = day;
    }
}

#[cfg(test)]
mod tests {
    use copydesk_article::ArticleId;
    use proptest::prelude::*;

    use super::*;
    use crate::line::Place;
    use crate::observation::{Observed, SeenLine, Site};

    fn site() -> Site {
        Site::named("lindvik.example").expect("a name")
    }

    /// A story with lines of its own besides the given ones.
    fn story(site: Site, number: u64, day: i32, lines: &[(u64, bool)]) -> Observation {
        let own = (0..20).map(|n| (1_000_000 + number * 100 + n, false));
        let lines = own.chain(lines.iter().copied()).map(|(hash, at_edge)| SeenLine { hash, at_edge }).collect();
        Observation::new(&Observed { site, lines }, day, ArticleId::from_bytes(u128::from(number).to_le_bytes()))
    }

    fn knows(state: &SiteState, hash: u64, place: Place) -> bool {
        state.rules(true).find(hash, place).is_some()
    }

    #[test]
    fn a_template_is_known_after_three_stories_on_two_days() {
        let mut state = SiteState::default();
        for (number, day) in [(1, 7), (2, 7), (3, 7), (4, 7)] {
            state.observe(&story(site(), number, day, &[(5, true)]));
            assert!(!knows(&state, 5, Place::Edge), "one day is no evidence");
        }
        state.observe(&story(site(), 5, 8, &[(5, true)]));
        let rules = state.rules(true);
        let rule = rules.find(5, Place::Inside).expect("a rule for every place");
        assert_eq!(rule.to_string(), "in 5 of the last 5 stories, on 2 days");
        assert_eq!(rules.len(), 1);
    }

    #[test]
    fn copies_of_one_story_count_once() {
        let mut state = SiteState::default();
        for day in 0..20 {
            state.observe(&story(site(), 1, day, &[(5, true)]));
        }
        assert_eq!((state.total, state.rules(true).len()), (1, 0));
    }

    #[test]
    fn a_subheading_of_some_stories_stays_and_a_small_sections_template_goes() {
        let mut state = SiteState::default();
        for number in 0..120_u64 {
            let own: &[(u64, bool)] = if number % 8 == 0 { &[(5, true), (6, false), (7, true)] } else { &[(7, true)] };
            state.observe(&story(site(), number, number as i32 / 10, own));
        }
        assert!(knows(&state, 5, Place::Edge) && !knows(&state, 5, Place::Inside));
        assert!(!knows(&state, 6, Place::Edge), "every eighth story has it inside");
        assert!(knows(&state, 7, Place::Inside));
    }

    #[test]
    fn a_redesign_is_followed() {
        let mut state = SiteState::default();
        let mut learned_after = None;
        for number in 0..400_u64 {
            let line = if number < 200 { (5, true) } else { (6, true) };
            state.observe(&story(site(), number, number as i32 / 10, &[line]));
            if learned_after.is_none() && knows(&state, 6, Place::Edge) {
                learned_after = Some(number - 200);
            }
        }
        assert_eq!(learned_after, Some(10), "five stories, and the second day");
        assert!(!knows(&state, 5, Place::Edge), "the old design is forgotten");
    }

    #[test]
    fn a_pool_is_stricter() {
        let pool = Site::unknown("wire");
        let (mut state, mut days) = (SiteState::default(), 0);
        for number in 0..12 {
            days = number as i32 / 5;
            state.observe(&story(pool, number, days, &[(5, true), (6, false)]));
            assert_eq!(state.rules(false).len(), usize::from(number >= 11), "{number}");
        }
        assert_eq!(days, 2);
        assert!(
            state.rules(false).find(5, Place::Inside).is_none() && state.rules(false).find(5, Place::Edge).is_some()
        );
    }

    #[test]
    fn memory_is_bounded_and_a_rare_template_is_found_all_the_same() {
        let mut state = SiteState::default();
        for number in 0..2_000_u64 {
            let own: &[(u64, bool)] = if number % 8 == 0 { &[(5, true)] } else { &[] };
            state.observe(&story(site(), number, number as i32 / 10, own));
            assert!(state.len() <= MOST_LINES, "{}", state.len());
            assert!(state.recent.len() <= REMEMBERED);
        }
        assert!(knows(&state, 5, Place::Edge));
    }

    proptest! {
        #[test]
        fn a_row_holds_all_of_it(stories in prop::collection::vec((0_u64..50, -3_i32..9, prop::collection::vec((0_u64..30, any::<bool>()), 0..9)), 0..200)) {
            let mut state = SiteState::default();
            for (number, day, lines) in &stories {
                state.observe(&story(site(), *number, *day, lines));
            }
            let bytes = state.write();
            prop_assert_eq!(SiteState::read(&bytes), Some(state));
            if let Some((_, shorter)) = bytes.split_last() {
                prop_assert_eq!(SiteState::read(shorter), None);
            }
        }

        #[test]
        fn damaged_rows_are_refused_not_followed(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let read = SiteState::read(&bytes);
            prop_assert!(read.is_none_or(|state| state.len() <= bytes.len()));
        }
    }
}
