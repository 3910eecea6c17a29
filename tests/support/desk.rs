//! A desk in a folder of its own, and the daemon that runs it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::metrics::Metrics;

/// How long anything may take that ought to happen.
const PATIENCE: Duration = Duration::from_secs(150);

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(15);

/// A desk: its folder and its configuration.
pub struct Desk {
    folder: TempDir,
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

impl Desk {
    /// A desk with a JSON Lines sink and a SQLite sink, both required, and limits so small that groups, segments and
    /// batches are many.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let desk = Self { folder, sections: BTreeMap::new() }
            .with("intake", "settle_secs", "0.0")
            .with("ledger", "segment_bytes", "262144")
            .with("ledger", "cache_bytes", "8388608")
            .with("ledger", "filter_bytes", "8388608")
            .with("pipeline", "workers", "2")
            .with("pipeline", "commit_articles", "24")
            .with("pipeline", "channel_articles", "16")
            .with("pipeline", "max_in_flight", "96")
            .with("pipeline", "free_space_reserve_bytes", "0")
            .with("admin", "listen", "\"127.0.0.1:0\"")
            .with("sinks.lines", "type", "\"jsonl\"")
            .with("sinks.lines", "path", "\"out/articles.jsonl\"")
            .with("sinks.lines", "segment_max_bytes", "150000")
            .with("sinks.lines", "batch_articles", "30")
            .with("sinks.store", "type", "\"sqlite\"")
            .with("sinks.store", "path", "\"out/articles.db\"")
            .with("sinks.store", "batch_articles", "30");
        fs::create_dir(desk.inbox()).expect("make the inbox");
        desk
    }

    /// With a key of the configuration; `value` is TOML.
    pub fn with(mut self, section: &str, key: &str, value: &str) -> Self {
        self.set(section, key, value);
        self
    }

    /// Sets a key of the configuration; `value` is TOML.
    pub fn set(&mut self, section: &str, key: &str, value: &str) {
        self.sections.entry(section.to_owned()).or_default().insert(key.to_owned(), value.to_owned());
    }

    /// Without a section.
    pub fn without(mut self, section: &str) -> Self {
        self.sections.remove(section);
        self
    }

    /// A path in the desk's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The drop folder.
    pub fn inbox(&self) -> PathBuf {
        self.path("inbox")
    }

    /// Writes the configuration; its path.
    pub fn configuration(&self) -> PathBuf {
        let mut text = String::new();
        for (section, keys) in &self.sections {
            writeln!(text, "[{section}]").expect("write to a string");
            for (key, value) in keys {
                writeln!(text, "{key} = {value}").expect("write to a string");
            }
        }
        let path = self.path("copydesk.toml");
        fs::write(&path, text).expect("write the configuration");
        path
    }

    /// A command of the binary on this desk.
    pub fn command(&self, command: &str) -> Command {
        let mut built = copydesk();
        built.arg("--config").arg(self.configuration()).arg(command);
        built
    }

    /// Starts the daemon.
    pub fn start(&self) -> Daemon {
        self.start_with(&[])
    }

    /// Starts the daemon with more in its environment.
    pub fn start_with(&self, environment: &[(&str, &str)]) -> Daemon {
        let number = fs::read_dir(self.folder.path()).expect("list").count();
        let log = self.path(&format!("log-{number:04}"));
        Daemon::spawn(self.command("run").envs(environment.iter().copied()), log)
    }

    /// Files in the drop folder, hidden ones too.
    pub fn inbox_files(&self) -> Vec<PathBuf> {
        files_below(&self.inbox())
    }

    /// Waits until the drop folder is empty, however long that takes, as long as files keep leaving it.
    pub fn wait_until_taken(&self, daemon: &mut Daemon) {
        let mut left = self.inbox_files().len();
        while left > 0 {
            daemon.wait_for("the inbox to get emptier", |_| self.inbox_files().len() < left);
            left = self.inbox_files().len();
        }
    }

    /// Runs a daemon until the drop folder is empty and stops it in good order.
    pub fn run_to_end(&self) {
        let mut daemon = self.start();
        self.wait_until_taken(&mut daemon);
        daemon.stop();
    }
}

/// The binary, without the environment of whoever runs the tests.
pub fn copydesk() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    for name in ["COPYDESK_CONFIG", "COPYDESK_LOG", "COPYDESK_LOSSY_DISK", "FAILPOINTS"] {
        command.env_remove(name);
    }
    command
}

/// Every file below a folder, sorted; none where the folder is missing.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // A file may move away while it is looked at.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) => found.push(entry.path()),
                Err(_) => {}
            }
        }
    }
    found.sort();
    found
}

/// A running daemon; killed when dropped.
pub struct Daemon {
    child: Child,
    log: PathBuf,
    address: OnceCell<SocketAddr>,
}

impl Daemon {
    /// Starts a command as a daemon that logs into a file.
    pub fn spawn(command: &mut Command, log: PathBuf) -> Self {
        let logs = File::create(&log).expect("make the log");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(logs).spawn().expect("start the daemon");
        Self { child, log, address: OnceCell::new() }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("read the log")
    }

    /// Its log lines, as JSON; a line that is no JSON, or not yet whole, is left out.
    pub fn events(&self) -> Vec<Value> {
        self.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Whether it has logged a message.
    pub fn has_said(&self, message: &str) -> bool {
        self.events().iter().any(|event| event["message"] == message)
    }

    /// Waits for a condition; it must come true while the daemon lives.
    pub fn wait_for(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(self) {
            if let Some(status) = self.child.try_wait().expect("look at the daemon") {
                // It may have come true in its last moment.
                assert!(condition(self), "the daemon ended ({status}) before {what}\n{}", self.last_words());
                return;
            }
            assert!(Instant::now() < deadline, "waited too long for {what}\n{}", self.last_words());
            std::thread::sleep(LOOK);
        }
    }

    /// Waits for a condition, whether the daemon lives or not.
    pub fn wait_for_change(&mut self, condition: impl Fn(&mut Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition(self) {
            assert!(Instant::now() < deadline, "waited too long\n{}", self.last_words());
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until it ends.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("look at the daemon") {
                return status;
            }
            assert!(Instant::now() < deadline, "the daemon does not end\n{}", self.last_words());
            std::thread::sleep(LOOK);
        }
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("look at the daemon").is_some()
    }

    /// Waits until it listens, and says where.
    pub fn wait_until_up(&mut self) {
        self.wait_for("the start", |daemon| daemon.has_said("copydesk starts"));
    }

    /// Waits until `/readyz` says yes.
    pub fn wait_until_ready(&mut self) {
        self.wait_until_up();
        self.wait_for("readiness", |daemon| daemon.get("/readyz").0 == 200);
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("kill the daemon");
        self.child.wait().expect("wait for the daemon");
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// SIGHUP: it reads its configuration again.
    pub fn reload(&self) {
        self.signal(Signal::HUP);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().cast_signed()).expect("a process id");
        kill_process(pid, signal).expect("send a signal");
    }

    /// How often it has logged a message.
    pub fn times_said(&self, message: &str) -> usize {
        self.events().iter().filter(|event| event["message"] == message).count()
    }

    /// Stops it in good order: SIGTERM, and it ends with 0.
    pub fn stop(mut self) {
        // Not before it has begun: until its first words a signal just ends the process.
        self.wait_for("its first words", |daemon| daemon.log().contains("\"listen\""));
        self.terminate();
        let status = self.wait_for_end();
        assert!(status.success(), "stopped with {status}\n{}", self.last_words());
    }

    /// Asks its admin address for a page: status and body.
    pub fn get(&self, page: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address()).expect("connect to the admin address");
        stream.set_read_timeout(Some(PATIENCE)).expect("set a timeout");
        write!(stream, "GET {page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("ask");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, body.to_owned())
    }

    /// Its metrics now.
    pub fn metrics(&self) -> Metrics {
        Metrics::parse(&self.get("/metrics").1)
    }

    /// Peak of its resident memory, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("read its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        *self.address.get_or_init(|| {
            let events = self.events();
            let listen = events.iter().find_map(|event| event["listen"].as_str()).expect("it says where it listens");
            listen.parse().expect("an address")
        })
    }

    fn last_words(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
