//! The language of the text: as supplied, or guessed from its beginning by `whatlang` (trigrams).
//!
//! An unsure guess is `und` with the confidence it had, never a language name that may be wrong.

use copydesk_article::{Language, is_cjk};
use whatlang::{Lang, detect};

/// Characters that the guess looks at.
const WINDOW: usize = 2000;
/// Fewest letters to guess from; two for an ideograph are not too many.
const LEAST_LETTERS: usize = 24;

/// Least confidence of a guess. `whatlang` itself calls only about 0.9 and more reliable, which leaves one
/// English paragraph in thirty without a language.
const LEAST_CONFIDENCE: f64 = 0.5;

/// The language of a text. `supplied` beats the guess; the error is a supplied code that names no language.
pub(crate) fn language(text: &str, supplied: Option<&str>) -> (Language, Option<String>) {
    let Some(raw) = supplied.map(str::trim).filter(|raw| !raw.is_empty()) else {
        return (guess(text), None);
    };
    match primary_subtag(raw) {
        Some(code) if code != "und" => (Language { code, confidence: 1.0, parts: Vec::new() }, None),
        Some(_) => (guess(text), None),
        None => (
            guess(text),
            Some(format!(
                "supplied language `{raw}` is not a language code such as `en` or `pt-BR`; it was detected instead"
            )),
        ),
    }
}

/// `en-GB` → `en`, `eng` → `en`.
fn primary_subtag(raw: &str) -> Option<String> {
    let code = raw.split(['-', '_']).next()?.to_ascii_lowercase();
    if !matches!(code.len(), 2 | 3) || !code.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    Some(Lang::from_code(&code).map_or(code, |lang| two_letters(lang).to_owned()))
}

fn guess(text: &str) -> Language {
    let end = text.char_indices().nth(WINDOW).map_or(text.len(), |(at, _)| at);
    let window = &text[..end];
    let letters: usize = window.chars().filter(|c| c.is_alphabetic()).map(|c| if is_cjk(c) { 3 } else { 1 }).sum();
    let info = detect(window);
    let confidence = info.as_ref().map_or(0.0, whatlang::Info::confidence);
    let code = match info {
        Some(info) if info.confidence() >= LEAST_CONFIDENCE && letters >= LEAST_LETTERS => two_letters(info.lang()),
        _ => "und",
    };
    Language { code: code.to_owned(), confidence, parts: Vec::new() }
}

/// ISO 639-1 code of a language (all that `whatlang` knows have one).
const fn two_letters(lang: Lang) -> &'static str {
    match lang {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supplied_codes_are_kept_short() {
        for (raw, code) in [("en-GB", "en"), ("pt_BR", "pt"), ("RU", "ru"), ("deu", "de"), ("ckb", "ckb")] {
            let (language, problem) = language("", Some(raw));
            assert_eq!((language.code.as_str(), language.confidence, problem), (code, 1.0, None));
        }
        let (unread, problem) = language("", Some("English"));
        assert_eq!(unread.code, "und");
        assert!(problem.is_some_and(|detail| detail.contains("`English`")));
    }

    #[test]
    fn guesses_with_honest_doubt() {
        for (text, code) in [
            ("The harbour board voted on Monday to close the old ferry pier for good, and nobody was surprised.", "en"),
            (
                "Паром отошёл от причала в полдень, и горожане долго махали ему вслед. Рыбаки, которые пользовались \
                 старой пристанью ещё с войны, заявили, что будут обжаловать это решение в суде.",
                "ru",
            ),
            ("フェリーは正午に出航し、市民は長い間手を振っていた。", "ja"),
            ("Ok.", "und"),
            ("12 345 — 67", "und"),
            ("", "und"),
        ] {
            assert_eq!(language(text, None).0.code, code, "{text}");
        }
    }
}
