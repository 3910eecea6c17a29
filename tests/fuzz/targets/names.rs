//! Tokens and names: any text in any language the recogniser has rules for.
#![no_main]

use copydesk_entities::{Input, Recogniser};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (title, body) = text.split_once('\n').unwrap_or(("", &text));
    for language in ["en", "und", "fr", "ru", "ar", "zh"] {
        let input = Input { title: Some(title), text: body, language, parts: &[], published: Some("2017-03-17") };
        let found = Recogniser::default().recognise(&input);
        assert_eq!(found, Recogniser::default().recognise(&input), "the same text, another answer");
        for mention in found.entities.iter().flat_map(|entity| &entity.mentions) {
            let field = if mention.field == copydesk_article::Field::Title { title } else { body };
            let cut: String = field.chars().skip(mention.start).take(mention.end - mention.start).collect();
            assert_eq!(cut, mention.text, "a mention is not what stands there");
        }
    }
});
