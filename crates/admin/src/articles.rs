//! `/api/articles`: search over the embedded store, and one article.
//!
//! Reads the SQLite database that the desk writes, on a connection of its own for each question; in WAL mode neither
//! side waits for the other.

use std::path::PathBuf;
use std::sync::Arc;
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

/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(10);

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
    /// Place in the order of the store.
    #[serde(skip)]
    pub number: i64,
}

const COLUMNS: &str = "id, articles.title, site, source_name, published, language, verdict, sequence, number";

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
        number: row.get(8)?,
        snippet: row.get(9)?,
    })
}

/// Articles with the words, or all of them, the newest first: in the order in which the store got to know them, which is
/// the one it can page through without looking at every row.
pub async fn search(State(desk): State<Desk>, Query(asked): Query<Search>) -> Answer<Found> {
    let limit = asked.limit.unwrap_or(50).clamp(1, MOST);
    let before = asked.before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
    let words = match_all(&asked.q);
    let articles = ask(&desk, move |connection| {
        if words.is_empty() {
            let sql = format!(
                "SELECT {COLUMNS}, substr(articles.text, 1, 200) FROM articles WHERE number < ?1 \
                 ORDER BY number DESC LIMIT ?2"
            );
            let mut statement = connection.prepare(&sql)?;
            statement.query_map(params![before, limit as i64], brief)?.collect()
        } else {
            // The index yields rows newest first by itself, so that only those shown are read.
            let sql = format!(
                "SELECT {COLUMNS}, snippet(articles_fts, 1, '', '', '…', 24) FROM articles_fts \
                 JOIN articles ON number = articles_fts.rowid \
                 WHERE articles_fts MATCH ?1 AND articles_fts.rowid < ?2 ORDER BY articles_fts.rowid DESC LIMIT ?3"
            );
            let mut statement = connection.prepare(&sql)?;
            statement.query_map(params![words, before, limit as i64], brief)?.collect::<rusqlite::Result<Vec<_>>>()
        }
    })
    .await?;
    let next = (articles.len() == limit).then(|| articles.last().map(|last| last.number.to_string())).flatten();
    Ok(Json(Found { articles, next }))
}

/// The whole record of one article.
pub async fn show(State(desk): State<Desk>, Segment(id): Segment<String>) -> Answer<Box<RawValue>> {
    let id: ArticleId = id.parse().map_err(|_| Refusal::bad("an article's id has 32 hexadecimal digits"))?;
    let record: Option<String> = ask(&desk, move |connection| {
        let sql = "SELECT record FROM articles WHERE id = ?1";
        connection.query_row(sql, [id.to_string()], |row| row.get(0)).optional()
    })
    .await?;
    let record = record.ok_or_else(|| Refusal::not_found(format!("the store has no article {id}")))?;
    RawValue::from_string(record).map(Json).map_err(|error| Refusal::unavailable(error.to_string()))
}

/// The newest articles after a number, in order of sequence; after none the newest few.
pub async fn newest(desk: &Desk, after: Option<i64>, most: usize) -> Result<Vec<Brief>, Refusal> {
    let mut articles: Vec<Brief> = ask(desk, move |connection| {
        let sql = format!(
            "SELECT {COLUMNS}, substr(articles.text, 1, 200) FROM articles WHERE number > ?1 \
             ORDER BY number DESC LIMIT ?2"
        );
        connection.prepare(&sql)?.query_map(params![after.unwrap_or(-1), most as i64], brief)?.collect()
    })
    .await?;
    articles.sort_by_key(|article| article.sequence);
    Ok(articles)
}

fn store(desk: &Desk) -> Result<PathBuf, Refusal> {
    desk.places().store.clone().ok_or_else(|| {
        Refusal::unavailable("no sink of the configuration is a store that can be searched: add one of type \"sqlite\"")
    })
}

/// Asks the store off the async threads: a few questions at a time, and none for ever.
async fn ask<T: Send + 'static>(
    desk: &Desk,
    question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, Refusal> {
    let store = store(desk)?;
    let slow = || Refusal::unavailable("the store takes too long over this: ask for fewer or rarer words");
    let turn = tokio::time::timeout(PATIENCE, Arc::clone(&desk.questions).acquire_owned()).await;
    let Ok(Ok(turn)) = turn else { return Err(slow()) };
    let (tell, told) = tokio::sync::oneshot::channel();
    let asked = blocking(move || {
        let _turn = turn;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let answer = Connection::open_with_flags(&store, flags).and_then(|connection| {
            connection.busy_timeout(BUSY)?;
            tell.send(connection.get_interrupt_handle()).ok();
            question(&connection)
        });
        answer.map_err(|error| Refusal::unavailable(format!("the store {} can't be asked: {error}", store.display())))
    });
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(_) => {
            if let Ok(connection) = told.await {
                connection.interrupt();
            }
            Err(slow())
        }
    }
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
