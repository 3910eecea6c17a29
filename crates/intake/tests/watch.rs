//! The watch on a real folder with the system's real events. Nothing here sleeps: tests wait for what must
//! come, with a deadline.

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use copydesk_intake::{IntakeError, Options, ScanCause, Watch};
use support::{Desk, options, write_aged};

#[test]
fn files_there_at_start_come_in_order_of_their_time() {
    let desk = Desk::open(1.0, |inbox| {
        write_aged(&inbox.join("b.txt"), "b", 100);
        write_aged(&inbox.join("deep/er/c.txt"), "c", 300);
        write_aged(&inbox.join("a.txt"), "a", 200);
        write_aged(&inbox.join("done/2024-01-01/00/old.txt"), "old", 900);
        write_aged(&inbox.join("half.part"), "half", 900);
        write_aged(&inbox.join(".hidden"), "hidden", 900);
        std::os::unix::fs::symlink("b.txt", inbox.join("link.txt")).expect("link");
    });
    assert_eq!([desk.next_path(), desk.next_path(), desk.next_path()], ["deep/er/c.txt", "a.txt", "b.txt"]);
    let status = desk.watch.status();
    assert!(status.up && !status.polling);
    assert_eq!((status.files, status.bytes, status.rescans[&ScanCause::Start]), (3, 3, 1));
    assert_eq!((status.ignored, status.refused["symbolic_link"]), (2, 1));
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn a_file_renamed_in_does_not_wait() {
    // Settling takes an hour here: only the rename can let it through.
    let desk = Desk::open(3600.0, |_| {});
    desk.wait_for(|status| status.up);
    desk.rename_in("a.txt", "first");
    let first = desk.next();
    assert_eq!(first.path, Path::new("a.txt"));
    desk.rename_in("a.txt", "its replacement");
    assert_ne!(desk.next().generation, first.generation);
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn a_file_written_slowly_is_taken_once_and_whole() {
    let desk = Desk::open(0.3, |_| {});
    desk.wait_for(|status| status.up);
    let mut slow = File::create(desk.inbox("slow.txt")).expect("create");
    for part in 0..5 {
        slow.write_all(b"a part of it\n").expect("write");
        // Others come and go meanwhile; each settles, so that time passes for the slow one.
        fs::write(desk.inbox(format!("quick-{part}.txt")), "quick").expect("write");
        assert_eq!(desk.next_path(), format!("quick-{part}.txt"));
    }
    drop(slow);
    let found = desk.next();
    assert_eq!((found.path.as_path(), found.generation.bytes), (Path::new("slow.txt"), 65));
    fs::write(desk.inbox("last.txt"), "last").expect("write");
    assert_eq!(desk.next_path(), "last.txt");
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn folders_moved_in_copied_in_and_made_give_up_all_their_files() {
    let desk = Desk::open(0.1, |_| {});
    desk.wait_for(|status| status.up);
    let outside = desk.folder.path().join("outside-folder");
    for name in ["a.txt", "x/b.txt", "x/y/c.txt"] {
        write_aged(&outside.join(name), "text", 50);
    }
    fs::rename(&outside, desk.inbox("moved")).expect("move");
    assert_eq!(desk.next_paths(3), ["moved/a.txt", "moved/x/b.txt", "moved/x/y/c.txt"]);
    // Made and filled in one go: many of these files exist before anyone can watch their folder.
    let mut expected = Vec::new();
    for folder in 0..20 {
        let deep = format!("made/{folder:02}/deeper");
        fs::create_dir_all(desk.inbox(&deep)).expect("folders");
        for file in 0..10 {
            fs::write(desk.inbox(format!("{deep}/{file}.txt")), "text").expect("write");
            expected.push(format!("{deep}/{file}.txt"));
        }
    }
    assert_eq!(desk.next_paths(200), expected);
    fs::rename(desk.inbox("made/07"), desk.inbox("moved/07")).expect("move within");
    assert_eq!(desk.next_paths(10)[0], "moved/07/deeper/0.txt");
    desk.rename_in("moved/07/deeper/late.txt", "a folder that moved within is still watched");
    assert_eq!(desk.next_path(), "moved/07/deeper/late.txt");
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn a_root_that_goes_and_comes_back_is_watched_again() {
    let desk = Desk::open(3600.0, |_| {});
    desk.wait_for(|status| status.up);
    fs::remove_dir_all(desk.inbox("")).expect("remove");
    desk.wait_for(|status| !status.up);
    let fresh = desk.folder.path().join("fresh");
    write_aged(&fresh.join("waiting.txt"), "text", 7200);
    fs::rename(&fresh, desk.inbox("")).expect("back");
    assert_eq!(desk.next_path(), "waiting.txt");
    assert_eq!(desk.watch.status().rescans[&ScanCause::RootRecreated], 1);
    desk.rename_in("after.txt", "text");
    assert_eq!(desk.next_path(), "after.txt");
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn a_released_file_comes_again_and_a_finished_one_when_dropped_again() {
    let desk = Desk::open(0.1, |inbox| write_aged(&inbox.join("a.txt"), "a", 50));
    let first = desk.next();
    desk.watch.release(first.clone());
    assert_eq!(desk.next(), first);
    let aside = desk.folder.path().join("aside");
    fs::rename(desk.inbox("a.txt"), &aside).expect("take away");
    desk.watch.finished(first.clone());
    fs::rename(&aside, desk.inbox("a.txt")).expect("the very same again");
    assert_eq!(desk.next(), first);
    assert_eq!(desk.close(), [""; 0]);
}

#[test]
fn stopping_is_prompt_when_nobody_takes_the_files() {
    let folder = tempfile::tempdir().expect("temp");
    let (watch, batches) = Watch::start(&options(folder.path(), 3600.0)).expect("start");
    // One at a time until the channel is full and the thread stands still.
    let mut count = 0;
    while !batches.is_full() {
        let outside = folder.path().join("outside");
        fs::write(&outside, "text").expect("write");
        fs::rename(outside, folder.path().join(format!("inbox/{count}.txt"))).expect("rename");
        count += 1;
    }
    watch.stop();
    let kept = std::iter::from_fn(|| batches.try_recv().ok()).flatten().count();
    assert!(batches.is_closed() && kept > 0 && kept <= count, "what was handed over stays");
}

#[test]
fn options_that_can_not_work_are_refused() {
    let folder = tempfile::tempdir().expect("temp");
    let good = options(folder.path(), 1.0);
    let same = Options { done: good.folder.clone(), ..good.clone() };
    assert!(matches!(Watch::start(&same), Err(IntakeError::OwnFolder { .. })));
    let negative = Options { settle_secs: -1.0, ..good.clone() };
    assert!(matches!(Watch::start(&negative), Err(IntakeError::Seconds { .. })));
    fs::write(folder.path().join("file"), "").expect("write");
    let blocked = Options { folder: folder.path().join("file"), ..good };
    assert!(matches!(Watch::start(&blocked), Err(IntakeError::Folder { .. })));
}
