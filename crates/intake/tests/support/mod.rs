//! A drop folder under watch. Nothing here sleeps: tests wait for what must come, with a deadline.
#![allow(dead_code, reason = "each test file uses a part")]

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use copydesk_intake::{Found, Options, Watch, WatchStatus};

const DEADLINE: Duration = Duration::from_secs(20);

/// A folder with a drop folder `inbox`, and the watch on it.
pub struct Desk {
    pub folder: tempfile::TempDir,
    pub watch: Watch,
    found: Receiver<Found>,
}

impl Desk {
    /// Watches the folder `inbox` of a folder that `prepare` filled.
    pub fn open(settle_secs: f64, prepare: impl FnOnce(&Path)) -> Self {
        Self::open_with(|options| Options { settle_secs, ..options }, prepare)
    }

    /// The same with other options.
    pub fn open_with(change: impl FnOnce(Options) -> Options, prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().expect("temp");
        fs::create_dir(folder.path().join("inbox")).expect("inbox");
        prepare(&folder.path().join("inbox"));
        let (watch, batches) = Watch::start(&change(options(folder.path(), 0.1))).expect("start");
        let (sender, found) = channel();
        thread::spawn(move || {
            while let Ok(batch) = batches.recv_blocking() {
                batch.into_iter().for_each(|one| sender.send(one).unwrap_or_default());
            }
        });
        Self { folder, watch, found }
    }

    pub fn inbox(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join("inbox").join(path)
    }

    /// Writes a file outside and renames it into the drop folder.
    pub fn rename_in(&self, path: impl AsRef<Path>, text: &str) {
        let outside = self.folder.path().join("outside");
        fs::write(&outside, text).expect("write");
        fs::rename(outside, self.inbox(path)).expect("rename");
    }

    pub fn next(&self) -> Found {
        self.found.recv_timeout(DEADLINE).expect("a file is found in time")
    }

    pub fn next_path(&self) -> String {
        self.next().path.display().to_string()
    }

    /// The next so many paths, sorted.
    pub fn next_paths(&self, count: usize) -> Vec<String> {
        let mut paths: Vec<String> = (0..count).map(|_| self.next_path()).collect();
        paths.sort();
        paths
    }

    /// Waits until the status is as wanted.
    pub fn wait_for(&self, wanted: impl Fn(&WatchStatus) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !wanted(&self.watch.status()) {
            assert!(Instant::now() < deadline, "{:?}", self.watch.status());
            thread::yield_now();
        }
    }

    /// Ends the watch; what was found and not yet asked for.
    pub fn close(self) -> Vec<String> {
        self.watch.stop();
        self.found.iter().map(|found| found.path.display().to_string()).collect()
    }
}

/// Options of a drop folder that is looked through only when something asks for it.
pub fn options(folder: &Path, settle_secs: f64) -> Options {
    Options {
        folder: folder.join("inbox"),
        done: folder.join("inbox/done"),
        quarantine: folder.join("quarantine"),
        settle_secs,
        rescan_secs: 3600,
        ..Options::default()
    }
}

pub fn write_aged(path: &Path, text: &str, age_secs: u64) {
    fs::create_dir_all(path.parent().expect("parent")).expect("folders");
    let mut file = File::create(path).expect("create");
    file.write_all(text.as_bytes()).expect("write");
    file.set_modified(SystemTime::now() - Duration::from_secs(age_secs)).expect("age");
}
