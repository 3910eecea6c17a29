//! What was worked out about words once and holds in every article: few words make up most of all text.
//!
//! Nothing here depends on an article, only on the written word and the tagger: an entry is used for exactly the same
//! characters of the same tagger, so what is remembered changes how long an answer takes, never the answer. The room is
//! fixed; a word that was met again since it was last challenged keeps its place.

use super::DISTANCES;
use super::form::Form;
use super::labels::WIDTH;
use crate::token::{Kind, Token};

/// Words there is room for: some 4 MiB a thread.
const WORDS: usize = 1 << 13;
/// Longest word that is remembered, in bytes.
const LONGEST: usize = 24;

/// The scores of a form by its distance, as far as they hang on the form alone.
pub(super) type Rows = [[i16; WIDTH]; DISTANCES];

/// Words by the hash of their characters.
#[derive(Debug, Default)]
pub(super) struct Memory {
    slots: Vec<Option<Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    tagger: u32,
    kind: Kind,
    length: u8,
    met_again: bool,
    text: [u8; LONGEST],
    form: Form,
    rows: Rows,
}

impl Memory {
    /// What a tagger knows of a token, with the hash of its characters; where it knows nothing, `find` is asked.
    pub(super) fn recall(
        &mut self,
        tagger: u32,
        token: &Token<'_>,
        hash: u32,
        find: impl FnOnce(&mut Rows) -> Form,
        rows: &mut Rows,
    ) -> Form {
        if self.slots.is_empty() {
            self.slots.resize(WORDS, None);
        }
        let slot = &mut self.slots[hash as usize % WORDS];
        if let Some(known) = slot {
            if known.is(tagger, token) {
                known.met_again = true;
                *rows = known.rows;
                return known.form;
            }
            if std::mem::take(&mut known.met_again) {
                return find(rows);
            }
        }
        let form = find(rows);
        let mut text = [0; LONGEST];
        if let Some(start) = text.get_mut(..token.text.len()) {
            start.copy_from_slice(token.text.as_bytes());
            let length = token.text.len() as u8;
            *slot = Some(Known { tagger, kind: token.kind, length, met_again: false, text, form, rows: *rows });
        }
        form
    }
}

impl Known {
    fn is(&self, tagger: u32, token: &Token<'_>) -> bool {
        self.tagger == tagger
            && self.kind == token.kind
            && self.text.get(..usize::from(self.length)) == Some(token.text.as_bytes())
    }
}

/// Sums of scores by the numbers that they hang on, likewise.
#[derive(Debug, Default)]
pub(super) struct Sums {
    slots: Vec<(u32, [u32; KEY], [i16; WIDTH])>,
}

/// Numbers that a sum hangs on.
pub(super) const KEY: usize = 4;
/// Sums there is room for.
const SUMS: usize = 1 << 12;

impl Sums {
    /// The sum of a tagger for a key; where it is not known, `find` is asked. Taggers count from 1.
    #[inline]
    pub(super) fn recall(
        &mut self,
        tagger: u32,
        key: [u32; KEY],
        find: impl FnOnce(&mut [i16; WIDTH]),
    ) -> &[i16; WIDTH] {
        if self.slots.is_empty() {
            self.slots.resize(SUMS, (0, [0; KEY], [0; WIDTH]));
        }
        let mixed = key.iter().fold(0_u32, |mixed, &number| (mixed.rotate_left(9) ^ number).wrapping_mul(0x9E37_79B1));
        let slot = &mut self.slots[(mixed >> 16) as usize % SUMS];
        if slot.0 != tagger || slot.1 != key {
            *slot = (tagger, key, [0; WIDTH]);
            find(&mut slot.2);
        }
        &slot.2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tagger::lists::Lists;
    use crate::token::tokenise;

    #[test]
    fn a_word_is_never_taken_for_another() {
        let (bytes, _) = Lists::write((4, &[]), (4, &[]));
        let lists = Lists::read(&bytes).expect("lists");
        let mut memory = Memory::default();
        let long = "x".repeat(LONGEST + 1);
        let text = format!("Rain rain rains Rain {long} rain {long}");
        // All fight for one slot, and for two taggers.
        for _ in 0..3 {
            for (number, token) in (0..).zip(tokenise(&text)) {
                let (tagger, mut rows, mut folded) = (1 + number % 2, [[0; WIDTH]; DISTANCES], String::new());
                let own = token.text.len() as i16 * 10 + i16::from(token.text.starts_with('R')) * 5 + tagger as i16;
                let expected = Form::of(&token, &lists, &mut folded);
                let find = |rows: &mut Rows| {
                    rows[0][0] = own;
                    expected
                };
                let form = memory.recall(tagger, &token, 7, find, &mut rows);
                assert_eq!((form.exact, rows[0][0]), (expected.exact, own), "{}", token.text);
            }
        }
    }

    #[test]
    fn what_is_remembered_is_not_asked_again() {
        let mut sums = Sums::default();
        for (asked, key) in [(true, [1, 2, 3, 4]), (false, [1, 2, 3, 4]), (true, [1, 2, 3, 5])] {
            let mut was_asked = false;
            let find = |sum: &mut [i16; WIDTH]| (sum[0], was_asked) = (key[3] as i16, true);
            assert_eq!(sums.recall(1, key, find)[0], key[3] as i16);
            assert_eq!(was_asked, asked, "{key:?}");
        }
    }
}
