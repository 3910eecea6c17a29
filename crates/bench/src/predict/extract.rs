//! `extract`: a folder with `html/ID.html.gz` → `{ID: body}`.

use std::collections::BTreeMap;
use std::path::Path;

use copydesk_article::Supplied;
use copydesk_clean::{Input, Mode, Source, clean};

use super::{Slowest, pages, write_json};

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let supplied = Supplied::default();
    let mut slowest = Slowest::default();
    let mut bodies: BTreeMap<String, String> = BTreeMap::new();
    for page in pages(&input.join("html"), ".html")? {
        let (id, bytes) = page?;
        let cleaned = slowest
            .time(&id, || clean(&Input { source: Source::Html(&bytes), supplied: &supplied, mode: Mode::default() }));
        bodies.insert(id, cleaned.text);
    }
    slowest.tell();
    write_json(output, &bodies)?;
    Ok(bodies.len())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_page_is_cleaned_under_its_id() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("html")).expect("a folder");
        let page = b"<nav><a href=/>Home</a></nav><p>The ferry to the island sailed again on Monday.</p>";
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(page).expect("packed");
        let packed = packed.finish().expect("packed");
        std::fs::write(folder.path().join("html/pier.html.gz"), packed).expect("written");
        let output = folder.path().join("out");
        assert_eq!(predict(folder.path(), &output).expect("predicted"), 1);
        let predicted = std::fs::read_to_string(output).expect("written");
        assert_eq!(predicted.trim(), r#"{"pier":"The ferry to the island sailed again on Monday."}"#);
    }
}
