//! A second look at files that moved to `done`: a producer that held one open may have written on.
//!
//! Nobody tells us who has a file open, and renaming it away does not close it. So every moved file is looked
//! at again after two seconds, half a minute and five minutes, and one that changed goes back into the drop
//! folder, where it settles and is read as what it is now. A process that stops in good order looks at all of them once more.
//! What is written later than that is not seen; nor is what is written after the process ended.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use copydesk_disk::{Generation, Move, Moved as Outcome, move_durable};
use copydesk_readers::sidecar;

use crate::staging::give_back;

/// How long after the move a file is looked at.
const LOOKS: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(30), Duration::from_secs(300)];

/// Moved files that are still to be looked at.
#[derive(Debug)]
pub struct Recheck {
    /// Most files held.
    max: usize,
    /// By number of looks so far, each in order of the time it is due.
    waiting: [VecDeque<Moved>; LOOKS.len()],
}

#[derive(Debug)]
struct Moved {
    at: Instant,
    to: PathBuf,
    from: PathBuf,
    generation: Generation,
}

/// Room for five minutes at some three hundred files a second, in about 30 MB.
impl Default for Recheck {
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl Recheck {
    /// A keeper of at most `max` files (some 300 bytes each); beyond it those that were looked at most often
    /// are let go.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { max, waiting: Default::default() }
    }

    /// Keeps an eye on a file that moved from one full path to another, being this generation.
    pub fn add(&mut self, to: PathBuf, from: PathBuf, generation: Generation, now: Instant) {
        if self.len() >= self.max
            && let Some(most) = self.waiting.iter_mut().rev().find(|queue| !queue.is_empty())
        {
            most.pop_front();
        }
        self.waiting[0].push_back(Moved { at: now, to, from, generation });
    }

    /// How many files are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.iter().map(VecDeque::len).sum()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks at every file that is due and gives the changed ones back; the answer is where those stand now:
    /// their old path, or that with a number where another file has it. Blocks for as long as the looking up
    /// takes. One that can't be given back is looked at again with its next turn.
    pub fn due(&mut self, now: Instant) -> Vec<PathBuf> {
        let mut given_back = Vec::new();
        for (look, after) in LOOKS.into_iter().enumerate() {
            while self.waiting[look].front().is_some_and(|file| now.duration_since(file.at) >= after) {
                let Some(file) = self.waiting[look].pop_front() else { break };
                match file.look() {
                    Look::GivenBack(path) => given_back.push(path),
                    Look::Gone => {}
                    Look::Stays => {
                        if let Some(next) = self.waiting.get_mut(look + 1) {
                            next.push_back(file);
                        }
                    }
                }
            }
        }
        given_back
    }

    /// Looks at every file held, due or not, and lets them all go; as [`Self::due`].
    pub fn last(&mut self) -> Vec<PathBuf> {
        let held = self.waiting.iter_mut().flat_map(std::mem::take);
        held.filter_map(|file| if let Look::GivenBack(path) = file.look() { Some(path) } else { None }).collect()
    }
}

/// What a look at a file found.
enum Look {
    /// It had changed, and stands here now.
    GivenBack(PathBuf),
    /// It is as it was, or could not be given back.
    Stays,
    /// Somebody took it on from `done`.
    Gone,
}

impl Moved {
    fn look(&self) -> Look {
        match Generation::of_path(&self.to) {
            Ok(generation) if generation == self.generation => Look::Stays,
            Ok(_) => match give_back(&self.to, &self.from) {
                Ok(back) => {
                    give_back_sidecars(&self.to, &back);
                    Look::GivenBack(back)
                }
                Err(error) => {
                    tracing::error!(path = %self.to.display(), error = %error, "a changed file can't be given back");
                    Look::Stays
                }
            },
            Err(_) => Look::Gone,
        }
    }
}

/// A file without its sidecars would be read as somebody else's.
fn give_back_sidecars(done: &Path, back: &Path) {
    for (from, to) in sidecar::of(done).into_iter().zip(sidecar::of(back)) {
        if from.symlink_metadata().is_ok()
            && let Some(Outcome::Failed(error)) = move_durable(&[Move { from, to }]).pop()
        {
            tracing::error!(path = %back.display(), error = %error, "a sidecar can't be given back with its article");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    struct Desk {
        folder: tempfile::TempDir,
        recheck: Recheck,
        start: Instant,
    }

    impl Desk {
        fn new(max: usize) -> Self {
            let folder = tempfile::tempdir().expect("temp");
            for name in ["in", "done"] {
                fs::create_dir(folder.path().join(name)).expect("folder");
            }
            Self { folder, recheck: Recheck::new(max), start: Instant::now() }
        }

        fn path(&self, path: &str) -> PathBuf {
            self.folder.path().join(path)
        }

        fn moved(&mut self, name: &str, after_secs: u64) {
            let (to, from) = (self.path("done").join(name), self.path("in").join(name));
            fs::write(&to, "as it was read").expect("write");
            let generation = Generation::of_path(&to).expect("generation");
            self.recheck.add(to, from, generation, self.start + Duration::from_secs(after_secs));
        }

        fn write_on(&self, name: &str) {
            fs::write(self.path("done").join(name), "as it was read, and written on").expect("write");
        }

        fn due(&mut self, after_secs: u64) -> Vec<String> {
            let back = self.recheck.due(self.start + Duration::from_secs(after_secs));
            back.iter()
                .map(|path| path.strip_prefix(self.folder.path()).expect("below").display().to_string())
                .collect()
        }
    }

    fn text(path: &Path) -> String {
        fs::read_to_string(path).expect("read")
    }

    #[test]
    fn a_file_written_on_after_it_moved_goes_back_whenever_that_is() {
        for (written_after, looked_after) in [(0, 2), (3, 30), (31, 300)] {
            let mut desk = Desk::new(10);
            desk.moved("a.txt", 0);
            assert_eq!(desk.due(1), [""; 0]);
            assert_eq!(desk.due(written_after), [""; 0]);
            desk.write_on("a.txt");
            assert_eq!(desk.due(looked_after), ["in/a.txt"], "written on after {written_after} s");
            assert_eq!(text(&desk.path("in/a.txt")), "as it was read, and written on");
            assert!(!desk.path("done/a.txt").exists() && desk.recheck.is_empty());
        }
    }

    #[test]
    fn a_last_look_does_not_wait() {
        let mut desk = Desk::new(10);
        for name in ["a.txt", "b.txt", "c.txt"] {
            desk.moved(name, 0);
        }
        assert_eq!(desk.due(2), [""; 0]);
        desk.moved("d.txt", 2);
        desk.write_on("b.txt");
        desk.write_on("d.txt");
        let mut back = desk.recheck.last();
        back.sort();
        assert_eq!(back, [desk.path("in/b.txt"), desk.path("in/d.txt")]);
        assert!(desk.recheck.is_empty());
    }

    #[test]
    fn giving_back_overwrites_nothing() {
        let mut desk = Desk::new(10);
        desk.moved("a.txt", 0);
        fs::write(desk.path("in/a.txt"), "dropped since").expect("write");
        desk.write_on("a.txt");
        assert_eq!(desk.due(2), ["in/a.1.txt"]);
        assert_eq!(text(&desk.path("in/a.txt")), "dropped since");
    }

    #[test]
    fn what_stays_as_it_was_or_is_taken_away_is_let_go() {
        let mut desk = Desk::new(10);
        desk.moved("stays.txt", 0);
        desk.moved("taken.txt", 0);
        fs::remove_file(desk.path("done/taken.txt")).expect("remove");
        assert_eq!(desk.due(2), [""; 0]);
        assert_eq!(desk.recheck.len(), 1);
        assert_eq!(desk.due(299), [""; 0]);
        assert_eq!((desk.due(300).len(), desk.recheck.len()), (0, 0));
        assert!(desk.path("done/stays.txt").exists());
    }

    #[test]
    fn beyond_its_size_the_most_looked_at_go_first() {
        let mut desk = Desk::new(2);
        desk.moved("old.txt", 0);
        assert_eq!(desk.due(2), [""; 0]);
        desk.moved("new.txt", 10);
        desk.moved("newer.txt", 10);
        assert_eq!(desk.recheck.len(), 2);
        for name in ["old.txt", "new.txt", "newer.txt"] {
            desk.write_on(name);
        }
        assert_eq!(desk.due(500), ["in/new.txt", "in/newer.txt"]);
    }
}
