//! Finding the list of articles inside a JSON object.
//!
//! Programming interfaces wrap what they return: NewsAPI's `{"articles": […]}`, Elasticsearch's
//! `{"hits": {"hits": […]}}`, Solr's `{"response": {"docs": […]}}`, and JSON Feed. Such an object may be of any
//! size, so it is not parsed: its outer fields are walked over, and a field of a known name that holds a list
//! of objects, one or two levels down, is where the articles are. An object that has a text of its own is an
//! article, whatever lists it holds.

use std::collections::BTreeMap;

use crate::fields::is_text_name;
use crate::input::is_white;
use crate::json::{Scanner, Step};

/// Fields that lists of articles, and objects around them, are kept in.
const NAMES: [&[u8]; 14] = [
    b"articles",
    b"items",
    b"results",
    b"docs",
    b"data",
    b"hits",
    b"response",
    b"documents",
    b"records",
    b"entries",
    b"posts",
    b"stories",
    b"news",
    b"result",
];

/// Outer strings that are kept: they may be words about all articles.
const LONGEST_WORD: usize = 4096;

/// What an object was found to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// The list of articles: where its bracket is, and how many objects are around it.
    pub list: Option<(usize, u64)>,
    /// Whether the object ends within the bytes.
    pub closed: bool,
    /// Whether it has a text of its own.
    has_text: bool,
    /// The list was empty, so that another may be better.
    list_is_empty: bool,
    /// Its outer strings, undecoded.
    pub words: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// Walks over the object that begins with `bytes`, as far as they go.
pub(crate) fn outline(bytes: &[u8]) -> Outline {
    let mut outline = Outline::default();
    let mut cursor = Cursor { bytes, at: 0 };
    outline.closed = cursor.object(1, &mut outline).is_some();
    if outline.has_text {
        outline.list = None;
    }
    outline
}

/// Whether more articles follow: `bytes` is what stands after the list, `depth` how many objects are around it.
pub(crate) fn has_another(bytes: &[u8], depth: u64) -> bool {
    let mut outline = Outline::default();
    // As if the list had been nothing: `{"":0` and on.
    let begin: &[u8] = if depth == 2 { b"{\"data\":{\"\":0" } else { b"{\"\":0" };
    Cursor { bytes: &[begin, bytes].concat(), at: 0 }.object(1, &mut outline);
    outline.list.is_some() && !outline.list_is_empty
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Walks over an object; none where the bytes end first, or are not JSON.
    fn object(&mut self, depth: u64, outline: &mut Outline) -> Option<()> {
        self.take(b'{')?;
        if self.white()? == b'}' {
            return self.take(b'}');
        }
        loop {
            self.white()?;
            let name = self.string()?;
            self.white()?;
            self.take(b':')?;
            let first = self.white()?;
            self.field(name, first, depth, outline)?;
            match self.white()? {
                b',' => self.at += 1,
                _ => return self.take(b'}'),
            }
        }
    }

    fn field(&mut self, name: &'a [u8], first: u8, depth: u64, outline: &mut Outline) -> Option<()> {
        let known = NAMES.contains(&name);
        match first {
            b'{' if known && depth == 1 => return self.object(2, outline),
            b'[' => {
                let inner = self.bytes[self.at + 1..].iter().copied().find(|byte| !is_white(*byte))?;
                let empty = inner == b']';
                if known && (inner == b'{' || empty) && outline.list.is_none_or(|_| outline.list_is_empty && !empty) {
                    outline.list = Some((self.at, depth));
                    outline.list_is_empty = empty;
                }
                outline.has_text |= depth == 1 && inner == b'"' && is_text_name(name);
            }
            b'"' if depth == 1 => {
                let text = self.string()?;
                outline.has_text |= is_text_name(name) && !text.iter().copied().all(is_white);
                if text.len() <= LONGEST_WORD && name.len() <= LONGEST_WORD && outline.words.len() < 64 {
                    outline.words.insert(name.to_vec(), text.to_vec());
                }
                return Some(());
            }
            _ => {}
        }
        self.value(first)
    }

    /// Steps over a value that begins here.
    fn value(&mut self, first: u8) -> Option<()> {
        let mut scanner = Scanner::new(first);
        let rest = self.bytes.get(self.at + 1..)?;
        // A field's value is ended by what may end an element, or by the object's end.
        let last = if matches!(first, b'{' | b'[' | b'"') {
            rest.iter().position(|byte| scanner.step(*byte) == Step::End)? + 1
        } else {
            rest.iter().position(|byte| matches!(byte, b',' | b'}') || is_white(*byte))?
        };
        self.at += 1 + last;
        Some(())
    }

    /// The inside of the string that begins here.
    fn string(&mut self) -> Option<&'a [u8]> {
        let begin = self.at + 1;
        if *self.bytes.get(self.at)? != b'"' {
            return None;
        }
        self.value(b'"')?;
        self.bytes.get(begin..self.at - 1)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (*self.bytes.get(self.at)? == byte).then(|| self.at += 1)
    }

    /// Steps over white space; the byte after it.
    fn white(&mut self) -> Option<u8> {
        let rest = self.bytes.get(self.at..)?;
        self.at += rest.iter().take_while(|byte| is_white(**byte)).count();
        self.bytes.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Option<(&str, u64)> {
        outline(text.as_bytes()).list.map(|(at, depth)| (&text[at..], depth))
    }

    #[test]
    fn lists_are_found_one_and_two_levels_down() {
        assert_eq!(list(r#"{"status":"ok","n":2,"articles":[{"a":1}]}"#), Some((r#"[{"a":1}]}"#, 1)));
        assert_eq!(
            list(r#"{"took":1,"hits":{"total":{"value":1},"hits":[{"_id":1}]}}"#),
            Some((r#"[{"_id":1}]}}"#, 2))
        );
        assert_eq!(list(r#"{"response":{"docs": [ {"a":1},"#), Some((r#"[ {"a":1},"#, 2)));
        assert_eq!(list(r#"{"articles":[]}"#), Some(("[]}", 1)));
        assert_eq!(list(r#"{"news":[],"items":[{}]}"#), Some(("[{}]}", 1)), "one with something in it is better");
    }

    #[test]
    fn a_second_list_is_noticed() {
        let after = |rest: &str, depth| has_another(rest.as_bytes(), depth);
        assert!(after(r#", "results": [{"a":1}]}"#, 1) && after(r#","articles":[{"b":2}]"#, 1));
        assert!(after(r#"},"news":[{"a":1}]}"#, 2) && after(r#","docs":[{"a":1}]}}"#, 2));
        for rest in [r#"}"#, r#","results":[]}"#, r#","facets":[{"a":1}],"items":["a"]}"#, "", ","] {
            assert!(!after(rest, 1), "{rest}");
        }
    }

    #[test]
    fn an_article_with_lists_is_an_article() {
        for text in [
            r#"{"items":[{"a":1}],"text":"The harbour opens."}"#,
            r#"{"body":["One."],"data":[{"a":1}]}"#,
            r#"{"content_html":"<p>x","items":[{}]}"#,
            r#"{"title":"x","items":["a","b"]}"#,
            r#"{"meta":{"articles":[{}]}}"#,
            "{}",
            "{",
            "",
            r#"{"a"#,
            r#"{"articles":"#,
        ] {
            assert_eq!(list(text), None, "{text}");
        }
        assert!(list(r#"{"text":" ","items":[{"a":1}]}"#).is_some(), "an empty text is none");
    }

    #[test]
    fn outer_words_are_kept_and_the_end_is_seen() {
        let found = outline(br#"{"version":"https://jsonfeed.org/version/1.1","n":1.5e3,"t":true,"items":[{}]} "#);
        assert_eq!(found.words[&b"version"[..]], b"https://jsonfeed.org/version/1.1");
        assert!(found.closed);
        assert!(!outline(br#"{"items":[{}]"#).closed);
    }
}
