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
//! Every (path, generation) is offered once, unless it is released.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::time::Duration;

use copydesk_disk::Generation;

use crate::Found;

/// Shortest wait before a released file is offered again, so that one that can't be read does not keep the
/// desk busy.
const RELEASED_WAIT: Duration = Duration::from_secs(1);

/// A point in time: on a clock that never jumps, and on the wall as files are stamped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Since the watch started.
    pub elapsed: Duration,
    /// Nanoseconds since the epoch.
    pub wall_ns: i128,
}

/// What events said about a path since it was last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    /// It was created under this name.
    pub created: bool,
    /// It was renamed to this name.
    pub renamed: bool,
    /// Written to (true) or closed after writing (false), whichever came last.
    pub open: Option<bool>,
}

#[derive(Debug)]
struct Waiting {
    generation: Generation,
    /// When this generation was first seen.
    since: Duration,
    open: bool,
    renamed: bool,
    released: bool,
    scan: u64,
}

/// Every file of the drop folder: waiting to be whole, or offered.
#[derive(Debug)]
pub(crate) struct Settle {
    quiet: Duration,
    waiting: HashMap<PathBuf, Waiting>,
    /// Generation offered, and the scan that last saw it.
    offered: HashMap<PathBuf, (Generation, u64)>,
    ready: Vec<Found>,
    /// Number of the current full scan: what it does not stamp is gone.
    scan: u64,
}

impl Settle {
    pub fn new(quiet: Duration) -> Self {
        Self { quiet, waiting: HashMap::new(), offered: HashMap::new(), ready: Vec::new(), scan: 0 }
    }

    /// Takes in that `path` holds this generation now, and what events said of it.
    pub fn observe(&mut self, path: PathBuf, generation: Generation, hints: Hints, now: Moment) {
        if let Some((offered, scan)) = self.offered.get_mut(&path) {
            *scan = self.scan;
            if *offered == generation {
                self.waiting.remove(&path);
                return;
            }
        }
        let fresh =
            Waiting { generation, since: now.elapsed, open: false, renamed: false, released: false, scan: self.scan };
        let mut entry = match self.waiting.entry(path) {
            Entry::Vacant(vacant) => vacant.insert_entry(fresh),
            Entry::Occupied(mut known) => {
                let before = known.get().generation;
                if before.identity != generation.identity {
                    known.insert(fresh);
                } else if before != generation {
                    let open = known.get().open;
                    known.insert(Waiting { open, ..fresh });
                }
                known
            }
        };
        let file = entry.get_mut();
        file.scan = self.scan;
        match hints.open {
            Some(open) => {
                file.open = open;
                file.renamed &= !open;
            }
            None if hints.renamed => file.open = false,
            None if hints.created && generation.bytes == 0 => file.open = true,
            None => {}
        }
        file.renamed |= hints.renamed;
        if is_ready(file, self.quiet, now) {
            let (path, _) = entry.remove_entry();
            self.offered.insert(path.clone(), (generation, self.scan));
            self.ready.push(Found { path, generation, follow: false });
        }
    }

    /// Looks again at every file whose wait is over. `look` says what a path holds now, none where that is no
    /// regular file.
    pub fn poll(&mut self, now: Moment, mut look: impl FnMut(&Path) -> Option<Generation>) {
        let due = |(_, file): &(&PathBuf, &Waiting)| is_ready(file, self.quiet, now);
        let due: Vec<PathBuf> = self.waiting.iter().filter(due).map(|(path, _)| path.clone()).collect();
        for path in due {
            match look(&path) {
                Some(generation) => self.observe(path, generation, Hints::default(), now),
                None => self.forget(&path),
            }
        }
    }

    /// Files that became ready since the last call, by modification time, then path.
    pub fn take(&mut self) -> Vec<Found> {
        let mut ready = std::mem::take(&mut self.ready);
        ready.sort_unstable_by(|a, b| (a.generation.modified_ns, &a.path).cmp(&(b.generation.modified_ns, &b.path)));
        ready
    }

    /// Makes an offered file wait again. Nothing happens where its path has been offered as another generation
    /// since.
    pub fn release(&mut self, found: Found, now: Moment) {
        if self.offered.get(&found.path).is_some_and(|(generation, _)| *generation == found.generation) {
            self.offered.remove(&found.path);
            self.waiting.entry(found.path).or_insert(Waiting {
                generation: found.generation,
                since: now.elapsed,
                open: false,
                renamed: false,
                released: true,
                scan: self.scan,
            });
        }
    }

    /// Forgets an offered file that left the folder, but not a newer one of its name.
    pub fn finished(&mut self, found: &Found) {
        if self.offered.get(&found.path).is_some_and(|(generation, _)| *generation == found.generation) {
            self.offered.remove(&found.path);
        }
    }

    /// Forgets a path that holds no regular file any more.
    pub fn forget(&mut self, path: &Path) {
        self.waiting.remove(path);
        self.offered.remove(path);
    }

    /// A look through the whole folder begins.
    pub fn scan_begins(&mut self) {
        self.scan += 1;
    }

    /// The look through the whole folder is complete: what it did not see is gone.
    pub fn scan_ends(&mut self) {
        let scan = self.scan;
        self.waiting.retain(|_, file| file.scan == scan);
        self.offered.retain(|_, (_, seen)| *seen == scan);
    }

    /// Events were lost: nothing is known any more of who has what open.
    pub fn events_lost(&mut self, now: Moment) {
        for file in self.waiting.values_mut().filter(|file| file.open) {
            (file.open, file.since) = (false, now.elapsed);
        }
    }

    /// How many files are not yet whole.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

fn is_ready(file: &Waiting, quiet: Duration, now: Moment) -> bool {
    if file.renamed {
        return true;
    }
    let unchanged = now.elapsed.saturating_sub(file.since);
    if file.open {
        return false;
    }
    if file.released {
        return unchanged >= quiet.max(RELEASED_WAIT);
    }
    unchanged >= quiet || now.wall_ns - file.generation.modified_ns >= quiet.as_nanos().cast_signed()
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
        Settle::new(Duration::from_secs(2))
    }

    /// Names that become ready at a moment, all files being what they were when last observed.
    fn ready(settle: &mut Settle, now: Moment) -> Vec<String> {
        let state: HashMap<_, _> = settle.waiting.iter().map(|(path, file)| (path.clone(), file.generation)).collect();
        settle.poll(now, |path| state.get(path).copied());
        settle.take().into_iter().map(|found| found.path.display().to_string()).collect()
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
        assert!(settle.take().is_empty());
        settle.poll(at(3), |_| Some(generation(1, 6, 2)));
        assert!(settle.take().is_empty());
        settle.poll(at(4), |_| Some(generation(1, 6, 2)));
        assert_eq!(settle.take()[0].generation, generation(1, 6, 2));
    }

    #[test]
    fn a_released_file_comes_again_after_a_wait_and_a_finished_one_only_anew() {
        let mut settle = settle();
        settle.observe("a".into(), generation(1, 5, -90), Hints::default(), at(0));
        let found = settle.take().remove(0);
        settle.release(found.clone(), at(5));
        settle.observe("a".into(), found.generation, Hints::default(), at(5));
        assert_eq!(ready(&mut settle, at(6)), [""; 0]);
        assert_eq!(ready(&mut settle, at(7)), ["a"]);
        settle.finished(&found);
        settle.observe("a".into(), found.generation, Hints::default(), at(8));
        assert_eq!(ready(&mut settle, at(8)), ["a"], "the same drop again");
    }

    #[test]
    fn a_late_word_about_an_older_generation_changes_nothing() {
        let mut settle = settle();
        settle.observe("a".into(), generation(1, 5, -90), Hints::default(), at(0));
        let old = settle.take().remove(0);
        settle.observe("a".into(), generation(2, 5, -90), Hints::default(), at(1));
        assert_eq!(ready(&mut settle, at(1)), ["a"]);
        settle.release(old.clone(), at(1));
        settle.finished(&old);
        settle.observe("a".into(), generation(2, 5, -90), Hints::default(), at(1));
        assert_eq!(ready(&mut settle, at(99)), [""; 0]);
    }

    #[test]
    fn a_complete_scan_forgets_what_it_did_not_see() {
        let mut settle = settle();
        settle.observe("gone".into(), generation(1, 5, -90), Hints::default(), at(0));
        settle.observe("there".into(), generation(2, 5, -90), Hints::default(), at(0));
        settle.observe("young".into(), generation(3, 5, 0), Hints::default(), at(0));
        assert_eq!(settle.take().len(), 2);
        settle.scan_begins();
        settle.observe("there".into(), generation(2, 5, -90), Hints::default(), at(1));
        settle.scan_ends();
        assert_eq!((settle.waiting(), settle.offered.len()), (0, 1));
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
                for found in settle.take() {
                    prop_assert!(offered.insert((found.path.clone(), found.generation)), "{found:?} twice");
                }
            }
        }
    }
}
