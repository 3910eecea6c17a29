//! Articles in every format that is not JSON or plain text, as small as the format allows.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// One gzip member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("write to memory");
    encoder.finish().expect("write to memory")
}

/// One Zstandard frame.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("write to memory")
}

fn paragraphs(text: &str) -> String {
    text.split("\n\n").fold(String::new(), |mut html, paragraph| {
        writeln!(html, "<p>{}</p>", escape(paragraph)).expect("write to a string");
        html
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A web page with a menu and a footer around the article.
pub fn page(number: u64, text: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Report {number} – Valley News</title>\n\
         <link rel=\"canonical\" href=\"https://valley-news.example/{number}\"></head>\n\
         <body><nav><ul><li><a href=\"/\">Home</a></li><li><a href=\"/sport\">Sport</a></li></ul></nav>\n\
         <article><h1>Report {number}</h1>\n{}</article>\n\
         <footer><p>All rights reserved</p></footer></body></html>\n",
        paragraphs(text)
    )
}

/// An RSS feed with the whole articles in it.
pub fn feed(items: &[(u64, String)]) -> String {
    let mut feed = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel>\n\
        <title>North Wire</title><link>https://north-wire.example/</link><language>en</language>\n"
        .to_owned();
    for (number, text) in items {
        writeln!(
            feed,
            "<item><title>Report {number}</title><link>https://north-wire.example/{number}</link>\
             <pubDate>Wed, 01 May 2024 08:00:00 +0000</pubDate>\
             <content:encoded><![CDATA[{}]]></content:encoded></item>",
            paragraphs(text)
        )
        .expect("write to a string");
    }
    feed.push_str("</channel></rss>\n");
    feed
}

/// The records of a WARC file: a note on the crawl, then a request and a response for each page.
pub fn warc(pages: &[(u64, String)]) -> Vec<Vec<u8>> {
    let record = |kind: &str, uri: &str, of: &str, block: &str| {
        let target = if uri.is_empty() { String::new() } else { format!("WARC-Target-URI: {uri}\r\n") };
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\n{target}WARC-Date: 2024-05-01T08:00:00Z\r\n\
             WARC-Record-ID: <urn:example:{kind}:{uri}>\r\nContent-Type: {of}\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
            block.len()
        )
        .into_bytes()
    };
    let mut records = vec![record("warcinfo", "", "application/warc-fields", "software: a test\r\n")];
    for (number, text) in pages {
        let uri = format!("https://valley-news.example/archive/{number}");
        let request = format!("GET /archive/{number} HTTP/1.1\r\nHost: valley-news.example\r\n\r\n");
        records.push(record("request", &uri, "application/http; msgtype=request", &request));
        let page = page(*number, text);
        let response = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n{page}",
            page.len()
        );
        records.push(record("response", &uri, "application/http; msgtype=response", &response));
    }
    records
}

/// A mail with the article as its text.
pub fn mail(number: u64, text: &str) -> String {
    format!(
        "From: City Desk <news@city-desk.example>\r\nTo: readers@city-desk.example\r\n\
         Subject: Report {number}\r\nDate: Wed, 01 May 2024 08:00:00 +0000\r\n\
         Message-ID: <{number}@city-desk.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
        text.replace('\n', "\r\n")
    )
}
