//! `stream`: lines of `{id, site, day, text}`, in order → `{id: body}`. Each article is cleaned with what was learned
//! from those before it, by the desk's own epochs, judged, and learned from.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use copydesk_article::{ArticleId, Sequence, Supplied};
use copydesk_boilerplate::{Learning, Observation};
use copydesk_clean::{Guide, Input, Mode, Source, clean_with, day};
use copydesk_dedup::{Article, Fingerprint, Judgement, MemoryIndex, Options, Store, Window, judge};
use serde::Deserialize;
use serde_json::Value;

use super::{read_lines, write_json};

#[derive(Deserialize)]
struct Document {
    id: String,
    site: Option<String>,
    /// `2024-05-06`, or a number.
    day: Option<Value>,
    text: String,
}

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let mut bodies: BTreeMap<String, String> = BTreeMap::new();
    let mut desk = Desk::default();
    for document in read_lines(input)? {
        let document: Document = document?;
        let body = desk.take(&document)?;
        bodies.insert(document.id, body);
    }
    write_json(output, &bodies)?;
    Ok(bodies.len())
}

/// The stages that matter, without what makes them durable.
#[derive(Default)]
struct Desk {
    sequence: Sequence,
    learning: Learning,
    index: MemoryIndex,
    /// Numbers of days that are not written as dates.
    days: HashMap<String, i32>,
}

impl Desk {
    fn take(&mut self, document: &Document) -> anyhow::Result<String> {
        self.sequence = self.sequence.next();
        let published = document.day.as_ref().and_then(Value::as_str).map(str::to_owned);
        let supplied = Supplied { site: document.site.clone(), published, ..Supplied::default() };
        let rules = self.learning.rules_for(self.sequence);
        let guide = Guide { learned: rules.as_deref(), source_name: "default", ..Guide::default() };
        let input = Input { source: Source::Text(&document.text), supplied: &supplied, mode: Mode::default() };
        let cleaned = clean_with(&input, &guide);
        let story = self.story(&document.id, &cleaned.text);
        let number = match &document.day {
            Some(Value::Number(day)) => day.as_i64().and_then(|day| i32::try_from(day).ok()),
            Some(Value::String(word)) if cleaned.published.is_none() => {
                let next = i32::try_from(self.days.len())?;
                Some(*self.days.entry(word.clone()).or_insert(next))
            }
            _ => None,
        };
        let day = number.unwrap_or_else(|| day(cleaned.published.as_ref(), jiff::Timestamp::UNIX_EPOCH));
        let observation = cleaned.observed.map(|observed| Observation::new(&observed, day, story));
        self.learning.learn(self.sequence, observation.as_ref());
        Ok(cleaned.text)
    }

    /// The first article of its cluster of copies and versions.
    fn story(&mut self, id: &str, text: &str) -> ArticleId {
        let id = ArticleId::of("stream", None, id.as_bytes());
        let fingerprint = Fingerprint::of(text, None);
        let article = Article { id, sequence: self.sequence, window: Window(0), fetched: None, text: &fingerprint };
        let Ok(outcome) = judge(&self.index, &article, &Options::default());
        let Ok(()) = self.index.apply(&[outcome.changes]);
        match outcome.judgement {
            Judgement::Original => id,
            Judgement::Duplicate { of, .. } | Judgement::NearDuplicate { of, .. } => of.id,
            Judgement::Revision(revision) => revision.document,
        }
    }
}
