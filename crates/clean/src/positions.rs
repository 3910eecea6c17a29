//! Byte offsets of a text as `char` offsets, which is what records carry.

/// Turns byte offsets into `char` offsets; the offsets asked for must not fall.
pub(crate) struct Positions<'a> {
    text: &'a str,
    byte: usize,
    position: usize,
}

impl<'a> Positions<'a> {
    /// Positions in a text.
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { text, byte: 0, position: 0 }
    }

    /// The position of a byte, which must not be less than the one asked for before.
    pub(crate) fn of(&mut self, byte: usize) -> usize {
        self.position += self.text[self.byte..byte].chars().count();
        self.byte = byte;
        self.position
    }
}
