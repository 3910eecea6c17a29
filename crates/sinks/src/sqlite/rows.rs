//! Rows of the outbox into tables.

use copydesk_article::{ArticleId, Field, Record, Sequence};
use rusqlite::{OptionalExtension, Transaction, params};

use crate::{Change, Rejection, Report, Row, envelope};

/// Inserts or updates an article unless the stored state, or a tombstone, is newer: the row's number comes
/// back where it won.
const PUT: &str = "
    INSERT INTO articles (
        id, document, version, is_current, sequence, verdict, verdict_of, similarity, source_name, source_path,
        url, site, title, authors, published, modified, language, text, record, received_at
    )
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20
    WHERE NOT EXISTS (SELECT 1 FROM tombstones WHERE id = ?1 AND sequence >= ?5)
    ON CONFLICT (id) DO UPDATE SET
        document = excluded.document, version = excluded.version, is_current = excluded.is_current,
        sequence = excluded.sequence, verdict = excluded.verdict, verdict_of = excluded.verdict_of,
        similarity = excluded.similarity, source_name = excluded.source_name, source_path = excluded.source_path,
        url = excluded.url, site = excluded.site, title = excluded.title, authors = excluded.authors,
        published = excluded.published, modified = excluded.modified, language = excluded.language,
        text = excluded.text, record = excluded.record, received_at = excluded.received_at
    WHERE excluded.sequence >= articles.sequence
    RETURNING number";

/// Keeps the tombstone's highest sequence; none beside an article, which is then newer.
const BURY: &str = "
    INSERT INTO tombstones (id, sequence)
    SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM articles WHERE id = ?1)
    ON CONFLICT (id) DO UPDATE SET sequence = max(sequence, excluded.sequence)";

/// Writes a batch; says which rows can't be taken.
pub(super) fn write(transaction: &Transaction<'_>, batch: &[Row]) -> rusqlite::Result<Report> {
    let mut report = Report::default();
    for (position, row) in batch.iter().enumerate() {
        match &row.change {
            Change::Put { id, record } => match envelope::open(*id, record) {
                Ok((record, json)) => put(transaction, row.sequence, &record, json)?,
                Err(reason) => report.rejected.push(Rejection { row: position, reason }),
            },
            Change::Delete { id } => delete(transaction, row.sequence, *id)?,
        }
    }
    Ok(report)
}

fn put(transaction: &Transaction<'_>, sequence: Sequence, record: &Record, json: &str) -> rusqlite::Result<()> {
    let id = record.id.to_string();
    let authors: Vec<&str> = record.authors.iter().map(|author| author.name.as_str()).collect();
    let number: Option<i64> = transaction
        .prepare_cached(PUT)?
        .query_row(
            params![
                id,
                record.document.to_string(),
                record.version,
                record.is_current,
                integer(sequence.0),
                record.verdict.kind.as_str(),
                record.verdict.of.map(|of| of.to_string()),
                record.verdict.similarity,
                record.source.name,
                record.source.path,
                record.url.supplied.as_ref().or(record.url.canonical.as_ref()),
                record.site,
                record.title,
                authors.join(", "),
                record.published.as_ref().map(|date| &date.value),
                record.modified.as_ref().map(|date| &date.value),
                record.language.code,
                record.text,
                json,
                record.source.received_at.to_string(),
            ],
            |row| row.get(0),
        )
        .optional()?;
    let Some(number) = number else { return Ok(()) };
    transaction.prepare_cached("DELETE FROM tombstones WHERE id = ?1")?.execute([&id])?;
    forget_names(transaction, number)?;
    let mut entities = transaction.prepare_cached("INSERT INTO entities VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut mentions = transaction.prepare_cached("INSERT INTO mentions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (ordinal, entity) in (0_i64..).zip(&record.entities) {
        entities.execute(params![number, ordinal, entity.name, entity.kind.as_str(), entity.ids.join(",")])?;
        for (place, mention) in (0_i64..).zip(&entity.mentions) {
            let field = match mention.field {
                Field::Title => "title",
                Field::Text => "text",
            };
            let (start, end) = (integer(mention.start as u64), integer(mention.end as u64));
            mentions.execute(params![number, ordinal, place, field, start, end, mention.text])?;
        }
    }
    Ok(())
}

fn delete(transaction: &Transaction<'_>, sequence: Sequence, id: ArticleId) -> rusqlite::Result<()> {
    let id = id.to_string();
    let sequence = integer(sequence.0);
    let number: Option<i64> = transaction
        .prepare_cached("DELETE FROM articles WHERE id = ?1 AND sequence <= ?2 RETURNING number")?
        .query_row(params![id, sequence], |row| row.get(0))
        .optional()?;
    if let Some(number) = number {
        forget_names(transaction, number)?;
    }
    transaction.prepare_cached(BURY)?.execute(params![id, sequence])?;
    Ok(())
}

fn forget_names(transaction: &Transaction<'_>, number: i64) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM mentions WHERE article = ?1")?.execute([number])?;
    transaction.prepare_cached("DELETE FROM entities WHERE article = ?1")?.execute([number])?;
    Ok(())
}

/// SQLite's integers are signed. No sequence and no offset comes near the limit.
fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
