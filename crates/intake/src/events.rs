//! What the system says about the drop folder, cut down to hints.
//!
//! `notify` calls back on its own thread, which must never wait: hints go into a bounded queue, and when that
//! is full a flag asks for a full scan instead. `notify` also reports every opening of a file, ours included;
//! those events end here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

use fail::fail_point;
use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind};

use crate::ScanCause;
use crate::waiting::Hints;

/// What happened to one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// It was created.
    Created,
    /// It was renamed to this name.
    Renamed,
    /// It was written to.
    Written,
    /// It was closed after writing.
    Closed,
    /// It changed otherwise or went away: look.
    Touched,
}

/// What the watch thread is woken by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Something happened to an absolute path.
    Path(PathBuf, Happening),
    /// Events can't be trusted: look through everything.
    Rescan(ScanCause),
    /// Commands are waiting.
    Wake,
}

/// The receiving end of `notify`: never waits.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    /// Hints for the watch thread.
    pub queue: SyncSender<Signal>,
    /// Set where the queue was full.
    pub lost: Arc<AtomicBool>,
}

impl Feed {
    /// Takes one event or error of the watcher.
    pub fn receive(&self, event: notify::Result<Event>) {
        fail_point!("watch.overflow", |_| self.send(Signal::Rescan(ScanCause::Overflow)));
        fail_point!("watch.error", |_| self.fail(&notify::Error::generic("a fail point")));
        match event {
            Ok(event) if event.need_rescan() => self.send(Signal::Rescan(ScanCause::Overflow)),
            Ok(event) => {
                if let Some((path, happening)) = translate(event) {
                    self.send(Signal::Path(path, happening));
                }
            }
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&self, error: &notify::Error) {
        tracing::warn!(error = %error, "the watcher failed, looking through the whole drop folder");
        self.send(Signal::Rescan(ScanCause::WatcherError));
    }

    fn send(&self, signal: Signal) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(signal) {
            self.lost.store(true, Ordering::Release);
        }
    }
}

fn translate(event: Event) -> Option<(PathBuf, Happening)> {
    let happening = match event.kind {
        EventKind::Create(_) => Happening::Created,
        EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => Happening::Renamed,
        EventKind::Modify(ModifyKind::Data(_)) => Happening::Written,
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Happening::Closed,
        EventKind::Modify(_) | EventKind::Remove(_) => Happening::Touched,
        EventKind::Access(_) | EventKind::Any | EventKind::Other => return None,
    };
    // A rename told as a whole names both paths, the new one last.
    event.paths.into_iter().next_back().map(|path| (path, happening))
}

/// The hints of a batch of signals, one set a path, so that each path is looked up once.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Per absolute path, in no order.
    pub paths: HashMap<PathBuf, Hints>,
    /// Why a full scan is wanted, if one is.
    pub rescan: Option<ScanCause>,
}

impl Batch {
    /// Adds a signal, the latest.
    pub fn add(&mut self, signal: Signal) {
        match signal {
            Signal::Path(path, happening) => {
                let hints = self.paths.entry(path).or_default();
                match happening {
                    // Whatever was said before was said of the file that had the name before.
                    Happening::Created => *hints = Hints { created: true, ..Hints::default() },
                    Happening::Renamed => *hints = Hints { renamed: true, ..Hints::default() },
                    Happening::Written => {
                        hints.open = Some(true);
                        hints.renamed = false;
                    }
                    Happening::Closed => hints.open = Some(false),
                    Happening::Touched => {}
                }
            }
            Signal::Rescan(cause) => self.rescan = Some(cause),
            Signal::Wake => {}
        }
    }
}

/// Whether a failure to watch a folder means that the system grants no more watches, and events have to be
/// done without.
pub(crate) fn is_limit(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => true,
        // EMFILE and ENFILE: no more inotify instances or file descriptors; ENOSPC: no more watches.
        notify::ErrorKind::Io(error) => matches!(error.raw_os_error(), Some(23 | 24 | 28)),
        _ => false,
    }
}

/// Whether a failure to watch a folder only means that it is gone, or no folder any more.
pub(crate) fn is_gone(error: &notify::Error, path: &Path) -> bool {
    matches!(error.kind, notify::ErrorKind::PathNotFound) || !path.is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{CreateKind, DataChange, Flag};
    use std::sync::mpsc::{Receiver, sync_channel};

    fn feed(capacity: usize) -> (Feed, Receiver<Signal>) {
        let (queue, signals) = sync_channel(capacity);
        (Feed { queue, lost: Arc::default() }, signals)
    }

    fn event(kind: EventKind) -> notify::Result<Event> {
        Ok(Event::new(kind).add_path("/in/a".into()))
    }

    #[test]
    fn opening_and_reading_are_not_news() {
        let (feed, signals) = feed(8);
        feed.receive(event(EventKind::Access(AccessKind::Open(AccessMode::Any))));
        feed.receive(event(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        feed.receive(event(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        let heard: Vec<Signal> = signals.try_iter().collect();
        assert_eq!(heard, [Signal::Path("/in/a".into(), Happening::Closed)]);
    }

    #[test]
    fn a_full_queue_never_waits_and_asks_for_a_scan() {
        let (feed, signals) = feed(1);
        feed.receive(event(EventKind::Create(CreateKind::File)));
        assert!(!feed.lost.load(Ordering::Acquire));
        feed.receive(event(EventKind::Create(CreateKind::File)));
        assert!(feed.lost.load(Ordering::Acquire));
        assert_eq!(signals.try_iter().count(), 1);
    }

    #[test]
    fn overflow_and_errors_ask_for_a_scan_with_their_cause() {
        let (feed, signals) = feed(8);
        feed.receive(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
        feed.receive(Err(notify::Error::generic("broken")));
        let heard: Vec<Signal> = signals.try_iter().collect();
        assert_eq!(heard, [Signal::Rescan(ScanCause::Overflow), Signal::Rescan(ScanCause::WatcherError)]);
    }

    #[test]
    fn the_last_word_on_a_path_counts() {
        let (feed, signals) = feed(8);
        feed.receive(event(EventKind::Modify(ModifyKind::Data(DataChange::Any))));
        feed.receive(event(EventKind::Access(AccessKind::Close(AccessMode::Write))));
        let both = Event::new(EventKind::Modify(ModifyKind::Name(RenameMode::Both)));
        feed.receive(Ok(both.add_path("/in/a".into()).add_path("/in/b".into())));
        feed.receive(Ok(Event::new(EventKind::Modify(ModifyKind::Data(DataChange::Any))).add_path("/in/b".into())));
        let mut batch = Batch::default();
        signals.try_iter().for_each(|signal| batch.add(signal));
        assert_eq!(batch.paths[Path::new("/in/a")], Hints { open: Some(false), ..Hints::default() });
        assert_eq!(batch.paths[Path::new("/in/b")], Hints { open: Some(true), ..Hints::default() });
    }

    #[test]
    fn a_file_created_under_a_name_is_not_the_one_that_had_it() {
        let path = PathBuf::from("/in/a");
        for before in [Happening::Renamed, Happening::Closed, Happening::Written] {
            let mut batch = Batch::default();
            for happening in [before, Happening::Touched, Happening::Created] {
                batch.add(Signal::Path(path.clone(), happening));
            }
            assert_eq!(batch.paths[&path], Hints { created: true, ..Hints::default() }, "{before:?}");
        }
    }
}
