//! Tags and texts of a page, in order.
//!
//! WHATWG's tokenizer as far as it matters here: comments, declarations and processing instructions are
//! skipped, the content of scripts and their like is one text up to its end tag, a tag that never closes ends
//! with the page. Nothing is copied: everything is a range of bytes of the page. Each byte is looked at a
//! bounded number of times, whatever stands there.

use memchr::{memchr, memchr_iter, memchr2, memmem};

use super::tag::Tag;

/// Attributes that extraction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// `class`
    Class,
    /// `id`
    Id,
    /// `href`
    Href,
    /// `src`
    Src,
    /// `data-src`, `data-original`, `data-lazy-src`: the picture behind a placeholder.
    LazySrc,
    /// `itemprop`
    Itemprop,
    /// `itemtype`
    Itemtype,
    /// `role`
    Role,
    /// `rel`
    Rel,
    /// `style`
    Style,
    /// `hidden`
    Hidden,
    /// `aria-hidden`
    AriaHidden,
    /// `content`
    Content,
    /// `property`
    Property,
    /// `name`
    Name,
    /// `lang`
    Lang,
    /// `datetime`
    Datetime,
    /// `type`
    Type,
    /// `title`
    Title,
    /// `pubdate`
    Pubdate,
    /// `data-testid`, `data-test`, `data-component`, `data-type`: what scripts call the element.
    Data,
}

impl Key {
    fn of(name: &[u8]) -> Option<Self> {
        let mut buffer = [0; 16];
        let lower = buffer.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"class" => Self::Class,
            b"id" => Self::Id,
            b"href" => Self::Href,
            b"src" => Self::Src,
            b"data-src" | b"data-original" | b"data-lazy-src" => Self::LazySrc,
            b"itemprop" => Self::Itemprop,
            b"itemtype" => Self::Itemtype,
            b"role" => Self::Role,
            b"rel" => Self::Rel,
            b"style" => Self::Style,
            b"hidden" => Self::Hidden,
            b"aria-hidden" => Self::AriaHidden,
            b"content" => Self::Content,
            b"property" => Self::Property,
            b"name" => Self::Name,
            b"lang" => Self::Lang,
            b"datetime" => Self::Datetime,
            b"type" => Self::Type,
            b"title" => Self::Title,
            b"pubdate" => Self::Pubdate,
            b"data-testid" | b"data-test" | b"data-component" | b"data-type" => Self::Data,
            _ => return None,
        })
    }
}

/// One attribute: the bytes of its value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    /// Which.
    pub key: Key,
    /// First byte of the value.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

/// What stands next in a page.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token {
    /// A text: its bytes.
    Text {
        /// First byte.
        start: usize,
        /// First byte after it.
        end: usize,
    },
    /// A start tag; its attributes are in [`Tokens::attributes`] until the next token.
    Start {
        /// Its element.
        tag: Tag,
        /// First byte of the tag.
        start: usize,
        /// Whether it closes itself (`<path/>`).
        closed: bool,
    },
    /// An end tag.
    End {
        /// Its element.
        tag: Tag,
        /// First byte of the name.
        name: usize,
        /// First byte after the name.
        name_end: usize,
    },
}

/// The tokens of a page.
pub(super) struct Tokens<'a> {
    page: &'a str,
    /// Next byte to look at.
    pub at: usize,
    /// Attributes of the last start tag.
    pub attributes: Vec<Attribute>,
    raw: Option<Tag>,
}

impl<'a> Tokens<'a> {
    /// The tokens of a page of less than 4 GiB.
    pub(super) const fn new(page: &'a str) -> Self {
        Self { page, at: 0, attributes: Vec::new(), raw: None }
    }

    /// The next token; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Token> {
        let bytes = self.page.as_bytes();
        if let Some(tag) = self.raw.take() {
            let start = self.at;
            self.at = raw_end(bytes, start, tag);
            if self.at > start {
                return Some(Token::Text { start, end: self.at });
            }
        }
        let start = self.at;
        while self.at < bytes.len() {
            // A text runs to the next bracket that opens a tag.
            let Some(open) = memchr(b'<', &bytes[self.at..]).map(|found| self.at + found) else {
                self.at = bytes.len();
                break;
            };
            let next = bytes.get(open + 1).copied().unwrap_or(0);
            let is_end = next == b'/' && bytes.get(open + 2).is_some_and(u8::is_ascii_alphabetic);
            let is_tag = next.is_ascii_alphabetic() || is_end;
            let is_markup = is_tag || matches!(next, b'!' | b'?' | b'/');
            if !is_markup {
                self.at = open + 1;
                continue;
            }
            if open > start {
                self.at = open;
                return Some(Token::Text { start, end: open });
            }
            if is_end {
                return Some(self.end_tag(open));
            }
            if is_tag {
                return Some(self.start_tag(open));
            }
            self.at = skip_comment(bytes, open);
            return self.next_after_comment();
        }
        (self.at > start).then_some(Token::Text { start, end: self.at })
    }

    /// Comments in a row, without recursion.
    fn next_after_comment(&mut self) -> Option<Token> {
        let bytes = self.page.as_bytes();
        while bytes.get(self.at) == Some(&b'<')
            && bytes.get(self.at + 1).is_some_and(|&byte| matches!(byte, b'!' | b'?'))
        {
            self.at = skip_comment(bytes, self.at);
        }
        if bytes.get(self.at) == Some(&b'<')
            && bytes.get(self.at + 1) == Some(&b'/')
            && !bytes.get(self.at + 2).is_some_and(u8::is_ascii_alphabetic)
        {
            // `</ ` and its like are comments, too; an empty text stands for one, so that the caller goes on.
            self.at = skip_comment(bytes, self.at);
            return Some(Token::Text { start: self.at, end: self.at });
        }
        if self.at >= bytes.len() { None } else { Some(Token::Text { start: self.at, end: self.at }) }
    }

    fn end_tag(&mut self, open: usize) -> Token {
        let bytes = self.page.as_bytes();
        let name = open + 2;
        let name_end = name_end(bytes, name);
        self.at = memchr(b'>', &bytes[name_end..]).map_or(bytes.len(), |found| name_end + found + 1);
        Token::End { tag: Tag::of(&self.page[name..name_end]), name, name_end }
    }

    fn start_tag(&mut self, open: usize) -> Token {
        let bytes = self.page.as_bytes();
        let mut at = name_end(bytes, open + 1);
        let tag = Tag::of(&self.page[open + 1..at]);
        self.attributes.clear();
        let mut closed = false;
        // A slash that ends an unquoted value closes nothing.
        let mut ended = 0;
        loop {
            at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == b'/').count();
            match bytes.get(at) {
                None => break,
                Some(b'>') => {
                    closed = bytes[at - 1] == b'/' && at > ended;
                    at += 1;
                    break;
                }
                Some(_) => {
                    at = self.attribute(at);
                    ended = at;
                }
            }
        }
        self.at = at;
        if tag.is_raw() {
            self.raw = Some(tag);
        }
        Token::Start { tag, start: open, closed }
    }

    /// Reads the attribute at a byte; returns the first byte after it.
    fn attribute(&mut self, start: usize) -> usize {
        let bytes = self.page.as_bytes();
        // A name may begin with `=`.
        let len = bytes[start + 1..]
            .iter()
            .take_while(|&&byte| !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>' | b'/'))
            .count();
        let name = start..start + 1 + len;
        let blanks = |at: usize| at + bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let equals = blanks(name.end);
        let (value, end) = if bytes.get(equals) == Some(&b'=') {
            let at = blanks(equals + 1);
            match bytes.get(at) {
                Some(&quote @ (b'"' | b'\'')) => {
                    let close = memchr(quote, &bytes[at + 1..]).map_or(bytes.len(), |found| at + 1 + found);
                    (at + 1..close, (close + 1).min(bytes.len()))
                }
                _ => {
                    let len =
                        bytes[at..].iter().take_while(|byte| !byte.is_ascii_whitespace() && **byte != b'>').count();
                    (at..at + len, at + len)
                }
            }
        } else {
            (name.end..name.end, name.end)
        };
        if let Some(key) = Key::of(&bytes[name])
            && !self.attributes.iter().any(|known| known.key == key)
            && let (Ok(start), Ok(end)) = (u32::try_from(value.start), u32::try_from(value.end))
        {
            self.attributes.push(Attribute { key, start, end });
        }
        end
    }
}

fn name_end(bytes: &[u8], start: usize) -> usize {
    start
        + bytes[start..].iter().take_while(|&&byte| !byte.is_ascii_whitespace() && !matches!(byte, b'/' | b'>')).count()
}

/// First byte after a comment, a declaration or a processing instruction.
fn skip_comment(bytes: &[u8], open: usize) -> usize {
    let rest = &bytes[open..];
    if rest.starts_with(b"<!--") {
        // `<!-->` and `<!--->` are whole.
        if rest.starts_with(b"<!-->") || rest.starts_with(b"<!--->") {
            return open + memchr(b'>', rest).map_or(rest.len(), |found| found + 1);
        }
        return memmem::find(&rest[4..], b"-->").map_or(bytes.len(), |found| open + 4 + found + 3);
    }
    memchr(b'>', rest).map_or(bytes.len(), |found| open + found + 1)
}

/// Where the end tag of a raw element begins.
fn raw_end(bytes: &[u8], start: usize, tag: Tag) -> usize {
    let name: &[u8] = match tag {
        Tag::Script => b"script",
        Tag::Style => b"style",
        Tag::Textarea => b"textarea",
        Tag::Title => b"title",
        _ => b"iframe",
    };
    let rest = &bytes[start..];
    for open in memchr_iter(b'<', rest) {
        let after = &rest[open + 1..];
        if after.first() == Some(&b'/')
            && after.get(1..=name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
            && after.get(name.len() + 1).is_none_or(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))
        {
            return start + open;
        }
    }
    // A title that never ends is a mistake in the head, not a page without a body.
    if tag == Tag::Title {
        return start + memchr2(b'<', b'\n', rest).unwrap_or(rest.len());
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts as they are, tags as `<Tag key=value>`.
    fn tokens(page: &str) -> String {
        let mut tokens = Tokens::new(page);
        let mut out = String::new();
        while let Some(token) = tokens.next() {
            match token {
                Token::Text { start, end } => out.push_str(&page[start..end]),
                Token::Start { tag, closed, .. } => {
                    out.push_str(&format!("<{tag:?}"));
                    for attribute in &tokens.attributes {
                        let value = &page[attribute.start as usize..attribute.end as usize];
                        out.push_str(&format!(" {:?}={value}", attribute.key));
                    }
                    out.push_str(if closed { "/>" } else { ">" });
                }
                Token::End { tag, .. } => out.push_str(&format!("</{tag:?}>")),
            }
        }
        out
    }

    #[test]
    fn tags_and_attributes() {
        assert_eq!(
            tokens("<DIV class='a b' ID=x data-y=\"<p>\" hidden>one</DIV ><br/>"),
            "<Div Class=a b Id=x Hidden=>one</Div><Br/>"
        );
        assert_eq!(tokens("<a href=/x/>y</a>"), "<A Href=/x/>y</A>");
        assert_eq!(tokens("<p class=a class=b>"), "<P Class=a>");
    }

    #[test]
    fn what_is_no_tag_is_text() {
        assert_eq!(tokens("1 < 2 and a<3 <"), "1 < 2 and a<3 <");
    }

    #[test]
    fn comments_are_skipped() {
        assert_eq!(tokens("a<!-- <p> --><!doctype html><?xml?>b<!-->c</ x>d<!-- e"), "abcd");
    }

    #[test]
    fn scripts_are_one_text() {
        assert_eq!(tokens("<script>if (a<b) '<p></p>'</script>x"), "<Script>if (a<b) '<p></p>'</Script>x");
        assert_eq!(tokens("<style></style>x<script>y"), "<Style></Style>x<Script>y");
        assert_eq!(tokens("<title>a <b>\n<p>c"), "<Title>a <B>\n<P>c");
    }

    #[test]
    fn a_tag_that_never_closes_ends_with_the_page() {
        assert_eq!(tokens("a<p class=\"b"), "a<P Class=b>");
        assert_eq!(tokens("a</p"), "a</P>");
    }
}
