//! Countries and great cities by their names in other languages than English: what the atlas has of them.
//!
//! Where a script has capitals the name needs one, and a short word that begins a sentence is none. In Cyrillic the last
//! word may carry an ending of its case (`в Москве`), in any script what follows an apostrophe does not count (`İzmir’de`), in
//! Arabic and Hebrew script what is written onto the word before it does not (`بالقاهرة`). In scripts without spaces the
//! longest name wins, and one in katakana must be a whole run of katakana. Only countries and cities so great that their
//! names stand for them: this is said without a model, so it says little and means it.

use std::ops::Range;

use copydesk_article::is_cjk;

use crate::atlas::{Meaning, Spot, atlas, in_language};
use crate::link::bare;
use crate::reading::Reading;
use crate::token::{Kind, Token};
use crate::watchlist::CLITICS;

/// People of a city whose name stands for it in scripts with capitals, and in those without.
const GREAT: u32 = 1_000_000;
/// Most words of a name, and most characters where there are no words.
const MOST_WORDS: usize = 3;
const MOST_CHARACTERS: usize = 16;
/// Fewest letters of a word at the beginning of a sentence.
const FEW_LETTERS: usize = 5;
/// Endings of Slavic cases, in Cyrillic, the longest first.
const ENDINGS: [&str; 27] = [
    "ями", "ами", "ией", "ією", "ыми", "ого", "ому", "ой", "ою", "ей", "ею", "ем", "ом", "ым", "ию", "ии", "ия", "ії",
    "ию", "ах", "а", "я", "у", "ю", "е", "и", "ы",
];
/// Names that are ordinary words where they are written so: "financial", "the city".
const WORDS: [&str; 4] = ["مالی", "مالي", "المدينة", "مدينة"];
/// Letters of Hebrew that are written onto the word they belong to.
const HEBREW_CLITICS: [&str; 6] = ["ב", "ל", "מ", "ה", "ו", "ש"];

/// A name of the atlas in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// First token after it.
    pub(crate) end: usize,
    /// Characters of the first token that do not belong to it.
    pub(crate) skipped: usize,
    /// Characters of the last token that do not belong to it.
    pub(crate) cut: usize,
    /// Number of the place.
    pub(crate) number: usize,
}

/// The longest name that begins at a token.
pub(crate) fn abroad_at(reading: &Reading<'_>, at: usize, language: &str) -> Option<Found> {
    let token = reading.token(at)?;
    if token.text.starts_with(is_cjk) {
        return unspaced(reading, at, language);
    }
    if token.kind != Kind::Word {
        return None;
    }
    let has_case = token.text.chars().any(|c| c.is_lowercase() || c.is_uppercase());
    if has_case && (!token.is_capitalised() || token.shouted) {
        return None;
    }
    let mut ends = vec![at + 1];
    while ends.len() < MOST_WORDS && reading.follower(at + ends.len()).is_some_and(|next| next.kind == Kind::Word) {
        ends.push(at + ends.len() + 1);
    }
    ends.into_iter().rev().find_map(|end| spaced(reading, at..end, has_case, language))
}

fn spaced(reading: &Reading<'_>, range: Range<usize>, has_case: bool, language: &str) -> Option<Found> {
    let (at, end) = (range.start, range.end);
    let written = reading.slice(at, end);
    let name = written.split(['\'', '’']).next().unwrap_or(written);
    if written[name.len()..].contains(char::is_whitespace) {
        return None;
    }
    let cut = written.chars().count() - name.chars().count();
    let letters = name.chars().count();
    let opens = reading.token(at)?.opens;
    if letters < 3 || (has_case && opens && letters < FEW_LETTERS) {
        return None;
    }
    let found = |number: usize, skipped: usize| Found { end, skipped, cut, number };
    if let Some(number) = meant(&bare(name), language) {
        return Some(found(number, 0));
    }
    if has_case {
        return inflected(&bare(name), language).map(|number| found(number, 0));
    }
    let clitics = CLITICS.iter().chain(&HEBREW_CLITICS);
    clitics
        .filter_map(|clitic| Some((name.strip_prefix(clitic)?, clitic.chars().count())))
        .filter(|(rest, _)| rest.chars().count() >= 3)
        // What is left may be listed with its article.
        .find_map(|(rest, skipped)| {
            meant(&bare(rest), language)
                .map(|number| found(number, skipped))
                .or_else(|| meant(&bare(&format!("ال{rest}")), language).map(|number| found(number, skipped)))
        })
}

/// The place of a name in another case than it is listed in.
fn inflected(name: &str, language: &str) -> Option<usize> {
    let is_cyrillic = name.chars().next_back().is_some_and(|c| ('\u{400}'..'\u{530}').contains(&c));
    if !is_cyrillic || name.chars().count() < FEW_LETTERS {
        return None;
    }
    ENDINGS.iter().filter_map(|ending| name.strip_suffix(ending)).filter(|stem| stem.chars().count() > 2).find_map(
        |stem| {
            ["", "а", "я", "ия", "ь", "ы"].iter().find_map(|nominative| meant(&format!("{stem}{nominative}"), language))
        },
    )
}

/// The longest name among characters that no spaces part.
fn unspaced(reading: &Reading<'_>, at: usize, language: &str) -> Option<Found> {
    let is_katakana = |token: &Token<'_>| token.text.starts_with(|c: char| ('\u{30A1}'..='\u{30FF}').contains(&c));
    let goes_on = |at: usize| reading.follower(at).filter(|next| next.glued && next.text.starts_with(is_cjk));
    let mut end = at + 1;
    while end - at < MOST_CHARACTERS && goes_on(end).is_some() {
        end += 1;
    }
    let starts = at == 0 || !is_katakana(&reading.tokens[at]) || !is_katakana(&reading.tokens[at - 1]);
    (at + 2..=end).rev().filter(|_| starts).find_map(|end| {
        let is_part = is_katakana(&reading.tokens[end - 1]) && goes_on(end).is_some_and(is_katakana);
        let number = meant(&bare(reading.slice(at, end)), language).filter(|_| !is_part)?;
        Some(Found { end, skipped: 0, cut: 0, number })
    })
}

/// The country or great city of a name without accents. A short name of a country is a word in many languages: it counts
/// in English and in the language that it is from.
fn meant(bare: &str, language: &str) -> Option<usize> {
    if WORDS.contains(&bare) {
        return None;
    }
    let first = |name: &str| {
        let Meaning { number, .. } = atlas().meanings_of_bare(name).next()?;
        let is_meant = |spot: &Spot| spot.is_country() || spot.population >= GREAT;
        atlas().spot(number).filter(is_meant).map(|_| number)
    };
    // Scripts without spaces have no such names, and every stretch of their characters is asked for.
    let own = if bare.contains(is_cjk) { None } else { first(&in_language(bare, language)) };
    own.or_else(|| first(bare))
}

#[cfg(test)]
mod tests {
    use crate::{Input, Recogniser};

    fn places(language: &str, text: &str) -> Vec<(String, String)> {
        let input = Input { title: None, text, language, parts: &[], published: None };
        let found = Recogniser::default().recognise(&input);
        assert!(!found.engine.evaluated);
        let id = |ids: &[String]| ids.first().cloned().unwrap_or_default();
        found.entities.into_iter().map(|entity| (entity.mentions[0].text.clone(), id(&entity.ids))).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned())).collect()
    }

    #[test]
    fn scripts_without_spaces() {
        assert_eq!(places("zh", "他昨天在莫斯科会见了埃及代表。"), pairs(&[("莫斯科", "in:RU"), ("埃及", "iso:EG")]));
        assert_eq!(
            places("ja", "首相はロシアとインドネシアを訪れた。"),
            pairs(&[("ロシア", "iso:RU"), ("インドネシア", "iso:ID")])
        );
    }

    #[test]
    fn arabic_writes_small_words_onto_names() {
        assert_eq!(
            places("ar", "وصل الوفد إلى القاهرة ثم سافر لروسيا"),
            pairs(&[("القاهرة", "in:EG"), ("روسيا", "iso:RU")])
        );
    }

    #[test]
    fn vowels_that_are_marks_are_part_of_a_word() {
        assert_eq!(places("hi", "दिल्ली में स्कूल सोमवार को निर्माण के पार खुलेंगे।"), pairs(&[("दिल्ली", "in:IN")]));
        assert_eq!(places("hi", "वह भारत और जापान गए।"), pairs(&[("भारत", "iso:IN"), ("जापान", "iso:JP")]));
    }

    #[test]
    fn a_short_name_counts_in_its_own_language() {
        assert_eq!(
            places("pt", "Uma delegação visitou Omã e a China."),
            pairs(&[("Omã", "iso:OM"), ("China", "iso:CN")])
        );
        assert_eq!(places("id", "Kota itu jauh dari Mesir."), pairs(&[("Mesir", "iso:EG")]));
        assert_eq!(places("fa", "بحران مالی در ایران"), pairs(&[("ایران", "iso:IR")]));
        assert_eq!(places("ar", "سافر إلى تونس"), pairs(&[("تونس", "iso:TN")]));
    }

    #[test]
    fn slavic_names_have_cases() {
        let found = places("ru", "Переговоры прошли в Москве и Германии, сообщили в среду.");
        assert_eq!(found, pairs(&[("Москве", "in:RU"), ("Германии", "iso:DE")]));
        assert_eq!(places("tr", "Toplantı dün İstanbul’da yapıldı."), pairs(&[("İstanbul", "in:TR")]));
    }
}
