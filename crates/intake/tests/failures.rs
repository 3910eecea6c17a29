//! Events that are lost, watchers that fail, and systems that grant none: everything is found all the same, and
//! the cause is counted.

mod support;

use std::fs;

use copydesk_intake::{Options, ScanCause};
use fail::FailScenario;
use support::{Desk, write_aged};

#[test]
fn what_an_overflow_or_a_failing_watcher_swallowed_is_found_by_a_scan() {
    for (point, cause) in [("watch.overflow", ScanCause::Overflow), ("watch.error", ScanCause::WatcherError)] {
        let scenario = FailScenario::setup();
        let desk = Desk::open(0.1, |_| {});
        desk.wait_for(|status| status.up);
        // From here on every event is lost, and only the news of that comes through.
        fail::cfg(point, "return").expect("a fail point");
        for name in ["a.txt", "b.txt"] {
            fs::write(desk.inbox(name), name).expect("write");
        }
        fs::create_dir(desk.inbox("folder")).expect("folder");
        write_aged(&desk.inbox("folder/c.txt"), "c", 50);
        assert_eq!(desk.next_paths(3), ["a.txt", "b.txt", "folder/c.txt"]);
        assert!(desk.watch.status().rescans[&cause] > 0);
        scenario.teardown();
        assert_eq!(desk.close(), [""; 0]);
    }
}

#[test]
fn without_events_the_folder_is_looked_through_until_there_are_some() {
    let scenario = FailScenario::setup();
    fail::cfg("watch.refused", "return").expect("a fail point");
    let change = |options| Options { poll_secs: 0.1, rescan_secs: 1, ..options };
    let desk = Desk::open_with(change, |inbox| write_aged(&inbox.join("a.txt"), "a", 50));
    assert_eq!(desk.next_path(), "a.txt");
    desk.wait_for(|status| status.polling);
    fs::write(desk.inbox("b.txt"), "b").expect("write");
    assert_eq!(desk.next_path(), "b.txt");
    assert!(desk.watch.status().rescans[&ScanCause::Polling] > 0);
    scenario.teardown();
    desk.wait_for(|status| !status.polling);
    desk.rename_in("c.txt", "c");
    assert_eq!(desk.next_path(), "c.txt");
    assert_eq!(desk.close(), [""; 0]);
}
