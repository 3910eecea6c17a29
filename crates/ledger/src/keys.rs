//! Keys of the store: big-endian, so that their order is the order of what they name.

use copydesk_article::{Arrival, ArticleId, FileNumber, Sequence};
use copydesk_dedup::Window;
use copydesk_disk::{FileIdentity, Generation};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::SinkKey;

pub fn sequence(sequence: Sequence) -> [u8; 8] {
    sequence.0.to_be_bytes()
}

pub fn file(file: FileNumber) -> [u8; 8] {
    file.0.to_be_bytes()
}

/// The number at the start of a key; 0 for a key that has none.
pub fn number(key: &[u8]) -> u64 {
    key.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

pub fn arrival(arrival: Arrival) -> [u8; 16] {
    (u128::from(arrival.file.0) << 64 | u128::from(arrival.record)).to_be_bytes()
}

/// The path comes last: it can hold any byte but NUL, and has no length.
pub fn generation(inbox: &str, path: &Path, generation: &Generation) -> Vec<u8> {
    let mut key = Vec::with_capacity(41 + inbox.len() + path.as_os_str().len());
    key.extend(generation.identity.device.to_be_bytes());
    key.extend(generation.identity.inode.to_be_bytes());
    key.extend(generation.bytes.to_be_bytes());
    key.extend(generation.modified_ns.to_be_bytes());
    in_inbox(&mut key, inbox, path);
    key
}

pub fn tail(inbox: &str, path: &Path, identity: FileIdentity) -> Vec<u8> {
    let mut key = Vec::with_capacity(17 + inbox.len() + path.as_os_str().len());
    key.extend(identity.device.to_be_bytes());
    key.extend(identity.inode.to_be_bytes());
    in_inbox(&mut key, inbox, path);
    key
}

/// The inbox's name with a NUL after it (a TOML key that is checked holds none), then the path.
fn in_inbox(key: &mut Vec<u8>, inbox: &str, path: &Path) {
    key.extend(inbox.bytes().filter(|&byte| byte != 0));
    key.push(0);
    key.extend(path.as_os_str().as_bytes());
}

/// A hash in a window.
pub fn in_window(window: Window, hash: u128) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes[..4].copy_from_slice(&window.0.to_be_bytes());
    bytes[4..].copy_from_slice(&hash.to_be_bytes());
    bytes
}

pub fn article(window: Window, id: ArticleId) -> [u8; 20] {
    in_window(window, u128::from_be_bytes(*id.as_bytes()))
}

pub fn member(original: Sequence, member: Sequence) -> [u8; 16] {
    (u128::from(original.0) << 64 | u128::from(member.0)).to_be_bytes()
}

pub fn outbox_row(sequence: Sequence, part: u16) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&sequence.0.to_be_bytes());
    bytes[8..].copy_from_slice(&part.to_be_bytes());
    bytes
}

/// Name and target, NUL after each: neither can hold one (names come from TOML keys that are checked, targets
/// from paths and addresses).
pub fn sink(sink: &SinkKey) -> Vec<u8> {
    let mut key = Vec::with_capacity(sink.name.len() + sink.target.len() + 2);
    for part in [&sink.name, &sink.target] {
        key.extend(part.bytes().filter(|&byte| byte != 0));
        key.push(0);
    }
    key
}

pub fn parse_sink(key: &[u8]) -> SinkKey {
    let mut parts = key.split(|&byte| byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
    SinkKey { name: parts.next().unwrap_or_default(), target: parts.next().unwrap_or_default() }
}

pub fn sink_sequence(of: &SinkKey, at: Sequence) -> Vec<u8> {
    let mut key = sink(of);
    key.extend(sequence(at));
    key
}

/// A row of a sequence at a sink: one article, of the several that a sequence may change.
pub fn sink_row(of: &SinkKey, at: Sequence, id: ArticleId) -> Vec<u8> {
    let mut key = sink_sequence(of, at);
    key.extend(id.as_bytes());
    key
}

pub fn learned(namespace: &str, key: &[u8], epoch: u64) -> Vec<u8> {
    let mut bytes = learned_prefix(namespace);
    bytes.extend((key.len() as u32).to_be_bytes());
    bytes.extend(key);
    bytes.extend(epoch.to_be_bytes());
    bytes
}

/// What all keys of a learner begin with.
pub fn learned_prefix(namespace: &str) -> Vec<u8> {
    let mut bytes = namespace.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

/// Key and epoch out of a key that [`learned`] made.
pub fn parse_learned<'a>(namespace: &str, bytes: &'a [u8]) -> Option<(&'a [u8], u64)> {
    let (_, rest) = bytes.get(namespace.len() + 1..)?.split_first_chunk::<4>()?;
    let (key, epoch) = rest.split_last_chunk()?;
    Some((key, u64::from_be_bytes(*epoch)))
}
