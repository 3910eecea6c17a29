//! The daemon under test: a folder for it to live in, and the process itself, seen only from outside (its log,
//! its HTTP pages, its signals, `/proc`).

use std::env::current_exe;
use std::fmt::Write as _;
use std::fs::{File, create_dir_all, read_to_string, write};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;

use crate::metrics::Metrics;

/// How often something that will happen is looked for.
pub const POLL: Duration = Duration::from_millis(20);

const START_LIMIT: Duration = Duration::from_secs(60);
/// Longer than the thirty seconds a daemon gives its sinks.
const STOP_LIMIT: Duration = Duration::from_secs(90);
const HTTP_LIMIT: Duration = Duration::from_secs(30);

/// Names of the two sinks.
pub const SINKS: [&str; 2] = ["articles", "store"];

/// The daemon's binary: the named one, or `copydesk` beside this program.
///
/// # Errors
/// Where none is named and this program does not know where it is.
pub fn binary(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    match named {
        Some(binary) => Ok(binary.to_owned()),
        None => {
            let own = current_exe().context("this program does not know where it is, use --binary")?;
            Ok(own.with_file_name("copydesk"))
        }
    }
}

/// The folder a daemon lives in.
pub struct Home(pub PathBuf);

impl Home {
    /// Where files are dropped.
    pub fn inbox(&self) -> PathBuf {
        self.0.join("inbox")
    }

    /// Where the records arrive.
    pub fn records(&self) -> PathBuf {
        self.0.join("out/articles.jsonl")
    }

    fn log(&self) -> PathBuf {
        self.0.join("daemon.log")
    }

    /// Writes the configuration: the defaults, both sinks, and one output file that is never closed, so that
    /// all records can be read from it. `workers` as in the configuration, 0 for the default.
    ///
    /// # Errors
    /// Where the folder can't be written to.
    pub fn prepare(&self, workers: usize) -> anyhow::Result<()> {
        let inbox = self.inbox();
        create_dir_all(&inbox).with_context(|| format!("can't make {}", inbox.display()))?;
        let path = self.config();
        let mut text = String::from("[intake]\nfolder = \"inbox\"\ndone = \"done\"\nquarantine = \"quarantine\"\n");
        text.push_str("[ledger]\nfolder = \"ledger\"\n[admin]\nlisten = \"127.0.0.1:0\"\n");
        write!(text, "[pipeline]\nworkers = {workers}\n")?;
        let [lines, store] = SINKS;
        write!(text, "[sinks.{lines}]\ntype = \"jsonl\"\npath = \"out/articles.jsonl\"\nrotate_hourly = false\n")?;
        writeln!(text, "segment_max_bytes = {}", i64::MAX)?;
        write!(text, "[sinks.{store}]\ntype = \"sqlite\"\npath = \"out/articles.db\"\n")?;
        write(&path, text).with_context(|| format!("can't write {}", path.display()))
    }

    /// Adds to the configuration.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn add(&self, text: &str) -> anyhow::Result<()> {
        let path = self.config();
        let whole = read_to_string(&path).with_context(|| format!("can't read {}", path.display()))? + text;
        write(&path, whole).with_context(|| format!("can't write {}", path.display()))
    }

    fn config(&self) -> PathBuf {
        self.0.join("copydesk.toml")
    }
}

/// A running daemon. It is killed when this is dropped before [`Daemon::stop`].
pub struct Daemon {
    child: Child,
    log: PathBuf,
    admin: SocketAddr,
}

impl Daemon {
    /// Starts a binary in its home and waits until it is ready.
    ///
    /// # Errors
    /// Where it can't be started, ends, or is not ready within a minute.
    pub fn start(binary: &Path, home: &Home) -> anyhow::Result<Self> {
        let log = home.log();
        let stderr = File::create(&log).with_context(|| format!("can't write {}", log.display()))?;
        let child = Command::new(binary)
            .args(["run".as_ref(), "--config".as_ref(), home.config().as_os_str()])
            .env_remove("COPYDESK_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .with_context(|| format!("can't start {}: build it, or name it with --binary", binary.display()))?;
        let mut daemon = Self { child, log, admin: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let deadline = Instant::now() + START_LIMIT;
        daemon.admin = loop {
            match daemon.listens()? {
                Some(address) => break address,
                None => daemon.wait_until(deadline, "did not say where it listens")?,
            }
        };
        while !daemon.get("/readyz")?.starts_with("HTTP/1.0 200") {
            daemon.wait_until(deadline, "did not become ready")?;
        }
        Ok(daemon)
    }

    fn wait_until(&mut self, deadline: Instant, what: &str) -> anyhow::Result<()> {
        self.check_alive()?;
        if Instant::now() > deadline {
            bail!("the daemon {what} within {START_LIMIT:?}{}", self.log_end());
        }
        sleep(POLL);
        Ok(())
    }

    /// The address in the log line it starts with.
    fn listens(&self) -> anyhow::Result<Option<SocketAddr>> {
        #[derive(Deserialize)]
        struct Start {
            listen: SocketAddr,
        }
        Ok(self.log_text()?.lines().find_map(|line| serde_json::from_str::<Start>(line).ok()).map(|start| start.listen))
    }

    fn log_text(&self) -> anyhow::Result<String> {
        read_to_string(&self.log).with_context(|| format!("can't read {}", self.log.display()))
    }

    /// Number of the process, as its folder in `/proc` is called.
    pub fn process(&self) -> String {
        self.child.id().to_string()
    }

    /// Nothing, while the process runs.
    ///
    /// # Errors
    /// Where it has ended, with the end of its log.
    pub fn check_alive(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait().context("can't look after the daemon")? {
            None => Ok(()),
            Some(status) => bail!("the daemon ended by itself ({status}){}", self.log_end()),
        }
    }

    /// The end of the log, for messages.
    pub fn log_end(&self) -> String {
        let text = self.log_text().unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let last = &lines[lines.len().saturating_sub(10)..];
        if last.is_empty() { String::new() } else { format!("; its log ends:\n{}", last.join("\n")) }
    }

    /// Errors in the log.
    ///
    /// # Errors
    /// Where the log can't be read.
    pub fn logged_errors(&self) -> anyhow::Result<Vec<String>> {
        let is_error = |line: &&str| line.contains("\"level\":\"ERROR\"");
        Ok(self.log_text()?.lines().filter(is_error).map(str::to_owned).collect())
    }

    /// The metrics.
    ///
    /// # Errors
    /// Where the page can't be had.
    pub fn metrics(&self) -> anyhow::Result<Metrics> {
        Ok(Metrics::parse(&self.get("/metrics")?))
    }

    /// A page with its head. HTTP/1.0, so that the answer ends with the connection.
    fn get(&self, page: &str) -> anyhow::Result<String> {
        let get = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(self.admin)?;
            stream.set_read_timeout(Some(HTTP_LIMIT))?;
            stream.write_all(format!("GET {page} HTTP/1.0\r\nHost: {}\r\n\r\n", self.admin).as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        get().with_context(|| format!("can't get {page} from {}{}", self.admin, self.log_end()))
    }

    /// Tells the daemon to stop (SIGTERM) and waits until it has.
    ///
    /// # Errors
    /// Where it does not.
    pub fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).context("can't signal the daemon")?;
        let deadline = Instant::now() + STOP_LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().context("can't look after the daemon")? {
                return Ok(status);
            }
            ensure!(Instant::now() < deadline, "the daemon did not stop within {STOP_LIMIT:?}{}", self.log_end());
            sleep(POLL);
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Fails only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
