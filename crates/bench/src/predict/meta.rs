//! `meta`: a folder with `html/ID.gz` → `{ID: {title, author, date, text}}`.

use std::collections::BTreeMap;
use std::path::Path;

use copydesk_article::Supplied;
use copydesk_clean::{Input, Mode, Source, clean};
use serde::Serialize;

use super::{Slowest, pages, write_json};

#[derive(Serialize)]
struct Prediction {
    title: Option<String>,
    author: Vec<String>,
    date: Option<String>,
    text: String,
}

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let supplied = Supplied::default();
    let mut slowest = Slowest::default();
    let mut predictions = BTreeMap::new();
    for page in pages(&input.join("html"), "")? {
        let (id, bytes) = page?;
        let cleaned = slowest
            .time(&id, || clean(&Input { source: Source::Html(&bytes), supplied: &supplied, mode: Mode::default() }));
        let day = |value: String| value.get(..10).map(str::to_owned);
        let prediction = Prediction {
            title: cleaned.title,
            author: cleaned.authors.into_iter().map(|author| author.name).collect(),
            // A page that only says when it was changed is dated by that.
            date: cleaned.published.or(cleaned.modified).and_then(|stamp| day(stamp.value)),
            text: cleaned.text,
        };
        predictions.insert(id, prediction);
    }
    slowest.tell();
    write_json(output, &predictions)?;
    Ok(predictions.len())
}
