//! The language of the text: as supplied, or identified by `copydesk-language`.
//!
//! An unsure guess is `und` with the confidence it had, never a language name that may be wrong.
//!
//! The parts of a text that switches are identified in either case. What is supplied names the language of the article,
//! so where none of the parts is in it, those in the language that the whole looks like are (`sr` for what looks `hr`).

use copydesk_article::{Language, LanguagePart};
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
        Some(code) if code != "und" => (Language { parts: parts_beside(text, &code), code, confidence: 1.0 }, None),
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
    Language { code: found.code.to_owned(), confidence: f64::from(found.confidence), parts: parts(text) }
}

fn parts(text: &str) -> Vec<LanguagePart> {
    let switches = switches(text).into_iter();
    switches.map(|part| LanguagePart { code: part.code.to_owned(), start: part.start, end: part.end }).collect()
}

/// The parts of a text whose language is supplied.
fn parts_beside(text: &str, supplied: &str) -> Vec<LanguagePart> {
    let mut parts = parts(text);
    if !parts.is_empty() && parts.iter().all(|part| part.code != supplied) {
        let whole = identify(text).code;
        parts.iter_mut().filter(|part| part.code == whole).for_each(|part| supplied.clone_into(&mut part.code));
    }
    parts
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
    fn parts_cut_the_text_whoever_names_its_language() {
        const ENGLISH: &str = "The harbour board voted on Monday to close the old ferry pier for good, and nobody in the \
            town was surprised by it.";
        const RUSSIAN: &str = "Рыбаки, которые пользовались старой пристанью ещё с войны, заявили, что будут обжаловать \
            это решение в суде.";
        let text = format!("{ENGLISH}\n\n{RUSSIAN}\n\nOslo\n\n{ENGLISH}");
        let first = ENGLISH.chars().count() + 2;
        let second = first + RUSSIAN.chars().count() + 2 + "Oslo\n\n".len();
        let cut = |supplied: Option<&str>| {
            let parts = language(&text, supplied).0.parts;
            parts.into_iter().map(|part| (part.code, part.start, part.end)).collect::<Vec<_>>()
        };
        let parts = |main: &str| {
            let end = text.chars().count();
            vec![(main.to_owned(), 0, first), ("ru".to_owned(), first, second), (main.to_owned(), second, end)]
        };
        assert_eq!(cut(None), parts("en"));
        assert_eq!(cut(Some("en-GB")), parts("en"));
        assert_eq!(cut(Some("ru")), parts("en"), "what is supplied wrongly unmakes no part");
        assert_eq!(cut(Some("sco")), parts("sco"), "nothing looks like it, so it is what most looks like one language");
        assert_eq!(language(ENGLISH, Some("de")).0.parts, []);
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
