//! `entities`: lines of `{id, text}` → lines of `{id, entities: [{type, mentions: [{start, end}]}]}`.
//!
//! Offsets count in the text as given, so it is not cleaned; only its language comes from cleaning, as in the
//! desk. Its parts are those of the text as given, found by what the cleaner asks. There is no headline, so every mention is in
//! the text.

use std::path::Path;

use copydesk_article::{EntityType, LanguagePart, Mention};
use copydesk_entities::{Input, recognise};
use copydesk_language::{Part, switches};
use serde::{Deserialize, Serialize};

use super::{cleaned, read_lines, write_lines};

#[derive(Deserialize)]
struct Document {
    id: String,
    text: String,
}

#[derive(Serialize)]
struct Prediction {
    id: String,
    entities: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    #[serde(rename = "type")]
    kind: EntityType,
    mentions: Vec<Offsets>,
}

#[derive(Serialize)]
struct Offsets {
    start: usize,
    end: usize,
}

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let mut documents = 0;
    let predictions = read_lines(input)?.map(|document: anyhow::Result<Document>| {
        documents += 1;
        document.map(of)
    });
    write_lines(output, predictions)?;
    Ok(documents)
}

fn of(document: Document) -> Prediction {
    let language = cleaned(&document.text).language.code;
    let part = |part: Part| LanguagePart { code: part.code.to_owned(), start: part.start, end: part.end };
    let parts: Vec<_> = switches(&document.text).into_iter().map(part).collect();
    let input = Input { title: None, text: &document.text, language: &language, parts: &parts, published: None };
    let entities = recognise(&input);
    let offsets = |mention: &Mention| Offsets { start: mention.start, end: mention.end };
    let named = entities
        .iter()
        .map(|entity| Named { kind: entity.kind, mentions: entity.mentions.iter().map(offsets).collect() });
    Prediction { id: document.id, entities: named.collect() }
}
