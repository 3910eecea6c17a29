//! Watching the drop folder: one thread that owns all state.
//!
//! The scan is the truth and events are hints that make it quick. Everything is looked through at start, every
//! `rescan_secs`, when events were lost, when the watcher failed, and when the folder came back after it had
//! gone. A folder is first watched, then listed, so nothing falls between the two; that is why every folder has
//! a watch of its own, set by this thread. (`notify`'s recursive mode lists a new folder only after it
//! has reported it, so a file dropped in between is seen by nobody; and it would watch `done` too where that
//! lies inside.)
//!
//! Whole files are handed over in batches through a bounded channel. When nobody takes them the thread waits:
//! events then overflow into a scan, and the drop folder is the buffer.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};
use std::{fs, io, thread};

use copydesk_disk::FileIdentity;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::events::{Batch, Feed, Signal, is_gone, is_limit};
use crate::pattern::{Rules, resolve};
use crate::scan::{Look, Visit, look, walk};
use crate::settle::{Hints, Moment, Settle};
use crate::{Found, Options, ScanCause, WatchStatus};

/// Hints waiting for the thread before a full scan takes their place.
const QUEUE: usize = 16_384;

/// Hints worked on together.
const BATCH: usize = 4_096;

/// Batches of found files waiting to be taken over.
const HANDOVER: usize = 4;

/// How often the folder is looked through where events can't be had.
const POLL: Duration = Duration::from_secs(1);

/// Bounds of the time between two looks at waiting files and at the root.
const TICK: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// Why the watch could not start.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The drop folder can't be made or used.
    #[error("the drop folder {} can't be used: {source}; make it, or set `intake.folder` to another", path.display())]
    Folder {
        /// The drop folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The drop folder is `done`, `quarantine` or another folder of the desk's own as well, which are never
    /// looked into.
    #[error("{} is both the drop folder and a folder the desk writes to; set one of them to another", path.display())]
    OwnFolder {
        /// The folder.
        path: PathBuf,
    },
    /// `settle_secs` is no usable number of seconds.
    #[error("`intake.settle_secs` is {0}; give a number of seconds from 0 up")]
    SettleSecs(f64),
    /// The thread could not be started.
    #[error("the watch thread could not be started: {0}; look for a limit on threads or memory")]
    Thread(#[source] io::Error),
}

/// A watched drop folder. Dropping it ends the watch like [`Watch::stop`].
#[derive(Debug)]
pub struct Watch {
    shared: Arc<Shared>,
    queue: SyncSender<Signal>,
    found: async_channel::WeakSender<Vec<Found>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    commands: Mutex<Vec<Command>>,
    status: Mutex<WatchStatus>,
    stopping: AtomicBool,
}

#[derive(Debug)]
enum Command {
    Release(Found),
    Finished(Found),
}

impl Watch {
    /// Starts watching; the receiver gets whole files, in order of modification time and path within a batch.
    /// It is closed when the watch ends.
    ///
    /// # Errors
    /// Where the drop folder can't be made, is a folder of the desk's own too, or an option makes no sense.
    pub fn start(options: &Options) -> Result<(Self, async_channel::Receiver<Vec<Found>>), IntakeError> {
        let at_folder = |source| IntakeError::Folder { path: options.folder.clone(), source };
        let quiet = Duration::try_from_secs_f64(options.settle_secs)
            .map_err(|_| IntakeError::SettleSecs(options.settle_secs))?;
        fs::create_dir_all(&options.folder).map_err(at_folder)?;
        let root = options.folder.canonicalize().map_err(at_folder)?;
        let mut exclude = Vec::new();
        for own in [&options.done, &options.quarantine].into_iter().chain(&options.exclude) {
            exclude.push(resolve(own).map_err(|source| IntakeError::Folder { path: own.clone(), source })?);
        }
        if exclude.contains(&root) {
            return Err(IntakeError::OwnFolder { path: root });
        }
        let shared = Arc::new(Shared::default());
        let (queue, signals) = sync_channel(QUEUE);
        let (sender, found) = async_channel::bounded(HANDOVER);
        let keeper = Keeper {
            rules: Rules::new(&root, &exclude),
            root,
            identity: None,
            quiet,
            rescan: Duration::from_secs(options.rescan_secs.max(1)),
            started: Instant::now(),
            settle: Settle::new(quiet),
            feed: Feed { queue: queue.clone(), lost: Arc::default() },
            watcher: None,
            polling: false,
            warned: HashSet::new(),
            next_scan: Instant::now(),
            shared: Arc::clone(&shared),
            found: sender,
        };
        let weak = keeper.found.downgrade();
        let thread = thread::Builder::new().name("watch".into()).spawn(move || keeper.run(&signals));
        let thread = Some(thread.map_err(IntakeError::Thread)?);
        Ok((Self { shared, queue, found: weak, thread }, found))
    }

    /// Lets a file be offered again after a short wait, because it could not be read or changed while it was.
    /// A newer generation under its path is not affected.
    pub fn release(&self, found: Found) {
        self.command(Command::Release(found));
    }

    /// Forgets a file that left the drop folder, so that the same drop again is offered again. A newer
    /// generation under its path is not affected.
    pub fn finished(&self, found: Found) {
        self.command(Command::Finished(found));
    }

    fn command(&self, command: Command) {
        lock(&self.shared.commands).push(command);
        // A full queue means the thread is awake already.
        self.queue.try_send(Signal::Wake).ok();
    }

    /// How the watch fares.
    #[must_use]
    pub fn status(&self) -> WatchStatus {
        lock(&self.shared.status).clone()
    }

    /// Ends the watch and waits for its thread; the channel is closed, what it holds can still be received.
    pub fn stop(self) {}
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Release);
        if let Some(found) = self.found.upgrade() {
            found.close();
        }
        self.queue.try_send(Signal::Wake).ok();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(stage = "watch", "the watch thread had panicked");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything the watch thread owns.
struct Keeper {
    root: PathBuf,
    /// The root as it was when it was last established; none while it is gone.
    identity: Option<FileIdentity>,
    rules: Rules,
    quiet: Duration,
    rescan: Duration,
    started: Instant,
    settle: Settle,
    feed: Feed,
    watcher: Option<RecommendedWatcher>,
    polling: bool,
    /// Paths that were warned about and still deserve it.
    warned: HashSet<PathBuf>,
    next_scan: Instant,
    shared: Arc<Shared>,
    found: async_channel::Sender<Vec<Found>>,
}

impl Keeper {
    fn run(mut self, signals: &Receiver<Signal>) {
        let tick = (self.quiet / 8).clamp(TICK.0, TICK.1);
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
        let found = self.settle.take();
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
                Command::Finished(found) => self.settle.finished(&found),
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
                    self.settle.forget(&relative);
                    self.warn_of(&relative, kind);
                }
                _ => self.settle.forget(&relative),
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
            self.scan(if self.polling { ScanCause::Polling } else { ScanCause::Timer });
        }
    }

    /// Sets the watcher up anew and looks through everything.
    fn establish(&mut self, cause: ScanCause) {
        self.identity = fs::metadata(&self.root).ok().map(|root| FileIdentity::from(&root));
        self.watcher = None;
        let feed = self.feed.clone();
        let config = notify::Config::default().with_follow_symlinks(false);
        match RecommendedWatcher::new(move |event| feed.receive(event), config) {
            Ok(watcher) => {
                self.watcher = Some(watcher);
                self.polling = false;
            }
            Err(error) => self.do_without_events(&error),
        }
        self.scan(cause);
    }

    /// Falls back to looking through the folder all the time.
    fn do_without_events(&mut self, error: &notify::Error) {
        if !self.polling {
            tracing::warn!(
                error = %error,
                "the drop folder can't be watched and is looked through every second instead; \
                 raise fs.inotify.max_user_watches and fs.inotify.max_user_instances with sysctl and start again"
            );
        }
        self.watcher = None;
        self.polling = true;
        self.settle.events_lost(self.now());
    }

    /// Looks through the whole folder.
    fn scan(&mut self, cause: ScanCause) {
        let started = Instant::now();
        self.count(cause);
        self.settle.scan_begins();
        let mut seen = Seen::default();
        if self.walk(PathBuf::new(), &mut seen).is_continue() {
            if seen.complete() {
                self.settle.scan_ends();
                self.warned.retain(|path| seen.odd.contains(path));
            }
            let mut status = lock(&self.shared.status);
            (status.files, status.bytes) = (seen.files, seen.bytes);
            (status.up, status.polling) = (self.identity.is_some(), self.polling);
        }
        self.next_scan = Instant::now() + if self.polling { POLL } else { self.rescan };
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
        let (root, rules, now) = (self.root.clone(), self.rules.clone(), self.now());
        walk(&root, start, &rules, |visit| {
            match visit {
                Visit::Folder(path) => {
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
                    seen.odd.insert(path);
                }
                Visit::Unreadable(path, error) => {
                    if self.warned.insert(path.to_owned()) {
                        tracing::warn!(path = %path.display(), error = %error, "a folder can't be looked through");
                    }
                    seen.unreadable = true;
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
                if self.warned.insert(path.to_owned()) {
                    tracing::warn!(path = %path.display(), error = %error, "a folder can't be watched, only scanned");
                }
            }
        }
        false
    }

    fn warn_of(&mut self, path: &Path, kind: &'static str) {
        if self.warned.insert(path.to_owned()) {
            tracing::warn!(path = %path.display(), reason = kind, "only regular files are taken, leaving it alone");
        }
    }
}

/// What one walk came by.
#[derive(Debug, Default)]
struct Seen {
    files: u64,
    bytes: u64,
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
