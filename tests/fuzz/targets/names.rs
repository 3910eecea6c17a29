//! Tokens and names: any text in any language the recogniser has rules for, whole and with its lines in several.
#![no_main]

use copydesk_article::LanguagePart;
use copydesk_entities::{Input, Recogniser};

const LANGUAGES: [&str; 6] = ["en", "und", "fr", "ru", "ar", "zh"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (title, body) = text.split_once('\n').unwrap_or(("", &text));
    for (number, language) in LANGUAGES.into_iter().enumerate() {
        check(&Input { title: Some(title), text: body, language, parts: &[], published: Some("2017-03-17") });
        if number % 3 == 0 {
            let parts = by_line(body, number);
            check(&Input { title: Some(title), text: body, language, parts: &parts, published: None });
        }
    }
});

/// Every line in the next language.
fn by_line(text: &str, first: usize) -> Vec<LanguagePart> {
    let mut end = 0;
    let part = |(number, line): (usize, &str)| {
        let start = end;
        end += line.chars().count();
        LanguagePart { code: LANGUAGES[(first + number) % LANGUAGES.len()].to_owned(), start, end }
    };
    text.split_inclusive('\n').enumerate().map(part).collect()
}

fn check(input: &Input) {
    let found = Recogniser::default().recognise(input);
    assert_eq!(found, Recogniser::default().recognise(input), "the same text, another answer");
    for mention in found.entities.iter().flat_map(|entity| &entity.mentions) {
        let field =
            if mention.field == copydesk_article::Field::Title { input.title.unwrap_or("") } else { input.text };
        let cut: String = field.chars().skip(mention.start).take(mention.end - mention.start).collect();
        assert_eq!(cut, mention.text, "a mention is not what stands there");
    }
    let ends = found.engine.parts.iter().fold(0, |at, part| {
        assert_eq!(part.start, at, "the parts do not follow one another");
        part.end
    });
    assert!(found.engine.parts.is_empty() || ends == input.text.chars().count(), "the parts do not cover the text");
}
