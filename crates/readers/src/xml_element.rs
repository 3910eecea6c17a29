//! The elements on one level of a small piece of XML, each with what a feed's reader asks of it.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::markup::{resolve, unescape};

/// Elements taken from one piece of XML; an entry of a feed has some dozen.
const MOST: usize = 4096;

/// Namespaces that feeds use, and the prefix each has here. Those of the formats themselves have none.
const NAMESPACES: [(&str, &str); 11] = [
    ("http://www.w3.org/2005/Atom", ""),
    ("http://purl.org/atom/ns#", ""),
    ("http://purl.org/rss/1.0/", ""),
    ("http://my.netscape.com/rdf/simple/0.9/", ""),
    ("http://purl.org/rss/1.0/modules/content/", "content"),
    ("http://purl.org/dc/elements/1.1/", "dc"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://search.yahoo.com/mrss/", "media"),
    ("http://search.yahoo.com/mrss", "media"),
    ("http://rssnamespace.org/feedburner/ext/1.0", "feedburner"),
    ("http://www.itunes.com/dtds/podcast-1.0.dtd", "itunes"),
];

/// The prefixes a feed declares, where they are not the usual ones.
#[derive(Debug, Default)]
pub(crate) struct Prefixes(BTreeMap<String, &'static str>);

impl Prefixes {
    /// Those declared in the first tag of a text.
    pub fn of(text: &str) -> Self {
        let mut prefixes = Self::default();
        let mut reader = Reader::from_str(text);
        loop {
            match reader.read_event() {
                Ok(Event::Start(tag)) => {
                    prefixes.add(&tag);
                    return prefixes;
                }
                Ok(Event::Eof) | Err(_) => return prefixes,
                Ok(_) => {}
            }
        }
    }

    fn add(&mut self, tag: &BytesStart<'_>) {
        for attribute in tag.attributes().with_checks(false).flatten().take(64) {
            let name = attribute.key.as_ref();
            let known = NAMESPACES.iter().find(|(uri, _)| *uri == attribute.value);
            if let (Some(prefix), Some((_, usual))) = (name.strip_prefix("xmlns:"), known) {
                self.0.insert(prefix.to_owned(), usual);
            }
        }
    }

    /// A name under the usual prefix of its namespace.
    fn usual(&self, name: &str) -> String {
        match name.split_once(':') {
            Some((prefix, local)) => match self.0.get(prefix).copied().or((prefix == "atom").then_some("")) {
                Some("") => local.to_owned(),
                Some(usual) => format!("{usual}:{local}"),
                None => name.to_owned(),
            },
            None => name.to_owned(),
        }
    }
}

/// One element.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    /// Its name, under the usual prefix.
    pub name: String,
    attributes: Vec<(String, String)>,
    /// All text inside, references resolved.
    pub text: String,
    /// What stands inside, as written.
    pub inner_xml: &'a str,
    /// Whether other elements stand inside.
    pub has_elements: bool,
    /// Simple elements inside that are asked for (`name`), with their text.
    pub inner: Vec<(String, String)>,
    /// Whether the last of them is still open.
    is_inner_open: bool,
    /// Addresses of pictures of Media RSS, here and inside.
    pub images: Vec<String>,
}

impl Element<'_> {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(have, _)| have == name).map(|(_, value)| value.clone())
    }

    /// Its text, trimmed; none where it is empty.
    pub fn plain(&self) -> Option<String> {
        Some(self.text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The HTML it holds: escaped as a text, or in the open.
    pub fn html(&self) -> &str {
        if self.has_elements { self.inner_xml } else { self.text.trim() }
    }

    fn picture(&mut self, name: &str, attributes: &[(String, String)]) {
        let of = |name: &str| attributes.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str());
        let is_picture = match name {
            "media:thumbnail" => true,
            "media:content" => {
                of("medium") == Some("image")
                    || of("type").is_some_and(|media| media.starts_with("image/"))
                    || (of("medium").is_none() && of("type").is_none() && of("url").is_some_and(is_picture_name))
            }
            _ => false,
        };
        if let (true, Some(url)) = (is_picture, of("url")) {
            self.images.push(url.to_owned());
        }
    }
}

fn is_picture_name(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"].iter().any(|end| path.ends_with(end))
}

/// The root of a piece of XML and the elements `level` levels under it, and what is wrong with it. A piece that
/// breaks off is fine.
pub(crate) fn elements<'a>(
    text: &'a str,
    prefixes: &Prefixes,
    level: usize,
) -> (Element<'a>, Vec<Element<'a>>, Option<String>) {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let (mut root, mut found, mut current) = (Element::default(), Vec::new(), None::<(Element<'a>, usize)>);
    let mut depth = 0;
    loop {
        let before = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(error) => return (root, found, Some(error.to_string())),
        };
        let after = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match event {
            Event::Start(tag) => {
                begin(&tag, depth, level, after, prefixes, (&mut root, &mut current, found.len()));
                depth += 1;
            }
            Event::Empty(tag) => {
                begin(&tag, depth, level, after, prefixes, (&mut root, &mut current, found.len()));
                if depth == level {
                    found.extend(current.take().map(|(element, _)| element));
                }
            }
            Event::End(_) => {
                depth -= usize::from(depth > 0);
                if let Some((element, _)) = &mut current {
                    element.is_inner_open = false;
                }
                if depth == level
                    && let Some((mut element, begin)) = current.take()
                {
                    element.inner_xml = text.get(begin..before).unwrap_or_default();
                    found.push(element);
                }
            }
            Event::Text(part) => add(&mut current, &part.into_inner()),
            Event::CData(part) => add(&mut current, &part.into_inner()),
            Event::GeneralRef(name) => {
                let name = name.into_inner();
                let mut resolved = String::new();
                if !resolve(&name, &mut resolved) {
                    resolved = format!("&{name};");
                }
                add(&mut current, &resolved);
            }
            Event::Eof => return (root, found, None),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn begin<'a>(
    tag: &BytesStart<'_>,
    depth: usize,
    level: usize,
    after: usize,
    prefixes: &Prefixes,
    (root, current, count): (&mut Element<'a>, &mut Option<(Element<'a>, usize)>, usize),
) {
    let name = || prefixes.usual(tag.name().as_ref());
    if depth == 0 {
        *root = Element { name: name(), attributes: attributes(tag), ..Element::default() };
    } else if depth == level && count < MOST {
        let mut element = Element { name: name(), attributes: attributes(tag), ..Element::default() };
        let of_tag = std::mem::take(&mut element.attributes);
        element.picture(&element.name.clone(), &of_tag);
        element.attributes = of_tag;
        *current = Some((element, after));
    } else if let Some((element, _)) = current {
        element.has_elements = true;
        let name = name();
        if name.starts_with("media:") && element.images.len() < MOST {
            element.picture(&name, &attributes(tag));
        } else if name == "name" && element.inner.len() < MOST {
            element.inner.push((name, String::new()));
            element.is_inner_open = true;
        }
    }
}

fn add(current: &mut Option<(Element<'_>, usize)>, text: &str) {
    let Some((element, _)) = current else { return };
    element.text.push_str(text);
    if let Some((_, inner)) = element.inner.last_mut().filter(|_| element.is_inner_open) {
        inner.push_str(text);
    }
}

fn attributes(tag: &BytesStart<'_>) -> Vec<(String, String)> {
    tag.attributes()
        .with_checks(false)
        .flatten()
        .take(64)
        .map(|attribute| (attribute.key.as_ref().to_owned(), unescape(&attribute.value).trim().to_owned()))
        .collect()
}
