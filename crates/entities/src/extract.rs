//! What one reader reads of an article: the parts of the text in one language, and the title where it is in that language.
//!
//! Offsets stay those of the whole text: a piece is cut into tokens by itself and its tokens are moved to where it stands.

use std::ops::Range;

use crate::recognise::Input;
use crate::token::{Token, tokenise_into};

/// A stretch of the text in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    /// Its language.
    pub(crate) language: &'a str,
    /// Its Unicode scalars in the text.
    pub(crate) scalars: Range<usize>,
    bytes: Range<usize>,
}

/// All of an article that is in one language.
pub(crate) struct Extract<'a> {
    /// The language.
    pub(crate) language: &'a str,
    /// The title; empty where it is in another language.
    pub(crate) title: &'a str,
    /// The whole text.
    pub(crate) text: &'a str,
    pieces: Vec<Piece<'a>>,
}

/// The pieces of the text, in order, from end to end. What the input has no part of is in the article's language.
pub(crate) fn pieces<'a>(input: &Input<'a>) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = Vec::with_capacity(1);
    let mut take = |to: Option<usize>, language: &'a str| {
        let (scalar, byte) = pieces.last().map_or((0, 0), |last| (last.scalars.end, last.bytes.end));
        let rest = input.text.get(byte..).unwrap_or("");
        let cut = to.map(|to| rest.char_indices().nth(to.saturating_sub(scalar)).map_or(rest.len(), |(at, _)| at));
        let bytes = cut.unwrap_or(rest.len());
        if bytes > 0 {
            let scalars = scalar..scalar + rest[..bytes].chars().count();
            pieces.push(Piece { language, scalars, bytes: byte..byte + bytes });
        }
    };
    for part in input.parts {
        take(Some(part.start), input.language);
        take(Some(part.end), &part.code);
    }
    take(None, input.language);
    pieces
}

/// The article by languages: first that of the title, then in the order of the pieces.
pub(crate) fn extracts<'a>(input: &Input<'a>, pieces: &[Piece<'a>]) -> Vec<Extract<'a>> {
    // A headline of an article of no one language heads the part below it.
    let first = pieces.first().map(|piece| piece.language).filter(|_| input.language == "und");
    let of = |language: &'a str, title: &'a str| {
        let own = pieces.iter().filter(|piece| piece.language == language).cloned();
        Extract { language, title, text: input.text, pieces: own.collect() }
    };
    let mut extracts = vec![of(first.unwrap_or(input.language), input.title.unwrap_or(""))];
    for piece in pieces {
        if !extracts.iter().any(|extract| extract.language == piece.language) {
            extracts.push(of(piece.language, ""));
        }
    }
    if extracts.len() > 1 {
        extracts.retain(|extract| !extract.is_empty());
    }
    extracts
}

impl<'a> Extract<'a> {
    fn is_empty(&self) -> bool {
        self.title.is_empty() && self.pieces.is_empty()
    }

    /// Bytes of the text that it has.
    pub(crate) fn size(&self) -> usize {
        self.pieces.iter().map(|piece| piece.bytes.len()).sum()
    }

    /// Cuts its pieces into tokens, in order.
    pub(crate) fn tokenise_into(&self, tokens: &mut Vec<Token<'a>>) {
        for piece in &self.pieces {
            let first = tokens.len();
            tokenise_into(self.text.get(piece.bytes.clone()).unwrap_or(""), tokens);
            if piece.bytes.start > 0 {
                for token in &mut tokens[first..] {
                    token.byte += piece.bytes.start;
                    token.start += piece.scalars.start;
                    token.end += piece.scalars.start;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use copydesk_article::LanguagePart;

    use super::*;

    fn part(code: &str, start: usize, end: usize) -> LanguagePart {
        LanguagePart { code: code.to_owned(), start, end }
    }

    fn cut(text: &str, language: &str, parts: &[LanguagePart]) -> Vec<(String, String)> {
        let input = Input { title: None, text, language, parts, published: None };
        let pieces = pieces(&input);
        pieces.into_iter().map(|piece| (piece.language.to_owned(), text[piece.bytes].to_owned())).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn pieces_cover_the_text_whatever_the_parts_say() {
        assert_eq!(cut("Über\nuns\n", "de", &[]), pairs(&[("de", "Über\nuns\n")]));
        let whole = [part("de", 0, 5), part("en", 5, 8)];
        assert_eq!(cut("Über\nus\n", "en", &whole), pairs(&[("de", "Über\n"), ("en", "us\n")]));
        let odd = [part("de", 2, 4), part("fr", 1, 3), part("ru", 6, 60), part("el", 70, 80)];
        assert_eq!(cut("Überall", "en", &odd), pairs(&[("en", "Üb"), ("de", "er"), ("en", "al"), ("ru", "l")]));
        assert_eq!(cut("", "en", &odd), []);
    }

    #[test]
    fn tokens_stand_where_they_stand_in_the_text() {
        let (text, parts) = ("Öl\n\nÄrger in Köln\n\nÖl", [part("de", 0, 4), part("en", 4, 19), part("de", 19, 21)]);
        let input = Input { title: Some("Öl"), text, language: "de", parts: &parts, published: None };
        let extracts = extracts(&input, &pieces(&input));
        assert_eq!(
            extracts.iter().map(|one| (one.language, one.title)).collect::<Vec<_>>(),
            [("de", "Öl"), ("en", "")]
        );
        let mut tokens = Vec::new();
        extracts.iter().for_each(|extract| extract.tokenise_into(&mut tokens));
        let letters: Vec<char> = text.chars().collect();
        assert_eq!(tokens.len(), 5);
        for token in &tokens {
            assert_eq!(letters[token.start..token.end].iter().collect::<String>(), token.text);
            assert_eq!(&text[token.byte..token.byte + token.text.len()], token.text);
        }
    }
}
