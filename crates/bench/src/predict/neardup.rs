//! `neardup`: lines of `{id, text, url?}` → `{id: id of the first of its cluster}`, one document after the
//! other, each judged by what came before it. Cleaned first, then keyed, as in the desk.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use copydesk_dedup::text_key;
use serde::Deserialize;

use super::{cleaned, read_lines, write_json};

#[derive(Deserialize)]
struct Document {
    id: String,
    text: String,
    url: Option<String>,
}

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let mut holders: HashMap<u128, String> = HashMap::new();
    let mut clusters: BTreeMap<String, String> = BTreeMap::new();
    for document in read_lines(input)? {
        let Document { id, text, url } = document?;
        let first = match text_key(&cleaned(&text).text, url.as_deref()) {
            Some(key) => holders.entry(key).or_insert_with(|| id.clone()).clone(),
            None => id.clone(),
        };
        clusters.insert(id, first);
    }
    write_json(output, &clusters)?;
    Ok(clusters.len())
}
