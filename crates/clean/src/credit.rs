//! Captions, known by the credit in them: whom a picture is by.
//!
//! A scraper leaves captions between the paragraphs, where they read as sentences. What gives them away is their end:
//! "(Photo: Omar Haddad)", "Foto: Lindvik Post", "Omar Haddad/Getty Images", also where the page glued it to the words
//! before; or their beginning, as picture desks write it: "FILE PHOTO:", "In this photo provided by …". What labels a
//! credit in which language is in the table of phrases (`phrases.rs`, captions' labels).
//!
//! A page may say a caption more than once, for the picture and for its gallery, and give the credit only to one: what
//! stands near a caption and says the same is that caption, too ([`cut_twins`]).
//!
//! An agency alone in brackets ends a story as well as a caption, and is no credit.

use std::collections::HashMap;

use copydesk_article::{RemovalReason, is_cjk};

use crate::lines::{Page, ends_sentence, key};
use crate::phrases;

/// Most words of a caption with its credit.
const CAPTION_WORDS: usize = 60;
/// Most words of those who give a picture.
const GIVER_WORDS: usize = 8;
/// Most words of a label of a credit.
const LABEL_WORDS: usize = 3;
/// Most bytes of a credit, from its label to the end of the line.
const CREDIT_BYTES: usize = 120;
/// Words at the start of a line in which "photo" tells a caption.
const START_WORDS: usize = 14;

/// Fewest words of a caption that may stand twice.
const TWIN_WORDS: usize = 5;
/// Most lines between a caption and its twin.
const TWIN_LINES: usize = 4;
/// Fewest words, and copies, of a line that is a caption by its copies alone.
const COPIED_WORDS: usize = 8;
const COPIES: usize = 3;
/// Most characters that a caption has more than its twin: the credit.
const CREDIT_CHARS: usize = 80;

/// Who gives pictures to newspapers, behind a stroke: "Omar Haddad/AFP".
const GIVERS: [&str; 39] = [
    "adobe stock",
    "afp",
    "alamy",
    "alamy stock photo",
    "anadolu",
    "anp",
    "ansa",
    "ap",
    "ap photo",
    "associated press",
    "belga",
    "bloomberg",
    "depositphotos",
    "dpa",
    "efe",
    "epa",
    "epa efe",
    "file",
    "file photo",
    "getty",
    "getty images",
    "handout",
    "imago",
    "istock",
    "istockphoto",
    "lapresse",
    "nurphoto",
    "pa",
    "picture alliance",
    "pool",
    "rex",
    "reuters",
    "shutterstock",
    "sipa",
    "tass",
    "the associated press",
    "unsplash",
    "xinhua",
    "zuma press",
];
/// Who gives nothing but pictures.
const PICTURE_GIVERS: [&str; 16] = [
    "adobe stock",
    "alamy",
    "alamy stock photo",
    "depositphotos",
    "dreamstime",
    "file photo",
    "getty",
    "getty images",
    "handout photo",
    "istock",
    "istockphoto",
    "pixabay",
    "shutterstock",
    "submitted photo",
    "unsplash",
    "wikimedia commons",
];

/// Whether a line is the caption of a picture, by the credit in it.
pub(crate) fn is_caption(line: &str, words: usize) -> bool {
    if words > CAPTION_WORDS {
        return false;
    }
    let line = line.trim_end_matches(['|', ' ']);
    begins_as_one(line) || is_file(line) || bracketed(line) || labelled(line) || given(line)
}

/// "Skaters on the bay (Photo: Omar Haddad)".
fn bracketed(line: &str) -> bool {
    let line = line.strip_suffix('.').unwrap_or(line);
    let Some(rest) = line.strip_suffix([')', ']', '）', '】']) else { return false };
    let Some(open) = rest.rfind(['(', '[', '（', '【']) else { return false };
    let inner = rest[open..].trim_start_matches(['(', '[', '（', '【']).trim();
    inner.len() <= CREDIT_BYTES && (is_credit(inner) || given(inner) || PICTURE_GIVERS.contains(&key(inner).as_str()))
}

/// "Photo: Omar Haddad", "AP Photo/Omar Haddad", "Photo by Omar Haddad": a label and a name.
fn is_credit(inner: &str) -> bool {
    let mut end = 0;
    for _ in 0..LABEL_WORDS {
        let Some(next) = inner[end..].find(|c: char| !c.is_alphanumeric()) else { return false };
        end += next;
        let rest = &inner[end..];
        if is_label(&inner[..end]) {
            let marked = rest.trim_start().starts_with([':', '：', '/', '／', '@', '©']);
            let giver = rest.trim_start_matches([' ', ':', '：', '/', '／', '©', '-', '–']);
            let named = ["by ", "courtesy ", "via ", "von ", "par ", "por ", "door "]
                .iter()
                .find_map(|by| giver.strip_prefix(by));
            return is_giver(named.unwrap_or(giver)) && (marked || named.is_some() || is_name(giver));
        }
        end += rest.len() - rest.trim_start_matches([' ', '\u{A0}']).len();
        if inner[end..].starts_with(|c: char| !c.is_alphanumeric()) {
            return false;
        }
    }
    false
}

/// "Skaters on the bay. Photo: Omar Haddad", "Skaters on the bayCredit: Omar Haddad".
fn labelled(line: &str) -> bool {
    let from = line.len().saturating_sub(CREDIT_BYTES);
    let from = (from..).find(|&at| line.is_char_boundary(at)).unwrap_or(0);
    let tail = &line[from..];
    if let Some(at) = tail.rfind([':', '：'])
        && let giver = tail[at..].trim_start_matches([':', '：']).trim()
        && is_giver(giver)
        && ends_with_label(tail[..at].trim_end())
    {
        return true;
    }
    ["Photo by ", "Photos by ", "Photograph by ", "Image by ", "Photo courtesy of ", "Image courtesy of "].iter().any(
        |by| {
            tail.rfind(by).is_some_and(|at| {
                let giver = &tail[at + by.len()..];
                is_giver(giver) && is_name(giver)
            })
        },
    )
}

/// "Omar Haddad/Getty Images", "Reuters / file photo".
fn given(line: &str) -> bool {
    let Some((before, last)) = line.rsplit_once(['/', '／']) else { return false };
    last.len() <= CREDIT_BYTES && before.chars().any(char::is_alphabetic) && {
        let last = key(last);
        let last = last.strip_suffix(" file").or_else(|| last.strip_suffix(" file photo")).unwrap_or(&last);
        GIVERS.contains(&last) || last.split_once(" via ").is_some_and(|(_, giver)| GIVERS.contains(&giver))
    }
}

/// Whether a text ends with the label of a credit, which begins with a capital or in a script without.
fn ends_with_label(text: &str) -> bool {
    let mut start = text.len();
    for _ in 0..LABEL_WORDS {
        let before = text[..start].trim_end();
        start = before
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let label = &text[start..];
        if label.starts_with(|c: char| !c.is_lowercase()) && is_label(label) {
            return true;
        }
        if start == 0 {
            break;
        }
    }
    // Glued to the word before: it begins at its capital, or after it in a script without. A name may end so
    // ("UniCredit"); and what is glued to a sentence may be glued to the last one of the story.
    let word = text.rfind(char::is_whitespace).map_or(text, |at| text[at..].trim_start());
    let glued = word.char_indices().skip(1).filter(|&(_, c)| c.is_uppercase() || is_cjk(c));
    let starts =
        || glued.into_iter().find(|&(at, _)| is_label(&word[at..])).map(|(at, _)| text.len() - word.len() + at);
    text.split_whitespace().count() >= TWIN_WORDS && starts().is_some_and(|at| !ends_sentence(&text[..at]))
}

/// Whether some words label a credit.
fn is_label(words: &str) -> bool {
    let key = key(words);
    matches!(key.as_str(), "credit" | "photo" | "ap photo" | "pic" | "picture")
        || matches!(phrases::label(&key), Some((RemovalReason::Caption, _)))
}

/// Whether a text may name somebody who gives a picture: a few words that are no sentence.
fn is_giver(text: &str) -> bool {
    let text = text.trim_end_matches(['.', ')']);
    let words = text.split_whitespace().count();
    let ideographs = text.chars().filter(|&c| is_cjk(c)).count();
    (1..=GIVER_WORDS).contains(&words)
        && ideographs <= 2 * GIVER_WORDS
        && text.chars().any(char::is_alphabetic)
        && !ends_sentence(text)
        && !text.ends_with(['?', '!', ',', ';', ':'])
}

/// Whether it begins as names do.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_uppercase() || (c.is_alphabetic() && !c.is_lowercase()) || c == '@')
        || GIVERS.contains(&key(text).as_str())
}

/// "FILE PHOTO: …", "In this May 6, 2019, file photo, …", "Image caption …".
fn begins_as_one(line: &str) -> bool {
    let begins = |starts: &[&str]| starts.iter().any(|start| line.starts_with(start));
    if begins(&[
        "FILE PHOTO",
        "FILE - ",
        "FILE – ",
        "FILE — ",
        "FILE-",
        "Image caption",
        "Media caption",
        "Image source, ",
    ]) {
        return true;
    }
    if begins(&["Image copyright "]) {
        return line.split_whitespace().count() <= GIVER_WORDS;
    }
    begins(&["In this ", "This photo ", "This image ", "This undated "]) && {
        const AFTER: [&str; 10] =
            ["provided", "taken", "released", "issued", "made", "supplied", "shot", "from", "combo", "posted"];
        let words: Vec<&str> = line.split_whitespace().take(START_WORDS).collect();
        let plain = |word: &str| word.trim_end_matches(',').to_lowercase();
        words.windows(2).any(|pair| {
            let is_picture = matches!(plain(pair[0]).as_str(), "photo" | "photograph" | "image");
            is_picture && (AFTER.contains(&plain(pair[1]).as_str()) || pair[0].ends_with(','))
        })
    }
}

/// Nothing but the name of a picture's file, or the tag that shows one or counts readers by it.
fn is_file(line: &str) -> bool {
    let ends = |end: &str| {
        line.len() > end.len()
            && line.is_char_boundary(line.len() - end.len())
            && line[line.len() - end.len()..].eq_ignore_ascii_case(end)
    };
    let is_name = || {
        !line.contains(char::is_whitespace) && [".jpg", ".jpeg", ".png", ".gif", ".webp"].iter().any(|end| ends(end))
    };
    let is_tag =
        || (line.starts_with("<img ") || line.starts_with("<iframe ")) && line.find('>') == Some(line.len() - 1);
    is_tag() || is_name()
}

/// Cuts what says the same as a caption near by, and lines that stand near each other so often that they belong to a
/// gallery.
pub(crate) fn cut_twins(page: &mut Page<'_>) {
    let captions: Vec<usize> = (0..page.lines.len())
        .filter(|&at| page.lines[at].cut == Some(RemovalReason::Caption) && page.lines[at].size.words >= TWIN_WORDS)
        .collect();
    for caption in captions {
        let said = key(page.line(caption));
        for at in near(page, caption) {
            let size = &page.lines[at].size;
            if page.lines[at].cut.is_some() || size.words < TWIN_WORDS {
                continue;
            }
            let twin = key(page.line(at));
            let more = said.strip_prefix(&twin).or_else(|| twin.strip_prefix(&said));
            if more.is_some_and(|more| more.chars().count() <= CREDIT_CHARS) {
                page.cut(at, RemovalReason::Caption);
            }
        }
    }
    cut_gallery(page);
}

/// Lines of which three copies stand near each other, where most of the text does not stand so often.
fn cut_gallery(page: &mut Page<'_>) {
    let copied = |page: &Page<'_>, at: usize| {
        matches!(page.lines[at].cut, None | Some(RemovalReason::Repeated | RemovalReason::Caption))
            && page.lines[at].size.words >= COPIED_WORDS
    };
    if !(0..page.lines.len()).any(|at| page.lines[at].cut == Some(RemovalReason::Repeated)) {
        return;
    }
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for at in (0..page.lines.len()).filter(|&at| copied(page, at)) {
        places.entry(page.hash(at)).or_default().push(at);
    }
    let mut gallery: Vec<usize> = Vec::new();
    for copies in places.values().filter(|copies| copies.len() >= COPIES) {
        // Between them stand numbers and credits, no prose: a body may be pasted twice, and a sentence of it pulled out.
        let close = |pair: &[usize]| {
            let between = pair[0] + 1..pair[1];
            between.len() < TWIN_LINES && between.into_iter().all(|at| page.lines[at].size.words < COPIED_WORDS)
        };
        let dense = copies.windows(COPIES).any(|some| some.windows(2).all(close));
        if dense {
            gallery.extend(copies.iter().filter(|&&at| page.lines[at].cut.is_none()));
        }
    }
    let ink = |lines: &[usize]| lines.iter().map(|&at| page.lines[at].size.ink).sum::<usize>();
    if 4 * ink(&gallery) > ink(&page.kept()) {
        return;
    }
    for at in gallery {
        page.cut(at, RemovalReason::Caption);
    }
}

fn near(page: &Page<'_>, at: usize) -> impl Iterator<Item = usize> + use<> {
    (at.saturating_sub(TWIN_LINES)..page.lines.len().min(at + 1 + TWIN_LINES)).filter(move |&other| other != at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> bool {
        is_caption(line, line.split_whitespace().count())
    }

    #[test]
    fn captions_are_known_by_their_credits() {
        for line in [
            "The old ferry pier at noon (Photo: Omar Haddad)",
            "The old ferry pier at noon. (AP Photo/Omar Haddad, File)",
            "The old ferry pier at noon (Image: GETTY )",
            "The old ferry pier at noon [Photo by Omar Haddad]",
            "(Omar Haddad / Associated Press)",
            "The old ferry pier at noon (Shutterstock)",
            "The old ferry pier at noonCredit: Lindvik Post",
            "Die alte Fähre am Mittag. Foto: Omar Haddad",
            "Die alte Fähre am Mittag (Bild: dpa)",
            "Старый причал в полдень. Фото: Омар Хаддад",
            "古い桟橋（写真：共同）",
            "Boats in the bay Photo by Omar Haddad/Getty Images",
            "Omar Haddad/Lindvik Times/Getty Images",
            "Omar Haddad / Reuters file",
            "FILE PHOTO: The ferry leaves Lindvik, May 6, 2019. REUTERS/Omar Haddad/File Photo",
            "In this May 6, 2019, file photo, the ferry leaves the old pier of Lindvik.",
            "In this photo provided by the harbour board, the ferry leaves the old pier.",
            "Image caption The ferry leaves the old pier for the last time",
            "Image copyright EPA",
            "old-pier-2019.JPG",
            "<img height=\"1\" width=\"1\" src=\"http://count.example/p?c=2\">",
        ] {
            assert!(said(line), "{line}");
        }
    }

    #[test]
    fn other_lines_are_none() {
        for line in [
            "The ferry left the harbour at noon, the board said. (Reuters)",
            "The ferry left the harbour at noon (AFP)",
            "He sent the paper a photo: it showed the old pier.",
            "She posted the picture on her page (photo above)",
            "The board published the plan (image 3).",
            "In this photo the pier is still whole, she said.",
            "In this harbour, the file photo of the old pier hangs in every bar.",
            "The firm was bought by Getty Images",
            "The harbour and the town / city board",
            "She named it pier.jpg",
            "<img src=\"a.png\"> shows the pier",
            "index.html",
            "Image copyright law protects photographers of old piers, a court in Lindvik ruled on Monday.",
            "Questions: ask Omar Haddad",
            "7 May: UniCredit: the ferry is late",
            "They will appeal in spring, the fishermen said on Monday.Foto: Lindvik Post",
        ] {
            assert!(!said(line), "{line}");
        }
    }

    fn kept(text: &str) -> Vec<String> {
        let mut page = Page::new(text);
        crate::repeats::cut(&mut page);
        crate::furniture::cut(&mut page);
        cut_twins(&mut page);
        page.kept().into_iter().map(|at| page.line(at).to_owned()).collect()
    }

    const PROSE: &str = "The harbour board voted on Monday to close the old ferry pier for good, and the fishermen who have \
                         used it since the war said that they would appeal against the decision in the spring.";

    #[test]
    fn what_says_the_same_as_a_caption_goes_with_it() {
        let caption = "The ferry leaves the old pier at noon";
        assert_eq!(kept(&format!("{PROSE}\n\n{caption}\n\n6\n\n{caption}Credit: EPA\n\n{PROSE} Twice.")).len(), 3);
        assert_eq!(kept(&format!("{caption}\n\n{PROSE}\n\nA\n\nB\n\nC\n\nD\n\n{caption}Credit: EPA")).len(), 6);
    }

    #[test]
    fn a_gallery_goes() {
        let caption = "The ferry leaves the old pier of Lindvik at noon on Monday.";
        let gallery = format!("• {caption}\n\n{caption}\n\n{caption}");
        assert_eq!(kept(&format!("{gallery}\n\n{PROSE}\n\n{PROSE} Twice.")).len(), 2);
        assert_eq!(kept(&format!("{PROSE}\n\n{PROSE}\n\n{PROSE}")).len(), 1);
        assert_eq!(kept(&format!("{PROSE}\n\n{caption}\n\n{caption}\n\nThe end of it.")).len(), 3);
    }
}
