//! `scan`: a great many files in the drop folder, or in `done`.
//!
//! The daemon starts on so many small articles; measured are the time until its first scan has seen them all, the
//! memory by then, and how long a file takes that is dropped beside them. In `done` nothing may be looked at:
//! there the figures must be those of an empty folder.

use std::fs::{create_dir_all, rename, write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;

use crate::daemon::{Daemon, Home, POLL, binary};
use crate::process::{cpu_seconds, peak_memory_bytes};

/// Files a folder, as a mirror or a date-sorted archive would have.
const FILES_A_FOLDER: usize = 1000;

/// How long the scan may take.
const LIMIT: Duration = Duration::from_secs(600);

/// Options of `scan`.
#[derive(Args, Debug)]
pub struct Options {
    /// Files that are there at start.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub files: usize,
    /// Put them into `done` instead of the drop folder.
    #[arg(long)]
    pub done: bool,
    /// The daemon's binary; by default `copydesk` beside this program.
    #[arg(long, value_name = "PATH")]
    pub binary: Option<PathBuf>,
    /// Where the daemon's folder is made, and removed afterwards.
    #[arg(long, value_name = "FOLDER", default_value_os_t = std::env::temp_dir())]
    pub work: PathBuf,
}

/// Measures, and prints the figures.
///
/// # Errors
/// Where the files can't be made, or the daemon does not see them in ten minutes.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let binary = binary(options.binary.as_deref())?;
    let folder = tempfile::tempdir_in(&options.work)
        .with_context(|| format!("can't make a folder in {}", options.work.display()))?;
    let home = Home(folder.path().to_owned());
    home.prepare(0)?;
    let of = if options.done { folder.path().join("done/2024-01-01/00") } else { home.inbox() };
    lay_out(&of, options.files)?;

    let started = Instant::now();
    let mut daemon = Daemon::start(&binary, &home)?;
    let ready = started.elapsed();
    let in_inbox = if options.done { 0 } else { options.files };
    // Files taken since are not in the folder any more when the scan comes to them.
    let seen = |daemon: &Daemon| -> anyhow::Result<bool> {
        let metrics = daemon.metrics()?;
        Ok(metrics.sum("copydesk_inbox_files") + metrics.sum("copydesk_files_finished_total") >= in_inbox as f64)
    };
    while !seen(&daemon)? {
        daemon.check_alive()?;
        ensure!(started.elapsed() < LIMIT, "the files were not seen in {LIMIT:?}{}", daemon.log_end());
        sleep(POLL);
    }
    let scanned = started.elapsed();
    let process = daemon.process();
    let (cpu, memory) = (cpu_seconds(&process)?, peak_memory_bytes(&process)?);

    println!("files              {} in {}", options.files, if options.done { "done" } else { "the drop folder" });
    println!("ready              {:.2} s after the start", ready.as_secs_f64());
    println!("all seen           {:.2} s after the start", scanned.as_secs_f64());
    println!("processor          {:.2} s by then", cpu.total());
    println!("peak memory        {} MiB by then", memory >> 20);
    if options.done {
        println!("drop to done       {} ms", drop_one(&home, &mut daemon)?.as_millis());
    }
    daemon.stop()?;
    Ok(())
}

/// Writes so many articles of two paragraphs, a thousand a folder.
fn lay_out(folder: &Path, files: usize) -> anyhow::Result<()> {
    for number in 0..files {
        let below = folder.join(format!("site-{}/{}", number % 50, number / FILES_A_FOLDER));
        if number % FILES_A_FOLDER < 50 {
            create_dir_all(&below).with_context(|| format!("can't make {}", below.display()))?;
        }
        let path = below.join(format!("{number}.txt"));
        write(&path, article(number)).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}

fn article(number: usize) -> String {
    format!(
        "Report {number}\n\nThe council of ward {} met for the {}th time and decided matter {number} after a long \
         debate about its roads and bridges.\n",
        number % 97,
        number / 97
    )
}

/// Renames one file in and waits until it has left.
fn drop_one(home: &Home, daemon: &mut Daemon) -> anyhow::Result<Duration> {
    let (aside, path) = (home.0.join("aside"), home.inbox().join("one.txt"));
    write(&aside, "One more report\n\nThe last of the matters was decided without a debate.\n")?;
    let dropped = Instant::now();
    rename(&aside, &path).with_context(|| format!("can't rename {} in", aside.display()))?;
    while path.exists() {
        daemon.check_alive()?;
        ensure!(dropped.elapsed() < LIMIT, "it was not taken in {LIMIT:?}{}", daemon.log_end());
        sleep(POLL);
    }
    Ok(dropped.elapsed())
}
