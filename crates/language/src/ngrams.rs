//! From a text to the n-grams that the model weighs: words, folded to lower case, cut into runs of one to five
//! characters that know where the word begins and ends.
//!
//! The trainer calls the same functions, so that what is learned is what is looked up. Nothing here allocates:
//! a word is kept in a buffer of fixed size and an n-gram is never more than its hash.

use crate::script::{Kind, Letters, Script};

/// Longest n-gram, in characters, with the edge of the word counting as one.
pub const LONGEST: usize = 5;
/// Letters of a word that are looked at; the rest of a longer one is passed over.
const WORD: usize = 40;
/// Stands for the edge of a word.
const EDGE: u32 = b' ' as u32;

/// One word: its letters, folded, between two edges.
#[derive(Clone, Debug)]
pub struct Word {
    letters: [u32; WORD + 2],
    len: usize,
    script: Script,
}

impl Word {
    const fn new(script: Script) -> Self {
        let mut letters = [0; WORD + 2];
        letters[0] = EDGE;
        Self { letters, len: 1, script }
    }

    fn push(&mut self, c: char) {
        if self.len <= WORD {
            self.letters[self.len] = c as u32;
            self.len += 1;
        }
    }

    fn close(&mut self) {
        self.letters[self.len] = EDGE;
        self.len += 1;
    }

    /// The script that its letters are of.
    #[must_use]
    pub fn script(&self) -> Script {
        self.script
    }

    /// How many letters it has.
    #[must_use]
    pub fn letters(&self) -> usize {
        self.len - 2
    }

    /// Its letters, folded.
    pub fn chars(&self) -> impl Iterator<Item = char> {
        self.letters[1..self.len - 1].iter().filter_map(|&letter| char::from_u32(letter))
    }

    /// Calls `each` with the hash of every n-gram of the word.
    pub fn ngrams(&self, mut each: impl FnMut(u32)) {
        let letters = &self.letters[..self.len];
        for start in 0..letters.len() {
            let mut hash = 0_u64;
            for (length, &letter) in letters[start..].iter().take(LONGEST).enumerate() {
                hash = (hash ^ u64::from(letter)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                hash ^= hash >> 29;
                // An edge by itself says nothing.
                if length > 0 || letter != EDGE {
                    each((hash >> 16) as u32);
                }
            }
        }
    }
}

/// Calls `each` with every word of the text, in order, and returns how much of it was not prose, in letters: digits,
/// signs and tokens passed over, all of ASCII. A run of letters of one script is a word; an ideograph is one by
/// itself. Addresses, identifiers and other tokens of ASCII that no language has are passed over.
pub fn words(text: &str, mut each: impl FnMut(&Word)) -> usize {
    let letters = Letters::get();
    let mut odd = 0;
    for token in text.split_ascii_whitespace() {
        if is_machine(token) {
            odd += token.len();
            continue;
        }
        let mut word: Option<Word> = None;
        let mut end = |word: &mut Option<Word>| {
            if let Some(mut word) = word.take() {
                word.close();
                each(&word);
            }
        };
        for c in token.chars() {
            let (kind, c) = letters.look(c);
            match kind {
                Kind::Letter(script) => {
                    if script == Script::Han || word.as_ref().is_some_and(|word| word.script != script) {
                        end(&mut word);
                    }
                    word.get_or_insert_with(|| Word::new(script)).push(c);
                }
                Kind::Mark => {}
                Kind::Break => {
                    odd += oddness(c);
                    end(&mut word);
                }
            }
        }
        end(&mut word);
    }
    odd
}

/// How much a sign speaks against prose. The brackets and operators of code are rare in it.
fn oddness(c: char) -> usize {
    match c {
        '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '=' | ';' | '#' | '&' | '*' | '+' | '|' | '\\' | '/' => 3,
        _ => usize::from(c.is_ascii()),
    }
}

/// Is this an address, an identifier or a piece of code rather than a word of a language?
fn is_machine(token: &str) -> bool {
    let (mut letters, mut digits, mut odd, mut dots) = (false, false, false, false);
    for byte in token.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => letters = true,
            b'0'..=b'9' => digits = true,
            b'@' | b'_' | b'=' | b'{' | b'}' | b'<' | b'>' | b'\\' | b'|' | b'$' | b'^' | b'~' | b'`' => odd = true,
            b':' | b'.' => dots = true,
            0x80.. => return false,
            _ => {}
        }
    }
    letters && (digits || odd || dots && (token.contains("://") || token.contains("www.")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Vec<String>, usize) {
        let mut all = Vec::new();
        let odd = words(text, |word| {
            all.push(word.chars().collect());
        });
        (all, odd)
    }

    #[test]
    fn words_are_runs_of_letters_in_lower_case() {
        let (words, odd) = read("L’Été, d'Aoûst: 12 ÎLES!");
        assert_eq!(words, ["l", "été", "d", "aoûst", "îles"]);
        assert_eq!(odd, 6, "a comma, an apostrophe, a colon, two digits, an exclamation mark");
    }

    #[test]
    fn a_word_has_one_script_and_an_ideograph_is_a_word() {
        assert_eq!(read("iPhoneлар 新闻ニュース").0, ["iphone", "лар", "新", "闻", "ニュース"]);
    }

    #[test]
    fn marks_do_not_end_a_word() {
        assert_eq!(read("كِتاب co\u{AD}op").0, ["كتاب", "coop"]);
    }

    #[test]
    fn addresses_and_code_are_passed_over() {
        let (words, odd) = read("see https://a.example/x or mail a@b.example; x_y = f2(z), 5G");
        assert_eq!(words, ["see", "or", "mail"]);
        assert_eq!(odd, "https://a.example/x a@b.example; x_y f2(z), 5G".len() - 4 + oddness('='));
    }

    #[test]
    fn an_ngram_has_one_to_five_characters_and_edges_count() {
        let mut count = 0;
        words("abc", |word| word.ngrams(|_| count += 1));
        // " abc ": 5 + 4 + 3 + 2 + 1 runs, less the two bare edges.
        assert_eq!(count, 13);
    }

    #[test]
    fn the_same_letters_hash_the_same_wherever_the_word_stands() {
        let hashes = |text: &str| {
            let mut all = Vec::new();
            words(text, |word| word.ngrams(|hash| all.push(hash)));
            all
        };
        assert_eq!(hashes("ABEND"), hashes("(abend)"));
        assert_ne!(hashes("abend"), hashes("abendx"));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,200}") {
            let odd = words(&text, |word| {
                assert!(word.letters() <= WORD);
                // The sums of the model hold no more than this.
                let mut count = 0;
                word.ngrams(|_| count += 1);
                assert!(count <= 258);
            });
            prop_assert!(odd <= 3 * text.len());
        }
    }
}
