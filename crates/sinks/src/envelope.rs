//! What stores that do not take a record apart need to know of it.

use copydesk_article::ArticleId;
use serde::Deserialize;

/// The part of a record that says whose it is.
#[derive(Deserialize)]
struct Envelope {
    id: ArticleId,
}

/// Why a row's bytes are not a record of its article; `Ok` where they are. A store that gets a whole batch in one
/// body must know: one row that is no JSON would spoil the others.
pub(crate) fn check(id: ArticleId, record: &[u8]) -> Result<&str, String> {
    let json = std::str::from_utf8(record).map_err(|error| format!("the record is not UTF-8: {error}"))?;
    let envelope: Envelope =
        serde_json::from_str(json).map_err(|error| format!("not a record of an article: {error}"))?;
    if envelope.id != id {
        return Err(format!("the record is of another article, {}", envelope.id));
    }
    Ok(json)
}
