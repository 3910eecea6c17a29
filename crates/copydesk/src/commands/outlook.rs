//! What would let `run` start and then keep it waiting: disks with less room than the reserve, servers that nobody reaches.
//!
//! `run` waits for both and goes on by itself, so `check` warns of them and does not fail.

use std::collections::BTreeMap;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use copydesk_disk::free_bytes;
use copydesk_intake::After;

use super::check::standing;
use crate::config::Config;

/// How long servers may take to be there, all together.
const PATIENCE: Duration = Duration::from_secs(3);

/// Sinks that speak HTTP through the proxy that the environment names, where it names one.
const THROUGH_PROXY: [&str; 3] = ["webhook", "opensearch", "s3"];
const PROXIES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// File systems with less room than the reserve, each with what stands on it.
#[must_use]
pub fn full_disks(config: &Config) -> Vec<String> {
    let reserve = config.pipeline.free_space_reserve_bytes;
    let mut used = vec![("the ledger".to_owned(), config.ledger.folder.clone())];
    for (name, inbox) in config.all_inboxes() {
        used.push((format!("the quarantine of inbox `{name}`"), inbox.quarantine.clone()));
        if inbox.after == After::Done {
            used.push((format!("what inbox `{name}` has finished"), inbox.done.clone()));
        }
    }
    for (name, sink) in &config.sinks {
        used.extend(sink.options.folders().into_iter().map(|folder| (format!("sink `{name}`"), folder)));
    }
    let mut disks = BTreeMap::<u64, (PathBuf, Vec<String>)>::new();
    for (what, folder) in used {
        let place = standing(&folder);
        // One that can't be looked at is a problem of its folder, which `check` says.
        let Some(device) = device(&place) else { continue };
        disks.entry(device).or_insert_with(|| (place, Vec::new())).1.push(what);
    }
    let of_ledger = device(&standing(&config.ledger.folder));
    let warn = |(device, (place, what)): (&u64, &(PathBuf, Vec<String>))| {
        let what = what.join(", ");
        let free = match free_bytes(place) {
            Ok(free) if free >= reserve => return None,
            Ok(free) => free,
            Err(error) => {
                return Some(format!("{error}, so how much is free for {what} is unknown: look at that disk"));
            }
        };
        let then = if Some(*device) == of_ledger {
            "`run` would start and take nothing until there is more: make room, or lower the reserve"
        } else {
            "`run` does not watch this disk, and once it is full what can't be written waits: make room"
        };
        Some(format!(
            "{free} bytes are free at {} ({what}), fewer than `free_space_reserve_bytes` = {reserve} of [pipeline]; {then}",
            place.display()
        ))
    };
    disks.iter().filter_map(warn).collect()
}

/// The file system that a folder is on.
fn device(folder: &Path) -> Option<u64> {
    folder.metadata().ok().map(|metadata| metadata.dev())
}

/// Sinks of which no server answers; only the connection is tried, nothing is said to it.
#[must_use]
pub fn silent_servers(config: &Config) -> Vec<String> {
    let proxied = PROXIES.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let asked: Vec<_> = config
        .sinks
        .iter()
        .filter(|(_, sink)| !(proxied && THROUGH_PROXY.contains(&sink.options.kind())))
        .map(|(name, sink)| (name, sink.options.servers()))
        .filter(|(_, servers)| !servers.is_empty())
        .map(|(name, servers)| (name, servers.iter().map(|server| knock(server)).collect::<Vec<_>>(), servers))
        .collect();
    let deadline = Instant::now() + PATIENCE;
    let warn = |(name, answers, servers): (&String, Vec<Receiver<Option<String>>>, Vec<String>)| {
        let mut reasons = Vec::new();
        for (answer, server) in answers.into_iter().zip(servers) {
            match answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(None) => return None,
                Ok(Some(reason)) => reasons.push(format!("{server} ({reason})")),
                Err(_) => reasons.push(format!("{server} (no answer within {} s)", PATIENCE.as_secs())),
            }
        }
        Some(format!(
            "sink `{name}` is not reached at {}: `run` would start, keep its articles in the outbox and try again; start \
             the server, or check the address and the way there (`check --offline` does not ask)",
            reasons.join(", ")
        ))
    };
    asked.into_iter().filter_map(warn).collect()
}

/// Tries a connection, on a thread of its own since looking a name up may take its time; the answer is what is wrong.
fn knock(server: &str) -> Receiver<Option<String>> {
    let (answer, receiver) = channel();
    let server = server.to_owned();
    std::thread::spawn(move || {
        // Whoever asked may have lost patience.
        answer.send(connect(&server).err()).ok();
    });
    receiver
}

fn connect(server: &str) -> Result<(), String> {
    let words = |error: std::io::Error| error.to_string();
    if Path::new(server).is_absolute() {
        return UnixStream::connect(server).map(|_| ()).map_err(words);
    }
    let mut reason = "the name has no address".to_owned();
    for address in server.to_socket_addrs().map_err(words)? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Ok(()),
            Err(error) => reason = words(error),
        }
    }
    Err(reason)
}
