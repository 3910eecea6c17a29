//! What is kept of a text: its tokens in order, two bytes each.
//!
//! Verification reads the text itself, in the form of [`Token`] codes, because order and differences decide: sets
//! of hashes say how much two texts share, but not whether what they do not share is the numbers of a form or a
//! tail that was cut. A thousand words cost two kilobytes, and no code stands for a word that could be read back.

use crate::token::{Token, tokens};

/// Most tokens of a sketch. What a longer text says after them is not compared.
pub const MAX_TOKENS: usize = 4096;

/// The tokens of one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch(Vec<Token>);

impl Sketch {
    /// The sketch of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(tokens(text, MAX_TOKENS))
    }

    /// The tokens, in reading order.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.0
    }

    /// The sketch as it goes to disk: two bytes a token, the high one first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|token| token.code().to_be_bytes()).collect()
    }

    /// Reads what [`Self::to_bytes`] wrote; an odd last byte is no token.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let (pairs, _) = bytes.as_chunks::<2>();
        Self(pairs.iter().map(|pair| Token::from_code(u16::from_be_bytes(*pair))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let sketch = Sketch::of("The ferry to the island sailed at 7.30 on Monday.");
        assert_eq!(sketch.to_bytes().len(), 2 * sketch.tokens().len());
        assert_eq!(Sketch::from_bytes(&sketch.to_bytes()), sketch);
        assert_eq!(Sketch::from_bytes(&[1]), Sketch::default());
    }
}
