//! Which field of a JSON article means what, in the words of those who write them.
//!
//! The names are those of news-please, newspaper3k and 4k, trafilatura, NewsAPI, Media Cloud, Common Crawl's
//! news sets, feed dumps, schema.org, and what people name their Scrapy fields. For each property the first
//! name in the order below that holds something wins. What did not win and what has no name here stays in
//! `extra` untouched, and so does a value with more inside than was taken (an author with an address, say).

use copydesk_article::Supplied;
use serde_json::{Map, Value};

const URL: &[&str] = &["url", "link", "source_url"];
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
];
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

/// A JSON article, sorted into its properties.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fields {
    /// The text, where there is one.
    pub text: Option<String>,
    /// Who delivered it, by its `source` field.
    pub source: Option<String>,
    /// Everything else.
    pub supplied: Supplied,
}

impl Fields {
    /// Sorts an object's fields.
    pub fn of(mut object: Map<String, Value>) -> Self {
        let object = &mut object;
        let text = take(object, TEXT, text);
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
            sections: take(object, SECTIONS, |value| list(value, &["name"])).unwrap_or_default(),
            tags: take(object, TAGS, tags).unwrap_or_default(),
            images: take(object, IMAGES, |value| list(value, &["url", "src", "contentUrl"])).unwrap_or_default(),
            ..Supplied::default()
        };
        supplied.url = supplied.url.or(source_url);
        supplied.site = supplied.site.or_else(|| source.clone());
        supplied.extra = std::mem::take(object);
        Self { text, source, supplied }
    }
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
    let Some(rest) = source.strip_prefix("https://").or_else(|| source.strip_prefix("http://")) else {
        take(object, &["source"], name);
        return (Some(source), None);
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = (!host.is_empty()).then(|| host.to_owned());
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

/// A list, or one string with commas between.
fn tags(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(tags) => {
            let tags: Vec<String> =
                tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
            Some(tags).filter(|tags| !tags.is_empty())
        }
        _ => list(value, &["name", "term"]),
    }
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

    #[test]
    fn the_first_name_that_holds_something_wins_and_the_rest_stays() {
        let found = fields(json!({
            "text": " ", "body": "The harbour opens.", "content": "Harbour…",
            "title": null, "headline": " Harbour opens ", "id": 7, "description": "d", "lang": "en",
        }));
        assert_eq!(found.text.as_deref(), Some("The harbour opens."));
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
        assert_eq!(found.text.as_deref(), Some("Rain fell."));
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
        assert_eq!(found.supplied.site.as_deref(), Some("Example Times"));
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
        assert_eq!(found.text.as_deref(), Some("Rain fell.\n\nIt stopped."));
        assert_eq!(found.supplied.title.as_deref(), Some("Rain"));
        let found = fields(json!({"title": ["a", "b"], "text": [1, "x"], "authors": []}));
        assert_eq!((found.text, found.supplied.title), (None, None));
        assert_eq!(found.supplied.extra.len(), 3);
    }
}
