//! `_bulk`: rows into a body, and what the answer says of each.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::Value;

use super::{Cluster, OpensearchSink};
use crate::within::words;
use crate::{Change, Failure, Rejection, Report, Row, SinkError, envelope};

/// How often rows that met an overloaded node are sent again before the whole batch waits.
const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A row as it is sent.
struct Item {
    /// Position in the batch.
    position: usize,
    /// The action, and for a put the document: lines, each with its break.
    lines: String,
}

/// The answer to a body.
#[derive(Deserialize)]
struct Answer {
    errors: bool,
    items: Vec<Value>,
}

/// What became of a body.
enum Outcome {
    /// The server took it apart: rows that are worth another try, and why.
    Done(Vec<Item>, String),
    /// It is too large for the server.
    TooLarge(Vec<Item>, String),
}

/// Writes a batch; says which rows can't be taken.
pub(super) async fn write(sink: &OpensearchSink, cluster: &Cluster, batch: &[Row]) -> Result<Report, SinkError> {
    let mut report = Report::default();
    let mut items = Vec::with_capacity(batch.len());
    for (position, row) in batch.iter().enumerate() {
        match lines(row) {
            Ok(lines) => items.push(Item { position, lines }),
            Err(reason) => report.rejected.push(Rejection { row: position, reason }),
        }
    }
    // Parts still to be written, the first one last: of two states of one article the older one goes first.
    let mut parts = vec![items];
    while let Some(part) = parts.pop() {
        if part.is_empty() {
            continue;
        }
        match write_part(sink, cluster, part, &mut report).await? {
            None => {}
            Some((mut part, reason)) if part.len() == 1 => {
                report.rejected.extend(part.pop().map(|item| Rejection { row: item.position, reason }));
            }
            Some((mut first, _)) => {
                let second = first.split_off(first.len() / 2);
                parts.extend([second, first]);
            }
        }
    }
    report.rejected.sort_by_key(|rejection| rejection.row);
    Ok(report)
}

/// Writes some rows, those that met an overloaded node several times; gives them back where they are too large.
async fn write_part(
    sink: &OpensearchSink,
    cluster: &Cluster,
    mut part: Vec<Item>,
    report: &mut Report,
) -> Result<Option<(Vec<Item>, String)>, SinkError> {
    let mut pause = FIRST_PAUSE;
    for attempt in 1.. {
        match send(sink, cluster, part, report).await? {
            Outcome::TooLarge(part, reason) => return Ok(Some((part, reason))),
            Outcome::Done(again, _) if again.is_empty() => break,
            Outcome::Done(again, why) if attempt >= TRIES => {
                let message = format!("{} is overloaded, {} rows still wait: {why}", cluster.target, again.len());
                return Err(SinkError::of(Failure::Busy, message));
            }
            Outcome::Done(again, _) => {
                part = again;
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
    }
    Ok(None)
}

/// Sends one body.
async fn send(
    sink: &OpensearchSink,
    cluster: &Cluster,
    part: Vec<Item>,
    report: &mut Report,
) -> Result<Outcome, SinkError> {
    let body: String = part.iter().map(|item| item.lines.as_str()).collect();
    let path = format!("{}/_bulk?filter_path=errors,items.*.status,items.*.error", cluster.index);
    let request = cluster.request(Method::POST, &path).header(CONTENT_TYPE, "application/x-ndjson");
    let request = if cluster.gzip {
        request.header(CONTENT_ENCODING, "gzip").body(gzip(body.as_bytes())?)
    } else {
        request.body(body)
    };
    let answer = sink.call(cluster, request).await?;
    if answer.status.as_u16() == 413 {
        return Ok(Outcome::TooLarge(part, answer.words()));
    }
    if !answer.status.is_success() {
        return Err(answer.error(&cluster.target));
    }
    let odd = |why: String| SinkError::new(format!("{} gave an answer that is none to `_bulk`: {why}", cluster.target));
    let read: Answer = serde_json::from_slice(&answer.body).map_err(|error| odd(error.to_string()))?;
    if read.items.len() != part.len() {
        return Err(odd(format!("{} items for {} rows", read.items.len(), part.len())));
    }
    let (mut again, mut why) = (Vec::new(), String::new());
    if !read.errors {
        return Ok(Outcome::Done(again, why));
    }
    for (item, said) in part.into_iter().zip(&read.items) {
        // {"index": {"status": …, "error": {…}}}
        let said = said.as_object().and_then(|object| object.values().next()).unwrap_or(&Value::Null);
        let error = &said["error"];
        let reason = || {
            let cause = error["caused_by"]["reason"].as_str().map_or_else(String::new, |cause| format!(": {cause}"));
            let of = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
            words(&format!("{}: {}{cause}", of("type"), of("reason")))
        };
        match said["status"].as_u64() {
            Some(200..=299) => {}
            // The index has as new a state, or a newer one; or there was nothing to delete.
            Some(409) => {}
            Some(404) if error.is_null() => {}
            Some(400) => report.rejected.push(Rejection { row: item.position, reason: reason() }),
            Some(429 | 500..=599) => {
                if why.is_empty() {
                    why = reason();
                }
                again.push(item);
            }
            Some(status) => {
                return Err(SinkError::new(format!("{} refuses rows (status {status}): {}", cluster.target, reason())));
            }
            None => return Err(odd("an item without a status".to_owned())),
        }
    }
    Ok(Outcome::Done(again, why))
}

/// A row as the lines of a body; why not, where it can't be one.
fn lines(row: &Row) -> Result<String, String> {
    let (id, sequence) = (row.id(), row.sequence);
    match &row.change {
        // At the same version a delete wins, and a put that comes again changes nothing.
        Change::Delete { .. } => Ok(format!(
            "{{\"delete\":{{\"_id\":\"{id}\",\"version\":{sequence},\"version_type\":\"external_gte\"}}}}\n"
        )),
        Change::Put { id, record } => {
            let json = envelope::check(*id, record)?;
            if json.contains('\n') {
                return Err("the record holds a line break; `_bulk` takes one line a record".to_owned());
            }
            Ok(format!(
                "{{\"index\":{{\"_id\":\"{id}\",\"version\":{sequence},\"version_type\":\"external\"}}}}\n{json}\n"
            ))
        }
    }
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, SinkError> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
    packed.map_err(|error| SinkError::new(format!("could not compress a batch: {error}")))
}
