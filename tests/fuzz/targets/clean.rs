//! The cleaner: any text and any page, in every mode. What it says of offsets holds, and cleaning twice cleans once.
#![no_main]

use copydesk_article::{RemovalReason, Supplied};
use copydesk_clean::{Cleaned, Input, Mode, Source, clean};

libfuzzer_sys::fuzz_target!(|input: (u8, &[u8])| {
    let (kind, bytes) = input;
    let mode = [Mode::Cut, Mode::Cut, Mode::Mark, Mode::Off][usize::from(kind % 4)];
    let supplied = Supplied::default();
    match kind / 4 % 3 {
        0 => page(&clean(&Input { source: Source::Html(bytes), supplied: &supplied, mode })),
        1 => {
            let cleaned = clean(&Input { source: Source::Bytes(bytes), supplied: &supplied, mode });
            assert!(cleaned.charset.is_some());
        }
        _ => text(&String::from_utf8_lossy(bytes), mode),
    }
});

fn page(cleaned: &Cleaned) {
    let length = cleaned.text.chars().count();
    assert!(cleaned.links.iter().all(|link| link.start < link.end && link.end <= length));
    assert!(cleaned.removed.iter().all(|removal| removal.start <= removal.end));
    assert!(cleaned.removed.is_sorted_by_key(|removal| removal.start));
}

fn text(source: &str, mode: Mode) {
    let cleaned = clean(&Input { source: Source::Text(source), supplied: &Supplied::default(), mode });
    let characters: Vec<char> = source.chars().collect();
    let mut at = 0;
    for removal in &cleaned.removed {
        assert!(removal.start >= at && removal.end > removal.start, "{:?}", cleaned.removed);
        assert_eq!(characters[removal.start..removal.end].iter().collect::<String>(), removal.text);
        at = removal.end;
    }
    assert!(cleaned.repairs.iter().all(|repair| repair.start < repair.end && repair.end <= characters.len()));
    match mode {
        Mode::Off => assert_eq!(cleaned.text, source),
        Mode::Mark => {}
        Mode::Cut => {
            let has_title = cleaned.removed.iter().any(|removal| removal.reason == RemovalReason::Title);
            let supplied = Supplied { title: cleaned.title.filter(|_| has_title), ..Supplied::default() };
            let again = clean(&Input { source: Source::Text(&cleaned.text), supplied: &supplied, mode });
            assert_eq!((again.text, again.removed, again.repairs), (cleaned.text, vec![], vec![]));
        }
    }
}
