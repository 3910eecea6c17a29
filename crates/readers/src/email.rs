//! Mail messages (RFC 5322): newsletters and alerts, one article a message.
//!
//! Parsed by `mail-parser`. The HTML part is the article where there is one; plain text is otherwise. Nobody's
//! outlet is guessed from an address: newsletters are sent by whoever sends newsletters for others.

use copydesk_article::{Content, QuarantineReason, Supplied};
use mail_parser::{Address, HeaderName, HeaderValue, Message, MessageParser, PartType};
use serde_json::Value;

use crate::piece::Flaw;

/// Headers that only mail has, in lower case; two of them make a message.
const TELLING: [&str; 13] = [
    "from",
    "date",
    "subject",
    "message-id",
    "mime-version",
    "received",
    "return-path",
    "delivered-to",
    "to",
    "reply-to",
    "list-id",
    "dkim-signature",
    "content-transfer-encoding",
];

/// Headers kept in `extra`, as written.
const KEPT: [(HeaderName<'static>, &str); 9] = [
    (HeaderName::From, "from"),
    (HeaderName::To, "to"),
    (HeaderName::Cc, "cc"),
    (HeaderName::ReplyTo, "reply-to"),
    (HeaderName::MessageId, "message-id"),
    (HeaderName::InReplyTo, "in-reply-to"),
    (HeaderName::ListId, "list-id"),
    (HeaderName::ListPost, "list-post"),
    (HeaderName::ListArchive, "list-archive"),
];

/// How many lines at the beginning of a text are headers that mail has; none where its first lines are no headers.
/// A text that merely begins with one such line is no mail: two are asked for by callers.
pub(crate) fn telling_headers(head: &[u8]) -> usize {
    let mut count = 0;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let is_cut = !line.ends_with(b"\n");
        let line = line.trim_ascii_end();
        if line.is_empty() {
            return count;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let name = line.iter().position(|byte| *byte == b':').map(|at| &line[..at]);
        match name {
            Some(name) if !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic()) => {
                count += usize::from(TELLING.iter().any(|telling| telling.as_bytes().eq_ignore_ascii_case(name)));
            }
            _ if is_cut => return count,
            _ => return 0,
        }
    }
    count
}

/// Headers that people do not write above a text.
const MACHINE: [&str; 8] = [
    "message-id",
    "mime-version",
    "received",
    "return-path",
    "delivered-to",
    "list-id",
    "dkim-signature",
    "content-transfer-encoding",
];

/// Whether one of the headers at the beginning of a text is one that only programs write.
pub(crate) fn has_machine_header(head: &[u8]) -> bool {
    let lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end).take_while(|line| !line.is_empty());
    let mut names = lines.filter_map(|line| line.iter().position(|byte| *byte == b':').map(|at| &line[..at]));
    names.any(|name| MACHINE.iter().any(|machine| machine.as_bytes().eq_ignore_ascii_case(name)))
}

/// Understands one message.
pub(crate) fn read(bytes: &[u8]) -> Result<(Content, Supplied), Flaw> {
    let message = MessageParser::default().parse(bytes).filter(|message| {
        [HeaderName::From, HeaderName::Date, HeaderName::Subject, HeaderName::MessageId]
            .into_iter()
            .any(|name| message.header(name).is_some())
    });
    let Some(message) = message else {
        let detail = "it has none of the headers From, Date, Subject and Message-ID; give a text another extension";
        return Err(Flaw::new(QuarantineReason::InvalidEmail, detail));
    };
    let Some(content) = content(&message) else {
        return Err(Flaw::new(QuarantineReason::NoText, "no part of the message is a text"));
    };
    Ok((content, supplied(&message)))
}

fn content(message: &Message<'_>) -> Option<Content> {
    let is_html = |id: &u32| matches!(message.part(*id).map(|part| &part.body), Some(PartType::Html(_)));
    if message.html_body.iter().any(is_html) {
        let parts: Vec<_> = (0..message.html_body.len()).filter_map(|at| message.body_html(at)).collect();
        return Some(Content::Markup(parts.join("\n"))).filter(|content| !is_blank(content));
    }
    let parts: Vec<_> = message
        .text_body
        .iter()
        .filter_map(|id| match &message.part(*id)?.body {
            PartType::Text(text) => Some(text.trim_end()),
            _ => None,
        })
        .collect();
    Some(Content::Text(parts.join("\n\n"))).filter(|content| !is_blank(content))
}

fn is_blank(content: &Content) -> bool {
    matches!(content, Content::Text(text) | Content::Markup(text) if text.trim().is_empty())
}

fn supplied(message: &Message<'_>) -> Supplied {
    let raw = |name: HeaderName<'static>| {
        let words: Vec<&str> = message.header_raw(name)?.split_whitespace().collect();
        Some(words.join(" ")).filter(|value| !value.is_empty())
    };
    let mut supplied = Supplied {
        title: message.subject().map(|subject| subject.trim().to_owned()).filter(|subject| !subject.is_empty()),
        authors: message.from().map(names).unwrap_or_default(),
        published: raw(HeaderName::Date),
        language: raw(HeaderName::ContentLanguage).filter(|codes| !codes.contains(',')),
        ..Supplied::default()
    };
    for (name, field) in KEPT {
        let value = match message.header(name.clone()) {
            Some(HeaderValue::Address(address)) => Some(addresses(address)),
            _ => raw(name),
        };
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            supplied.extra.insert(field.to_owned(), Value::String(value));
        }
    }
    if message.parts.iter().any(|part| part.is_encoding_problem) {
        supplied.problems.push("a part of the message is not encoded as it says".to_owned());
    }
    supplied
}

fn names(address: &Address<'_>) -> Vec<String> {
    let name = |address: &mail_parser::Addr<'_>| address.name.as_deref().map(str::trim).map(str::to_owned);
    address.iter().filter_map(name).filter(|name| !name.is_empty()).collect()
}

fn addresses(address: &Address<'_>) -> String {
    let one = |address: &mail_parser::Addr<'_>| match (address.name.as_deref(), address.address.as_deref()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    address.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_is_told_by_its_headers() {
        assert_eq!(telling_headers(b"From: a\r\nX-Odd: b\r\n c\r\nSubject: d\r\n\r\nbody: x"), 2);
        assert!(has_machine_header(b"From: a\r\nmessage-id: <b>\r\n\r\nbody"));
        assert!(!has_machine_header(b"From: a\r\nSubject: c\r\n\r\nMessage-ID: in the body"));
        assert_eq!(telling_headers(b"Subject: nothing else\n\nbody"), 1);
        assert_eq!(telling_headers(b"The mayor said: from now on\nSubject: x\nFrom: y"), 0);
        assert_eq!(telling_headers(b"From: a\nSubject: cut by the en"), 2);
    }

    #[test]
    fn a_plain_message() {
        let (content, supplied) = read(
            "From: =?utf-8?q?Ada_Byrn=C3=A9?= <ada@example.org>, desk@example.org\r\nTo: list@example.org\r\n\
             Subject: =?iso-8859-1?q?Caf=E9?= opens\r\nDate: Wed, 1 May 2024 08:00:00 +0200\r\n\
             Message-ID: <7@example.org>\r\nContent-Type: text/plain; charset=iso-8859-2\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\nD=E1msk=FD klub a =B9k=F3la =\r\nopened.\r\n"
                .as_bytes(),
        )
        .expect("mail");
        assert_eq!(content, Content::Text("Dámský klub a škóla opened.".to_owned()));
        assert_eq!(supplied.title.as_deref(), Some("Café opens"));
        assert_eq!(supplied.authors, ["Ada Byrné"]);
        assert_eq!(supplied.published.as_deref(), Some("Wed, 1 May 2024 08:00:00 +0200"));
        assert_eq!(supplied.extra["from"], "Ada Byrné <ada@example.org>, desk@example.org");
        assert_eq!((&supplied.extra["message-id"], supplied.site), (&Value::from("<7@example.org>"), None));
    }

    #[test]
    fn html_is_the_article_where_there_is_some() {
        let (content, _) = read(
            b"Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n\
              --b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<p>rich</p>\n--b--\n",
        )
        .expect("mail");
        assert_eq!(content, Content::Markup("<p>rich</p>".to_owned()));
    }

    #[test]
    fn what_is_no_mail_or_has_no_text() {
        for (mail, reason) in [
            (&b"just a text\n\nof some lines"[..], QuarantineReason::InvalidEmail),
            (b"", QuarantineReason::InvalidEmail),
            (b"Subject: x\n\n \n", QuarantineReason::NoText),
            (
                b"Subject: x\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n",
                QuarantineReason::NoText,
            ),
        ] {
            assert_eq!(read(mail).expect_err("none").reason, reason, "{}", String::from_utf8_lossy(mail));
        }
    }
}
