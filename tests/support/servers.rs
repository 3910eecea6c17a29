//! Real servers: found, started on a random port of this machine in a temporary folder, killed at the end.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(90);

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("listen");
    listener.local_addr().expect("an address").port()
}

/// A port of this machine.
pub fn at(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A program in one of some folders or in the search path. Fails the test where there is none.
pub fn find(program: &str, folders: &[PathBuf], package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = folders.iter().cloned().chain(std::env::split_paths(&path)).map(|folder| folder.join(program));
    candidates.into_iter().find(|candidate| candidate.is_file()).unwrap_or_else(|| {
        panic!("{program} is missing, so nothing is tested against it: install {package}, or run tests/run, which leaves this test out and says so")
    })
}

/// Folders like `/usr/lib/NAME/*/bin`, newest last version first.
pub fn versions(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    folders
}

/// A process that is killed when dropped.
pub struct Server(Option<Child>);

impl Server {
    /// Starts a command and waits until it listens, starting it again where it ends (its port, or what a killed one
    /// left, may not be free yet).
    pub fn start(command: &mut Command, address: SocketAddr, log: &Path) -> Self {
        let deadline = Instant::now() + PATIENCE;
        let mut server = Self(None);
        loop {
            let log_file = std::fs::File::options().create(true).append(true).open(log).expect("make a log");
            let errors = log_file.try_clone().expect("a handle");
            let child = command.stdin(Stdio::null()).stdout(log_file).stderr(errors).spawn().expect("start a server");
            let child = server.0.insert(child);
            while child.try_wait().expect("look at the server").is_none() {
                if TcpStream::connect(address).is_ok() {
                    return server;
                }
                assert!(Instant::now() < deadline, "the server does not start: {}", last_words(log));
                std::thread::sleep(Duration::from_millis(50));
            }
            assert!(Instant::now() < deadline, "the server ends: {}", last_words(log));
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
