//! HTML entities in plain text.
//!
//! A text that passed through a template once too often says `caf&eacute;` or, escaped twice, `AT&amp;amp;T`.
//! Entities are undone under ftfy's rule: only in a text without markup (where an entity may be the author's), only
//! those that end in a semicolon, so that "this&not that" stays. Names in capitals, as databases make them
//! (`P&EACUTE;REZ`), are read as the capital letter. Beyond ftfy: what was escaped twice is undone at once, so
//! that unescaping is idempotent; and a reference to a letter, a digit, `#` or `;` of ASCII stays, since it makes a
//! new entity of what is left of it, and nobody but a mangler of e-mail addresses writes one.

use std::borrow::Cow;

use memchr::memchr_iter;
use quick_xml::escape::resolve_html5_entity;

use crate::page::named_control;
use crate::repair::{Mend, Repaired};

/// The longest entity, in bytes, from the ampersand to the semicolon: longer names of HTML are of no article.
const LONGEST: usize = 26;

/// Puts characters in place of the HTML entities of a text without markup.
#[must_use]
pub fn unescape(text: &str) -> Repaired<'_> {
    let mut mends = Vec::new();
    if memchr::memchr(b'&', text.as_bytes()).is_none() || has_markup(text) {
        return Repaired { text: Cow::Borrowed(text), mends };
    }
    let mut unescaped = String::new();
    let mut copied = 0;
    for at in memchr_iter(b'&', text.as_bytes()) {
        let Some((mut value, mut end)) = entity(&text[at..]).map(|(value, len)| (value, at + len)) else { continue };
        while value == "&"
            && let Some((inner, len)) = entity_after_ampersand(&text[end..])
        {
            value = inner;
            end += len;
        }
        unescaped.push_str(&text[copied..at]);
        let target = unescaped.len()..unescaped.len() + value.len();
        unescaped.push_str(&value);
        mends.push(Mend { source: at..end, target, layers: Cow::Borrowed(&["html"]) });
        copied = end;
    }
    if mends.is_empty() {
        return Repaired { text: Cow::Borrowed(text), mends };
    }
    unescaped.push_str(&text[copied..]);
    Repaired { text: Cow::Owned(unescaped), mends }
}

/// Whether a text holds something like a tag or a comment.
fn has_markup(text: &str) -> bool {
    let opens = |at: usize| matches!(text.as_bytes().get(at + 1), Some(b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!' | b'?'));
    memchr_iter(b'<', text.as_bytes()).any(opens)
}

/// The entity at the start of a text: what it stands for, and its length in bytes.
fn entity(text: &str) -> Option<(Cow<'static, str>, usize)> {
    let (value, len) = entity_after_ampersand(text.strip_prefix('&')?)?;
    Some((value, len + 1))
}

fn entity_after_ampersand(text: &str) -> Option<(Cow<'static, str>, usize)> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let len = text.bytes().take(LONGEST).position(|byte| !is_name(&byte))?;
    let name = &text[..len];
    if text.as_bytes()[len] != b';' {
        return None;
    }
    let value = match name.strip_prefix('#') {
        Some(number) => Cow::Owned(numbered(number)?.to_string()),
        None => named(name)?,
    };
    let makes_entities = |c: char| c.is_ascii_alphanumeric() || c == '#' || c == ';';
    (!value.contains(makes_entities)).then_some((value, len + 1))
}

/// The character of a decimal or hexadecimal number. Numbers of C1 control characters are Windows-1252's, as in
/// browsers.
fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => number.parse().ok()?,
    };
    let c = char::from_u32(code)?;
    Some(named_control(c).unwrap_or(c)).filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
}

fn named(name: &str) -> Option<Cow<'static, str>> {
    if let Some(value) = resolve_html5_entity(name) {
        return Some(Cow::Borrowed(value));
    }
    if !name.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let value = resolve_html5_entity(&name.to_ascii_lowercase())?;
    Some(Cow::Owned(value.to_uppercase()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entities_become_characters() {
        for (text, unescaped) in [
            ("caf&eacute; &ndash; 5&nbsp;&euro;", "café – 5\u{A0}€"),
            ("P&EACUTE;REZ &amp; P&Eacute;rez", "PÉREZ & PÉrez"),
            ("&#8220;Yes&#8221;, &#x201c;no&#X201D; &#146;", "“Yes”, “no” ’"),
            ("&#39;tis &quot;so&quot;", "'tis \"so\""),
            ("AT&amp;amp;T, AT&amp;T, &amp;eacute;", "AT&T, AT&T, é"),
            ("2 < 3 &amp; 5 &lt; 7", "2 < 3 & 5 < 7"),
            ("&&eacute;", "&é"),
        ] {
            assert_eq!(unescape(text).text, unescaped, "{text}");
        }
    }

    #[test]
    fn what_is_no_entity_stays() {
        for text in [
            "this&not that",
            "R&D; M&A;",
            "&nosuchname; &; &#; &#x; &#xD800; &#99999999999; &#1; &nTILDE;",
            "<b>caf&eacute;</b>",
            "caf&eacute; <br>",
            "&#97;mp; &num; &semi;",
            "a & b",
        ] {
            let unescaped = unescape(text);
            assert_eq!(unescaped.text, text);
            assert!(matches!(unescaped.text, Cow::Borrowed(_)) && unescaped.mends.is_empty());
        }
    }

    #[test]
    fn mends_tell_both_sides() {
        let text = "caf&eacute; &amp;amp; bar";
        let unescaped = unescape(text);
        let sides: Vec<_> = unescaped
            .mends
            .iter()
            .map(|mend| (&text[mend.source.clone()], &unescaped.text[mend.target.clone()]))
            .collect();
        assert_eq!(sides, [("&eacute;", "é"), ("&amp;amp;", "&")]);
    }

    proptest! {
        #[test]
        fn unescaping_is_idempotent(text in "(&|amp;|lt;|#38;|#x26;|#97;|eacute;|gt;|num;|<|b|;|#| ){0,12}") {
            let once = unescape(&text).text;
            prop_assert_eq!(&unescape(&once).text, &once);
        }

        #[test]
        fn any_text_is_taken(text in "\\PC{0,40}") {
            let _ = unescape(&text);
        }
    }
}
