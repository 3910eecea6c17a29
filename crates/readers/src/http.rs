//! Headers of an HTTP response, as they stand in WARC records and sidecars.

use copydesk_article::Supplied;
use serde_json::Value;

/// Named values, in order. Names are in lower case.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(String, String)>);

/// A media type and its charset.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct MediaType {
    /// In lower case, without parameters.
    pub name: String,
    /// The `charset` parameter.
    pub charset: Option<String>,
}

impl Headers {
    /// Reads `Name: value` lines; a line that begins with white space goes on with the one before, and what is no
    /// such line is passed over. Bytes that are not UTF-8 are Latin-1.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in bytes.split(|byte| *byte == b'\n') {
            let line = std::str::from_utf8(line)
                .map_or_else(|_| encoding_rs::mem::decode_latin1(line).into_owned(), str::to_owned);
            let line = line.trim_end_matches('\r');
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':')
                && !name.trim_end().is_empty()
                && !name.trim_end().contains([' ', '\t'])
            {
                headers.push((name.trim_end().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self(headers)
    }

    /// The first value of a name, which is to be given in lower case. Empty ones are none.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(have, value)| have == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What `content-type` says.
    pub fn media_type(&self) -> Option<MediaType> {
        self.get("content-type").map(MediaType::parse)
    }

    /// What the headers say of the page. `last-modified` is about the file on the server, and servers set it
    /// to the moment of the request: it is kept, but not believed.
    pub fn supplied(&self) -> Supplied {
        let mut supplied = Supplied {
            charset: self.media_type().and_then(|media| media.charset),
            language: self.get("content-language").filter(|codes| !codes.contains(',')).map(str::to_owned),
            fetched_at: self.get("date").map(str::to_owned),
            canonical_url: self.all("link").find_map(canonical),
            ..Supplied::default()
        };
        if let Some(modified) = self.get("last-modified") {
            supplied.extra.insert("last-modified".to_owned(), Value::String(modified.to_owned()));
        }
        supplied
    }
}

impl MediaType {
    /// Reads the value of a `content-type` header.
    pub fn parse(value: &str) -> Self {
        let mut parts = value.split(';');
        let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']).trim();
            (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
        });
        Self { name, charset }
    }
}

/// The address in one `link` header that is marked as canonical.
fn canonical(value: &str) -> Option<String> {
    value.split('<').skip(1).find_map(|link| {
        let (address, parameters) = link.split_once('>')?;
        // Up to the next link: a comma outside its own quotes is not worth a parser.
        let is_canonical = parameters.split(';').any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else { return false };
            let value = value.trim().trim_end_matches(',').trim().trim_matches(['"', '\'']);
            name.trim().eq_ignore_ascii_case("rel")
                && value.split_whitespace().any(|word| word.eq_ignore_ascii_case("canonical"))
        });
        (is_canonical && !address.trim().is_empty()).then(|| address.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_what_they_say() {
        let headers = Headers::parse(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html;\r\n charset=\"ISO-8859-2\"\r\nContent-Language: cs\r\n\
              Date: Wed, 01 May 2024 08:00:00 GMT\r\nLast-Modified: Tue, 30 Apr 2024 08:00:00 GMT\r\n\
              Link: <https://example.org/f>; rel=\"alternate\", <https://example.org/a>; rel=\"canonical\"\r\nX-Caf\xe9: 1\r\n",
        );
        let supplied = headers.supplied();
        assert_eq!(supplied.charset.as_deref(), Some("ISO-8859-2"));
        assert_eq!(supplied.language.as_deref(), Some("cs"));
        assert_eq!(supplied.fetched_at.as_deref(), Some("Wed, 01 May 2024 08:00:00 GMT"));
        assert_eq!(supplied.canonical_url.as_deref(), Some("https://example.org/a"));
        assert_eq!(supplied.extra["last-modified"], "Tue, 30 Apr 2024 08:00:00 GMT");
        assert_eq!(supplied.modified, None);
        assert_eq!(headers.get("x-café"), Some("1"));
    }

    #[test]
    fn odd_headers_are_passed_over() {
        assert!(Headers::parse(b"nothing here\n: x\n two words: x\n").is_empty());
        let media = MediaType::parse("Text/HTML; boundary=x; CharSet = utf-8");
        assert_eq!((media.name.as_str(), media.charset.as_deref()), ("text/html", Some("utf-8")));
        assert_eq!(Headers::parse(b"content-language: en, fr").supplied().language, None);
    }
}
