//! `langid`: `{id: {text}}` → `{id: language}`, as cleaning finds it: of the cleaned text.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{cleaned, read_json, write_json};

#[derive(Deserialize)]
struct Sample {
    text: String,
}

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let samples: BTreeMap<String, Sample> = read_json(input)?;
    let codes: BTreeMap<&str, String> =
        samples.iter().map(|(id, sample)| (id.as_str(), cleaned(&sample.text).language.code)).collect();
    write_json(output, &codes)?;
    Ok(codes.len())
}
