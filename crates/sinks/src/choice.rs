//! What goes to a sink: which articles, and which of their fields. Any sink can be given a choice.
//!
//! A [`Filter`] names values; an article passes where it has one of each list that is not empty. What does not pass is
//! `skipped`: counted, never sent, and nothing is undone in the store for it (where an earlier state passed and a newer
//! one does not, the store keeps the earlier one). Deletes always pass. `fields` keeps so many of the record's fields,
//! and always `id` and `sequence`, which tell repeats apart. A record that can't be read goes through as it is: to
//! refuse it is for the store.

use std::collections::BTreeMap;

use async_trait::async_trait;
use copydesk_article::{EntityType, VerdictKind};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Change, Class, Report, Row, Sink, SinkError};

/// The record's fields, in its order.
pub const RECORD_FIELDS: [&str; 34] = [
    "id",
    "document",
    "version",
    "is_current",
    "sequence",
    "verdict",
    "source",
    "url",
    "site",
    "title",
    "subtitle",
    "authors",
    "published",
    "modified",
    "kind",
    "completeness",
    "sections",
    "tags",
    "images",
    "links",
    "language",
    "text",
    "changes",
    "copies",
    "removed",
    "marked",
    "repairs",
    "offset_unit",
    "entities",
    "entity_engine",
    "conflicts",
    "problems",
    "extra",
    "pipeline",
];

/// Fields that are always kept.
const ALWAYS: [&str; 2] = ["id", "sequence"];

/// Which articles a sink takes. An empty list asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "snake_case")]
pub struct Filter {
    /// Codes of languages, as in `language.code`.
    pub languages: Vec<String>,
    /// Verdicts, as in `verdict.kind`.
    pub verdicts: Vec<VerdictKind>,
    /// Types of entities: at least one of the article's is of one of them.
    pub entity_types: Vec<EntityType>,
    /// Ids of entities, of a watch list say: at least one of the article's has one of them. A `*` at the end stands for
    /// any rest.
    pub entity_ids: Vec<String>,
    /// Sites, as in `site`.
    pub sites: Vec<String>,
    /// Names of sources, as in `source.name`.
    pub sources: Vec<String>,
}

/// What goes to a sink.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Which articles.
    pub filter: Filter,
    /// Which fields; none: all.
    pub fields: Option<Vec<String>>,
}

/// What a filter looks at.
#[derive(Deserialize)]
struct Look<'a> {
    verdict: LookVerdict,
    #[serde(borrow)]
    source: LookSource<'a>,
    #[serde(borrow)]
    site: Option<std::borrow::Cow<'a, str>>,
    language: LookLanguage,
    entities: Vec<LookEntity>,
}

#[derive(Deserialize)]
struct LookVerdict {
    kind: VerdictKind,
}

#[derive(Deserialize)]
struct LookSource<'a> {
    #[serde(borrow)]
    name: std::borrow::Cow<'a, str>,
}

#[derive(Deserialize)]
struct LookLanguage {
    code: String,
}

#[derive(Deserialize)]
struct LookEntity {
    #[serde(rename = "type")]
    kind: EntityType,
    ids: Vec<String>,
}

impl Filter {
    /// Whether it asks nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn passes(&self, record: &[u8]) -> bool {
        let Ok(look) = serde_json::from_slice::<Look<'_>>(record) else { return true };
        let has = |list: &[String], value: &str| list.is_empty() || list.iter().any(|one| one == value);
        let is_named = |id: &String| {
            self.entity_ids.iter().any(|name| match name.strip_suffix('*') {
                Some(start) => id.starts_with(start),
                None => id == name,
            })
        };
        has(&self.languages, &look.language.code)
            && (self.verdicts.is_empty() || self.verdicts.contains(&look.verdict.kind))
            && has(&self.sources, &look.source.name)
            && (self.sites.is_empty() || look.site.is_some_and(|site| has(&self.sites, &site)))
            && (self.entity_types.is_empty() || look.entities.iter().any(|one| self.entity_types.contains(&one.kind)))
            && (self.entity_ids.is_empty() || look.entities.iter().any(|one| one.ids.iter().any(is_named)))
    }
}

impl Choice {
    /// Whether everything goes.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.filter.is_empty() && self.fields.is_none()
    }

    fn apply(&self, batch: &[Row]) -> Chosen {
        let mut chosen = Chosen { of: batch.to_vec(), rows: Vec::new(), positions: Vec::new(), skipped: Vec::new() };
        for (position, row) in batch.iter().enumerate() {
            let row = match &row.change {
                Change::Put { record, .. } if !self.filter.is_empty() && !self.filter.passes(record) => {
                    chosen.skipped.push(position);
                    continue;
                }
                Change::Put { id, record } => match self.cut(record) {
                    Some(cut) => Row { sequence: row.sequence, change: Change::Put { id: *id, record: cut.into() } },
                    None => row.clone(),
                },
                Change::Delete { .. } => row.clone(),
            };
            chosen.rows.push(row);
            chosen.positions.push(position);
        }
        chosen
    }

    /// A record with the chosen fields only; none where it stays as it is.
    fn cut(&self, record: &[u8]) -> Option<Vec<u8>> {
        let fields = self.fields.as_ref()?;
        let values: BTreeMap<&str, &RawValue> = serde_json::from_slice(record).ok()?;
        let mut cut = Vec::with_capacity(record.len());
        for name in RECORD_FIELDS {
            let is_kept = ALWAYS.contains(&name) || fields.iter().any(|field| field == name);
            if let Some(value) = values.get(name).filter(|_| is_kept) {
                let start = if cut.is_empty() { '{' } else { ',' };
                cut.extend_from_slice(format!("{start}\"{name}\":{}", value.get()).as_bytes());
            }
        }
        if cut.is_empty() {
            return None;
        }
        cut.push(b'}');
        Some(cut)
    }
}

/// A batch and what was chosen of it.
struct Chosen {
    of: Vec<Row>,
    rows: Vec<Row>,
    /// Positions in the batch of the rows chosen.
    positions: Vec<usize>,
    /// Positions of the others.
    skipped: Vec<usize>,
}

/// A sink that is given what was chosen.
struct ChoosySink {
    inner: Box<dyn Sink>,
    choice: Choice,
    /// What was prepared.
    chosen: Option<Chosen>,
}

/// The same sink, given only what was chosen.
#[must_use]
pub fn choosy(inner: Box<dyn Sink>, choice: Choice) -> Box<dyn Sink> {
    if choice.is_everything() { inner } else { Box::new(ChoosySink { inner, choice, chosen: None }) }
}

#[async_trait]
impl Sink for ChoosySink {
    fn class(&self) -> Class {
        self.inner.class()
    }

    fn target(&self) -> String {
        self.inner.target()
    }

    async fn open(&mut self, state: Option<&[u8]>) -> Result<(), SinkError> {
        self.chosen = None;
        self.inner.open(state).await
    }

    async fn prepare(&mut self, batch: &[Row]) -> Result<Option<Vec<u8>>, SinkError> {
        let chosen = self.chosen.insert(self.choice.apply(batch));
        if chosen.rows.is_empty() { Ok(None) } else { self.inner.prepare(&chosen.rows).await }
    }

    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        let chosen = match self.chosen.take() {
            Some(chosen) if chosen.of == batch => chosen,
            _ => self.choice.apply(batch),
        };
        if chosen.rows.is_empty() {
            return Ok(Report { rejected: Vec::new(), skipped: chosen.skipped });
        }
        let mut report = self.inner.deliver(&chosen.rows).await?;
        for position in report.rejected.iter_mut().map(|rejection| &mut rejection.row).chain(&mut report.skipped) {
            *position = chosen.positions.get(*position).copied().unwrap_or(*position);
        }
        report.skipped.extend(chosen.skipped);
        Ok(report)
    }

    fn state(&self) -> Option<Vec<u8>> {
        self.inner.state()
    }

    async fn idle(&mut self) -> Result<(), SinkError> {
        self.inner.idle().await
    }

    async fn close(&mut self) -> Result<(), SinkError> {
        self.inner.close().await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record() -> Value {
        json!({
            "id": "ab", "sequence": 7, "title": "T", "text": "long \u{e9}", "site": "news.example",
            "verdict": {"kind": "duplicate"}, "source": {"name": "wire"}, "language": {"code": "de"},
            "entities": [
                {"name": "Oslo", "type": "LOC", "ids": ["iso:NO", "watch:harbour"]},
                {"name": "Ada", "type": "PER", "ids": []},
            ],
        })
    }

    #[test]
    fn an_article_passes_where_it_has_one_of_each_list() {
        let passes = |filter: Value| {
            let filter: Filter = serde_json::from_value(filter).expect("a filter");
            filter.passes(record().to_string().as_bytes())
        };
        for (filter, expected) in [
            (json!({}), true),
            (json!({"languages": ["en", "de"]}), true),
            (json!({"languages": ["en"]}), false),
            (json!({"verdicts": ["original"]}), false),
            (json!({"verdicts": ["original", "duplicate"]}), true),
            (json!({"entity_types": ["ORG", "PER"]}), true),
            (json!({"entity_types": ["ORG"]}), false),
            (json!({"entity_ids": ["watch:harbour"]}), true),
            (json!({"entity_ids": ["watch:*"]}), true),
            (json!({"entity_ids": ["watch:har"]}), false),
            (json!({"sites": ["news.example"], "sources": ["wire"]}), true),
            (json!({"sites": ["news.example"], "sources": ["other"]}), false),
            (json!({"sites": ["other.example"]}), false),
        ] {
            assert_eq!(passes(filter.clone()), expected, "{filter}");
        }
        let mut nowhere = record();
        nowhere["site"] = Value::Null;
        let filter: Filter = serde_json::from_value(json!({"sites": ["news.example"]})).expect("a filter");
        assert!(!filter.passes(nowhere.to_string().as_bytes()));
        assert!(filter.passes(b"no JSON"), "to refuse it is for the store");
    }

    #[test]
    fn fields_are_kept_with_what_tells_repeats_apart() {
        let choice = Choice { filter: Filter::default(), fields: Some(vec!["title".to_owned(), "site".to_owned()]) };
        let cut = choice.cut(record().to_string().as_bytes()).expect("cut");
        assert_eq!(
            String::from_utf8(cut).expect("text"),
            r#"{"id":"ab","sequence":7,"site":"news.example","title":"T"}"#
        );
        assert!(choice.cut(b"no JSON").is_none());
    }

    #[test]
    fn the_fields_are_the_records() {
        let schema: Value = serde_json::from_str(include_str!("../../article/record.schema.json")).expect("JSON");
        let mut known: Vec<&str> = RECORD_FIELDS.to_vec();
        known.sort_unstable();
        let properties: Vec<&String> = schema["properties"].as_object().expect("properties").keys().collect();
        assert_eq!(known, properties);
    }
}
