//! Telling HTML from text, and the little of HTML that a reader itself has to undo.
//!
//! What is HTML is handed on as it is: taking the text out of it is the cleaner's. Readers only need to know
//! which it is, and to make plain words of a headline that somebody put tags into.

use quick_xml::escape::resolve_html5_entity;

/// Tags that make paragraphs, in lower case.
const BLOCKS: [&[u8]; 16] = [
    b"p",
    b"div",
    b"br",
    b"h1",
    b"h2",
    b"h3",
    b"h4",
    b"ul",
    b"ol",
    b"li",
    b"blockquote",
    b"table",
    b"article",
    b"section",
    b"figure",
    b"pre",
];

/// Bytes a tag in a headline may have.
const LONGEST_TAG: usize = 2048;

/// The tag's name at the beginning of a text, as written; of an end tag too, and `!--` and `!doctype`.
pub(crate) fn tag_name(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"<")?;
    let rest = rest.strip_prefix(b"/").unwrap_or(rest);
    if rest.starts_with(b"!--") {
        return Some(&rest[..3]);
    }
    let begin = usize::from(rest.first() == Some(&b'!'));
    let length =
        rest[begin..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-')).count();
    if !rest.get(begin)?.is_ascii_alphabetic() {
        return None;
    }
    let after = rest.get(begin + length).copied();
    matches!(after, None | Some(b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n')).then(|| &rest[..begin + length])
}

/// Whether a text holds a tag.
pub(crate) fn has_tag(text: &[u8]) -> bool {
    memchr::memchr_iter(b'<', text).any(|at| tag_name(&text[at..]).is_some())
}

/// Whether a text that should be plain is HTML all the same: it begins with a tag and holds several that make
/// paragraphs. An article about HTML does neither.
pub(crate) fn is_clearly_html(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start().as_bytes();
    let is_block = |at: usize| {
        tag_name(&text[at..]).is_some_and(|name| BLOCKS.iter().any(|block| block.eq_ignore_ascii_case(name)))
    };
    tag_name(text).is_some() && memchr::memchr_iter(b'<', text).filter(|at| is_block(*at)).nth(1).is_some()
}

/// Resolves character references, those of HTML too; what is none stays as written.
pub(crate) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // The longest name of HTML has 31 letters.
        let end = rest.bytes().take(34).position(|byte| byte == b';');
        match end.and_then(|end| resolve(&rest[1..end], &mut out).then_some(end)) {
            Some(end) => rest = &rest[end + 1..],
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Writes what a reference (without `&` and `;`) stands for; false where it is none.
pub(crate) fn resolve(name: &str, out: &mut String) -> bool {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        // XML knows no NUL, and nobody needs one.
        let Some(c) = code.ok().filter(|code| *code != 0).and_then(char::from_u32) else { return false };
        out.push(c);
        return true;
    }
    match resolve_html5_entity(name) {
        Some(text) => {
            out.push_str(text);
            true
        }
        None => false,
    }
}

/// The words of a short piece of HTML, a headline: tags dropped, references resolved, white space folded.
pub(crate) fn words(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        // Looking no further than any tag goes, or a row of unclosed ones would be gone over again and again.
        let near = &rest.as_bytes()[..rest.len().min(LONGEST_TAG)];
        let tag = tag_name(near).and_then(|_| memchr::memchr(b'>', near));
        match tag {
            Some(end) => rest = &rest[end + 1..],
            None => {
                text.push('<');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    unescape(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_are_told_from_signs() {
        for (text, name) in [
            ("<p>", Some("p")),
            ("</DIV >", Some("DIV")),
            ("<!DOCTYPE html>", Some("!DOCTYPE")),
            ("<!-- x -->", Some("!--")),
            ("<media:content url='x'/>", Some("media:content")),
            ("<3 was the answer", None),
            ("< p>", None),
            ("<a@b.example>", None),
            ("<", None),
        ] {
            assert_eq!(tag_name(text.as_bytes()), name.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn clearly_html() {
        assert!(is_clearly_html(" <div><p>One.</p><p>Two.</p></div>"));
        assert!(is_clearly_html("<p>One.<br>Two."));
        assert!(!is_clearly_html("The <p> tag and the <div> tag"));
        assert!(!is_clearly_html("<i>Nature</i> reports <b>it</b>"));
        assert!(!is_clearly_html("<3"));
    }

    #[test]
    fn references_and_headlines() {
        assert_eq!(unescape("Caf&eacute; &amp; bar &#8211; &#x41;&nope; &"), "Café & bar – A&nope; &");
        assert_eq!(unescape("AT&T; &;&#0;&#xffffffff;"), "AT&T; &;&#0;&#xffffffff;");
        assert_eq!(words("<b>Rain</b>  &amp;\n<i class='x'>flood</i> 3 < 4"), "Rain & flood 3 < 4");
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[<>&;#xa1!/ é-]{0,30}") {
            let _ = (words(&text), unescape(&text), is_clearly_html(&text));
        }
    }
}
