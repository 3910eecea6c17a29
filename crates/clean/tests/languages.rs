//! The same page in twenty languages: a menu, a headline, who wrote it and when, teasers and advertisements between
//! the paragraphs, a tail. The fixtures mark each line: `=` is the headline, `-` goes, two blanks are the body; above
//! them stands what is to be read of dates and authors.

use std::path::Path;

use copydesk_article::{RemovalReason, Supplied};
use copydesk_clean::{Input, Mode, Source, clean};

#[test]
fn an_article_comes_out_of_its_page_in_every_language() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/languages");
    let mut languages = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let fixture = std::fs::read_to_string(&path)?;
        let Some((facts, page)) = fixture.split_once("\n\n") else { panic!("no facts above {}", path.display()) };
        let fact = |name: &str| facts.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let part = |mark: &str| -> Vec<&str> { page.lines().filter_map(|line| line.strip_prefix(mark)).collect() };
        let source: Vec<&str> = page.lines().map(|line| line.get(2..).unwrap_or("")).collect();

        let supplied = Supplied::default();
        let cleaned = clean(&Input { source: Source::Text(&source.join("\n")), supplied: &supplied, mode: Mode::Cut });
        let name = path.display();
        let body: Vec<&str> = cleaned.text.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(body, part("  "), "{name}");
        assert_eq!(cleaned.title.as_deref(), part("= ").first().copied(), "{name}");
        let cut = cleaned.removed.iter().filter(|removal| removal.reason != RemovalReason::Title);
        assert_eq!(cut.map(|removal| removal.text.as_str()).collect::<Vec<_>>(), part("- "), "{name}");
        assert_eq!(cleaned.published.as_ref().map(|date| date.value.as_str()), fact("published"), "{name}");
        assert_eq!(cleaned.modified.as_ref().map(|date| date.value.as_str()), fact("modified"), "{name}");
        let authors: Vec<&str> = cleaned.authors.iter().map(|author| author.name.as_str()).collect();
        assert_eq!(authors, fact("authors").map_or(vec![], |names| names.split(", ").collect()), "{name}");
        languages += 1;
    }
    assert_eq!(languages, 20);
    Ok(())
}
