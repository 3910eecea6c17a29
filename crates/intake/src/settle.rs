//! When a file is whole: a state machine over what is seen of it, with the clock handed in.
//!
//! Nobody tells us that a producer is done, so:
//! - a file renamed into place was written elsewhere: it is taken at once;
//! - any other is taken when nobody is known to have it open for writing and its generation has stood
//!   unchanged for the settle time, either before our eyes or by its modification time (a file moved or
//!   linked in, or there at start). A modification time in the future proves nothing;
//! - "known to be open" means a write was reported and no closing since, or it was created empty and never
//!   closed. Such a file waits however long it is quiet, because a file taken from under its producer loses
//!   what is written later; only when events were lost, and the closing may be among them, does nobody know.
//!
//! Every (path, generation) is offered once, unless it is released. Beyond that, an article may have to wait for
//! its sidecars (`pairing.rs`), and an open file may be offered to be followed (`follow.rs`).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::time::Duration;

use copydesk_disk::Generation;
use copydesk_readers::sidecar;

use crate::Found;
use crate::follow::Following;
use crate::offered::Offered;
use crate::pairing::Sidecars;
use crate::waiting::{Hints, Moment, Quiet, Waiting};

/// Every file of the drop folder: waiting to be whole, or offered.
#[derive(Debug)]
pub(crate) struct Settle {
    /// How long files must stand unchanged.
    pub quiet: Quiet,
    waiting: HashMap<PathBuf, Waiting>,
    sidecars: Sidecars,
    following: Following,
    offered: Offered,
    /// To be offered, unless their sidecars have to be waited for, with the time since when each is whole.
    ready: Vec<(Found, Duration)>,
    /// Number of the current full scan: what it does not stamp is gone.
    scan: u32,
}

impl Settle {
    pub fn new(quiet: Quiet, sidecar_wait: Duration, follow: Option<Duration>) -> Self {
        Self {
            quiet,
            waiting: HashMap::new(),
            sidecars: Sidecars::new(sidecar_wait),
            following: Following::new(follow),
            offered: Offered::default(),
            ready: Vec::new(),
            scan: 0,
        }
    }

    /// Takes in that `path` holds this generation now, and what events said of it.
    pub fn observe(&mut self, path: PathBuf, generation: Generation, hints: Hints, now: Moment) {
        if self.offered.sees(&path, generation, self.scan) {
            self.waiting.remove(&path);
            return;
        }
        if let Some(article) = sidecar::article_of(&path) {
            self.sidecars.observe(path, generation, hints, self.scan, now);
            self.offer_if_whole(article, now);
            return;
        }
        let file = self.waiting.entry(path.clone()).or_insert_with(|| Waiting::new(generation, self.scan, now));
        file.see(generation, hints, self.scan, now);
        if file.open {
            self.following.is_open(&path, now);
        }
        self.offer_if_whole(path, now);
    }

    fn offer_if_whole(&mut self, path: PathBuf, now: Moment) {
        let Entry::Occupied(file) = self.waiting.entry(path) else { return };
        if !file.get().is_whole(self.quiet, now) || self.following.is_busy(file.key()) {
            return;
        }
        let (path, file) = file.remove_entry();
        self.following.remove(&path);
        self.offered.insert(&path, file.generation, self.scan);
        let whole = file.whole.unwrap_or(now.elapsed);
        self.ready.push((Found { path, generation: file.generation, follow: false }, whole));
    }

    /// Looks again at every file whose wait is over. `look` says what a path holds now, none where that is no
    /// regular file.
    pub fn poll(&mut self, now: Moment, mut look: impl FnMut(&Path) -> Option<Generation>) {
        let is_due = |(path, file): &(&PathBuf, &Waiting)| {
            let let_go = |whole| self.sidecars.let_go(path, whole, self.quiet, now);
            file.is_whole(self.quiet, now) && file.whole.is_none_or(let_go)
        };
        let due: Vec<PathBuf> = self.waiting.iter().filter(is_due).map(|(path, _)| path.clone()).collect();
        for path in due {
            match look(&path) {
                Some(generation) => self.observe(path, generation, Hints::default(), now),
                None => self.forget(&path, now),
            }
        }
        let (waiting, offered) = (&self.waiting, &self.offered);
        let is_open = |path: &Path| waiting.get(path).is_some_and(|file| file.open);
        let followed = self.following.due(now, |path| if is_open(path) { look(path) } else { None });
        self.ready.extend(followed.into_iter().map(|found| (found, now.elapsed)));
        let has = |article: &Path| waiting.contains_key(article) || offered.has(article);
        for path in self.sidecars.orphans(self.quiet, now, has) {
            self.sidecars.remove(&path);
            if let Some(generation) = look(&path) {
                self.offered.insert(&path, generation, self.scan);
                self.ready.push((Found { path, generation, follow: false }, now.elapsed));
            }
        }
    }

    /// Files that became ready since the last call, by modification time, then path.
    pub fn take(&mut self, now: Moment) -> Vec<Found> {
        let mut ready = Vec::with_capacity(self.ready.len());
        for (found, whole) in std::mem::take(&mut self.ready) {
            let alone = found.follow || sidecar::article_of(&found.path).is_some();
            if alone || self.sidecars.let_go(&found.path, whole, self.quiet, now) {
                ready.push(found);
            } else {
                self.offered.remove(&found.path);
                let file = Waiting::whole_since(whole, found.generation, self.scan, now);
                self.waiting.insert(found.path, file);
            }
        }
        ready.sort_unstable_by(|a, b| (a.generation.modified_ns, &a.path).cmp(&(b.generation.modified_ns, &b.path)));
        ready
    }

    /// Makes an offered file wait again. Nothing happens where its path has been offered as another generation
    /// since.
    pub fn release(&mut self, found: Found, now: Moment) {
        if found.follow {
            self.following.read(&found);
        } else if self.offered.is(&found.path, found.generation) {
            self.offered.remove(&found.path);
            if sidecar::article_of(&found.path).is_some() {
                self.sidecars.observe(found.path, found.generation, Hints::default(), self.scan, now);
            } else {
                self.waiting.entry(found.path).or_insert(Waiting::released(found.generation, self.scan, now));
            }
        }
    }

    /// Forgets an offered file that left the folder, but not a newer one of its name.
    pub fn finished(&mut self, found: &Found, now: Moment) {
        if found.follow {
            self.following.read(found);
        } else if self.offered.is(&found.path, found.generation) {
            self.offered.remove(&found.path);
            self.sidecars.article_left(&found.path, now);
        }
    }

    /// A followed file was read as far as it went.
    pub fn followed(&mut self, found: &Found) {
        self.following.read(found);
    }

    /// Forgets a path that holds no regular file any more.
    pub fn forget(&mut self, path: &Path, now: Moment) {
        self.waiting.remove(path);
        self.following.remove(path);
        self.offered.remove(path);
        self.sidecars.remove(path);
        self.sidecars.article_left(path, now);
    }

    /// A look through the whole folder begins.
    pub fn scan_begins(&mut self) {
        self.scan = self.scan.wrapping_add(1);
    }

    /// A scan came by a folder.
    pub fn saw_folder(&mut self, path: &Path) {
        self.sidecars.saw_folder(path, self.scan);
    }

    /// The look through the whole folder is complete: what it did not see is gone.
    pub fn scan_ends(&mut self) {
        let scan = self.scan;
        self.waiting.retain(|_, file| file.scan == scan);
        self.offered.keep_seen(scan);
        self.sidecars.keep_seen(scan);
        let waiting = &self.waiting;
        self.following.keep(|path| waiting.contains_key(path));
    }

    /// Events were lost: nothing is known any more of who has what open.
    pub fn events_lost(&mut self, now: Moment) {
        self.waiting.values_mut().for_each(|file| file.events_lost(now));
        self.sidecars.events_lost(now);
    }

    /// How many files are not yet whole, or wait for a sidecar.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use copydesk_disk::FileIdentity;
    use proptest::prelude::*;

    const START_NS: i128 = 1_700_000_000_000_000_000;

    fn at(seconds: u64) -> Moment {
        Moment { elapsed: Duration::from_secs(seconds), wall_ns: START_NS + i128::from(seconds) * 1_000_000_000 }
    }

    /// A file whose modification time lies `modified` seconds after the start of the clock.
    fn generation(inode: u64, bytes: u64, modified: i64) -> Generation {
        Generation {
            identity: FileIdentity { device: 1, inode },
            bytes,
            modified_ns: START_NS + i128::from(modified) * 1_000_000_000,
        }
    }

    fn written() -> Hints {
        Hints { open: Some(true), ..Hints::default() }
    }

    fn closed() -> Hints {
        Hints { open: Some(false), ..Hints::default() }
    }

    fn settle() -> Settle {
        let quiet = Quiet { settle: Duration::from_secs(2), by_age: true };
        Settle::new(quiet, Duration::from_secs(1), Some(Duration::from_secs(5)))
    }

    /// Names that become ready at a moment, all files being what they were when last observed.
    fn ready(settle: &mut Settle, now: Moment) -> Vec<String> {
        let state: HashMap<_, _> = settle.waiting.iter().map(|(path, file)| (path.clone(), file.generation)).collect();
        settle.poll(now, |path| state.get(path).copied());
        settle.take(now).into_iter().map(|found| found.path.display().to_string()).collect()
    }

    #[test]
    fn an_old_file_is_taken_at_once_in_order_of_time_then_path() {
        let mut settle = settle();
        for (name, inode, modified) in [("c", 1, -50), ("a", 2, -9), ("b", 3, -50)] {
            settle.observe(name.into(), generation(inode, 5, modified), Hints::default(), at(0));
        }
        assert_eq!(ready(&mut settle, at(0)), ["b", "c", "a"]);
    }

    #[test]
    fn a_rename_into_place_is_taken_at_once_even_over_a_file_being_written() {
        let mut settle = settle();
        settle.observe("a".into(), generation(1, 5, 10), written(), at(10));
        assert_eq!(ready(&mut settle, at(10)), [""; 0]);
        settle.observe("a".into(), generation(2, 5, 10), Hints { renamed: true, ..Hints::default() }, at(10));
        assert_eq!(ready(&mut settle, at(10)), ["a"]);
        settle.observe("a".into(), generation(2, 9, 11), written(), at(11));
        assert_eq!(ready(&mut settle, at(60)), [""; 0], "written on: another generation, and open");
        settle.observe("a".into(), generation(2, 9, 11), closed(), at(61));
        assert_eq!(ready(&mut settle, at(61)), ["a"]);
    }

    #[test]
    fn a_file_being_written_waits_for_the_close_and_the_quiet() {
        let mut settle = settle();
        let created = Hints { created: true, ..Hints::default() };
        settle.observe("a".into(), generation(1, 0, 10), created, at(10));
        assert_eq!(ready(&mut settle, at(20)), [""; 0], "created empty and never closed");
        settle.observe("a".into(), generation(1, 5, 20), written(), at(20));
        settle.observe("a".into(), generation(1, 9, 25), written(), at(25));
        assert_eq!(ready(&mut settle, at(30)), [""; 0], "quiet but open");
        settle.observe("a".into(), generation(1, 12, 30), closed(), at(30));
        assert_eq!(ready(&mut settle, at(31)), [""; 0], "closed but not quiet");
        assert_eq!(ready(&mut settle, at(32)), ["a"]);
        assert_eq!(ready(&mut settle, at(99)), [""; 0], "once");
    }

    #[test]
    fn an_empty_file_that_nobody_was_seen_to_close_waits_a_minute() {
        let mut settle = settle();
        settle.observe("there at start".into(), generation(1, 0, -50), Hints::default(), at(0));
        settle.observe("old".into(), generation(2, 0, -60), Hints::default(), at(0));
        settle.observe("touched".into(), generation(3, 0, 0), closed(), at(0));
        assert_eq!(ready(&mut settle, at(1)), ["old"]);
        assert_eq!(ready(&mut settle, at(2)), ["touched"]);
        assert_eq!(ready(&mut settle, at(9)), [""; 0]);
        assert_eq!(ready(&mut settle, at(10)), ["there at start"]);
    }

    #[test]
    fn an_open_file_waits_for_its_close_until_events_are_lost() {
        let mut settle = settle();
        settle.observe("a".into(), generation(1, 5, 500), written(), at(500));
        assert_eq!(ready(&mut settle, at(9_000)), [""; 0], "quiet, and still open");
        settle.events_lost(at(9_000));
        assert_eq!(ready(&mut settle, at(9_000)), ["a"], "unchanged for hours, and nobody knows who has it open");
    }

    #[test]
    fn a_time_in_the_future_proves_nothing() {
        let mut settle = settle();
        settle.observe("a".into(), generation(1, 5, 9_000), Hints::default(), at(0));
        assert_eq!(ready(&mut settle, at(1)), [""; 0]);
        assert_eq!(ready(&mut settle, at(2)), ["a"]);
    }

    #[test]
    fn a_hard_link_to_an_old_file_is_taken_at_once() {
        let mut settle = settle();
        settle.observe("a".into(), generation(1, 5, -90), Hints { created: true, ..Hints::default() }, at(0));
        assert_eq!(ready(&mut settle, at(0)), ["a"]);
    }

    #[test]
    fn what_changed_unseen_is_noticed_before_it_is_offered() {
        let mut settle = settle();
        settle.observe("a".into(), generation(1, 5, 0), closed(), at(0));
        settle.poll(at(2), |_| Some(generation(1, 6, 2)));
        assert!(settle.take(at(3)).is_empty());
        settle.poll(at(3), |_| Some(generation(1, 6, 2)));
        assert!(settle.take(at(3)).is_empty());
        settle.poll(at(4), |_| Some(generation(1, 6, 2)));
        assert_eq!(settle.take(at(4))[0].generation, generation(1, 6, 2));
    }

    #[test]
    fn a_released_file_comes_again_after_a_wait_and_a_finished_one_only_anew() {
        let mut settle = settle();
        settle.observe("a".into(), generation(1, 5, -90), Hints::default(), at(0));
        let found = settle.take(at(0)).remove(0);
        settle.release(found.clone(), at(5));
        settle.observe("a".into(), found.generation, Hints::default(), at(5));
        assert_eq!(ready(&mut settle, at(6)), [""; 0]);
        assert_eq!(ready(&mut settle, at(7)), ["a"]);
        settle.finished(&found, at(7));
        settle.observe("a".into(), found.generation, Hints::default(), at(8));
        assert_eq!(ready(&mut settle, at(8)), ["a"], "the same drop again");
    }

    #[test]
    fn a_late_word_about_an_older_generation_changes_nothing() {
        let mut settle = settle();
        settle.observe("a".into(), generation(1, 5, -90), Hints::default(), at(0));
        let old = settle.take(at(0)).remove(0);
        settle.observe("a".into(), generation(2, 5, -90), Hints::default(), at(1));
        assert_eq!(ready(&mut settle, at(1)), ["a"]);
        settle.release(old.clone(), at(1));
        settle.finished(&old, at(1));
        settle.observe("a".into(), generation(2, 5, -90), Hints::default(), at(1));
        assert_eq!(ready(&mut settle, at(99)), [""; 0]);
    }

    #[test]
    fn a_complete_scan_forgets_what_it_did_not_see() {
        let mut settle = settle();
        settle.observe("gone".into(), generation(1, 5, -90), Hints::default(), at(0));
        settle.observe("there".into(), generation(2, 5, -90), Hints::default(), at(0));
        settle.observe("young".into(), generation(3, 5, 0), Hints::default(), at(0));
        assert_eq!(settle.take(at(0)).len(), 2);
        settle.scan_begins();
        settle.observe("there".into(), generation(2, 5, -90), Hints::default(), at(1));
        settle.scan_ends();
        assert_eq!((settle.waiting(), settle.offered.len()), (0, 1));
    }

    fn see(settle: &mut Settle, name: &str, inode: u64, modified: i64, seconds: u64) {
        settle.observe(name.into(), generation(inode, 5, modified), Hints::default(), at(seconds));
    }

    fn taken(settle: &mut Settle, now: Moment) -> Vec<String> {
        settle.take(now).into_iter().map(|found| found.path.display().to_string()).collect()
    }

    #[test]
    fn a_sidecar_there_goes_with_its_article_in_whatever_order_they_are_seen() {
        for order in [["f/a.html", "f/a.html.url"], ["f/a.html.url", "f/a.html"]] {
            let mut settle = settle();
            for (name, inode) in order.into_iter().zip(1..) {
                see(&mut settle, name, inode, -50, 0);
            }
            assert_eq!(taken(&mut settle, at(0)), ["f/a.html"]);
            assert_eq!((ready(&mut settle, at(9_000)), settle.waiting()), (vec![], 0), "the sidecar never alone");
        }
    }

    #[test]
    fn where_sidecars_come_an_article_waits_for_its_first() {
        let mut settle = settle();
        see(&mut settle, "f/a.html", 1, -50, 0);
        see(&mut settle, "f/a.html.url", 2, -50, 0);
        assert_eq!(taken(&mut settle, at(0)), ["f/a.html"]);
        see(&mut settle, "f/b.html", 3, -50, 10);
        see(&mut settle, "f/c.html", 4, -50, 10);
        see(&mut settle, "elsewhere/d.html", 5, -50, 10);
        assert_eq!(taken(&mut settle, at(10)), ["elsewhere/d.html"], "another folder does not wait");
        assert_eq!(settle.waiting(), 2);
        see(&mut settle, "f/b.html.headers", 6, -50, 10);
        assert_eq!(taken(&mut settle, at(10)), ["f/b.html"], "it came");
        assert_eq!(ready(&mut settle, at(10)), [""; 0]);
        assert_eq!(ready(&mut settle, at(11)), ["f/c.html"], "it has none");
    }

    #[test]
    fn an_article_waits_until_its_sidecar_is_whole_but_not_for_ever() {
        for (closes, expected_at) in [(true, 12), (false, 13)] {
            let mut settle = settle();
            settle.observe("a.url".into(), generation(1, 5, 10), written(), at(10));
            see(&mut settle, "a", 2, -50, 10);
            assert_eq!(taken(&mut settle, at(10)), [""; 0]);
            if closes {
                settle.observe("a.url".into(), generation(1, 5, 10), closed(), at(11));
            }
            assert_eq!(ready(&mut settle, at(expected_at - 1)), [""; 0]);
            assert_eq!(ready(&mut settle, at(expected_at)), ["a"], "closed: {closes}");
        }
    }

    /// Names that become ready, `there` being all that the folder holds.
    fn ready_of(settle: &mut Settle, there: &[(&str, Generation)], now: Moment) -> Vec<String> {
        let held = |path: &Path| there.iter().find(|(name, _)| Path::new(name) == path).map(|(_, held)| *held);
        settle.poll(now, held);
        taken(settle, now)
    }

    #[test]
    fn a_sidecar_without_an_article_waits_long_and_comes_alone() {
        let mut settle = settle();
        let (orphan, paired) = (("a.url", generation(1, 5, -50)), ("b.url", generation(2, 5, -50)));
        see(&mut settle, "a.url", 1, -50, 0);
        see(&mut settle, "b.url", 2, -50, 0);
        see(&mut settle, "b", 3, -50, 0);
        let there = [orphan, paired, ("b", generation(3, 5, -50))];
        assert_eq!(taken(&mut settle, at(0)), ["b"]);
        assert_eq!(ready_of(&mut settle, &there, at(29)), [""; 0]);
        assert_eq!(ready_of(&mut settle, &there, at(35)), ["a.url"]);
        assert_eq!(ready_of(&mut settle, &there, at(9_000)), [""; 0], "once, and never beside its article");
        // The article leaves: its sidecar is on its way too, and has its time.
        settle.forget(Path::new("b"), at(9_001));
        assert_eq!(ready_of(&mut settle, &there, at(9_020)), [""; 0]);
        assert_eq!(ready_of(&mut settle, &there, at(9_040)), ["b.url"]);
        // Released, it may still find its article.
        settle.release(Found { path: "b.url".into(), generation: paired.1, follow: false }, at(9_041));
        assert_eq!(ready_of(&mut settle, &there, at(9_060)), [""; 0]);
        assert_eq!(ready_of(&mut settle, &there, at(9_080)), ["b.url"]);
    }

    #[test]
    fn a_folder_keeps_its_habit_while_it_is_there() {
        let mut settle = settle();
        see(&mut settle, "f/a.url", 1, -50, 0);
        settle.forget(Path::new("f/a.url"), at(1));
        for (folder_is_there, expected) in [(true, 0), (false, 1)] {
            settle.scan_begins();
            if folder_is_there {
                settle.saw_folder(Path::new("f"));
            }
            settle.scan_ends();
            see(&mut settle, "f/b", 2, -50, 2);
            assert_eq!(taken(&mut settle, at(2)).len(), expected, "{folder_is_there}");
            settle.forget(Path::new("f/b"), at(2));
        }
    }

    #[test]
    fn open_json_lines_are_followed_and_come_whole_when_closed() {
        let mut settle = settle();
        settle.observe("a.jsonl".into(), generation(1, 5, 10), written(), at(10));
        settle.observe("a.txt".into(), generation(2, 5, 10), written(), at(10));
        let there = |bytes| [("a.jsonl", generation(1, bytes, 10)), ("a.txt", generation(2, 5, 10))];
        assert_eq!(ready_of(&mut settle, &there(5), at(14)), [""; 0]);
        settle.poll(at(15), |_| Some(generation(1, 9, 10)));
        let found = settle.take(at(15)).remove(0);
        assert_eq!(found, Found { path: "a.jsonl".into(), generation: generation(1, 9, 10), follow: true });
        assert_eq!(ready_of(&mut settle, &there(30), at(40)), [""; 0], "it is still being read");
        settle.followed(&found);
        assert_eq!(ready_of(&mut settle, &there(9), at(46)), [""; 0], "it did not grow");
        assert_eq!(ready_of(&mut settle, &there(30), at(52)), ["a.jsonl"]);
        let found = Found { generation: generation(1, 30, 10), ..found };
        settle.observe("a.jsonl".into(), found.generation, closed(), at(60));
        assert_eq!(ready_of(&mut settle, &there(30), at(90)), [""; 0], "closed, and still being read");
        settle.followed(&found);
        settle.poll(at(91), |_| Some(found.generation));
        assert_eq!(settle.take(at(91)), [Found { follow: false, ..found }], "whole, though it did not grow");
        assert_eq!(ready_of(&mut settle, &there(30), at(999)), [""; 0], "once");
    }

    #[test]
    fn following_can_be_off_and_ends_with_the_file() {
        let quiet = Quiet { settle: Duration::from_secs(2), by_age: true };
        let mut off = Settle::new(quiet, Duration::from_secs(1), None);
        off.observe("a.jsonl".into(), generation(1, 5, 10), written(), at(10));
        assert_eq!(ready(&mut off, at(500)), [""; 0]);
        let mut settle = settle();
        settle.observe("a.jsonl".into(), generation(1, 5, 10), written(), at(10));
        assert_eq!(ready(&mut settle, at(20)), ["a.jsonl"]);
        settle.forget(Path::new("a.jsonl"), at(21));
        settle.observe("a.jsonl".into(), generation(7, 5, -50), Hints::default(), at(22));
        assert_eq!(taken(&mut settle, at(22)), ["a.jsonl"], "another file of that name owes nothing");
    }

    #[test]
    fn times_of_another_clock_prove_nothing() {
        let mut settle = settle();
        settle.quiet.by_age = false;
        see(&mut settle, "a", 1, -5_000, 0);
        assert_eq!(ready(&mut settle, at(1)), [""; 0]);
        assert_eq!(ready(&mut settle, at(2)), ["a"]);
    }

    proptest! {
        /// Whatever is seen in whatever order, no generation of a path is offered twice.
        #[test]
        fn nothing_is_offered_twice(steps in proptest::collection::vec((0_u64..3, 0_u64..3, 0_u8..5, 0_u64..4), 1..80)) {
            let mut settle = settle();
            let (mut seconds, mut offered, mut sizes) = (0, std::collections::HashSet::new(), [0; 3]);
            for (name, grown, hint, pause) in steps {
                seconds += pause;
                sizes[usize::try_from(name).expect("small")] += grown;
                let hints = match hint {
                    0 => written(),
                    1 => closed(),
                    2 => Hints { renamed: true, ..Hints::default() },
                    3 => Hints { created: true, ..Hints::default() },
                    _ => Hints::default(),
                };
                let generation = generation(name, sizes[usize::try_from(name).expect("small")], 0);
                settle.observe(name.to_string().into(), generation, hints, at(seconds));
                for found in settle.take(at(seconds)) {
                    prop_assert!(offered.insert((found.path.clone(), found.generation)), "{found:?} twice");
                }
            }
        }
    }
}
