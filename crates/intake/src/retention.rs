//! How long finished files are kept: `done` loses its oldest days as a whole.

use std::path::PathBuf;
use std::{fs, io};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::Options;

/// Removes the day folders (`YYYY-MM-DD`) of `done` that lie more than `done_days` days before today, and
/// nothing else; the answer is how many. Days are those of UTC, as `done` is sorted. Without `done_days`, or
/// without the folder, nothing happens.
///
/// # Errors
/// Where `done` can't be listed or a day can't be removed as a whole; the other days were removed all the same.
pub fn sweep(options: &Options, now: Timestamp) -> io::Result<u64> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let Some(days) = options.done_days else { return Ok(0) };
    // More days than there have been keep everything.
    let oldest = i64::try_from(days).ok().and_then(|days| today.checked_sub(days.days()).ok()).unwrap_or(Date::MIN);
    let entries = match fs::read_dir(&options.done) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut old: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let entry = entry?;
        let day = entry.file_name().to_str().and_then(day);
        if day.is_some_and(|day| day < oldest) && entry.file_type()?.is_dir() {
            old.push(entry.path());
        }
    }
    let (mut removed, mut failed) = (0, None);
    for path in old {
        match fs::remove_dir_all(&path) {
            Ok(()) => removed += 1,
            Err(error) => {
                tracing::warn!(path = %path.display(), error = %error, "an old day of `done` can't be removed");
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(removed), Err)
}

/// The day a folder's name means: exactly as we write it, so that nothing of somebody else's is taken for ours.
fn day(name: &str) -> Option<Date> {
    Date::strptime("%Y-%m-%d", name).ok().filter(|day| day.to_string() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_day() -> Timestamp {
        "2024-05-01T00:30:00Z".parse().expect("time")
    }

    #[test]
    fn whole_days_go_and_nothing_else() {
        let folder = tempfile::tempdir().expect("temp");
        let done = folder.path().join("done");
        let elsewhere = folder.path().join("elsewhere");
        fs::create_dir_all(&elsewhere).expect("folder");
        for day in ["2024-04-01", "2024-04-23", "2024-04-24", "2024-05-01", "2024-4-1", "notes", "2024-04-02-kept"] {
            fs::create_dir_all(done.join(day).join("09/a")).expect("folders");
            fs::write(done.join(day).join("09/a/b.txt"), "text").expect("write");
        }
        fs::write(done.join("2024-04-03"), "a file of that name").expect("write");
        std::os::unix::fs::symlink(&elsewhere, done.join("2024-04-04")).expect("link");
        let options = Options { done: done.clone(), done_days: Some(7), ..Options::default() };
        assert_eq!(sweep(&options, may_day()).expect("sweep"), 2);
        let mut left: Vec<String> = fs::read_dir(&done)
            .expect("list")
            .map(|entry| entry.expect("entry").file_name().to_string_lossy().into())
            .collect();
        left.sort();
        let expected = ["2024-04-02-kept", "2024-04-03", "2024-04-04", "2024-04-24", "2024-05-01", "2024-4-1", "notes"];
        assert_eq!(left, expected);
        assert_eq!(sweep(&options, may_day()).expect("sweep"), 0, "again");
    }

    #[test]
    fn without_a_limit_or_a_folder_nothing_goes() {
        let folder = tempfile::tempdir().expect("temp");
        fs::create_dir_all(folder.path().join("1999-01-01")).expect("folder");
        let options = Options { done: folder.path().to_owned(), ..Options::default() };
        assert_eq!(sweep(&options, may_day()).expect("sweep"), 0);
        let huge = Options { done_days: Some(u64::MAX), ..options.clone() };
        assert_eq!(sweep(&huge, may_day()).expect("sweep"), 0);
        let missing = Options { done: folder.path().join("none"), done_days: Some(0), ..options };
        assert_eq!(sweep(&missing, may_day()).expect("sweep"), 0);
    }
}
