//! The language of the text: as supplied, or identified by `copydesk-language`.
//!
//! An unsure guess is `und` with the confidence it had, never a language name that may be wrong.

use copydesk_article::Language;
use copydesk_language::{identify, switches};

/// ISO 639-3 codes that people write for languages that have a code of two letters.
const TWO_LETTERS: &[(&str, &str)] = &[
    ("afr", "af"),
    ("aka", "ak"),
    ("amh", "am"),
    ("ara", "ar"),
    ("aze", "az"),
    ("bel", "be"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("cym", "cy"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("epo", "eo"),
    ("est", "et"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("guj", "gu"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("ind", "id"),
    ("ita", "it"),
    ("jav", "jv"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kat", "ka"),
    ("khm", "km"),
    ("kor", "ko"),
    ("lat", "la"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("mal", "ml"),
    ("mar", "mr"),
    ("mkd", "mk"),
    ("mya", "my"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("nob", "nb"),
    ("ori", "or"),
    ("pan", "pa"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("sin", "si"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("sna", "sn"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tgl", "tl"),
    ("tha", "th"),
    ("tuk", "tk"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("vie", "vi"),
    ("yid", "yi"),
    ("zul", "zu"),
];

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
    let known = TWO_LETTERS.iter().find(|(three, _)| *three == code);
    Some(known.map_or(code, |(_, two)| (*two).to_owned()))
}

fn guess(text: &str) -> Language {
    let found = identify(text);
    let others = switches(text).into_iter().filter(|&code| code != found.code).map(str::to_owned).collect();
    Language { code: found.code.to_owned(), confidence: f64::from(found.confidence), parts: others }
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
