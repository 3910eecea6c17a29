//! The text of an article as its reader found it.

/// What a reader hands to the cleaner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Plain text, not yet decoded.
    Bytes(Vec<u8>),
    /// Plain text of a format that fixes the charset.
    Text(String),
    /// A web page, not yet decoded.
    Html(Vec<u8>),
    /// A piece of HTML of a format that fixes the charset (an entry of a feed, a part of a mail).
    Markup(String),
}

impl Content {
    /// What to spend memory for: bytes held.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) | Self::Html(bytes) => bytes.len(),
            Self::Text(text) | Self::Markup(text) => text.len(),
        }
    }

    /// Whether nothing is held.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
