//! `plain`: `{id: text}` → `{id: body}`, by cleaning.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Slowest, cleaned, read_json, write_json};

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let pages: BTreeMap<String, String> = read_json(input)?;
    let mut slowest = Slowest::default();
    let bodies: BTreeMap<&str, String> =
        pages.iter().map(|(id, page)| (id.as_str(), slowest.time(id, || cleaned(page)).text)).collect();
    slowest.tell();
    write_json(output, &bodies)?;
    Ok(bodies.len())
}
