//! Which field of a JSON article means what, in the words of those who write them.
//!
//! The names are those of news-please, newspaper3k and 4k, trafilatura, NewsAPI, Media Cloud, Common Crawl's
//! news sets, feed dumps, schema.org, and what people name their Scrapy fields. For each property the first
//! name in the order below that holds something wins. What did not win and what has no name here stays in
//! `extra` untouched, and so does a value with more inside than was taken (an author with an address, say).
//!
//! Scrapers put HTML where text should be: a field that is named so, or clearly is, is handed on as markup. An
//! Elasticsearch hit is read as what its `_source` holds.

use copydesk_article::{Content, Supplied};
use serde_json::{Map, Value};

use crate::markup::is_clearly_html;

const URL: &[&str] = &["url", "link"];
/// newspaper's address of the site; of others the article's.
const SOURCE_URL: &[&str] = &["source_url"];
const CANONICAL_URL: &[&str] = &["canonical_url", "canonical", "canonical_link"];
const TITLE: &[&str] = &["title", "headline", "article_title"];
const SUBTITLE: &[&str] = &["subtitle", "deck", "standfirst", "alternativeHeadline"];
const TEXT: &[&str] = &[
    "text",
    "body",
    "content",
    "article",
    "maintext",
    "article_text",
    "articleBody",
    "full_text",
    "fulltext",
    "text_content",
    "content_text",
];
/// HTML, where there is no text.
const MARKUP: &[&str] = &["content_html", "body_html", "html", "raw_html"];
const AUTHORS: &[&str] = &["authors", "author", "byline", "creator"];
const PUBLISHED: &[&str] = &[
    "published",
    "date",
    "date_publish",
    "publish_date",
    "published_at",
    "publishedAt",
    "pubDate",
    "pub_date",
    "datePublished",
    "date_published",
    "published_date",
    "publication_date",
    "publish_time",
];
const MODIFIED: &[&str] = &[
    "modified",
    "date_modify",
    "date_modified",
    "dateModified",
    "modified_at",
    "modified_date",
    "updated",
    "updated_at",
    "updatedAt",
    "last_modified",
];
const FETCHED_AT: &[&str] = &[
    "fetched_at",
    "date_download",
    "crawled_at",
    "scraped_at",
    "retrieved",
    "retrieved_at",
    "download_date",
    "crawl_date",
];
const LANGUAGE: &[&str] = &["language", "lang", "inLanguage"];
const SITE: &[&str] = &[
    "site",
    "site_name",
    "sitename",
    "source_domain",
    "domain",
    "canonical_domain",
    "publisher",
    "outlet",
    "media_name",
    "source-hostname",
    "hostname",
];
const SECTIONS: &[&str] = &["sections", "section", "category", "categories", "articleSection"];
const TAGS: &[&str] = &["tags", "keywords"];
const IMAGES: &[&str] = &["images", "image", "image_url", "top_image", "urlToImage"];

/// Whether a field of this name may hold an article's text.
pub(crate) fn is_text_name(name: &[u8]) -> bool {
    TEXT.iter().chain(MARKUP).any(|text| text.as_bytes() == name)
}

/// A JSON article, sorted into its properties.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fields {
    /// The text, where there is one.
    pub content: Option<Content>,
    /// Who delivered it, by its `source` field.
    pub source: Option<String>,
    /// Everything else.
    pub supplied: Supplied,
}

impl Fields {
    /// Sorts an object's fields.
    pub fn of(object: Map<String, Value>) -> Self {
        let mut object = unwrap_hit(object);
        let object = &mut object;
        let content = take(object, TEXT, text)
            .map(|text| if is_clearly_html(&text) { Content::Markup(text) } else { Content::Text(text) })
            .or_else(|| take(object, MARKUP, text).map(Content::Markup));
        let (source, source_url) = source(object);
        let mut supplied = Supplied {
            url: take(object, URL, string),
            canonical_url: take(object, CANONICAL_URL, string),
            site: take(object, SITE, name),
            title: take(object, TITLE, string),
            subtitle: take(object, SUBTITLE, string),
            authors: take(object, AUTHORS, |value| list(value, &["name"])).unwrap_or_default(),
            published: take(object, PUBLISHED, date),
            modified: take(object, MODIFIED, date),
            fetched_at: take(object, FETCHED_AT, date),
            language: take(object, LANGUAGE, string),
            sections: take(object, SECTIONS, sections).unwrap_or_default(),
            tags: take(object, TAGS, tags).unwrap_or_default(),
            images: take(object, IMAGES, |value| list(value, &["url", "src", "contentUrl"])).unwrap_or_default(),
            ..Supplied::default()
        };
        supplied.url = supplied.url.or(source_url);
        if let Some((host, path)) = object.get(SOURCE_URL[0]).and_then(string).as_deref().and_then(address) {
            if supplied.url.is_none() && !path.is_empty() {
                supplied.url = take(object, SOURCE_URL, string);
            } else if supplied.site.is_none() {
                supplied.site = Some(host.to_owned());
                if path.is_empty() {
                    object.remove(SOURCE_URL[0]);
                }
            }
        }
        supplied.extra = std::mem::take(object);
        Self { content, source, supplied }
    }
}

/// What an Elasticsearch hit holds, with the hit's own fields beside it.
fn unwrap_hit(mut object: Map<String, Value>) -> Map<String, Value> {
    if !object.get("_source").is_some_and(Value::is_object) || object.keys().any(|name| is_text_name(name.as_bytes())) {
        return object;
    }
    if let Some(Value::Object(inner)) = object.remove("_source") {
        object.extend(inner);
    }
    object
}

/// Host and path (without its first slash) of an address on the web.
fn address(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    (!host.is_empty()).then_some((host, path))
}

/// Takes the first of some fields that `read` finds something in.
fn take<T>(object: &mut Map<String, Value>, names: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    let (name, found) = names.iter().find_map(|name| Some((*name, read(object.get(*name)?)?)))?;
    if object.get(name).is_some_and(is_plain) {
        object.remove(name);
    }
    Some(found)
}

/// Whether a value holds nothing but what [`take`] took from it.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(values) => values.iter().all(|value| value.is_string() || value.is_null()),
        _ => true,
    }
}

/// The name in the `source` field and, where that is the article's own address (trafilatura) and the article
/// has no other, the address.
fn source(object: &mut Map<String, Value>) -> (Option<String>, Option<String>) {
    let has_url = URL.iter().any(|name| object.get(*name).and_then(string).is_some());
    let Some(source) = object.get("source").and_then(name) else { return (None, None) };
    let Some((host, path)) = address(&source) else {
        take(object, &["source"], name);
        return (Some(source), None);
    };
    let host = Some(host.to_owned());
    if has_url || path.is_empty() {
        return (host, None);
    }
    (host, take(object, &["source"], name))
}

/// A string with something in it, or a list of one.
fn string(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned),
        Value::Array(values) => match values.as_slice() {
            [one @ Value::String(_)] => string(one),
            _ => None,
        },
        _ => None,
    }
}

/// A string, or the name of an object.
fn name(value: &Value) -> Option<String> {
    string(value).or_else(|| string(value.as_object()?.get("name")?))
}

/// A date as written; numbers are kept as strings.
fn date(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        _ => string(value),
    }
}

/// A text, or a list of its paragraphs.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(values) if is_plain(value) => {
            let paragraphs: Vec<&str> =
                values.iter().filter_map(Value::as_str).filter(|paragraph| !paragraph.trim().is_empty()).collect();
            Some(paragraphs.join("\n\n")).filter(|text| !text.is_empty())
        }
        _ => None,
    }
}

/// One or several strings, or objects with the string in one of the fields `inner`.
fn list(value: &Value, inner: &[&str]) -> Option<Vec<String>> {
    let one = |value: &Value| {
        string(value).or_else(|| {
            let object = value.as_object()?;
            inner.iter().find_map(|name| string(object.get(*name)?))
        })
    };
    let found: Vec<String> = match value {
        Value::Array(values) => values.iter().filter_map(one).collect(),
        _ => one(value).into_iter().collect(),
    };
    Some(found).filter(|found| !found.is_empty())
}

/// A list, or one string with commas or (trafilatura) semicolons between.
fn tags(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(tags) => split(tags, if tags.contains(';') { ';' } else { ',' }),
        _ => list(value, &["name", "term"]),
    }
}

/// A list, or one string with semicolons between: names of sections have commas in them.
fn sections(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(sections) => split(sections, ';'),
        _ => list(value, &["name", "term"]),
    }
}

fn split(text: &str, between: char) -> Option<Vec<String>> {
    let parts: Vec<String> =
        text.split(between).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    Some(parts).filter(|parts| !parts.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        match value {
            Value::Object(object) => Fields::of(object),
            other => panic!("{other}"),
        }
    }

    fn plain(fields: &Fields) -> Option<&str> {
        match &fields.content {
            Some(Content::Text(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn the_first_name_that_holds_something_wins_and_the_rest_stays() {
        let found = fields(json!({
            "text": " ", "body": "The harbour opens.", "content": "Harbour…",
            "title": null, "headline": " Harbour opens ", "id": 7, "description": "d", "lang": "en",
        }));
        assert_eq!(plain(&found), Some("The harbour opens."));
        assert_eq!(found.supplied.title.as_deref(), Some("Harbour opens"));
        assert_eq!(found.supplied.language.as_deref(), Some("en"));
        let extra = json!({"text": " ", "content": "Harbour…", "title": null, "id": 7, "description": "d"});
        assert_eq!(Value::Object(found.supplied.extra), extra);
    }

    #[test]
    fn news_please() {
        let found = fields(json!({
            "authors": ["Ada Byrne", "Leo Maas"], "date_download": "2024-05-02 10:00:00", "date_modify": null,
            "date_publish": "2024-05-01 08:00:00", "description": null, "filename": "x.json",
            "image_url": "https://example.org/i.jpg", "language": "en", "maintext": "Rain fell.", "text": null,
            "source_domain": "example.org", "title": "Rain", "url": "https://example.org/rain",
        }));
        assert_eq!(plain(&found), Some("Rain fell."));
        let supplied = found.supplied;
        assert_eq!(supplied.authors, ["Ada Byrne", "Leo Maas"]);
        assert_eq!(supplied.site.as_deref(), Some("example.org"));
        assert_eq!(supplied.published.as_deref(), Some("2024-05-01 08:00:00"));
        assert_eq!(supplied.fetched_at.as_deref(), Some("2024-05-02 10:00:00"));
        assert_eq!((supplied.modified, supplied.images), (None, vec!["https://example.org/i.jpg".to_owned()]));
        assert_eq!(found.source, None);
    }

    #[test]
    fn news_api() {
        let found = fields(json!({
            "source": {"id": "ex", "name": "Example Times"}, "author": "Ada Byrne", "title": "Rain",
            "url": "https://example.org/rain", "urlToImage": "https://example.org/i.jpg",
            "publishedAt": "2024-05-01T08:00:00Z", "content": "Rain fell.",
        }));
        assert_eq!(found.source.as_deref(), Some("Example Times"));
        assert_eq!(found.supplied.published.as_deref(), Some("2024-05-01T08:00:00Z"));
        let extra = json!({"source": {"id": "ex", "name": "Example Times"}});
        assert_eq!(Value::Object(found.supplied.extra), extra, "the id is nowhere else");
    }

    #[test]
    fn schema_org() {
        let found = fields(json!({
            "@type": "NewsArticle", "headline": "Rain", "articleBody": "Rain fell.", "inLanguage": "en-GB",
            "author": [{"@type": "Person", "name": "Ada Byrne"}, {"name": "Leo Maas"}],
            "publisher": {"name": "Example Times"}, "image": {"url": "https://example.org/i.jpg"},
            "keywords": "rain, harbour,, flood", "articleSection": "Weather", "dateModified": 1714550400,
        }));
        let supplied = found.supplied;
        assert_eq!(supplied.authors, ["Ada Byrne", "Leo Maas"]);
        assert_eq!(supplied.site.as_deref(), Some("Example Times"));
        assert_eq!(supplied.tags, ["rain", "harbour", "flood"]);
        assert_eq!((supplied.sections, supplied.modified), (vec!["Weather".to_owned()], Some("1714550400".to_owned())));
        assert_eq!(supplied.images, ["https://example.org/i.jpg"]);
    }

    #[test]
    fn trafilatura_names_the_address_source() {
        let found = fields(json!({
            "title": "Rain", "author": "Ada Byrne; Leo Maas", "hostname": "example.org", "date": "2024-05-01",
            "text": "Rain fell.", "source": "https://example.org/rain", "source-hostname": "Example",
        }));
        assert_eq!(found.source.as_deref(), Some("example.org"));
        assert_eq!(found.supplied.url.as_deref(), Some("https://example.org/rain"));
        assert_eq!(found.supplied.site.as_deref(), Some("Example"));
        let found = fields(json!({"url": "https://example.org/a", "source": "https://example.org/"}));
        assert_eq!(found.source.as_deref(), Some("example.org"));
        assert_eq!(found.supplied.url.as_deref(), Some("https://example.org/a"));
    }

    #[test]
    fn lists_of_paragraphs_and_lists_of_one() {
        let found = fields(json!({"title": ["Rain"], "body": ["Rain fell.", " ", null, "It stopped."]}));
        assert_eq!(plain(&found), Some("Rain fell.\n\nIt stopped."));
        assert_eq!(found.supplied.title.as_deref(), Some("Rain"));
        let found = fields(json!({"title": ["a", "b"], "text": [1, "x"], "authors": []}));
        assert_eq!((found.content, found.supplied.title), (None, None));
        assert_eq!(found.supplied.extra.len(), 3);
    }

    #[test]
    fn html_is_handed_on_as_markup() {
        let found = fields(json!({"content": "<div><p>One.</p><p>Two.</p></div>", "html": "<html>"}));
        assert_eq!(found.content, Some(Content::Markup("<div><p>One.</p><p>Two.</p></div>".to_owned())));
        let found = fields(json!({"raw_html": "<html>", "title": "Rain", "text": ""}));
        assert_eq!(found.content, Some(Content::Markup("<html>".to_owned())));
        assert_eq!(plain(&fields(json!({"text": "<3", "html": "<p>"}))), Some("<3"));
    }

    #[test]
    fn separators_and_source_urls() {
        let found = fields(json!({"text": "x", "tags": "rain;harbour, north", "categories": "World, Asia;Sport"}));
        assert_eq!(found.supplied.tags, ["rain", "harbour, north"]);
        assert_eq!(found.supplied.sections, ["World, Asia", "Sport"]);
        let found = fields(json!({"text": "x", "url": "https://example.org/a", "source_url": "https://example.org"}));
        assert_eq!(found.supplied.site.as_deref(), Some("example.org"));
        assert_eq!(found.supplied.url.as_deref(), Some("https://example.org/a"));
        assert!(found.supplied.extra.is_empty());
        let found = fields(json!({"text": "x", "source_url": "https://example.org/a"}));
        assert_eq!((found.supplied.url.as_deref(), found.supplied.site), (Some("https://example.org/a"), None));
    }

    #[test]
    fn an_elasticsearch_hit() {
        let found = fields(json!({"_index": "n", "_id": "7", "_source": {"text": "Rain fell.", "title": "Rain"}}));
        assert_eq!(plain(&found), Some("Rain fell."));
        assert_eq!(Value::Object(found.supplied.extra), json!({"_index": "n", "_id": "7"}));
    }
}
