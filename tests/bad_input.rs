//! What bad input gets, row by row, from the real binary: a reason in the log, in the metrics and beside the copy in
//! quarantine; what is good in the file, and every other file, is delivered.
//!
//! The rows are those of the tables in the module docs of the readers and the intake, as far as a file alone makes
//! them; full disks, dying processes and races have tests of their own (`pressure.rs`, `hostile.rs`, `drops.rs`,
//! and the two crates').

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use crate::support::articles::{body, line};
use crate::support::desk::{Daemon, Desk};
use crate::support::dice::Dice;
use crate::support::formats::{gzip, warc};
use crate::support::oracle::Outcome;
use copydesk_article::VerdictKind;

/// Good files that lie among the bad ones.
const NEIGHBOURS: u64 = 30;

/// One file of bad input and what becomes of it.
struct Row {
    name: &'static str,
    bytes: Vec<u8>,
    /// Records that are delivered all the same.
    delivered: u64,
    /// Why the others are in quarantine, in their order.
    reasons: &'static [&'static str],
}

fn text(number: u64) -> String {
    body(&mut Dice::new(number), number, 2)
}

fn good_line(number: u64) -> String {
    line("bad-input", number, &text(number))
}

fn rows() -> Vec<Row> {
    let row = |name, bytes: &[u8], delivered, reasons| Row { name, bytes: bytes.to_owned(), delivered, reasons };
    let junk: Vec<u8> = (0..4096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let latin = [text(100).as_bytes(), b" A caf\xe9, na\xefve and d\xe9j\xe0 vu.\n"].concat();
    let nuls = text(101).replacen(' ', "\0", 3);
    let lines: Vec<String> = (102..110).map(good_line).collect();
    let half = format!("[{},\n{}", lines[0], &lines[1][..lines[1].len() / 2]);
    let shapes = format!("[{}, 17, \"a string\", {{\"title\": \"No text\"}}]", lines[2]);
    let broken = format!("{}\n{{\"text\": \"no end\n\n{}\n\u{1}\u{2}\n", lines[3], lines[4]);
    let packed = gzip(format!("{}\n{}\n", lines[5], lines[6]).as_bytes());
    let deep = format!("{{\"text\": \"a\", \"deep\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    // A second member that expands 1000-fold, forty times over: 320 MiB.
    let mut bomb = gzip(format!("{}\n", lines[7]).as_bytes());
    bomb.extend(gzip(&vec![b' '; 8 << 20]).repeat(40));
    let pages = warc(&[(120, text(120)), (121, text(121))]).concat();
    let feed = format!(
        "<rss version=\"2.0\"><channel><title>North Wire</title><item><title>One</title><description>{}</description>\
         </item><item><title>Two</title><description>cut",
        text(122)
    );
    vec![
        row("empty.txt", b"", 0, &["empty"]),
        row("blank.html", b" \n\t \r\n", 0, &["empty"]),
        row("junk.txt", &junk, 0, &["binary"]),
        row("latin.txt", &latin, 1, &[]),
        row("nuls.txt", nuls.as_bytes(), 0, &["binary"]),
        row("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 0, &["unsupported_format"]),
        row("half.json", half.as_bytes(), 1, &["invalid_json"]),
        row("shapes.json", shapes.as_bytes(), 1, &["wrong_shape", "wrong_shape", "no_text"]),
        row("deep.json", deep.as_bytes(), 0, &["invalid_json"]),
        row("broken.jsonl", broken.as_bytes(), 2, &["invalid_json", "invalid_json"]),
        row("cut.jsonl.gz", &packed[..packed.len() - 12], 1, &["truncated"]),
        row("bomb.jsonl.gz", &bomb, 1, &["decompression_bomb"]),
        row("cut.warc", &pages[..pages.len() - 40], 1, &["truncated"]),
        row("cut.rss", feed.as_bytes(), 1, &["invalid_xml"]),
        row("alone.txt.headers", b"Content-Type: text/plain\r\n", 0, &["orphan_sidecar"]),
    ]
}

/// One line of 200 MB between two good ones, written in pieces.
fn write_long_line(path: &Path) {
    let mut file = BufWriter::new(File::create(path).expect("make the file"));
    writeln!(file, "{}", good_line(130)).expect("write");
    write!(file, "{{\"text\": \"").expect("write");
    for _ in 0..200 {
        file.write_all(&[b'x'; 1_000_000]).expect("write");
    }
    writeln!(file, "\"}}\n{}", good_line(131)).expect("write");
    file.flush().expect("write");
}

/// A page of 50 MB in which nothing that opens is ever closed.
fn write_hostile_page(path: &Path) {
    let piece = format!("<div class=article-body><table><tr><td><b><a href=x>&amp<!-{}", text(132)).repeat(100);
    let mut file = BufWriter::new(File::create(path).expect("make the file"));
    for _ in 0..=50_000_000 / piece.len() {
        file.write_all(piece.as_bytes()).expect("write");
    }
    file.flush().expect("write");
}

fn write_neighbours(folder: &Path) {
    fs::create_dir(folder).expect("make a folder");
    for number in 0..NEIGHBOURS {
        fs::write(folder.join(format!("{number}.txt")), text(number)).expect("write an article");
    }
}

/// What the log says of each quarantined record: file and reason, counted.
fn logged(daemon: &Daemon) -> BTreeMap<(String, String), u64> {
    let mut said = BTreeMap::new();
    for event in daemon.events().iter().filter(|event| event["message"] == "quarantined") {
        let word = |field: &str| event[field].as_str().unwrap_or_else(|| panic!("no {field} in {event}")).to_owned();
        assert!(!word("error").is_empty(), "a reason in words: {event}");
        *said.entry((word("path"), word("reason"))).or_default() += 1;
    }
    said
}

#[test]
fn every_bad_file_gets_its_reason_everywhere_and_harms_no_other() {
    let desk = Desk::new();
    let inbox = desk.inbox();
    write_neighbours(&inbox.join("good"));
    let rows = rows();
    for row in &rows {
        let path = inbox.join(row.name);
        fs::write(&path, &row.bytes).expect("write a bad file");
        // An empty file that is younger may have just been opened.
        let file = File::options().write(true).open(&path).expect("open it");
        file.set_modified(SystemTime::now() - Duration::from_secs(90)).expect("set its time");
    }
    write_long_line(&inbox.join("long.jsonl"));
    write_hostile_page(&inbox.join("endless.html"));
    let (mut expected, mut delivered) = (BTreeMap::new(), NEIGHBOURS + 2);
    expected.insert(("long.jsonl".to_owned(), "too_large".to_owned()), 1);
    expected.insert(("endless.html".to_owned(), "too_large".to_owned()), 1);
    for row in &rows {
        delivered += row.delivered;
        for reason in row.reasons {
            *expected.entry((row.name.to_owned(), (*reason).to_owned())).or_default() += 1;
        }
    }

    let mut daemon = desk.start();
    desk.wait_until_taken(&mut daemon);
    daemon.wait_for("every article to be delivered", |daemon| {
        daemon.metrics().get("copydesk_sink_delivered_total{sink=\"lines\"}") >= delivered as f64
    });
    assert_eq!(logged(&daemon), expected, "the log");
    let metrics = daemon.metrics();
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    for ((_, reason), count) in &expected {
        *by_reason.entry(reason).or_default() += count;
    }
    for (reason, count) in by_reason {
        let series = format!("copydesk_quarantined_total{{stage=\"read\",reason=\"{reason}\"}}");
        assert_eq!(metrics.get(&series), count as f64, "{series}");
    }
    let peak = daemon.peak_memory();
    assert!(peak < 400_000_000, "nothing large is held in memory: {peak}");
    daemon.stop();

    let outcome = Outcome::of(&desk);
    assert_eq!(outcome.verdicts.get(VerdictKind::Original), delivered);
    let mut kept = BTreeMap::new();
    for ((path, _), entry) in &outcome.quarantine {
        let reason = entry.slip["reason"].as_str().expect("a reason").to_owned();
        assert!(entry.slip["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{:?}", entry.slip);
        assert!(entry.copy.is_some(), "the bytes stand beside the reason: {:?}", entry.slip);
        *kept.entry((path.clone(), reason)).or_default() += 1;
    }
    assert_eq!(kept, expected, "the quarantine");
    let broken = |record| outcome.quarantine[&("broken.jsonl".to_owned(), record)].slip["line"].as_u64();
    assert_eq!((broken(1), broken(3)), (Some(2), Some(5)), "the line is told");
}

/// Names in the inbox that nothing should ever open.
fn lay_out_odd_things(desk: &Desk) -> Vec<(&'static str, &'static str)> {
    let inbox = desk.inbox();
    fs::write(desk.path("outside.txt"), text(140)).expect("write");
    symlink(desk.path("outside.txt"), inbox.join("out.txt")).expect("link");
    symlink("loop.txt", inbox.join("loop.txt")).expect("link");
    symlink(".", inbox.join("round")).expect("link");
    let pipe = Command::new("mkfifo").arg(inbox.join("pipe.txt")).status().expect("mkfifo");
    assert!(pipe.success());
    // The name stays when the listener goes.
    UnixListener::bind(inbox.join("socket.txt")).expect("bind");
    let mut odd = vec![
        ("loop.txt", "symbolic_link"),
        ("out.txt", "symbolic_link"),
        ("pipe.txt", "named_pipe"),
        ("round", "symbolic_link"),
        ("socket.txt", "socket"),
    ];
    let device = Command::new("mknod").arg(inbox.join("null.txt")).args(["c", "1", "3"]).output().expect("mknod");
    if device.status.success() {
        odd.push(("null.txt", "device"));
    } else {
        eprintln!("SKIPPED: a device in the inbox, because this user may not make one");
    }
    odd.sort_unstable();
    odd
}

#[test]
fn links_pipes_sockets_and_devices_are_left_alone_and_told_of() {
    let desk = Desk::new().with("intake", "rescan_secs", "1");
    let odd = lay_out_odd_things(&desk);
    write_neighbours(&desk.inbox().join("good"));
    let mut daemon = desk.start();
    let left = |desk: &Desk| -> Vec<PathBuf> { desk.inbox_files() };
    daemon.wait_for("every regular file to be taken", |_| left(&desk).len() == odd.len());
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, kind) in &odd {
        *kinds.entry(kind).or_default() += 1;
    }
    let refused = |daemon: &Daemon, kind: &str| {
        daemon.metrics().get(&format!("copydesk_inbox_refused{{inbox=\"main\",kind=\"{kind}\"}}"))
    };
    daemon.wait_for("the gauges of the scan", |daemon| {
        kinds.iter().all(|(kind, count)| refused(daemon, kind) == *count as f64)
    });
    for (name, _) in &odd {
        let path = desk.inbox().join(name).display().to_string();
        let warned = daemon.events().iter().filter(|event| event["path"] == path.as_str()).count();
        assert_eq!(warned, 1, "{name} is warned about once");
    }
    let names: Vec<_> =
        left(&desk).iter().map(|path| path.strip_prefix(desk.inbox()).expect("below").to_owned()).collect();
    assert_eq!(names, odd.iter().map(|(name, _)| PathBuf::from(name)).collect::<Vec<_>>(), "they stay");
    for path in left(&desk) {
        fs::remove_file(path).expect("remove it");
    }
    daemon.wait_for("the gauges to go back", |daemon| kinds.keys().all(|kind| refused(daemon, kind) == 0.0));
    daemon.stop();
    assert_eq!(Outcome::of(&desk).verdicts.total(), NEIGHBOURS);
}

/// Somebody who is not root: root may read everything.
const NOBODY: u32 = 65_534;

#[test]
fn a_file_without_the_right_to_read_it_waits_for_it_and_delays_nobody() {
    let desk = Desk::new().with("intake", "rescan_secs", "1");
    write_neighbours(&desk.inbox().join("good"));
    let closed = desk.inbox().join("closed.txt");
    fs::write(&closed, text(150)).expect("write");
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).expect("close it");
    let mut command = desk.command("run");
    if rustix::process::geteuid().is_root() {
        for path in
            [desk.path("."), desk.path("copydesk.toml"), desk.inbox(), desk.inbox().join("good"), closed.clone()]
        {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("give it away");
        }
        command.uid(NOBODY).gid(NOBODY);
        if Command::new(env!("CARGO_BIN_EXE_copydesk"))
            .arg("--version")
            .uid(NOBODY)
            .gid(NOBODY)
            .output()
            .is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
        {
            eprintln!("SKIPPED: a file without rights, because only root may run the binary where it lies");
            return;
        }
    }
    let mut daemon = Daemon::spawn(&mut command, desk.path("log"));
    daemon.wait_for("all but the closed one", |_| desk.inbox_files() == [closed.clone()]);
    daemon.wait_for("the closed one to be told of", |daemon| {
        daemon.metrics().get("copydesk_files_refused_total") >= 1.0
            && daemon.has_said("file can't be read, it waits in the inbox until it can")
    });
    fs::set_permissions(&closed, Permissions::from_mode(0o644)).expect("open it");
    desk.wait_until_taken(&mut daemon);
    daemon.stop();
    let outcome = Outcome::of(&desk);
    assert_eq!(outcome.verdicts.get(VerdictKind::Original), NEIGHBOURS + 1);
    assert!(outcome.quarantine.is_empty(), "it was only closed: {:?}", outcome.quarantine);
}
