//! Files made by public tools (`fixtures/make.py`), read right.

mod support;

use copydesk_article::{Content, SourceFormat};
use copydesk_readers::{Position, RawRecord};
use support::{drop_file, open, read, record, rest, text};

const TITLES: [&str; 2] = ["Ferry back in service after storm", "Lanterns return to Old Mill Bridge"];

fn both(format: SourceFormat, path: &str, bytes: &[u8]) -> [RawRecord; 2] {
    let (found, items) = read(path, bytes);
    assert_eq!(found, format);
    let records: Vec<RawRecord> = items.iter().map(|item| record(item).clone()).collect();
    let [one, two] = <[RawRecord; 2]>::try_from(records).expect("two articles");
    assert!(text(&one.content).contains("café owners on the quay “had never been so glad"), "{one:?}");
    assert!(text(&two.content).contains("first prize was a goat."), "{two:?}");
    [one, two]
}

#[test]
fn a_warc_file_of_warcio() {
    let packed = include_bytes!("fixtures/pages.warc.gz");
    let records = both(SourceFormat::Warc, "pages.warc.gz", packed);
    for (number, record) in records.iter().enumerate() {
        assert!(matches!(&record.content, Content::Html(page) if page.starts_with(b"<!DOCTYPE html>")));
        assert_eq!(record.supplied.url, Some(format!("https://larkholm.example/{number}")));
        assert_eq!(record.supplied.fetched_at.as_deref(), Some("2024-05-01T08:00:00Z"));
        assert_eq!(record.supplied.charset.as_deref(), Some("utf-8"));
        assert!(record.supplied.problems.is_empty());
    }
    let folder = tempfile::tempdir().expect("temp");
    let found = drop_file(folder.path(), "pages.warc.gz", packed);
    let mut reader = open(folder.path(), &found, Position::default());
    rest(&mut reader);
    let skipped: Vec<_> = reader.skipped().iter().map(|(reason, count)| (*reason, *count)).collect();
    assert_eq!(skipped, [("http_status", 1), ("request", 2), ("revisit", 1), ("warcinfo", 1)]);
}

#[test]
fn feeds_of_feedgen() {
    for (name, bytes) in
        [("rss.xml", &include_bytes!("fixtures/rss.xml")[..]), ("atom.xml", &include_bytes!("fixtures/atom.xml")[..])]
    {
        for (number, record) in both(SourceFormat::Feed, name, bytes).iter().enumerate() {
            assert!(matches!(&record.content, Content::Markup(html) if html.starts_with("<p>")), "{name}");
            let supplied = &record.supplied;
            assert_eq!(supplied.title.as_deref(), Some(TITLES[number]), "{name}");
            assert_eq!(supplied.url, Some(format!("https://larkholm.example/{number}")), "{name}");
            assert_eq!(supplied.authors, [["Ada Byrne", "Mira Szabó"][number]], "{name}");
            assert!(supplied.published.as_deref().is_some_and(|date| date.contains("2024")), "{name}");
            assert_eq!(
                (supplied.site.as_deref(), &supplied.tags[..]),
                (Some("Larkholm Courier"), &["Local news".to_owned()][..])
            );
            assert_eq!(supplied.language.as_deref(), Some("en"), "{name}");
        }
    }
}

#[test]
fn a_newsletter_of_pythons_email() {
    let (format, items) = read("newsletter.eml", include_bytes!("fixtures/newsletter.eml"));
    let record = record(&items[0]);
    assert_eq!((format, items.len()), (SourceFormat::Email, 1));
    assert!(
        matches!(&record.content, Content::Markup(html) if html.contains("<address>Mira Szabó</address>")),
        "{record:?}"
    );
    assert_eq!(record.supplied.title.as_deref(), Some("Lanterns return to Old Mill Bridge – naïve, say some"));
    assert_eq!(record.supplied.authors, ["Mira Szabó"]);
    assert_eq!(record.supplied.published.as_deref(), Some("Wed, 01 May 2024 08:00:00 +0000"));
    assert_eq!(record.supplied.extra["list-id"], "Larkholm Courier <courier.larkholm.example>");
}

#[test]
fn lines_of_gzip_and_zstd() {
    for (name, bytes) in [
        ("lines.jsonl.gz", &include_bytes!("fixtures/lines.jsonl.gz")[..]),
        ("lines.jsonl.zst", &include_bytes!("fixtures/lines.jsonl.zst")[..]),
    ] {
        for (number, record) in both(SourceFormat::JsonLines, name, bytes).iter().enumerate() {
            assert_eq!(
                (record.line, record.supplied.title.as_deref()),
                (Some(number as u64 + 1), Some(TITLES[number]))
            );
        }
    }
}
