//! One entry of a feed: which element means what.
//!
//! Elements are known by their namespace, under whatever prefix the feed gives it; without a declaration the
//! usual prefixes count. References of HTML are understood, as feeds use them; entities that a document type
//! declares are not, and nothing outside the file is ever fetched.

use copydesk_article::{Content, QuarantineReason, Supplied};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use serde_json::Value;

use crate::markup::{has_tag, unescape, words};
use crate::piece::Flaw;
use crate::xml_element::{Element, Prefixes, elements};

/// Pictures taken from one entry.
const MOST_IMAGES: usize = 256;

/// What a feed says of itself, which holds for its entries.
#[derive(Debug, Default)]
pub(crate) struct FeedHead {
    encoding: Option<&'static Encoding>,
    prefixes: Prefixes,
    /// The feed's title.
    pub site: Option<String>,
    /// The feed's language.
    pub language: Option<String>,
}

impl FeedHead {
    /// Reads what stands before the first entry. What is broken in it is not there.
    pub fn of(head: &[u8], encoding: Option<&'static Encoding>) -> Self {
        let (text, _) = decode(head, encoding);
        let mut this = Self { encoding, prefixes: Prefixes::of(&text), ..Self::default() };
        // In RSS the feed's own words stand in a `channel`, in Atom right under the root.
        let (root, of_root, _) = elements(&text, &this.prefixes, 1);
        let own = if root.name == "feed" { of_root } else { elements(&text, &this.prefixes, 2).1 };
        let first = |name: &str| own.iter().find(|element| element.name == name);
        this.site = first("title").map(|title| words(title.html())).filter(|title| !title.is_empty());
        this.language = ["language", "dc:language"]
            .into_iter()
            .find_map(|name| first(name).and_then(Element::plain))
            .or_else(|| root.attribute("xml:lang"));
        this
    }
}

/// Decodes a part of a feed; what was wrong with it, in words.
fn decode(bytes: &[u8], encoding: Option<&'static Encoding>) -> (String, Option<String>) {
    let encoding = encoding.unwrap_or(UTF_8);
    let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
    if !had_errors {
        return (text.into_owned(), None);
    }
    if encoding == UTF_8 {
        let text = WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned();
        return (text, Some("the entry is not UTF-8: it was read as windows-1252".to_owned()));
    }
    (text.into_owned(), Some(format!("the entry is not all {}: what is not became U+FFFD", encoding.name())))
}

/// Candidates for an entry's text, the best last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Summary,
    Content,
    Encoded,
}

/// Understands one entry.
pub(crate) fn read(bytes: &[u8], start: u64, head: &FeedHead) -> Result<(Content, Supplied), Flaw> {
    let (text, problem) = decode(bytes, head.encoding);
    let (root, children, error) = elements(&text, &head.prefixes, 1);
    if let Some(error) = error {
        let detail = format!("the entry at byte {start} is not XML: {error}");
        return Err(Flaw::new(QuarantineReason::InvalidXml, detail));
    }
    let mut entry = Entry::default();
    entry.supplied.problems.extend(problem);
    for child in &children {
        entry.take(child);
    }
    let Entry { body, mut supplied, permalink, original, .. } = entry;
    if let Some(original) = original
        && let Some(link) = supplied.url.replace(original)
    {
        supplied.extra.insert("link".to_owned(), Value::String(link));
    }
    supplied.url = supplied.url.or(permalink);
    supplied.language = supplied.language.or_else(|| root.attribute("xml:lang")).or_else(|| head.language.clone());
    supplied.site = supplied.site.or_else(|| head.site.clone());
    match body {
        Some((_, _, content)) => Ok((content, supplied)),
        None => Err(Flaw::new(
            QuarantineReason::NoText,
            "the entry has no text: no content, description or summary; fetch the page it links to and drop that",
        )),
    }
}

/// An entry as far as it is known.
#[derive(Default)]
struct Entry {
    /// The best text so far, and the element it stood in.
    body: Option<(Rank, String, Content)>,
    supplied: Supplied,
    /// An address that is also the entry's id.
    permalink: Option<String>,
    /// The address behind a feed proxy's.
    original: Option<String>,
}

impl Entry {
    fn take(&mut self, child: &Element<'_>) {
        let supplied = &mut self.supplied;
        match child.name.as_str() {
            "content:encoded" => self.offer(Rank::Encoded, child, html_content(child.html())),
            "content" => {
                let content = atom_content(child);
                self.offer(Rank::Content, child, content);
            }
            "description" | "dc:description" => self.offer(Rank::Summary, child, html_content(child.html())),
            "summary" => {
                let content = atom_content(child);
                self.offer(Rank::Summary, child, content);
            }
            "title" | "dc:title" => {
                let title = match child.attribute("type").as_deref() {
                    Some("text") => child.text.split_whitespace().collect::<Vec<_>>().join(" "),
                    _ => words(child.html()),
                };
                keep_first(&mut supplied.title, Some(title));
            }
            "link" => self.link(child),
            "feedburner:origLink" => keep_first(&mut self.original, child.plain()),
            "guid" => {
                let guid = child.plain();
                let is_link = child.attribute("isPermaLink").is_none_or(|value| value.trim() != "false");
                if is_link && guid.as_deref().is_some_and(|guid| guid.starts_with("http")) {
                    self.permalink.clone_from(&guid);
                }
                self.keep(child);
            }
            "pubDate" | "published" | "issued" | "dc:date" | "dcterms:issued" => {
                keep_first(&mut supplied.published, child.plain());
            }
            "updated" | "modified" | "dcterms:modified" => keep_first(&mut supplied.modified, child.plain()),
            "author" | "dc:creator" => {
                let name = child.inner.iter().find(|(name, _)| name == "name").map(|(_, text)| text.trim().to_owned());
                let author = name.or_else(|| child.plain().map(|author| person(&author)));
                let authors = &mut supplied.authors;
                authors.extend(author.filter(|author| !author.is_empty() && !authors.contains(author)));
            }
            "category" | "dc:subject" => {
                let tag = child.attribute("label").or_else(|| child.attribute("term")).or_else(|| child.plain());
                supplied.tags.extend(tag.filter(|tag| !tag.is_empty() && !supplied.tags.contains(tag)));
            }
            "dc:language" | "language" => keep_first(&mut supplied.language, child.plain()),
            "enclosure" => {
                let is_image = child.attribute("type").is_some_and(|media| media.starts_with("image/"));
                self.image(child.attribute("url").filter(|_| is_image));
            }
            _ => {
                if child.images.is_empty() {
                    self.keep(child);
                }
            }
        }
        for image in &child.images {
            self.image(Some(image.clone()));
        }
    }

    /// The link of RSS is a text; those of Atom say what they are for.
    fn link(&mut self, child: &Element<'_>) {
        let Some(address) = child.attribute("href") else {
            return keep_first(&mut self.supplied.url, child.plain());
        };
        match child.attribute("rel").as_deref() {
            None | Some("alternate") => keep_first(&mut self.supplied.url, Some(address)),
            Some("enclosure") if child.attribute("type").is_some_and(|media| media.starts_with("image/")) => {
                self.image(Some(address));
            }
            _ => {}
        }
    }

    fn image(&mut self, address: Option<String>) {
        let images = &mut self.supplied.images;
        let is_new = |address: &String| !address.is_empty() && images.len() < MOST_IMAGES && !images.contains(address);
        images.extend(address.filter(is_new));
    }

    /// Takes a candidate for the text; the one that loses stays in `extra`.
    fn offer(&mut self, rank: Rank, child: &Element<'_>, content: Option<Content>) {
        let Some(content) = content else { return };
        let mut loser = Some((rank, child.name.clone(), content));
        if self.body.as_ref().is_none_or(|(best, ..)| *best < rank) {
            std::mem::swap(&mut self.body, &mut loser);
        }
        if let Some((_, name, Content::Text(text) | Content::Markup(text))) = loser {
            self.supplied.extra.entry(name).or_insert(Value::String(text));
        }
    }

    /// Keeps an element without a place, where it is simple.
    fn keep(&mut self, child: &Element<'_>) {
        let Some(text) = child.plain().filter(|_| !child.has_elements) else { return };
        match self.supplied.extra.get_mut(&child.name) {
            Some(Value::Array(values)) => values.push(Value::String(text)),
            Some(value) => *value = Value::Array(vec![value.take(), Value::String(text)]),
            None => {
                self.supplied.extra.insert(child.name.clone(), Value::String(text));
            }
        }
    }
}

fn keep_first(place: &mut Option<String>, value: Option<String>) {
    if place.is_none() {
        *place = value.filter(|value| !value.is_empty());
    }
}

/// The text of an element that holds HTML by its format: often it has none.
fn html_content(text: &str) -> Option<Content> {
    if text.trim().is_empty() {
        None
    } else if has_tag(text.as_bytes()) {
        Some(Content::Markup(text.to_owned()))
    } else {
        Some(Content::Text(unescape(text)))
    }
}

/// The text of an element of Atom, which says what it holds.
fn atom_content(child: &Element<'_>) -> Option<Content> {
    match child.attribute("type").as_deref().map(str::trim) {
        None if child.has_elements => html_content(child.inner_xml),
        None | Some("text" | "text/plain") => {
            let text = child.text.trim();
            (!text.is_empty()).then(|| Content::Text(text.to_owned()))
        }
        Some("html" | "text/html") => html_content(child.html()),
        Some("xhtml" | "application/xhtml+xml") => html_content(child.inner_xml),
        // Something else, in base64 or at another address.
        Some(media) if media.contains('/') => None,
        // No type of Atom's (feedgen writes `CDATA`): it is meant to be read.
        Some(_) => html_content(child.html()),
    }
}

/// The name in RSS's `ada@example.org (Ada Byrne)`.
fn person(author: &str) -> String {
    let name = author.strip_suffix(')').and_then(|author| author.split_once('('));
    match name {
        Some((address, name)) if address.contains('@') && !name.trim().is_empty() => name.trim().to_owned(),
        _ => author.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(xml: &str) -> (Content, Supplied) {
        read(xml.as_bytes(), 0, &FeedHead::default()).expect("an entry")
    }

    #[test]
    fn rss() {
        let (content, supplied) = entry(
            "<item><title>Rain &amp;amp; flood &lt;b&gt;now&lt;/b&gt;</title><link> https://example.org/a </link>\
             <description>Short.</description><content:encoded><![CDATA[<p>Rain fell.</p>]]></content:encoded>\
             <author>ada@example.org (Ada Byrne)</author><dc:creator>Leo Maas</dc:creator>\
             <category>Weather</category><category>North</category><pubDate>Wed, 01 May 2024 08:00:00 GMT</pubDate>\
             <guid isPermaLink=\"false\">n-7</guid><media:content url='https://example.org/i.jpg' medium='image'/>\
             <enclosure url='https://example.org/a.mp3' type='audio/mpeg'/><slash:comments>3</slash:comments></item>",
        );
        assert_eq!(content, Content::Markup("<p>Rain fell.</p>".to_owned()));
        assert_eq!(supplied.title.as_deref(), Some("Rain & flood now"));
        assert_eq!(supplied.url.as_deref(), Some("https://example.org/a"));
        assert_eq!(supplied.authors, ["Ada Byrne", "Leo Maas"]);
        assert_eq!(supplied.tags, ["Weather", "North"]);
        assert_eq!(supplied.images, ["https://example.org/i.jpg"]);
        assert_eq!(supplied.published.as_deref(), Some("Wed, 01 May 2024 08:00:00 GMT"));
        let extra = serde_json::json!({"description": "Short.", "guid": "n-7", "slash:comments": "3"});
        assert_eq!(Value::Object(supplied.extra), extra);
    }

    #[test]
    fn atom() {
        let (content, supplied) = entry(
            "<entry xml:lang='en'><title type='html'>Rain &amp;mdash; &lt;i>now&lt;/i></title><id>tag:x</id>\
             <link rel='self' href='https://example.org/self'/><link href='https://example.org/a'/>\
             <updated>2024-05-02T08:00:00Z</updated><published>2024-05-01T08:00:00Z</published>\
             <author><name>Ada Byrne</name><uri>https://example.org/ada</uri></author>\
             <category term='w' label='Weather'/><summary>Short</summary>\
             <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Rain &amp; flood.</p></div></content></entry>",
        );
        let markup = "<div xmlns='http://www.w3.org/1999/xhtml'><p>Rain &amp; flood.</p></div>";
        assert_eq!(content, Content::Markup(markup.to_owned()));
        assert_eq!(supplied.title.as_deref(), Some("Rain — now"));
        assert_eq!(supplied.url.as_deref(), Some("https://example.org/a"));
        assert_eq!(supplied.authors, ["Ada Byrne"]);
        assert_eq!(supplied.published.as_deref(), Some("2024-05-01T08:00:00Z"));
        assert_eq!(supplied.modified.as_deref(), Some("2024-05-02T08:00:00Z"));
        assert_eq!((supplied.tags, supplied.language.as_deref()), (vec!["Weather".to_owned()], Some("en")));
        let (content, _) = entry("<entry><content type='text'>if a &lt;b> then</content></entry>");
        assert_eq!(content, Content::Text("if a <b> then".to_owned()));
    }

    #[test]
    fn texts_without_tags_are_text_and_references_of_html_are_understood() {
        let (content, _) =
            entry("<item><description>Caf&eacute; &amp;eacute;t&#xe9; AT&T &unknown;</description></item>");
        assert_eq!(content, Content::Text("Café été AT&T &unknown;".to_owned()));
        let (content, _) = entry("<item><description><p>In the &nbsp; open</p></description></item>");
        assert_eq!(content, Content::Markup("<p>In the &nbsp; open</p>".to_owned()));
    }

    #[test]
    fn the_entry_that_is_broken_says_where() {
        for (xml, reason) in [
            ("<item><title>x</title></item>", QuarantineReason::NoText),
            ("<item><description>a<br>b</description></item>", QuarantineReason::InvalidXml),
        ] {
            let flaw = read(xml.as_bytes(), 71, &FeedHead::default()).expect_err("broken");
            assert_eq!(flaw.reason, reason, "{}", flaw.detail);
        }
    }

    #[test]
    fn the_feed_speaks_for_its_entries_and_other_charsets_are_read() {
        let head = FeedHead::of(
            b"<?xml version='1.0' encoding='iso-8859-2'?><rss xmlns:c='http://purl.org/rss/1.0/modules/content/'><channel>\
              <image><title>Logo</title></image><title>Harbour N\xf9</title><language>cs</language>",
            Encoding::for_label(b"iso-8859-2"),
        );
        assert_eq!((head.site.as_deref(), head.language.as_deref()), (Some("Harbour Nů"), Some("cs")));
        let (content, supplied) = read(b"<item><c:encoded>\xb9</c:encoded></item>", 0, &head).expect("an entry");
        assert_eq!(content, Content::Text("š".to_owned()));
        assert_eq!(supplied.site.as_deref(), Some("Harbour Nů"));
        let (content, supplied) =
            read(b"<item><description>caf\xe9</description></item>", 0, &FeedHead::default()).expect("an entry");
        assert_eq!((content, supplied.problems.len()), (Content::Text("café".to_owned()), 1));
    }
}
