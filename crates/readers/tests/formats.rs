//! Every format but JSON and text: what is made of each, resumed everywhere, packed and cut.

mod support;

use copydesk_article::{Content, QuarantineReason, SourceFormat};
use copydesk_readers::Item;
use support::{bad, read, record, told};

#[test]
fn a_web_page_is_one_record() {
    let page = b"<!doctype html><meta charset=latin1><p>Caf\xe9";
    let (format, items) = read("harbour/a", page);
    assert_eq!((format, items.len()), (SourceFormat::Html, 1));
    assert_eq!(record(&items[0]).content, Content::Html(page.to_vec()));
    assert_eq!(
        (record(&items[0]).source_name.as_str(), record(&items[0]).bytes.clone()),
        ("harbour", 0..page.len() as u64)
    );
}

const RSS: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE rss [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>\n<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\
<channel><title>Example Times</title><link>https://example.org/</link><language>en</language>\n\
<!-- <item> in a comment -->\n\
<item><title>One</title><link>https://example.org/1</link><content:encoded><![CDATA[<p>One </item> fell.</p>]]></content:encoded></item>\n\
<item><title>Two</title><description>a<br>b</description></item>\n\
<item><title>Three</title></item>\n\
<item><title>Four</title><description>Four &e; fell.</description></item>\n\
</channel></rss>\n";

#[test]
fn rss_entries_are_a_record_each_and_broken_ones_cost_themselves() {
    let (format, items) = read("wire/a.xml", RSS.as_bytes());
    assert_eq!(format, SourceFormat::Feed);
    assert_eq!(told(&items), ["<p>One </item> fell.</p>", "0 invalid_xml", "0 no_text", "Four &e; fell."]);
    let one = record(&items[0]);
    assert_eq!((one.supplied.site.as_deref(), one.supplied.language.as_deref()), (Some("Example Times"), Some("en")));
    assert_eq!((one.supplied.url.as_deref(), one.source_name.as_str()), (Some("https://example.org/1"), "wire"));
    let element =
        &RSS[usize::try_from(one.bytes.start).expect("small")..usize::try_from(one.bytes.end).expect("small")];
    assert!(element.starts_with("<item><title>One") && element.ends_with("</item>"), "{element}");
    let two = bad(&items[1]);
    assert!(two.detail.contains(&two.bytes.start.to_string()), "{}", two.detail);
}

#[test]
fn a_feed_cut_short_gives_what_stands_before_the_cut() {
    let inside = RSS.find("Four fell").unwrap_or_else(|| RSS.find("Four &e;").expect("Four"));
    let (_, items) = read("a", &RSS.as_bytes()[..inside]);
    assert_eq!(told(&items)[2..], ["0 no_text", "0 invalid_xml"]);
    let between = RSS.find("</channel>").expect("channel");
    let (_, items) = read("a", &RSS.as_bytes()[..between]);
    assert_eq!(told(&items)[3..], ["Four &e; fell.", "0 invalid_xml"]);
}

#[test]
fn an_entry_that_is_not_closed_ends_where_the_next_begins() {
    let feed = "<rss><channel><item><description>one</description>\
                <item><description>two</description></item><item/></channel></rss>";
    assert_eq!(told(&read("a", feed.as_bytes()).1), ["0 invalid_xml", "two", "0 no_text"]);
    let feed = format!(
        "<rss><channel><item><description>{}</description></item><item><description>two</description></item></channel></rss>",
        "x".repeat(200_000)
    );
    assert_eq!(told(&read("a", feed.as_bytes()).1), ["0 too_large", "two"]);
    assert_eq!(read("a", b"<rss version='2.0'><channel><title>x</title></channel></rss>").1, []);
}

#[test]
fn feeds_after_one_another_are_read_on() {
    let feed = "<rss><channel><item><description>one</description></item></channel></rss>";
    assert_eq!(told(&read("a", feed.repeat(2).as_bytes()).1), ["one", "one"]);
    let stray = "<rss></rss><item><description>one</description></item><item><description>two</description></item>";
    assert_eq!(told(&read("a", stray.as_bytes()).1), ["one", "two", "0 invalid_xml"]);
}

#[test]
fn atom_and_rdf_in_any_encoding() {
    let atom = "<a:feed xmlns:a='http://www.w3.org/2005/Atom' xml:lang='de'><a:title>Beispiel</a:title>\
                <a:entry><a:title>Regen</a:title><a:content>Es regnete in M\u{fc}nchen.</a:content></a:entry></a:feed>";
    let wide: Vec<u8> = format!("\u{feff}<?xml version='1.0' encoding='utf-16'?>{atom}")
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let latin: Vec<u8> =
        format!("<?xml version='1.0' encoding='ISO-8859-1'?>{atom}").chars().map(|c| c as u8).collect();
    // Whose bytes hold a `<`.
    let (japanese, ..) = encoding_rs::ISO_2022_JP
        .encode("<?xml version='1.0' encoding='iso-2022-jp'?><feed><entry><content>新聞社</content></entry></feed>");
    for bytes in [atom.as_bytes().to_vec(), wide, latin] {
        let (format, items) = read("a", &bytes);
        assert_eq!((format, told(&items)), (SourceFormat::Feed, vec!["Es regnete in München.".to_owned()]));
        let supplied = &record(&items[0]).supplied;
        assert_eq!((supplied.site.as_deref(), supplied.language.as_deref()), (Some("Beispiel"), Some("de")));
        assert_eq!(supplied.problems.len(), 0);
    }
    assert_eq!(told(&read("a", &japanese).1), ["新聞社"]);
    let rdf = "<rdf:RDF xmlns='http://purl.org/rss/1.0/' xmlns:x='http://purl.org/dc/elements/1.1/'>\
               <channel><title>Example</title><items><rdf:Seq><rdf:li/></rdf:Seq></items></channel>\
               <item><title>Rain</title><description>Rain fell.</description><x:creator>Ada Byrne</x:creator></item></rdf:RDF>";
    let (_, items) = read("a", rdf.as_bytes());
    assert_eq!(
        (told(&items), &record(&items[0]).supplied.authors),
        (vec!["Rain fell.".to_owned()], &vec!["Ada Byrne".to_owned()])
    );
}

#[test]
fn a_json_feed_is_a_feed() {
    let feed = r#"{"version":"https://jsonfeed.org/version/1.1","title":"Example Times","language":"en","items":[
        {"id":"https://example.org/1","content_html":"<p>One</p>","authors":[{"name":"Ada Byrne"}],"date_published":"2024-05-01T08:00:00Z","tags":["Rain"]},
        {"id":"2","url":"https://example.org/2","content_text":"Two","title":"2"}]}"#;
    let (format, items) = read("a.json", feed.as_bytes());
    assert_eq!((format, told(&items)), (SourceFormat::Feed, vec!["<p>One</p>".into(), "Two".into()]));
    let supplied = &record(&items[0]).supplied;
    assert_eq!((supplied.site.as_deref(), supplied.language.as_deref()), (Some("Example Times"), Some("en")));
    assert_eq!(
        (supplied.url.as_deref(), supplied.authors.concat()),
        (Some("https://example.org/1"), "Ada Byrne".to_owned())
    );
    assert_eq!(supplied.published.as_deref(), Some("2024-05-01T08:00:00Z"));
}

fn warc(kind: &str, media: &str, block: &str) -> String {
    format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://example.org/a\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    )
}

fn page(status: &str, media: &str, body: &str) -> String {
    warc(
        "response",
        "application/http; msgtype=response",
        &format!("HTTP/1.1 {status}\r\nContent-Type: {media}\r\n\r\n{body}"),
    )
}

#[test]
fn a_warc_file_gives_its_pages_and_counts_the_rest() {
    let records = [
        warc("warcinfo", "application/warc-fields", "software: x\r\n"),
        warc("request", "application/http; msgtype=request", "GET / HTTP/1.1\r\n\r\n"),
        page("200 OK", "text/html", "<p>One</p>"),
        page("404 Not Found", "text/html", "<p>None</p>"),
        page("200 OK", "image/png", "\u{89}PNG"),
        page("200 OK", "application/json", "{\"a\":1}"),
        warc(
            "response",
            "application/http",
            &format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}", "x".repeat(200_000)),
        ),
        "junk\r\n".to_owned(),
        // What wget keeps about itself.
        warc("resource", "text/plain", "wget --password=secret")
            .replace("https://example.org/a", "metadata://gnu.org/wget"),
        warc("conversion", "text/plain", "Two"),
        page("200 OK", "text/plain; charset=utf-8", "Three"),
    ];
    let bytes = records.concat();
    let (format, items) = read("a.warc", bytes.as_bytes());
    assert_eq!(format, SourceFormat::Warc);
    assert_eq!(told(&items), ["<p>One</p>", "0 too_large", "0 invalid_warc", "Two", "Three"]);
    let one = record(&items[0]);
    let start = records[..2].concat().len() as u64;
    assert_eq!(one.bytes, start..start + records[2].len() as u64 - 4);
    assert_eq!(one.supplied.url.as_deref(), Some("https://example.org/a"));
    assert_eq!(record(&items[4]).supplied.charset.as_deref(), Some("utf-8"));
    // Each record in a member of its own, as crawlers pack them.
    let packed: Vec<u8> = records.iter().flat_map(|record| support::gzip(record.as_bytes())).collect();
    let folder = tempfile::tempdir().expect("temp");
    let found = support::drop_file(folder.path(), "a.warc.gz", &packed);
    let mut reader = support::open(folder.path(), &found, copydesk_readers::Position::default());
    assert_eq!(told(&support::rest(&mut reader)), told(&items));
    let skipped: Vec<(&str, u64)> = reader.skipped().iter().map(|(reason, count)| (*reason, *count)).collect();
    assert_eq!(
        skipped,
        [("http_status", 1), ("image", 1), ("json", 1), ("metadata", 1), ("request", 1), ("warcinfo", 1)]
    );
    let (_, cut) = read("a.warc", &bytes.as_bytes()[..bytes.len() - 6]);
    assert_eq!(told(&cut)[3..], ["Two", "0 truncated"]);
}

const MAIL: &str =
    "From: Ada Byrne <ada@example.org>\nDate: Wed, 1 May 2024 08:00:00 +0200\nSubject: Rain\n\nRain fell.\n";

#[test]
fn mail_is_read_alone_and_in_boxes() {
    let (format, items) = read("a.eml", MAIL.as_bytes());
    assert_eq!((format, told(&items)), (SourceFormat::Email, vec!["Rain fell.".to_owned()]));
    assert_eq!(record(&items[0]).supplied.authors, ["Ada Byrne"]);
    let from = "From ada@example.org Wed May  1 08:00:00 2024\n";
    let large = MAIL.replace("fell", &"fell ".repeat(2000));
    let mbox = format!("{from}{MAIL}\n{from}{large}\n{from}X-Nothing: x\nX-More: x\n\nx\n\n{from}{MAIL}");
    let (format, items) = read("a.mbox", mbox.as_bytes());
    assert_eq!(
        (format, told(&items)),
        (
            SourceFormat::Email,
            ["Rain fell.", "0 too_large", "0 invalid_email", "Rain fell."].map(str::to_owned).to_vec()
        )
    );
    assert_eq!(bad(&read("a.eml", b"no mail").1[0]).reason, QuarantineReason::InvalidEmail);
}

#[test]
fn only_some_formats_are_single() {
    let single = |path: &str, bytes: &[u8]| {
        copydesk_readers::Reader::of_bytes(
            path.as_ref(),
            bytes.to_vec(),
            &copydesk_readers::Known::default(),
            &support::options(),
        )
        .expect("memory")
        .is_single()
    };
    assert!(single("a", b"text") && single("a.html", b"<p>x") && single("a.eml", MAIL.as_bytes()) && single("a", b""));
    assert!(!single("a", b"{\"text\":\"x\"}") && !single("a", RSS.as_bytes()) && !single("a", b"WARC/1.0\r\n"));
}

#[test]
fn items_say_where_they_are() {
    let items = read("a", RSS.as_bytes()).1;
    let starts: Vec<u64> = items
        .iter()
        .map(|item| match item {
            Item::Record(record) => record.bytes.start,
            Item::Bad(bad) => bad.bytes.start,
        })
        .collect();
    assert!(starts.is_sorted() && starts[0] > 0, "{starts:?}");
}
