//! `charset`: a folder with `charset/truth.json` and the files it names → `{path: label}`. Only the paths of
//! `truth.json` are looked at.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use copydesk_article::Supplied;
use copydesk_clean::{Input, Mode, Source, clean};
use serde::de::IgnoredAny;

use super::{read_json, write_json};

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let files: BTreeMap<String, IgnoredAny> = read_json(&input.join("charset/truth.json"))?;
    let supplied = Supplied::default();
    let mut labels: BTreeMap<&str, String> = BTreeMap::new();
    for name in files.keys() {
        let path = input.join(name);
        let bytes = std::fs::read(&path).with_context(|| format!("can't read {}", path.display()))?;
        // What the readers take for a page is cleaned as one.
        let source = if is_page(name) { Source::Html(&bytes) } else { Source::Bytes(&bytes) };
        let cleaned = clean(&Input { source, supplied: &supplied, mode: Mode::default() });
        labels.insert(name, cleaned.charset.unwrap_or_default());
    }
    write_json(output, &labels)?;
    Ok(labels.len())
}

fn is_page(name: &str) -> bool {
    let ending = Path::new(name).extension().unwrap_or_default();
    ["html", "htm", "xml"].iter().any(|page| ending.eq_ignore_ascii_case(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_as_in_the_truth() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("charset")).expect("a folder");
        let truth = r#"{"charset/a.txt": {"encoding": "x"}, "charset/b.html": {"encoding": "x"}}"#;
        std::fs::write(folder.path().join("charset/truth.json"), truth).expect("written");
        std::fs::write(folder.path().join("charset/a.txt"), "Die Fähre fährt.").expect("written");
        let page = b"<meta charset=iso-8859-2><p>\xBDlut\xFD k\xF9\xF2</p>";
        std::fs::write(folder.path().join("charset/b.html"), page).expect("written");
        let output = folder.path().join("out");
        assert_eq!(predict(folder.path(), &output).expect("predicted"), 2);
        let predicted = std::fs::read_to_string(output).expect("written");
        assert_eq!(predicted.trim(), r#"{"charset/a.txt":"utf-8","charset/b.html":"iso-8859-2"}"#);
    }
}
