//! A row's bytes as the record they must be.

use copydesk_article::{ArticleId, Record};
#[cfg(feature = "envelope")]
use serde::Deserialize;

/// The record and its JSON; why not, where the bytes are none of this article's.
pub(crate) fn open(id: ArticleId, bytes: &[u8]) -> Result<(Record, &str), String> {
    let json = utf8(bytes)?;
    let record: Record = serde_json::from_str(json).map_err(|error| not_a_record(&error))?;
    is_of(id, record.id)?;
    Ok((record, json))
}

/// The part of a record that says whose it is.
#[cfg(feature = "envelope")]
#[derive(Deserialize)]
struct Envelope {
    id: ArticleId,
}

/// The JSON alone, for stores that do not take a record apart; why not, where the bytes are none of this article's. A
/// store that gets a whole batch in one body must know: one row that is no JSON would spoil the others.
#[cfg(feature = "envelope")]
pub(crate) fn check(id: ArticleId, bytes: &[u8]) -> Result<&str, String> {
    let json = utf8(bytes)?;
    let envelope: Envelope = serde_json::from_str(json).map_err(|error| not_a_record(&error))?;
    is_of(id, envelope.id)?;
    Ok(json)
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| format!("the record is not UTF-8: {error}"))
}

fn not_a_record(error: &serde_json::Error) -> String {
    format!("not a record of an article: {error}")
}

fn is_of(id: ArticleId, found: ArticleId) -> Result<(), String> {
    if found == id { Ok(()) } else { Err(format!("the record is of another article, {found}")) }
}
