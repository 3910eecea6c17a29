//! What odd things in the drop folder get: the rows of the crate's table that need a real folder. (Rows about
//! time are held by the tests of `settle.rs`, rows about clearing by those of `finish.rs` and `recheck.rs`, lost
//! events by `failures.rs`.)

mod support;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use copydesk_intake::{FinishOutcome, Finished, IntakeError, Options, Poll, Recheck, ScanCause, Watch, finish};
use support::{Desk, options, write_aged};

#[test]
fn links_pipes_and_sockets_are_never_opened_and_counted() {
    let outside = tempfile::tempdir().expect("temp");
    write_aged(&outside.path().join("somebody-elses.txt"), "text", 50);
    let mut socket = None;
    let desk = Desk::open(0.1, |inbox| {
        write_aged(&inbox.join("x/a.txt"), "a", 50);
        symlink(outside.path().join("somebody-elses.txt"), inbox.join("out.txt")).expect("link");
        symlink(outside.path(), inbox.join("out")).expect("link");
        symlink("..", inbox.join("x/loop")).expect("link");
        symlink("nowhere", inbox.join("dangling.txt")).expect("link");
        // Opening it for reading would wait for a writer for ever.
        let made = Command::new("mkfifo").arg(inbox.join("pipe")).status().expect("mkfifo");
        assert!(made.success());
        socket = Some(UnixListener::bind(inbox.join("socket")).expect("socket"));
    });
    assert_eq!(desk.next_path(), "x/a.txt");
    desk.wait_for(|status| status.up);
    let refused = desk.watch.status().refused;
    assert_eq!((refused["symbolic_link"], refused["named_pipe"], refused["socket"]), (4, 1, 1));
    // One that takes the place of a file is left alone too.
    symlink("x/a.txt", desk.inbox("late.txt")).expect("link");
    desk.rename_in("b.txt", "b");
    assert_eq!(desk.next_path(), "b.txt");
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn a_folder_that_can_not_be_listed_delays_nobody_and_is_found_when_it_can() {
    let folder = tempfile::tempdir().expect("temp");
    let locked = folder.path().join("inbox/locked");
    write_aged(&folder.path().join("inbox/a.txt"), "a", 50);
    write_aged(&locked.join("b.txt"), "b", 50);
    let set_mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("mode");
    set_mode(folder.path(), 0o755);
    set_mode(&folder.path().join("inbox"), 0o777);
    set_mode(&locked, 0o300);
    let options = Options { rescan_secs: 1, ..options(folder.path(), 0.1) };
    // Root is refused nothing; the watch's threads are whoever started them.
    let started = std::thread::spawn(move || {
        if rustix::process::geteuid().is_root() {
            rustix::thread::set_thread_uid(rustix::fs::Uid::from_raw(65_534)).expect("another user");
        }
        Watch::start(&options)
    });
    let (watch, batches) = started.join().expect("no panic").expect("start");
    let next = || batches.recv_blocking().expect("a file").remove(0).path;
    assert_eq!(next(), Path::new("a.txt"));
    while watch.status().refused.get("unreadable_folder") != Some(&1) {
        std::thread::yield_now();
    }
    set_mode(&locked, 0o755);
    assert_eq!(next(), Path::new("locked/b.txt"));
    while !watch.status().refused.is_empty() {
        std::thread::yield_now();
    }
}

#[test]
fn names_of_any_bytes_hard_links_and_namesakes_are_files_of_their_own() {
    let odd = Path::new(OsStr::from_bytes(b"caf\xe9\n\x01.txt"));
    let desk = Desk::open(0.1, |inbox| {
        write_aged(&inbox.join(odd), "odd", 400);
        write_aged(&inbox.join("one/a.txt"), "one", 300);
        write_aged(&inbox.join("two/a.txt"), "two", 200);
        fs::hard_link(inbox.join("one/a.txt"), inbox.join("z-linked.txt")).expect("link");
    });
    let found: Vec<_> = (0..4).map(|_| desk.next()).collect();
    let paths: Vec<&Path> = found.iter().map(|found| found.path.as_path()).collect();
    assert_eq!(paths, [odd, Path::new("one/a.txt"), Path::new("z-linked.txt"), Path::new("two/a.txt")]);
    assert_eq!(found[1].generation, found[2].generation);
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn what_other_programs_write_under_hidden_names_is_taken_whole_when_renamed() {
    // Settling takes an hour: only the rename can let it through.
    let desk = Desk::open(3600.0, |inbox| {
        fs::create_dir(inbox.join("mirror")).expect("folder");
        write_aged(&inbox.join("Thumbs.db"), "litter", 9_000);
        write_aged(&inbox.join("b.html.filepart"), "half", 9_000);
        write_aged(&inbox.join("lost+found/#123"), "salvage", 9_000);
    });
    desk.wait_for(|status| status.up);
    assert_eq!(desk.watch.status().ignored, 2);
    let hidden = desk.inbox("mirror/.a.html.x7Qk2p");
    let mut file = File::create(&hidden).expect("create");
    for _ in 0..3 {
        file.write_all(b"<p>as rsync writes it</p>").expect("write");
    }
    drop(file);
    fs::rename(hidden, desk.inbox("mirror/a.html")).expect("rename");
    let found = desk.next();
    assert_eq!((found.path.as_path(), found.generation.bytes), (Path::new("mirror/a.html"), 75));
    fs::rename(desk.inbox("b.html.filepart"), desk.inbox("b.html")).expect("rename");
    assert_eq!(desk.next_path(), "b.html");
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn globs_are_asked_of_files_there_and_of_files_that_come() {
    let include = vec!["**/*.html".to_owned()];
    let exclude = vec!["drafts/**".to_owned()];
    let desk = Desk::open_with(
        |options| Options { include, exclude, ..options },
        |inbox| {
            write_aged(&inbox.join("a.html"), "a", 300);
            write_aged(&inbox.join("drafts/b.html"), "b", 200);
            write_aged(&inbox.join("c.txt"), "c", 100);
        },
    );
    assert_eq!(desk.next_path(), "a.html");
    desk.wait_for(|status| status.ignored == 2);
    desk.rename_in("drafts/d.html", "d");
    desk.rename_in("e.txt", "e");
    desk.rename_in("f.html", "f");
    assert_eq!(desk.next_path(), "f.html");
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn a_folder_that_tells_nothing_is_looked_through() {
    let poll = |options| Options { poll: Poll::Always, poll_secs: 0.1, ..options };
    let desk = Desk::open_with(poll, |inbox| write_aged(&inbox.join("a.txt"), "a", 50));
    assert_eq!(desk.next_path(), "a.txt");
    desk.wait_for(|status| status.polling && status.up);
    desk.rename_in("b.txt", "b");
    fs::create_dir(desk.inbox("new")).expect("folder");
    fs::write(desk.inbox("new/c.txt"), "c").expect("write");
    assert_eq!(desk.next_paths(2), ["b.txt", "new/c.txt"]);
    assert!(desk.watch.status().rescans[&ScanCause::Polling] > 0);
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn sidecars_come_and_go_with_their_article() {
    let desk = Desk::open(0.1, |inbox| {
        write_aged(&inbox.join("a.html"), "<p>text</p>", 50);
        write_aged(&inbox.join("a.html.url"), "https://example.org/a", 50);
    });
    let first = desk.next();
    assert_eq!(first.path, Path::new("a.html"));
    // The folder's habit is known now: the article waits for what is dropped after it.
    desk.rename_in("b.html", "<p>text</p>");
    desk.rename_in("b.html.meta.json", "{}");
    assert_eq!(desk.next_path(), "b.html");
    let options = options(desk.folder.path(), 0.1);
    let finished = Finished { path: first.path.clone(), generation: first.generation, all_quarantined: false };
    let now = "2024-05-01T09:30:00Z".parse().expect("time");
    let outcomes = finish(&options.folder, &options, &[finished], now);
    let Some(FinishOutcome::Moved { to }) = outcomes.first() else { panic!("{outcomes:?}") };
    assert!(to.is_file() && to.with_file_name("a.html.url").is_file());
    desk.watch.finished(first);
    assert!(!desk.inbox("a.html.url").exists() && desk.inbox("b.html.meta.json").exists());
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn json_lines_are_followed_while_they_are_written() {
    let follow = |options| Options { follow_secs: 0.1, settle_secs: 0.3, ..options };
    let desk = Desk::open_with(follow, |_| {});
    desk.wait_for(|status| status.up);
    let mut file = File::create(desk.inbox("feed.jsonl")).expect("create");
    let mut bytes = 0;
    for _ in 0..3 {
        file.write_all(b"{\"text\": \"a line\"}\n").expect("write");
        bytes += 19;
        let found = desk.next();
        assert_eq!((found.follow, found.generation.bytes), (true, bytes));
        desk.watch.followed(found);
    }
    drop(file);
    let found = desk.next();
    assert_eq!((found.follow, found.generation.bytes), (false, bytes), "closed: whole, though it did not grow");
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn a_file_that_an_unclean_end_left_on_its_way_out_is_found_again() {
    let desk = Desk::open(3600.0, |inbox| {
        write_aged(&inbox.join(".copydesk-moving/a/b.txt"), "on its way", 9_000);
    });
    let found = desk.next();
    assert_eq!(found.path, Path::new("a/b.txt"));
    assert!(!desk.inbox(".copydesk-moving").exists());
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn a_file_written_on_after_it_moved_is_offered_again_with_all_its_bytes() {
    let desk = Desk::open(0.1, |inbox| write_aged(&inbox.join("a.txt"), "the beginning, ", 50));
    let mut producer = OpenOptions::new().append(true).open(desk.inbox("a.txt")).expect("open");
    let first = desk.next();
    let finished = Finished { path: first.path.clone(), generation: first.generation, all_quarantined: false };
    let options = options(desk.folder.path(), 0.1);
    let now = "2024-05-01T09:30:00Z".parse().expect("time");
    let outcomes = finish(&options.folder, &options, &[finished], now);
    let Some(FinishOutcome::Moved { to }) = outcomes.into_iter().next() else { panic!("it moves") };
    let (mut recheck, start) = (Recheck::default(), Instant::now());
    recheck.add(to, desk.inbox("a.txt"), first.generation, start);
    desk.watch.finished(first);
    producer.write_all(b"and the end").expect("write");
    drop(producer);
    assert_eq!(recheck.due(start + Duration::from_secs(2)), [desk.inbox("a.txt")]);
    assert_eq!(desk.next().generation.bytes, 26);
    assert_eq!(fs::read_to_string(desk.inbox("a.txt")).expect("read"), "the beginning, and the end");
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn a_drop_folder_that_is_missing_is_made_and_one_that_can_not_be_used_is_refused() {
    let folder = tempfile::tempdir().expect("temp");
    let (watch, _files) = Watch::start(&options(folder.path(), 0.1)).expect("start");
    assert!(folder.path().join("inbox").is_dir());
    watch.stop();
    let far = Options { done: "/proc/self".into(), ..options(folder.path(), 0.1) };
    assert!(matches!(Watch::start(&far), Err(IntakeError::OtherMount { .. })));
}
