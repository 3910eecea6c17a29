//! The commands that ask a daemon or its ledger, and the API behind them: who may do what.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

use serde_json::Value;

use crate::support::articles::{body, line};
use crate::support::desk::{Daemon, Desk, files_below};
use crate::support::dice::Dice;

fn drop_file(desk: &Desk, name: &str, content: &str) {
    let (from, to) = (desk.path("being-written"), desk.inbox().join(name));
    fs::create_dir_all(to.parent().expect("a folder")).expect("make a folder");
    fs::write(&from, content).expect("write a file");
    fs::rename(from, to).expect("drop a file");
}

fn article(number: u64) -> String {
    line("city-desk", number, &body(&mut Dice::new(number), number, 3))
}

fn ask(desk: &Desk, command: &str, arguments: &[&str]) -> Output {
    desk.command(command).args(arguments).output().expect("run the command")
}

fn json_lines(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn words(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// One request with these lines of head, and its status and body.
fn http(daemon: &Daemon, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(daemon.address()).expect("connect");
    write!(stream, "{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()).expect("ask");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, answer.split_once("\r\n\r\n").map_or_else(String::new, |(_, body)| body.to_owned()))
}

const LOCAL: &str = "Host: 127.0.0.1";
const MEANT: &str = "X-Copydesk: 1\r\nContent-Type: application/json";

#[test]
fn a_life_is_traced_by_id_url_and_path_with_the_daemon_and_without() {
    let desk = Desk::new().with("sinks.lines", "required", "false");
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    drop_file(&desk, "city/one.json", &article(1));
    drop_file(&desk, "city/bad.json", "{\"text\": \"cut in");
    desk.wait_until_taken(&mut daemon);
    let whole = json_lines(&ask(&desk, "trace", &["city/one.json", "--json"]));
    assert_eq!(whole.len(), 1);
    let life = &whole[0];
    let id = life["id"].as_str().expect("an id");
    assert_eq!(life["verdict"]["kind"], "original");
    assert_eq!(life["file"]["path"], "city/one.json");
    assert_eq!(life["sinks"]["store"]["state"], "delivered");
    assert_eq!(life["version"]["is_current"], true);
    assert_eq!(life["delivered"]["id"], id);
    for named in [id, "https://city-desk.example/1", "https://city-desk.example/1?utm_source=feed", "one.json"] {
        assert_eq!(json_lines(&ask(&desk, "trace", &[named, "--json"])), whole, "{named}");
    }
    let bad = json_lines(&ask(&desk, "trace", &["city/bad.json", "--json"]));
    assert_eq!(bad[0]["verdict"]["kind"], "quarantined");
    assert_eq!((&bad[0]["id"], &bad[0]["rows"]), (&Value::Null, &Value::from(0)));
    let unknown = ask(&desk, "trace", &["nowhere.json"]);
    assert!(!unknown.status.success() && words(&unknown).contains("nothing that is called nowhere.json"));
    let told = words(&ask(&desk, "trace", &[id]));
    assert!(told.contains("original") && told.contains("store: delivered at"), "{told}");

    daemon.stop();
    let mut closed = json_lines(&ask(&desk, "trace", &[id, "--json"]));
    closed[0]["file"]["state"] = life["file"]["state"].clone();
    assert_eq!(closed, whole, "the same from the ledger alone");
}

#[test]
fn status_says_how_the_daemon_is_and_fails_where_none_runs() {
    let desk = Desk::new();
    let before = ask(&desk, "status", &[]);
    assert!(!before.status.success() && words(&before).contains("no daemon listens"), "{}", words(&before));
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    drop_file(&desk, "one.json", &article(1));
    desk.wait_until_taken(&mut daemon);
    let status = json_lines(&ask(&desk, "status", &["--json"])).remove(0);
    assert_eq!((&status["ready"], &status["committed"]), (&Value::Bool(true), &Value::from(1)));
    assert_eq!(status["verdicts"]["original"], 1);
    let told = words(&ask(&desk, "status", &[]));
    assert!(told.contains("1 articles decided: 1 original") && told.contains("store"), "{told}");
    let socket = fs::metadata(desk.path("ledger/control.sock")).expect("the socket");
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    daemon.stop();
}

#[test]
fn what_is_in_quarantine_is_listed_shown_tried_again_and_dropped() {
    for runs in [true, false] {
        let mut desk = Desk::new();
        desk.set("inboxes.archive", "folder", "\"archive\"");
        desk.set("inboxes.archive", "quarantine", "\"quarantine\"");
        fs::create_dir(desk.path("archive")).expect("make a folder");
        let mut daemon = desk.start();
        daemon.wait_until_ready();
        drop_file(&desk, "city/bad.json", "{\"text\": \"cut in");
        drop_file(&desk, "lines.jsonl", &format!("{}\nno JSON\n", article(7)));
        fs::write(desk.path("archive/old.json"), "{\"text\": \"old").expect("write a file");
        desk.wait_until_taken(&mut daemon);
        // Each with its reason beside it.
        daemon.wait_for("three in quarantine", |_| files_below(&desk.path("quarantine")).len() == 6);
        let daemon = if runs {
            Some(daemon)
        } else {
            daemon.stop();
            None
        };
        let listed = json_lines(&ask(&desk, "quarantine", &["list", "--json"]));
        assert_eq!(listed.len(), 3, "{listed:?}");
        let name_of = |path: &str| {
            let file = listed.iter().find(|file| file["path"] == path).expect("a file");
            file["name"].as_str().expect("a name").to_owned()
        };
        let (bad, old, in_line) = (name_of("city/bad.json"), name_of("old.json"), name_of("lines.jsonl"));
        let shown = json_lines(&ask(&desk, "quarantine", &["show", &bad, "--json"])).remove(0);
        assert_eq!(shown["head"], "{\"text\": \"cut in");
        assert_eq!(shown["reason"], "invalid_json");

        // Mended, they are delivered; each goes back to where it came from.
        for (name, number) in [(&bad, 11), (&old, 12)] {
            fs::write(desk.path("quarantine").join(name), article(number)).expect("mend the file");
        }
        let moved = json_lines(&ask(&desk, "quarantine", &["retry", &bad, &old, "--json"]));
        let path = |at: usize| moved[at]["path"].as_str().expect("a path").to_owned();
        assert!(path(0).contains("/inbox/city/") && path(1).contains("/archive/"), "{moved:?}");
        assert!(ask(&desk, "quarantine", &["drop", &in_line]).status.success());
        let again = ask(&desk, "quarantine", &["retry", &bad]);
        assert!(!again.status.success() && words(&again).contains("there is no"), "{}", words(&again));
        for name in ["../inbox", "a/../b", "/etc/passwd", "rejected/x", "."] {
            assert!(!ask(&desk, "quarantine", &["drop", name]).status.success(), "{name}");
        }
        assert!(json_lines(&ask(&desk, "quarantine", &["list", "--json"])).is_empty());
        let mut daemon = daemon.unwrap_or_else(|| desk.start());
        desk.wait_until_taken(&mut daemon);
        daemon.wait_for("the archive's file", |_| files_below(&desk.path("archive")).is_empty());
        daemon.stop();
        let lines = fs::read_to_string(desk.path("out/articles.jsonl")).expect("the sink's file");
        for number in [7, 11, 12] {
            assert!(lines.contains(&format!("city-desk.example/{number}\"")), "{number}: {lines}");
        }
    }
}

#[test]
fn the_log_level_changes_while_the_daemon_runs() {
    let desk = Desk::new();
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    assert!(!daemon.log().contains("\"DEBUG\""));
    assert!(ask(&desk, "log-level", &["trace"]).status.success());
    drop_file(&desk, "one.json", &article(1));
    desk.wait_until_taken(&mut daemon);
    daemon.wait_for("more words", |daemon| daemon.log().contains("\"DEBUG\"") || daemon.log().contains("\"TRACE\""));
    let wrong = ask(&desk, "log-level", &["copydesk=loud"]);
    assert!(!wrong.status.success(), "{}", words(&wrong));
    daemon.stop();
}

#[test]
fn a_change_is_refused_unless_it_is_meant_and_comes_from_here() {
    let desk = Desk::new().with("admin", "token", "\"file:token\"");
    fs::write(desk.path("token"), "opensesame\n").expect("write the token");
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    drop_file(&desk, "bad.json", "{\"text\": \"cut in");
    desk.wait_until_taken(&mut daemon);
    let name =
        json_lines(&ask(&desk, "quarantine", &["list", "--json"]))[0]["name"].as_str().expect("a name").to_owned();
    let drop = format!("POST /api/quarantine/{}/drop HTTP/1.1", name.replace('/', "%2F"));
    let refused = [
        format!("{drop}\r\n{LOCAL}"),
        format!("{drop}\r\n{LOCAL}\r\nContent-Type: application/json"),
        format!("{drop}\r\n{LOCAL}\r\nX-Copydesk: 1\r\nContent-Type: text/plain"),
        format!("{drop}\r\n{LOCAL}\r\n{MEANT}\r\nOrigin: http://evil.example"),
        format!("{drop}\r\nHost: evil.example\r\n{MEANT}"),
        format!("{drop}\r\n{LOCAL}\r\n{MEANT}\r\nAuthorization: Bearer wrong"),
        "GET /api/articles HTTP/1.1\r\nHost: evil.example".to_owned(),
    ];
    for head in refused {
        let (status, body) = http(&daemon, &head, "");
        assert_eq!(status, 403, "{head}: {body}");
    }
    assert_eq!(json_lines(&ask(&desk, "quarantine", &["list", "--json"])).len(), 1, "nothing has changed");
    let token = "Authorization: Bearer opensesame";
    assert_eq!(http(&daemon, &format!("GET /api/status HTTP/1.1\r\nHost: desk.example\r\n{token}"), "").0, 200);
    assert_eq!(http(&daemon, &format!("{drop}\r\n{LOCAL}\r\n{MEANT}\r\nOrigin: http://127.0.0.1"), "{}").0, 200);
    assert!(json_lines(&ask(&desk, "quarantine", &["list", "--json"])).is_empty());
    daemon.stop();
}

#[test]
fn whatever_is_asked_nothing_breaks() {
    let desk = Desk::new();
    let mut daemon = desk.start();
    daemon.wait_until_ready();
    drop_file(&desk, "one.json", &article(1));
    desk.wait_until_taken(&mut daemon);
    let mut dice = Dice::new(0xADB1);
    let places = ["status", "articles", "trace", "quarantine", "log-level", "articles/", "quarantine/", "nothing"];
    let pieces = [
        "..",
        "%2e%2e",
        "%2F",
        "%00",
        "%ff%fe",
        "'",
        "\"",
        "*",
        "NEAR(",
        ")",
        "a OR b",
        "-",
        "99999999999999999999",
        "-1",
        "{}",
        "null",
        "https://x.example/?a=b&c",
        "%F0%9F%97%9E",
        "rejected",
        "\\",
        ";--",
        "00000000000000000000000000000000",
    ];
    for _ in 0..400 {
        let method = dice.pick(&["GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD"]);
        let mut piece = || dice.pick(&pieces).replace(' ', "%20").replace('"', "%22").replace('\\', "%5C");
        let (a, b, c, d) = (piece(), piece(), piece(), piece());
        let place = dice.pick(&places);
        let path = match dice.below(4) {
            0 => format!("/api/{place}"),
            1 => format!("/api/{place}{a}"),
            2 => format!("/api/{place}{a}/{}", dice.pick(&["retry", "drop", "x"])),
            _ => format!("/api/{place}?q={a}&of={b}&before={c}&after={d}&limit={a}"),
        };
        let sent = ["", "{", "{\"level\": 3}", "{\"level\": \"\\u0000\"}", "[1]"][dice.below(5)];
        let (status, body) = http(&daemon, &format!("{method} {path} HTTP/1.1\r\n{LOCAL}\r\n{MEANT}"), sent);
        assert!(status < 500 || status == 503, "{method} {path}: {status} {body}");
    }
    let (status, found) = http(&daemon, &format!("GET /api/articles?q=case HTTP/1.1\r\n{LOCAL}"), "");
    assert_eq!(status, 200, "{found}");
    assert!(found.contains("\"sequence\":1"), "{found}");
    daemon.stop();
}
