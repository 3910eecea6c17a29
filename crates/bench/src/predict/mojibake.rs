//! `mojibake`: `[{id, input}]` → `{id: text}`, with what was misread read again and everything else as it was.

use std::collections::BTreeMap;
use std::path::Path;

use copydesk_clean::read_again;
use serde::Deserialize;

use super::{read_json, write_json};

#[derive(Deserialize)]
struct Case {
    id: String,
    input: String,
}

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let cases: Vec<Case> = read_json(input)?;
    let texts: BTreeMap<&str, String> =
        cases.iter().map(|case| (case.id.as_str(), read_again(&case.input).into_owned())).collect();
    write_json(output, &texts)?;
    Ok(texts.len())
}
