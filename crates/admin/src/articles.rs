//! `/api/articles`: search over the embedded store, and one article.
//!
//! Reads the SQLite database that the desk writes, on a connection of its own for each question; in WAL mode neither
//! side waits for the other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Json;
use axum::extract::{Path as Segment, Query, State};
use copydesk_article::ArticleId;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Desk;
use crate::answer::{Answer, Refusal, blocking};

/// Most articles of one answer.
const MOST: usize = 200;

/// How long an answer may wait for the database.
const BUSY: Duration = Duration::from_secs(5);

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    q: String,
    before: Option<u64>,
    limit: Option<usize>,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Found {
    articles: Vec<Brief>,
    /// To be given as `before` for the next ones.
    next: Option<String>,
}

/// An article in a line.
#[derive(Debug, Serialize)]
pub struct Brief {
    id: String,
    title: Option<String>,
    site: Option<String>,
    source: String,
    published: Option<String>,
    language: String,
    verdict: String,
    /// Of the change that led to this state: newer is higher.
    pub sequence: u64,
    snippet: String,
}

const COLUMNS: &str = "id, articles.title, site, source_name, published, language, verdict, sequence";

fn brief(row: &Row<'_>) -> rusqlite::Result<Brief> {
    Ok(Brief {
        id: row.get(0)?,
        title: row.get(1)?,
        site: row.get(2)?,
        source: row.get(3)?,
        published: row.get(4)?,
        language: row.get(5)?,
        verdict: row.get(6)?,
        sequence: row.get::<_, i64>(7)?.cast_unsigned(),
        snippet: row.get(8)?,
    })
}

/// Articles with the words, or all of them, the newest first.
pub async fn search(State(desk): State<Desk>, Query(asked): Query<Search>) -> Answer<Found> {
    let store = store(&desk)?;
    blocking(move || {
        let limit = asked.limit.unwrap_or(50).clamp(1, MOST);
        let before = asked.before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let words = match_all(&asked.q);
        let articles = look(&store, |connection| {
            if words.is_empty() {
                let sql = format!(
                    "SELECT {COLUMNS}, substr(articles.text, 1, 200) FROM articles WHERE sequence < ?1 \
                     ORDER BY sequence DESC LIMIT ?2"
                );
                let mut statement = connection.prepare(&sql)?;
                statement.query_map(params![before, limit as i64], brief)?.collect()
            } else {
                let sql = format!(
                    "SELECT {COLUMNS}, snippet(articles_fts, 1, '', '', '…', 24) FROM articles_fts \
                     JOIN articles ON number = articles_fts.rowid \
                     WHERE articles_fts MATCH ?1 AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3"
                );
                let mut statement = connection.prepare(&sql)?;
                statement.query_map(params![words, before, limit as i64], brief)?.collect::<rusqlite::Result<Vec<_>>>()
            }
        })?;
        let next = (articles.len() == limit).then(|| articles.last().map(|last| last.sequence.to_string())).flatten();
        Ok(Json(Found { articles, next }))
    })
    .await
}

/// The whole record of one article.
pub async fn show(State(desk): State<Desk>, Segment(id): Segment<String>) -> Answer<Box<RawValue>> {
    let store = store(&desk)?;
    let id: ArticleId = id.parse().map_err(|_| Refusal::bad("an article's id has 32 hexadecimal digits"))?;
    blocking(move || {
        let record: Option<String> = look(&store, |connection| {
            let sql = "SELECT record FROM articles WHERE id = ?1";
            connection.query_row(sql, [id.to_string()], |row| row.get(0)).optional()
        })?;
        let record = record.ok_or_else(|| Refusal::not_found(format!("the store has no article {id}")))?;
        RawValue::from_string(record).map(Json).map_err(|error| Refusal::unavailable(error.to_string()))
    })
    .await
}

/// The newest articles after a sequence, the newest first; after none the newest few.
pub async fn newest(desk: &Desk, after: Option<u64>, most: usize) -> Result<Vec<Brief>, Refusal> {
    let store = store(desk)?;
    blocking(move || {
        look(&store, |connection| {
            let sql = format!(
                "SELECT {COLUMNS}, substr(articles.text, 1, 200) FROM articles WHERE sequence > ?1 \
                 ORDER BY sequence DESC LIMIT ?2"
            );
            let after = after.map_or(-1, u64::cast_signed);
            connection.prepare(&sql)?.query_map(params![after, most as i64], brief)?.collect()
        })
    })
    .await
}

fn store(desk: &Desk) -> Result<PathBuf, Refusal> {
    desk.places().store.clone().ok_or_else(|| {
        Refusal::unavailable("no sink of the configuration is a store that can be searched: add one of type \"sqlite\"")
    })
}

fn look<T>(store: &Path, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Refusal> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let asked = Connection::open_with_flags(store, flags).and_then(|connection| {
        connection.busy_timeout(BUSY)?;
        ask(&connection)
    });
    asked.map_err(|error| Refusal::unavailable(format!("the store {} can't be asked: {error}", store.display())))
}

/// The words and quoted phrases of a question as an FTS5 expression that wants all of them; no operator of the asker's
/// own is one.
fn match_all(question: &str) -> String {
    let mut terms = Vec::new();
    for (at, part) in question.split('"').enumerate() {
        if at % 2 == 1 {
            terms.extend((!part.trim().is_empty()).then(|| part.trim().to_owned()));
        } else {
            terms.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    let has_word = |term: &String| term.chars().any(char::is_alphanumeric);
    terms.iter().filter(|term| has_word(term)).map(|term| format!("\"{term}\"")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_words_and_phrases_and_nothing_else() {
        assert_eq!(match_all("old bridge"), "\"old\" \"bridge\"");
        assert_eq!(match_all("\"old bridge\" Oslo"), "\"old bridge\" \"Oslo\"");
        assert_eq!(match_all("a OR b* NEAR(c) title:d ^e -"), "\"a\" \"OR\" \"b*\" \"NEAR(c)\" \"title:d\" \"^e\"");
        assert_eq!(match_all("\"unclosed phrase"), "\"unclosed phrase\"");
        assert_eq!(match_all(" \" \" ' ; "), "");
    }
}
