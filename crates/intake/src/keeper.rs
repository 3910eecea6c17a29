//! The watch's thread: it owns all state.
//!
//! The scan is the truth and events are hints that make it quick. Everything is looked through at start, every
//! `rescan_secs`, when events were lost, when the watcher failed, and when the folder came back after it had
//! gone. A folder is first watched, then listed, so nothing falls between the two; that is why every folder has
//! a watch of its own, set by this thread. (`notify`'s recursive mode lists a new folder only after it
//! has reported it, so a file dropped in between is seen by nobody; and it would watch `done` too where that
//! lies inside.)
//!
//! On network file systems nobody reports what other machines do: there the folder is looked through every
//! `poll_secs`, and only what stood unchanged before our eyes is whole, as the files' times are by another
//! clock. Where the system grants no (more) events it is looked through as often, and events are tried again
//! every `rescan_secs`. A subfolder that is itself a mounted network folder is found by the full scans alone:
//! make it an inbox of its own.
//!
//! Whole files are handed over in batches through a bounded channel. When nobody takes them the thread waits:
//! events then overflow into a scan, and the drop folder is the buffer.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime};

use copydesk_disk::FileIdentity;
use fail::fail_point;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::events::{Batch, Feed, Signal, is_gone, is_limit};
use crate::options::Waits;
use crate::rules::{Globs, Rules};
use crate::scan::{Look, Visit, look, walk};
use crate::settle::Settle;
use crate::waiting::{Hints, Moment, Quiet};
use crate::watch::{Command, Shared, lock};
use crate::{Found, IntakeError, Options, Poll, ScanCause, mount, staging};

/// Hints worked on together.
const BATCH: usize = 4_096;

/// Bounds of the time between two looks at waiting files and at the root.
const TICK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// Most paths that are warned about at a time; the rest only count.
const WARNINGS: usize = 100;

/// Everything the watch thread owns.
pub(crate) struct Keeper {
    root: PathBuf,
    /// The root as it was when it was last established; none while it is gone.
    identity: Option<FileIdentity>,
    rules: Arc<Rules>,
    waits: Waits,
    poll: Poll,
    started: Instant,
    settle: Settle,
    feed: Feed,
    watcher: Option<RecommendedWatcher>,
    /// Why there is no watcher, if there is none.
    blind: Option<Blind>,
    /// Whether the missing of events was warned about.
    said_blind: bool,
    /// Paths that were warned about and still deserve it.
    warned: HashSet<PathBuf>,
    next_scan: Instant,
    shared: Arc<Shared>,
    pub found: async_channel::Sender<Vec<Found>>,
}

/// Why the folder is looked through all the time.
#[derive(Clone, Copy, Debug)]
enum Blind {
    /// Events would not tell all, or are not wanted.
    Chosen,
    /// The system grants none; when to ask it again.
    Refused(Instant),
}

impl Keeper {
    /// A keeper of a folder, given by its resolved path, which does nothing yet.
    pub fn new(
        root: PathBuf,
        options: &Options,
        queue: SyncSender<Signal>,
        shared: Arc<Shared>,
        found: async_channel::Sender<Vec<Found>>,
    ) -> Result<Self, IntakeError> {
        let waits = options.waits()?;
        let globs = Globs::new(&options.include, &options.exclude)?;
        let quiet = Quiet { settle: waits.settle, by_age: true };
        Ok(Self {
            rules: Arc::new(Rules::new(&root, &options.resolved_own_folders()?, globs)),
            root,
            identity: None,
            waits,
            poll: options.poll,
            started: Instant::now(),
            settle: Settle::new(quiet, waits.sidecar, waits.follow),
            feed: Feed { queue, lost: Arc::new(AtomicBool::new(false)) },
            watcher: None,
            blind: None,
            said_blind: false,
            warned: HashSet::new(),
            next_scan: Instant::now(),
            shared,
            found,
        })
    }

    /// Watches until it is stopped, or nobody takes files any more.
    pub fn run(mut self, signals: &Receiver<Signal>) {
        let tick = (self.waits.settle / 8).clamp(TICK.0, TICK.1);
        self.establish(ScanCause::Start);
        let mut next_tick = Instant::now();
        while !self.stopping() && self.hand_over() {
            let mut batch = Batch::default();
            match signals.recv_timeout(next_tick.saturating_duration_since(Instant::now())) {
                Ok(first) => {
                    batch.add(first);
                    signals.try_iter().take(BATCH).for_each(|signal| batch.add(signal));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.obey();
            if self.feed.lost.swap(false, Ordering::AcqRel) {
                batch.rescan = Some(ScanCause::Overflow);
            }
            let rescan = batch.rescan;
            self.look_at(batch);
            if let Some(cause) = rescan {
                self.settle.events_lost(self.now());
                self.scan(cause);
            }
            if Instant::now() >= next_tick {
                self.tick();
                next_tick = Instant::now() + tick;
            }
        }
        lock(&self.shared.status).up = false;
    }

    fn stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::Acquire)
    }

    fn now(&self) -> Moment {
        let wall_ns = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => after.as_nanos().cast_signed(),
            Err(before) => -before.duration().as_nanos().cast_signed(),
        };
        Moment { elapsed: self.started.elapsed(), wall_ns }
    }

    /// Gives ready files away, waiting for room; false when nobody will ever take them.
    fn hand_over(&mut self) -> bool {
        let found = self.settle.take(self.now());
        lock(&self.shared.status).waiting = self.settle.waiting();
        found.is_empty() || self.found.send_blocking(found).is_ok()
    }

    /// Carries out what was asked through [`Watch`].
    fn obey(&mut self) {
        let commands = std::mem::take(&mut *lock(&self.shared.commands));
        let now = self.now();
        for command in commands {
            match command {
                Command::Release(found) => self.settle.release(found, now),
                Command::Finished(found) => self.settle.finished(&found, now),
                Command::Followed(found) => self.settle.followed(&found),
            }
        }
    }

    /// Looks up every path something happened to.
    fn look_at(&mut self, batch: Batch) {
        let now = self.now();
        for (path, hints) in batch.paths {
            let Ok(relative) = path.strip_prefix(&self.root).map(Path::to_owned) else { continue };
            match look(&path) {
                Look::File(generation) if !self.rules.skip_file(&relative) => {
                    self.settle.observe(relative, generation, hints, now);
                }
                Look::Folder if !self.rules.skip_folder(&relative) => {
                    if (hints.created || hints.renamed) && !relative.as_os_str().is_empty() {
                        self.count(ScanCause::Subfolder);
                        // Broken off only when the watch ends, which the caller sees for itself.
                        let _ = self.walk(relative, &mut Seen::default());
                    }
                }
                Look::Other(kind) if !self.rules.skip_file(&relative) => {
                    self.settle.forget(&relative, now);
                    self.warn_of(&relative, kind);
                }
                _ => self.settle.forget(&relative, now),
            }
        }
    }

    /// What is due by the clock.
    fn tick(&mut self) {
        let identity = fs::metadata(&self.root).ok().filter(fs::Metadata::is_dir).map(|root| FileIdentity::from(&root));
        match (self.identity, identity) {
            (Some(_), None) => {
                tracing::warn!(path = %self.root.display(), "the drop folder is gone, waiting for it to come back");
                self.identity = None;
                self.watcher = None;
                lock(&self.shared.status).up = false;
                return;
            }
            (None, None) => return,
            (before, Some(now)) if before != Some(now) => {
                tracing::info!(path = %self.root.display(), "the drop folder is back");
                self.establish(ScanCause::RootRecreated);
                return;
            }
            _ => {}
        }
        let (root, now) = (&self.root, self.now());
        self.settle.poll(now, |path| match look(&root.join(path)) {
            Look::File(generation) => Some(generation),
            _ => None,
        });
        if Instant::now() >= self.next_scan {
            match self.blind {
                Some(Blind::Refused(again)) if Instant::now() >= again => self.establish(ScanCause::Polling),
                Some(_) => self.scan(ScanCause::Polling),
                None => self.scan(ScanCause::Timer),
            }
        }
    }

    /// Sets the watcher up anew and looks through everything.
    fn establish(&mut self, cause: ScanCause) {
        self.identity = fs::metadata(&self.root).ok().map(|root| FileIdentity::from(&root));
        self.watcher = None;
        self.blind = None;
        let silent = mount::silent(&self.root).filter(|_| self.poll == Poll::Auto);
        if silent.is_some() || self.poll == Poll::Always {
            let every = self.waits.poll.as_secs_f64();
            tracing::info!(path = %self.root.display(), file_system = silent, every, "the drop folder is looked through all the time");
            self.blind = Some(Blind::Chosen);
        } else {
            match new_watcher(self.feed.clone()) {
                Ok(watcher) => self.watcher = Some(watcher),
                Err(error) => self.do_without_events(&error),
            }
        }
        self.settle.quiet.by_age = self.watcher.is_some() || matches!(self.blind, Some(Blind::Refused(_)));
        self.scan(cause);
        if self.watcher.is_some() && std::mem::take(&mut self.said_blind) {
            tracing::info!(path = %self.root.display(), "the drop folder is watched again");
        }
    }

    /// Falls back to looking through the folder all the time, until events are asked for again.
    fn do_without_events(&mut self, error: &notify::Error) {
        if !self.said_blind {
            self.said_blind = true;
            tracing::warn!(
                error = %error,
                path = %self.root.display(),
                "the drop folder can't be watched and is looked through all the time instead; \
                 raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl"
            );
        }
        self.watcher = None;
        self.blind = Some(Blind::Refused(Instant::now() + self.waits.rescan));
        self.settle.events_lost(self.now());
    }

    /// Looks through the whole folder.
    fn scan(&mut self, cause: ScanCause) {
        let started = Instant::now();
        self.count(cause);
        staging::recover(&self.root);
        self.settle.scan_begins();
        let mut seen = Seen::default();
        if self.walk(PathBuf::new(), &mut seen).is_continue() {
            if seen.complete() {
                self.settle.scan_ends();
                self.warned.retain(|path| seen.odd.contains(path));
            }
            let mut status = lock(&self.shared.status);
            (status.files, status.bytes, status.ignored) = (seen.files, seen.bytes, seen.ignored);
            status.refused = std::mem::take(&mut seen.refused);
            (status.up, status.polling) = (self.identity.is_some(), self.blind.is_some());
        }
        // A folder that takes long to look through is left in peace as long.
        let every = if self.blind.is_some() { self.waits.poll.max(started.elapsed()) } else { self.waits.rescan };
        self.next_scan = Instant::now() + every;
        tracing::debug!(
            stage = "watch",
            count = seen.files,
            duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            cause = cause.as_str(),
            "looked through the drop folder"
        );
    }

    fn count(&self, cause: ScanCause) {
        *lock(&self.shared.status).rescans.entry(cause).or_default() += 1;
    }

    /// Watches and lists a folder with all below it.
    fn walk(&mut self, start: PathBuf, seen: &mut Seen) -> ControlFlow<()> {
        let (root, rules, now) = (self.root.clone(), Arc::clone(&self.rules), self.now());
        walk(&root, start, &rules, |visit| {
            match visit {
                Visit::Folder(path) => {
                    self.settle.saw_folder(path);
                    if !self.watch_folder(path) {
                        seen.odd.insert(path.to_owned());
                    }
                }
                Visit::File(path, generation) => {
                    seen.files += 1;
                    seen.bytes += generation.bytes;
                    self.settle.observe(path, generation, Hints::default(), now);
                }
                Visit::Other(path, kind) => {
                    self.warn_of(&path, kind);
                    *seen.refused.entry(kind).or_default() += 1;
                    seen.odd.insert(path);
                }
                Visit::Ignored => seen.ignored += 1,
                Visit::Unreadable(path, error) => {
                    if self.may_warn(path) {
                        tracing::warn!(
                            path = %self.root.join(path).display(),
                            error = %error,
                            "a folder can't be looked through; give the desk the right to list it"
                        );
                    }
                    seen.unreadable = true;
                    *seen.refused.entry("unreadable_folder").or_default() += 1;
                    seen.odd.insert(path.to_owned());
                }
            }
            if self.stopping() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
    }

    /// Sets a watch on one folder (relative path); one that stands already stays. False where the folder is
    /// there and can't be watched.
    fn watch_folder(&mut self, path: &Path) -> bool {
        let Some(watcher) = &mut self.watcher else { return true };
        let folder = self.root.join(path);
        match watcher.watch(&folder, RecursiveMode::NonRecursive) {
            Ok(()) => return true,
            Err(error) if is_gone(&error, &folder) => return true,
            Err(error) if is_limit(&error) => self.do_without_events(&error),
            Err(error) => {
                if self.may_warn(path) {
                    tracing::warn!(path = %path.display(), error = %error, "a folder can't be watched, only scanned");
                }
            }
        }
        false
    }

    fn warn_of(&mut self, path: &Path, kind: &'static str) {
        if !self.may_warn(path) {
            return;
        }
        let path = self.root.join(path);
        if kind == "symbolic_link" {
            tracing::warn!(
                path = %path.display(),
                "symbolic links are never followed, leaving it alone; drop a copy or a hard link instead, and make a \
                 folder elsewhere an inbox of its own: [inboxes.NAME]"
            );
        } else {
            tracing::warn!(path = %path.display(), reason = kind, "only regular files are taken, leaving it alone");
        }
    }

    /// Whether a path deserves a warning: it had none yet, and the log is not full of its kind.
    fn may_warn(&mut self, path: &Path) -> bool {
        self.warned.len() < WARNINGS && self.warned.insert(path.to_owned())
    }
}

fn new_watcher(feed: Feed) -> notify::Result<RecommendedWatcher> {
    fail_point!("watch.refused", |_| Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch)));
    let config = notify::Config::default().with_follow_symlinks(false);
    RecommendedWatcher::new(move |event| feed.receive(event), config)
}

/// What one walk came by.
#[derive(Debug, Default)]
struct Seen {
    files: u64,
    bytes: u64,
    ignored: u64,
    /// What is never opened, by kind.
    refused: BTreeMap<&'static str, u64>,
    /// Whether a folder could not be listed, so that what was not seen may still be there.
    unreadable: bool,
    /// Paths that were or would be warned about.
    odd: HashSet<PathBuf>,
}

impl Seen {
    const fn complete(&self) -> bool {
        !self.unreadable
    }
}
