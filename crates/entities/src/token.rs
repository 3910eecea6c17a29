//! Tokens: words, numbers and marks with their place in the text, both in bytes and in Unicode scalars.
//!
//! The cut is made for names. A possessive `’s` is a token of its own; an apostrophe inside a name is not
//! (`O'Brien`, `N'Djamena`), except after an elided article (`l'Iran`); `U.S.` and the initial `J.` keep their
//! stops; a hyphen stands alone, so `mid-February` and `Taliban-Russia` can be read by their parts. In scripts that
//! write no spaces between words each character is a token. An address (`https://…`, `www.…`, `name@host`) is one
//! token, a mark: nothing in it is a name.

use std::borrow::Cow;

use copydesk_article::is_cjk;
use unicode_normalization::char::is_combining_mark;

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters, with apostrophes inside, or a dotted abbreviation.
    Word,
    /// ASCII digits with inner stops or commas.
    Number,
    /// The possessive `'s`.
    Possessive,
    /// Any other single character.
    Mark,
}

/// How the letters of a token are cased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Does not begin with a capital.
    Lower,
    /// Begins with a capital.
    Capital,
    /// Two or more letters, all capitals.
    Upper,
}

/// One token of a field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    /// The characters.
    pub(crate) text: &'a str,
    /// First byte in the field.
    pub(crate) byte: usize,
    /// First Unicode scalar in the field.
    pub(crate) start: usize,
    /// First Unicode scalar after it.
    pub(crate) end: usize,
    /// What it is made of.
    pub(crate) kind: Kind,
    /// How it is cased.
    pub(crate) shape: Shape,
    /// No white space stands before it.
    pub(crate) glued: bool,
    /// First of its line: no name crosses into it.
    pub(crate) starts_line: bool,
    /// First word of a sentence, a quotation or a heading: its capital is no evidence.
    pub(crate) opens: bool,
    /// Its line has no lower-case letter: capitals are no evidence.
    pub(crate) shouted: bool,
}

impl Token<'_> {
    /// A word that begins with a capital.
    pub(crate) fn is_capitalised(&self) -> bool {
        self.kind == Kind::Word && self.shape != Shape::Lower
    }

    /// Whether the token is exactly this text.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.text == text
    }

    /// A hyphen or a dash that joins words.
    pub(crate) fn is_hyphen(&self) -> bool {
        matches!(self.text, "-" | "\u{2010}" | "\u{2011}" | "\u{2013}")
    }

    /// A single capital with its stop, as in `John F. Kennedy`.
    pub(crate) fn is_initial(&self) -> bool {
        self.kind == Kind::Word && self.text.ends_with('.') && self.text.chars().count() == 2
    }
}

/// The text in lower case with straight apostrophes: the form all lists are looked up by.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        Cow::Owned(text.chars().flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }).collect())
    } else if text.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// Abbreviations whose stop ends no sentence.
const ABBREVIATIONS: [&str; 26] = [
    "mr", "mrs", "ms", "dr", "st", "gen", "col", "lt", "maj", "capt", "sgt", "sen", "rep", "gov", "prof", "rev", "jr",
    "sr", "inc", "corp", "ltd", "no", "brig", "adm", "cmdr", "hon",
];

/// Whether a stop after this word belongs to the word.
pub(crate) fn is_abbreviation(word: &str) -> bool {
    word.len() <= 4 && ABBREVIATIONS.contains(&fold(word).as_ref())
}

fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() || is_combining(c) }
}

/// Marks that combine, and the joiner: words in the scripts of India are full of them.
fn is_combining(c: char) -> bool {
    c > '\u{2FF}' && (is_combining_mark(c) || c == '\u{200D}')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

/// A place in the text that knows its byte and its scalar.
struct Cursor<'a> {
    text: &'a str,
    byte: usize,
    scalar: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.byte..).unwrap_or("")
    }

    /// Goes over ASCII characters of a sort, most of every text, byte by byte.
    fn ascii(&mut self, is_sort: impl Fn(&u8) -> bool) {
        let run = self.text.as_bytes()[self.byte..].iter().take_while(|byte| is_sort(byte)).count();
        self.byte += run;
        self.scalar += run;
    }

    fn nth(&self, n: usize) -> Option<char> {
        self.rest().chars().nth(n)
    }

    fn bump(&mut self) {
        if let Some(c) = self.rest().chars().next() {
            self.byte += c.len_utf8();
            self.scalar += 1;
        }
    }

    fn nth_is(&self, n: usize, test: impl Fn(char) -> bool) -> bool {
        self.nth(n).is_some_and(test)
    }

    /// At an apostrophe: whether `'s` and no more follows.
    fn at_possessive(&self) -> bool {
        self.nth_is(1, |c| matches!(c, 's' | 'S')) && !self.nth_is(2, is_word)
    }

    fn number(&mut self) {
        while let Some(c) = self.nth(0) {
            let inside = c.is_ascii_digit() || (matches!(c, '.' | ',') && self.nth_is(1, |d| d.is_ascii_digit()));
            if !inside {
                break;
            }
            self.bump();
        }
    }

    fn word(&mut self) {
        let first_lower = self.nth_is(0, char::is_lowercase);
        let from = self.scalar;
        if self.nth_is(0, is_cjk) {
            self.bump();
            while self.nth_is(0, is_combining) {
                self.bump();
            }
            return;
        }
        self.ascii(u8::is_ascii_alphanumeric);
        while let Some(c) = self.nth(0) {
            let elided = || first_lower && self.nth_is(1, char::is_uppercase);
            let inner = is_apostrophe(c) && self.nth_is(1, char::is_alphabetic) && !self.at_possessive() && !elided();
            if (!is_word(c) && !inner) || is_cjk(c) {
                break;
            }
            self.bump();
            self.ascii(u8::is_ascii_alphanumeric);
        }
        if self.scalar == from + 1 && self.nth(0) == Some('.') {
            self.dotted();
        }
    }

    /// After a single letter, at a stop: takes the rest of `U.S.`, or the stop of an initial before a name.
    fn dotted(&mut self) {
        let mut letters = 1;
        while self.nth(0) == Some('.') && self.nth_is(1, char::is_alphabetic) && !self.nth_is(2, is_word) {
            self.bump();
            self.bump();
            letters += 1;
        }
        let before_name = self.nth(1) == Some(' ') && self.nth_is(2, char::is_uppercase);
        if self.nth(0) == Some('.') && (letters > 1 || before_name) {
            self.bump();
        }
    }
}

/// Most characters of an address.
const LONGEST_ADDRESS: usize = 2048;

/// The characters of the address of a page or a mailbox at the start of a text, without marks that end a sentence; 0 if
/// there is none.
fn address_length(text: &str, has_at: bool) -> usize {
    let first = text.as_bytes().first().copied().unwrap_or(0);
    let is_scheme = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let is_page =
        matches!(first, b'h' | b'H' | b'w' | b'W') && ["http://", "https://", "www."].into_iter().any(is_scheme);
    if !(is_page || has_at && first.is_ascii_alphanumeric()) {
        return 0;
    }
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '“' | '”');
    // Longer than any address: what is longer is no text, and must not be looked through from every token.
    let run = text.char_indices().take(LONGEST_ADDRESS).take_while(|&(_, c)| !ends(c)).last();
    let run = &text[..run.map_or(0, |(at, c)| at + c.len_utf8())];
    if !is_page && !is_mailbox(run) {
        return 0;
    }
    let address = run.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'', '’', '…']);
    address.chars().count()
}

/// Whether a run of characters is a mailbox: one `@` between letters or digits, and a stop in the host.
fn is_mailbox(run: &str) -> bool {
    let Some((name, host)) = run.split_once('@') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    let host = host.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    !name.is_empty() && name.chars().all(plain) && host.contains('.') && host.chars().all(plain)
}

fn shape_of(text: &str) -> Shape {
    let mut letters = 0;
    let mut all_upper = true;
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        if letters == 0 && !c.is_uppercase() {
            return Shape::Lower;
        }
        all_upper &= c.is_uppercase();
        letters += 1;
    }
    match letters {
        0 => Shape::Lower,
        1 => Shape::Capital,
        _ if all_upper => Shape::Upper,
        _ => Shape::Capital,
    }
}

/// Cuts a field into tokens, in order, covering everything but white space.
pub(crate) fn tokenise(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    tokenise_into(text, &mut tokens);
    tokens
}

/// Cuts a field into tokens that come after those of other fields; places count from the start of the field.
pub(crate) fn tokenise_into<'a>(text: &'a str, tokens: &mut Vec<Token<'a>>) {
    let mut cursor = Cursor { text, byte: 0, scalar: 0 };
    let (mut glued, mut starts_line, mut opens) = (false, true, true);
    let has_at = text.contains('@');
    let mut line = tokens.len();
    while let Some(c) = cursor.nth(0) {
        if c.is_whitespace() {
            glued = false;
            if matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}') {
                (starts_line, opens) = (true, true);
            }
            cursor.bump();
            continue;
        }
        let (byte, start) = (cursor.byte, cursor.scalar);
        let after_word = glued && tokens.last().is_some_and(|t| t.kind == Kind::Word);
        let hangs = glued && tokens.last().is_none_or(|t| !matches!(t.text, "(" | "[" | "<" | "\"" | "“"));
        let address = if hangs { 0 } else { address_length(cursor.rest(), has_at) };
        let kind = if address > 0 {
            (0..address).for_each(|_| cursor.bump());
            Kind::Mark
        } else if c.is_ascii_digit() {
            cursor.number();
            Kind::Number
        } else if is_word(c) {
            cursor.word();
            Kind::Word
        } else if is_apostrophe(c) && after_word && cursor.at_possessive() {
            cursor.bump();
            cursor.bump();
            Kind::Possessive
        } else {
            cursor.bump();
            Kind::Mark
        };
        let text = cursor.text.get(byte..cursor.byte).unwrap_or("");
        let shape = if kind == Kind::Word { shape_of(text) } else { Shape::Lower };
        if starts_line {
            mark_shouting(tokens, line);
            line = tokens.len();
        }
        let ends_abbreviation = c == '.' && glued && tokens.last().is_some_and(|t| is_abbreviation(t.text));
        tokens.push(Token {
            text,
            byte,
            start,
            end: cursor.scalar,
            kind,
            shape,
            glued,
            starts_line,
            opens: opens && kind == Kind::Word,
            shouted: false,
        });
        opens = match c {
            _ if kind != Kind::Mark || address > 0 => false,
            '.' => !ends_abbreviation,
            '!' | '?' | '…' | ':' | '“' | '‘' | '«' | '•' | '*' => true,
            '"' | '\'' | '(' | '[' if !glued => true,
            ')' | ']' | '”' | '’' | '»' | '"' | '\'' => opens,
            '-' | '–' | '—' => opens || starts_line,
            _ => false,
        };
        (glued, starts_line) = (true, false);
    }
    mark_shouting(tokens, line);
}

/// Marks the tokens of a line that ends here as shouted if nothing in it is in lower case.
fn mark_shouting(tokens: &mut [Token<'_>], line: usize) {
    let Some(line) = tokens.get_mut(line..) else { return };
    let is_lower = |t: &Token<'_>| t.kind == Kind::Word && t.text.chars().any(char::is_lowercase);
    if !line.iter().any(is_lower) {
        line.iter_mut().for_each(|t| t.shouted = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        tokenise(text).iter().map(|t| t.text).collect()
    }

    #[test]
    fn possessives_and_inner_apostrophes_are_told_apart() {
        assert_eq!(
            cut("Petrova’s O'Brien N'Djamena d'Iran don't"),
            ["Petrova", "’s", "O'Brien", "N'Djamena", "d", "'", "Iran", "don't"]
        );
    }

    #[test]
    fn abbreviations_keep_their_stops() {
        assert_eq!(
            cut("U.S. troops. John F. Kane took plan B."),
            ["U.S.", "troops", ".", "John", "F.", "Kane", "took", "plan", "B", "."]
        );
    }

    #[test]
    fn numbers_end_before_letters() {
        assert_eq!(cut("€2.5bn, 1,000 2017-02-07"), ["€", "2.5", "bn", ",", "1,000", "2017", "-", "02", "-", "07"]);
    }

    #[test]
    fn addresses_are_whole() {
        assert_eq!(
            cut("See https://blom.example/a-b?c=D. Or www.blom.example, or (Anna.Blom@blom.example)."),
            [
                "See",
                "https://blom.example/a-b?c=D",
                ".",
                "Or",
                "www.blom.example",
                ",",
                "or",
                "(",
                "Anna.Blom@blom.example",
                ")",
                "."
            ]
        );
        assert_eq!(cut("write to anna@blom.example."), ["write", "to", "anna@blom.example", "."]);
        assert_eq!(cut("www. http:// @ a@b"), ["www", ".", "http://", "@", "a", "@", "b"]);
    }

    #[test]
    fn amounts_are_cut_between_currency_and_number() {
        assert_eq!(
            cut("$5m US$1.5 €20 ₹300 5€ C$7"),
            ["$", "5", "m", "US", "$", "1.5", "€", "20", "₹", "300", "5", "€", "C", "$", "7"]
        );
    }

    #[test]
    fn scripts_without_spaces_are_cut_by_character() {
        assert_eq!(cut("東京でAnna会う"), ["東", "京", "で", "Anna", "会", "う"]);
    }

    #[test]
    fn offsets_count_scalars() {
        let tokens = tokenise("Ärger in Köln");
        assert_eq!((tokens[2].start, tokens[2].end, tokens[2].byte), (9, 13, 10));
    }

    #[test]
    fn sentences_open_after_stops_but_not_after_abbreviations() {
        let tokens = tokenise("He met Mr. Blom. Then “Rain” fell\nSnow");
        let opens: Vec<_> = tokens.iter().filter(|t| t.opens).map(|t| t.text).collect();
        assert_eq!(opens, ["He", "Then", "Rain", "Snow"]);
    }

    #[test]
    fn a_line_in_capitals_is_shouted() {
        let tokens = tokenise("RAIN IN OSLO\nIt rained");
        let shouted: Vec<_> = tokens.iter().filter(|t| t.shouted).map(|t| t.text).collect();
        assert_eq!(shouted, ["RAIN", "IN", "OSLO"]);
    }
}
