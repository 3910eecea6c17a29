//! Rows of the outbox into tables: whole columns at a time.

use std::collections::{BTreeMap, HashMap};

use copydesk_article::{ArticleId, Field, Record, Sequence};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Statement, Transaction};

use super::{is_about_data, server_words};
use crate::{Change, Rejection, Report, Row, envelope};

/// Separates the elements of a list that goes as one text; no article has it in a name.
const SEPARATOR: char = '\u{1f}';

/// Inserts or updates articles unless the stored state, or a tombstone, is as new or newer: the numbers come back of
/// those that won.
const PUT: &str = "
    INSERT INTO articles (
        id, document, version, is_current, sequence, verdict, verdict_of, similarity, source_name, source_path,
        url, site, title, authors, published, published_day, modified, language, text, record, received_at
    )
    SELECT
        r.id, document, version, is_current, r.sequence, verdict, verdict_of, similarity, source_name, source_path,
        url, site, title, string_to_array(authors, chr(31)), published, published_day::date, modified, language, text,
        record::jsonb, received_at::timestamptz
    FROM unnest(
        $1::text[], $2::text[], $3::integer[], $4::boolean[], $5::bigint[], $6::text[], $7::text[],
        $8::double precision[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
        $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[]
    ) AS r (
        id, document, version, is_current, sequence, verdict, verdict_of, similarity, source_name, source_path,
        url, site, title, authors, published, published_day, modified, language, text, record, received_at
    )
    WHERE NOT EXISTS (SELECT FROM tombstones t WHERE t.id = r.id AND t.sequence >= r.sequence)
    ON CONFLICT (id) DO UPDATE SET
        document = excluded.document, version = excluded.version, is_current = excluded.is_current,
        sequence = excluded.sequence, verdict = excluded.verdict, verdict_of = excluded.verdict_of,
        similarity = excluded.similarity, source_name = excluded.source_name, source_path = excluded.source_path,
        url = excluded.url, site = excluded.site, title = excluded.title, authors = excluded.authors,
        published = excluded.published, published_day = excluded.published_day, modified = excluded.modified,
        language = excluded.language, text = excluded.text, record = excluded.record,
        received_at = excluded.received_at
    WHERE excluded.sequence > articles.sequence
    RETURNING id, number";

/// Deletes articles that are not newer, and keeps each tombstone's highest sequence; none beside a newer article.
const DELETE: &str = "
    WITH gone AS (SELECT * FROM unnest($1::text[], $2::bigint[]) AS g (id, sequence)),
    deleted AS (DELETE FROM articles a USING gone g WHERE a.id = g.id AND a.sequence <= g.sequence)
    INSERT INTO tombstones (id, sequence)
    SELECT g.id, g.sequence FROM gone g
    WHERE NOT EXISTS (SELECT FROM articles a WHERE a.id = g.id AND a.sequence > g.sequence)
    ON CONFLICT (id) DO UPDATE SET sequence = greatest(tombstones.sequence, excluded.sequence)";

const UNBURY: &str = "DELETE FROM tombstones WHERE id = ANY ($1::text[])";

const FORGET_NAMES: &str = "DELETE FROM entities WHERE article = ANY ($1::bigint[])";

const ENTITIES: &str = "
    INSERT INTO entities (article, ordinal, name, type, ids)
    SELECT article, ordinal, name, type, string_to_array(ids, chr(31))
    FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::text[], $5::text[])
        AS e (article, ordinal, name, type, ids)";

const MENTIONS: &str = r#"
    INSERT INTO mentions (article, entity, ordinal, field, start, "end", text)
    SELECT * FROM unnest(
        $1::bigint[], $2::integer[], $3::integer[], $4::text[], $5::integer[], $6::integer[], $7::text[]
    )"#;

/// The statements of a batch, prepared once a connection.
pub(super) struct Statements {
    put: Statement,
    delete: Statement,
    unbury: Statement,
    forget_names: Statement,
    entities: Statement,
    mentions: Statement,
}

impl Statements {
    pub(super) async fn prepare(client: &Client) -> Result<Self, Error> {
        Ok(Self {
            put: client.prepare(PUT).await?,
            delete: client.prepare(DELETE).await?,
            unbury: client.prepare(UNBURY).await?,
            forget_names: client.prepare(FORGET_NAMES).await?,
            entities: client.prepare(ENTITIES).await?,
            mentions: client.prepare(MENTIONS).await?,
        })
    }
}

/// A row that was read.
struct Read<'a> {
    /// Its position in the batch.
    position: usize,
    id: ArticleId,
    sequence: Sequence,
    /// The record and its JSON; none for a delete.
    put: Option<(Box<Record>, &'a str)>,
}

/// Writes a batch; says which rows can't be taken. An error leaves no part of the batch half done, but parts of it may
/// stand: rows are keyed, so that is no harm.
pub(super) async fn write(client: &mut Client, statements: &Statements, batch: &[Row]) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut rows = Vec::with_capacity(batch.len());
    for (position, row) in batch.iter().enumerate() {
        let put = match &row.change {
            Change::Delete { .. } => None,
            Change::Put { id, record } => match envelope::open(*id, record) {
                Ok((record, json)) => Some((Box::new(record), json)),
                Err(reason) => {
                    report.rejected.push(Rejection { row: position, reason });
                    continue;
                }
            },
        };
        rows.push(Read { position, id: row.id(), sequence: row.sequence, put });
    }
    // Parts still to be written, the first one last.
    let mut parts: Vec<&[Read<'_>]> = vec![&rows];
    while let Some(part) = parts.pop() {
        match write_part(client, statements, part).await {
            Ok(()) => {}
            Err(error) if is_about_data(&error) => {
                if let [row] = part {
                    report.rejected.push(Rejection { row: row.position, reason: server_words(&error) });
                } else {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
            Err(error) => return Err(error),
        }
    }
    report.rejected.sort_by_key(|rejection| rejection.row);
    Ok(report)
}

/// Writes some rows in one transaction.
async fn write_part(client: &mut Client, statements: &Statements, rows: &[Read<'_>]) -> Result<(), Error> {
    // A statement may touch an article once: the newest state of each.
    let mut newest: BTreeMap<ArticleId, &Read<'_>> = BTreeMap::new();
    for row in rows {
        let known = newest.entry(row.id).or_insert(row);
        let is_newer = row.sequence > known.sequence || (row.sequence == known.sequence && row.put.is_none());
        if is_newer {
            *known = row;
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let transaction = client.transaction().await?;
    let puts: Vec<(&Read<'_>, &Record, &str)> =
        newest.values().filter_map(|row| row.put.as_ref().map(|(record, json)| (*row, &**record, *json))).collect();
    if !puts.is_empty() {
        put(&transaction, statements, &puts).await?;
    }
    let gone: Vec<&Read<'_>> = newest.values().copied().filter(|row| row.put.is_none()).collect();
    if !gone.is_empty() {
        let ids: Vec<String> = gone.iter().map(|row| row.id.to_string()).collect();
        let sequences: Vec<i64> = gone.iter().map(|row| long(row.sequence.0)).collect();
        transaction.execute(&statements.delete, &[&ids, &sequences]).await?;
    }
    transaction.commit().await
}

async fn put(
    transaction: &Transaction<'_>,
    statements: &Statements,
    puts: &[(&Read<'_>, &Record, &str)],
) -> Result<(), Error> {
    let ids: Vec<String> = column(puts, |_, record| record.id.to_string());
    let documents: Vec<String> = column(puts, |_, record| record.document.to_string());
    let versions: Vec<i32> = column(puts, |_, record| i32::try_from(record.version).unwrap_or(i32::MAX));
    let current: Vec<bool> = column(puts, |_, record| record.is_current);
    let sequences: Vec<i64> = column(puts, |row, _| long(row.sequence.0));
    let verdicts: Vec<&str> = column(puts, |_, record| record.verdict.kind.as_str());
    let verdicts_of: Vec<Option<String>> = column(puts, |_, record| record.verdict.of.map(|of| of.to_string()));
    let similarities: Vec<Option<f64>> = column(puts, |_, record| record.verdict.similarity);
    let sources: Vec<&str> = column(puts, |_, record| record.source.name.as_str());
    let paths: Vec<&str> = column(puts, |_, record| record.source.path.as_str());
    let urls: Vec<Option<&str>> =
        column(puts, |_, record| record.url.supplied.as_deref().or(record.url.canonical.as_deref()));
    let sites: Vec<Option<&str>> = column(puts, |_, record| record.site.as_deref());
    let titles: Vec<Option<&str>> = column(puts, |_, record| record.title.as_deref());
    let authors: Vec<String> =
        column(puts, |_, record| joined(record.authors.iter().map(|author| author.name.as_str())));
    let published: Vec<Option<&str>> = column(puts, |_, record| record.published.as_ref().map(|date| &*date.value));
    let days: Vec<Option<String>> =
        column(puts, |_, record| record.published.as_ref().and_then(|date| day(&date.value)));
    let modified: Vec<Option<&str>> = column(puts, |_, record| record.modified.as_ref().map(|date| &*date.value));
    let languages: Vec<&str> = column(puts, |_, record| record.language.code.as_str());
    let texts: Vec<&str> = column(puts, |_, record| record.text.as_str());
    let records: Vec<&str> = puts.iter().map(|(_, _, json)| *json).collect();
    let received: Vec<String> = column(puts, |_, record| record.source.received_at.to_string());
    let columns: [&(dyn ToSql + Sync); 21] = [
        &ids,
        &documents,
        &versions,
        &current,
        &sequences,
        &verdicts,
        &verdicts_of,
        &similarities,
        &sources,
        &paths,
        &urls,
        &sites,
        &titles,
        &authors,
        &published,
        &days,
        &modified,
        &languages,
        &texts,
        &records,
        &received,
    ];
    let won = transaction.query(&statements.put, &columns).await?;
    if won.is_empty() {
        return Ok(());
    }
    let numbers: HashMap<&str, i64> = won.iter().map(|row| (row.get(0), row.get(1))).collect();
    let won_ids: Vec<&str> = numbers.keys().copied().collect();
    let won_numbers: Vec<i64> = numbers.values().copied().collect();
    transaction.execute(&statements.unbury, &[&won_ids]).await?;
    transaction.execute(&statements.forget_names, &[&won_numbers]).await?;
    let won_records =
        puts.iter().zip(&ids).filter_map(|((_, record, _), id)| Some((*numbers.get(id.as_str())?, *record)));
    names(transaction, statements, won_records).await
}

/// Writes the entities and mentions of articles whose old ones are gone.
async fn names(
    transaction: &Transaction<'_>,
    statements: &Statements,
    records: impl Iterator<Item = (i64, &Record)>,
) -> Result<(), Error> {
    let (mut articles, mut ordinals, mut texts, mut kinds, mut ids) = (vec![], vec![], vec![], vec![], vec![]);
    let (mut m_articles, mut m_entities, mut m_ordinals) = (vec![], vec![], vec![]);
    let (mut m_fields, mut m_starts, mut m_ends, mut m_texts) = (vec![], vec![], vec![], vec![]);
    for (number, record) in records {
        for (ordinal, entity) in (0_i32..).zip(&record.entities) {
            articles.push(number);
            ordinals.push(ordinal);
            texts.push(entity.name.as_str());
            kinds.push(entity.kind.as_str());
            ids.push(joined(entity.ids.iter().map(String::as_str)));
            for (place, mention) in (0_i32..).zip(&entity.mentions) {
                m_articles.push(number);
                m_entities.push(ordinal);
                m_ordinals.push(place);
                m_fields.push(match mention.field {
                    Field::Title => "title",
                    Field::Text => "text",
                });
                m_starts.push(i32::try_from(mention.start).unwrap_or(i32::MAX));
                m_ends.push(i32::try_from(mention.end).unwrap_or(i32::MAX));
                m_texts.push(mention.text.as_str());
            }
        }
    }
    if articles.is_empty() {
        return Ok(());
    }
    transaction.execute(&statements.entities, &[&articles, &ordinals, &texts, &kinds, &ids]).await?;
    let columns: [&(dyn ToSql + Sync); 7] =
        [&m_articles, &m_entities, &m_ordinals, &m_fields, &m_starts, &m_ends, &m_texts];
    transaction.execute(&statements.mentions, &columns).await?;
    Ok(())
}

fn column<'a, T>(puts: &[(&'a Read<'a>, &'a Record, &'a str)], of: impl Fn(&'a Read<'a>, &'a Record) -> T) -> Vec<T> {
    puts.iter().map(|(row, record, _)| of(row, record)).collect()
}

fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push(SEPARATOR);
        }
        text.push_str(part);
    }
    text
}

/// The day of an ISO 8601 date, where it is one.
fn day(value: &str) -> Option<String> {
    let day: jiff::civil::Date = value.get(..10)?.parse().ok()?;
    Some(day.to_string())
}

/// The server's integers are signed. No sequence comes near the limit.
fn long(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_taken_from_any_precision_and_only_from_a_day() {
        assert_eq!(day("2017-02-07").as_deref(), Some("2017-02-07"));
        assert_eq!(day("2017-02-07T11:30:00+01:00").as_deref(), Some("2017-02-07"));
        for odd in ["2017-02-30", "2017", "yesterday, early", "2017-ä2-07x"] {
            assert_eq!(day(odd), None, "{odd}");
        }
    }
}
