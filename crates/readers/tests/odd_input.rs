//! What odd input gets: a test for each row of the table in the crate's documentation.

mod support;

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use copydesk_article::{Content, QuarantineReason};
use copydesk_readers::{Found, Item, Known, OpenError, Position, ReadError, ReadOptions, Reader};
use support::{bad, drop_file, found, gzip, open, options, read, record, rest, told, zstd};

fn only_bad(path: &str, bytes: &[u8]) -> QuarantineReason {
    let folder = tempfile::tempdir().expect("temp");
    let found = drop_file(folder.path(), path, bytes);
    let items = rest(&mut open(folder.path(), &found, Position::default()));
    assert_eq!(items.len(), 1, "{path}: {items:?}");
    let end = rest(&mut open(folder.path(), &found, items[0].end()));
    assert_eq!(end, [], "{path}: nothing is reported twice");
    assert!(bad(&items[0]).detail.len() > 10, "{path}: the detail says something");
    bad(&items[0]).reason
}

#[test]
fn empty_files() {
    for bytes in [&b""[..], b" \r\n\t\n", b"\xef\xbb\xbf", &b" ".repeat(300_000)] {
        assert_eq!(only_bad("a.txt", bytes), QuarantineReason::Empty);
        assert_eq!(only_bad("a.jsonl.gz", &gzip(bytes)), QuarantineReason::Empty);
        assert_eq!(only_bad("a.zst", &zstd(bytes)), QuarantineReason::Empty);
    }
}

#[test]
fn binary_junk_and_nuls() {
    let junk: Vec<u8> = (0_u32..5000).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in [&junk[..], &[0; 4096], b"text with a \0 in it"] {
        assert_eq!(only_bad("a", bytes), QuarantineReason::Binary);
        assert_eq!(only_bad("a.html", bytes), QuarantineReason::Binary);
        assert_eq!(only_bad("a.gz", &gzip(bytes)), QuarantineReason::Binary);
    }
    let utf16: Vec<u8> = "Rain fell on the harbour.".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(record(&read("a.txt", &utf16).1[0]).content, Content::Bytes(utf16), "UTF-16 is text");
}

#[test]
fn utf_16_without_a_mark_is_text_in_any_script() {
    for text in ["Паром вернулся на остров вечером.\nЛюди сошли.", "渡轮晚上回到岛上。\n船长说，没有人受伤。"]
    {
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [big, little] {
            assert_eq!(record(&read("a.txt", &bytes).1[0]).content, Content::Bytes(bytes));
        }
    }
}

#[test]
fn invalid_utf8() {
    let latin = b"Caf\xe9 owners wait.";
    assert_eq!(record(&read("a.txt", latin).1[0]).content, Content::Bytes(latin.to_vec()), "the cleaner's");
    let line = b"{\"text\":\"ok\"}\n{\"text\":\"Caf\xe9\"}\n";
    let (_, items) = read("a.jsonl", line);
    assert_eq!(told(&items), ["ok", "Café"]);
    assert_eq!(record(&items[1]).supplied.problems.len(), 1);
}

#[test]
fn a_line_of_200_megabytes() {
    let folder = tempfile::tempdir().expect("temp");
    let path = folder.path().join("a.jsonl");
    // Sparse: zeros inside a string are no line end.
    let mut file = fs::File::create(&path).expect("create");
    std::io::Write::write_all(&mut file, b"{\"text\":\"one\"}\n{\"text\":\"").expect("write");
    file.set_len(200 << 20).expect("grow");
    std::io::Seek::seek(&mut file, std::io::SeekFrom::End(0)).expect("seek");
    std::io::Write::write_all(&mut file, b"\"}\n{\"text\":\"two\"}\n").expect("write");
    drop(file);
    // The first 64 KiB are mostly NULs, but brackets come first.
    let found = found(folder.path(), "a.jsonl");
    let before = peak_memory();
    let items = rest(&mut open(folder.path(), &found, Position::default()));
    assert_eq!(told(&items), ["one", "2 too_large", "two"]);
    let grown = peak_memory() - before;
    assert!(grown < 64 << 20, "{grown} bytes");
    fs::rename(&path, folder.path().join("a.txt")).expect("rename");
    let text = Found { path: "a.txt".into(), ..found };
    fs::File::options().write(true).open(folder.path().join("a.txt")).expect("open").set_len(200 << 20).expect("cut");
    let text = Found { generation: support::found(folder.path(), "a.txt").generation, ..text };
    assert_eq!(rest(&mut open(folder.path(), &text, Position::default())).len(), 2);
}

/// Most memory this process has held, in bytes.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("peak");
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("number") * 1024
}

#[test]
fn json_cut_in_half_and_of_the_wrong_shape() {
    assert_eq!(told(&read("a.json", b"[{\"text\":\"one\"},{\"text\":\"tw").1), ["one", "0 invalid_json"]);
    assert_eq!(told(&read("a.json", b"{\"text\":\"one\",\"title\":\"Ra").1), ["0 invalid_json"]);
    assert_eq!(told(&read("a.jsonl", b"{\"text\":\"one\"}\n{\"text\":\"tw").1), ["one", "2 invalid_json"]);
    assert_eq!(told(&read("a.json", b"[1,[2],\"x\",null,{\"a\":1}]").1)[..4], ["0 wrong_shape"; 4]);
    assert_eq!(told(&read("a.json", b"7").1), ["0 wrong_shape"]);
    assert_eq!(told(&read("a.json", b"{\"title\":\"no text\"}").1), ["0 no_text"]);
}

#[test]
fn broken_lines_among_good_ones() {
    let (_, items) = read("a.jsonl", b"{\"text\":\"one\"}\nbroken\n{\"text\":\"two\"}\n}\n{\"text\":\"three\"}\n");
    assert_eq!(told(&items), ["one", "2 invalid_json", "two", "4 invalid_json", "three"]);
}

#[test]
fn bombs() {
    let folder = tempfile::tempdir().expect("temp");
    let bomb = zstd_of_spaces(300 << 20);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    let line = [b"{\"text\":\"one\"}\n".to_vec(), b"{\"text\":\"".to_vec()].concat();
    let both = [zstd::encode_all(line.as_slice(), 1).expect("zstd"), bomb.clone()].concat();
    let found = drop_file(folder.path(), "a.jsonl.zst", &both);
    let items = rest(&mut open(folder.path(), &found, Position::default()));
    assert_eq!(told(&items), ["one", "2 decompression_bomb"]);
    assert_eq!(bad(&items[1]).bytes, 15..15 + 4096, "no more of it is worth keeping");
    assert_eq!(only_bad("a.zst", &bomb), QuarantineReason::DecompressionBomb, "white space without end");
}

fn zstd_of_spaces(bytes: u64) -> Vec<u8> {
    zstd::encode_all(std::io::repeat(b' ').take(bytes), 1).expect("zstd")
}

#[test]
fn compressed_files_cut_short_or_damaged() {
    let lines: String = (0..5000).map(|n| format!("{{\"text\":\"line {n}, and {}\"}}\n", n * 7919 % 1013)).collect();
    let page: String = format!("<html><p>{lines}");
    let options = ReadOptions { max_record_bytes: 1 << 20, ..options() };
    let read = |name: &str, bytes: &[u8]| {
        let mut reader = Reader::of_bytes(Path::new(name), bytes.to_vec(), &Known::default(), &options).expect("open");
        let items = rest(&mut reader);
        for (index, item) in items.iter().enumerate().rev().take(3) {
            let mut again =
                Reader::of_bytes_from(Path::new(name), bytes.to_vec(), item.end(), &Known::default(), &options)
                    .expect("open");
            assert_eq!(rest(&mut again), items[index + 1..], "{name}");
        }
        items
    };
    for (suffix, packed, packed_page) in
        [("gz", gzip(lines.as_bytes()), gzip(page.as_bytes())), ("zst", zstd(lines.as_bytes()), zstd(page.as_bytes()))]
    {
        let items = read(&format!("a.jsonl.{suffix}"), &packed[..packed.len() * 3 / 4]);
        let (last, whole) = items.split_last().expect("items");
        assert!(whole.len() > 2000, "{suffix}: {}", whole.len());
        assert!(whole.iter().all(|item| matches!(item, Item::Record(_))), "{suffix}: only whole lines");
        assert_eq!(bad(last).reason, QuarantineReason::Truncated, "{suffix}");
        let items = read(&format!("a.html.{suffix}"), &packed_page[..packed_page.len() * 3 / 4]);
        assert_eq!((items.len(), bad(&items[0]).reason), (1, QuarantineReason::Truncated), "{suffix}");
        let mut damaged = packed.clone();
        let middle = damaged.len() * 3 / 4;
        damaged[middle..middle + 400].fill(0xff);
        let items = read(&format!("a.jsonl.{suffix}"), &damaged);
        assert_eq!(bad(items.last().expect("items")).reason, QuarantineReason::Corrupt, "{suffix}");
        assert!(items.len() > 1000, "{suffix}: {}", items.len());
    }
    // Zeros and garbage after a whole member are no damage: tapes and disks pad.
    let padded = [gzip(b"Rain fell."), vec![0; 512]].concat();
    assert_eq!(told(&read("a.txt.gz", &padded)), ["Rain fell."]);
    let padded = [gzip(b"Rain fell."), b"\x1f\x00garbage".to_vec()].concat();
    assert_eq!(told(&read("a.txt.gz", &padded)), ["Rain fell."]);
}

#[test]
fn a_zstd_window_too_wide_is_said_so() {
    // A frame header that asks for 2^30 bytes.
    let frame = b"\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00";
    assert_eq!(only_bad("a.zst", frame), QuarantineReason::UnsupportedFormat);
}

#[test]
fn files_that_go_or_change_between_event_and_read() {
    let folder = tempfile::tempdir().expect("temp");
    let root = folder.path();
    let try_open =
        |found: &Found| Reader::open(root, found, Position::default(), &Known::default(), &options()).map(|_| ());
    let found = drop_file(root, "a.txt", b"Rain fell.");
    fs::write(root.join("a.txt"), b"Rain").expect("cut");
    assert!(matches!(try_open(&found), Err(OpenError::Changed { .. })), "cut");
    fs::remove_file(root.join("a.txt")).expect("remove");
    assert!(matches!(try_open(&found), Err(OpenError::Missing { .. })), "gone");
    let packed = drop_file(root, "a.txt.gz", &gzip(b"Rain fell."));
    let mut reader = open(root, &packed, Position::default());
    fs::write(root.join("a.txt.gz"), gzip(b"Sun shone, and it shone for a long time.")).expect("rewrite");
    assert!(matches!(reader.next(), Err(ReadError::Changed { .. })), "changed while it is read");
}

#[test]
fn files_without_the_right_to_read_them() {
    let folder = tempfile::tempdir().expect("temp");
    let found = drop_file(folder.path(), "a.txt", b"Rain fell.");
    let path = folder.path().join("a.txt");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).expect("permissions");
    let opened = Reader::open(folder.path(), &found, Position::default(), &Known::default(), &options());
    // Root may read everything; then there is nothing to see.
    match fs::File::open(&path) {
        Ok(_) => assert!(opened.is_ok()),
        Err(_) => assert!(matches!(opened, Err(OpenError::Unreadable { .. }))),
    }
}

#[test]
fn pipes_sockets_devices_and_links_are_never_waited_for_or_followed() {
    let folder = tempfile::tempdir().expect("temp");
    let root = folder.path();
    let file = drop_file(root, "a.txt", b"Rain fell.");
    let try_open =
        |found: &Found| Reader::open(root, found, Position::default(), &Known::default(), &options()).map(|_| ());
    let made = std::process::Command::new("mkfifo").arg(root.join("pipe")).status().expect("mkfifo");
    assert!(made.success());
    let _listener = UnixListener::bind(root.join("socket")).expect("bind");
    std::os::unix::fs::symlink("a.txt", root.join("link")).expect("link");
    for name in ["pipe", "link"] {
        assert!(
            matches!(try_open(&Found { path: name.into(), ..file.clone() }), Err(OpenError::Changed { .. })),
            "{name}"
        );
    }
    let socket = try_open(&Found { path: "socket".into(), ..file });
    assert!(matches!(socket, Err(OpenError::Unreadable { .. } | OpenError::Changed { .. })));
}
