//! `canon`: lines of `{doc, text, mentions: [{start, end, type}]}` → `{doc: [label of each mention, in order]}`.
//!
//! The label is the id that the desk gives the entity; where it has none beyond its article, one with the
//! document's name in it.

use std::collections::BTreeMap;
use std::path::Path;

use copydesk_article::EntityType;
use copydesk_entities::{Given, Identity, identify};
use serde::Deserialize;

use super::{read_lines, write_json};

#[derive(Deserialize)]
struct Document {
    doc: String,
    text: String,
    mentions: Vec<Labelled>,
}

#[derive(Deserialize)]
struct Labelled {
    start: usize,
    end: usize,
    #[serde(rename = "type")]
    kind: EntityType,
}

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for document in read_lines(input)? {
        let Document { doc, text, mentions } = document?;
        let given: Vec<Given> = mentions.iter().map(|m| Given { start: m.start, end: m.end, kind: m.kind }).collect();
        let label = |identity| match identity {
            Identity::Everywhere(id) => id,
            Identity::Here(number) => format!("{doc}#{number}"),
        };
        let found = identify(&text, &given).into_iter().map(label).collect();
        labels.insert(doc, found);
    }
    write_json(output, &labels)?;
    Ok(labels.len())
}
