//! One file that may not be whole yet: what was seen of it, and whether that is enough.

use std::time::Duration;

use copydesk_disk::Generation;

/// Shortest wait before a released file is offered again, so that one that can't be read does not keep the
/// desk busy.
const RELEASED_WAIT: Duration = Duration::from_secs(1);

/// How long an empty file waits that nobody was seen to close: its producer may have just opened it.
const EMPTY_WAIT: Duration = Duration::from_secs(60);

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

/// How long a file must have stood unchanged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quiet {
    pub settle: Duration,
    /// Whether a modification time long ago proves it too. Not where another machine's clock stamps the files.
    pub by_age: bool,
}

/// A file that was seen and not offered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub generation: Generation,
    /// Whether a producer is known to have it open.
    pub open: bool,
    /// When it was first known to be whole, if it was.
    pub whole: Option<Duration>,
    /// The full scan that last saw it.
    pub scan: u32,
    /// When this generation was first seen.
    since: Duration,
    renamed: bool,
    released: bool,
    closed: bool,
}

impl Waiting {
    /// A file that nothing is known of but its generation.
    pub const fn new(generation: Generation, scan: u32, now: Moment) -> Self {
        let since = now.elapsed;
        Self { generation, open: false, whole: None, scan, since, renamed: false, released: false, closed: false }
    }

    /// A file that is whole, and waits for its sidecars.
    pub const fn whole_since(whole: Duration, generation: Generation, scan: u32, now: Moment) -> Self {
        Self { whole: Some(whole), ..Self::new(generation, scan, now) }
    }

    /// A file that was offered, and waits to be offered again.
    pub const fn released(generation: Generation, scan: u32, now: Moment) -> Self {
        Self { released: true, ..Self::new(generation, scan, now) }
    }

    /// Takes in that it is this generation now, and what events said of it.
    pub fn see(&mut self, generation: Generation, hints: Hints, scan: u32, now: Moment) {
        if self.generation.identity != generation.identity {
            *self = Self::new(generation, scan, now);
        } else if self.generation != generation {
            *self = Self { open: self.open, closed: self.closed, ..Self::new(generation, scan, now) };
        }
        self.scan = scan;
        match hints.open {
            Some(open) => {
                self.open = open;
                self.closed = !open;
                self.renamed &= !open;
            }
            None if hints.renamed => self.open = false,
            None if hints.created && generation.bytes == 0 => self.open = true,
            None => {}
        }
        self.renamed |= hints.renamed;
        if self.open {
            self.whole = None;
        }
    }

    /// Whether its producer is done with it, as far as anybody can tell.
    pub fn is_whole(&self, quiet: Quiet, now: Moment) -> bool {
        if self.renamed || self.whole.is_some() {
            return true;
        }
        if self.open {
            return false;
        }
        let unchanged = now.elapsed.saturating_sub(self.since);
        if self.released {
            return unchanged >= quiet.settle.max(RELEASED_WAIT);
        }
        let may_be_opened = self.generation.bytes == 0 && !self.closed;
        let settle = if may_be_opened { quiet.settle.max(EMPTY_WAIT) } else { quiet.settle };
        let age = now.wall_ns - self.generation.modified_ns;
        unchanged >= settle || (quiet.by_age && age >= settle.as_nanos().cast_signed())
    }

    /// Events were lost: nobody knows any more whether it is open.
    pub const fn events_lost(&mut self, now: Moment) {
        if self.open {
            (self.open, self.since) = (false, now.elapsed);
        }
    }
}
