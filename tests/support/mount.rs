//! A small file system in memory, to be filled up; only where the tests may mount one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A mounted file system; unmounted when dropped.
pub struct Mount(PathBuf);

impl Mount {
    /// Mounts one of so many bytes on a folder, which is made; none, said loudly, where that is not permitted.
    pub fn on(folder: &Path, bytes: u64) -> Option<Self> {
        fs::create_dir_all(folder).expect("make a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]).arg(folder).stderr(Stdio::null());
        if mount.status().is_ok_and(|status| status.success()) {
            return Some(Self(folder.to_owned()));
        }
        eprintln!("SKIPPED: mounting a tmpfs is not permitted here, so nothing is tested on a full disk");
        None
    }

    /// Fills it to the last byte with a file, but for `free` bytes; the file.
    pub fn fill(&self, free: u64) -> PathBuf {
        let ballast = self.0.join("ballast");
        let stat = rustix::fs::statvfs(&self.0).expect("look at the file system");
        let bytes = (stat.f_bavail * stat.f_frsize).saturating_sub(free);
        fs::write(&ballast, vec![0; usize::try_from(bytes).expect("a small file system")]).expect("fill it up");
        ballast
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a daemon that was just killed may still hold files.
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}
