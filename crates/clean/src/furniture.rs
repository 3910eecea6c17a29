//! Furniture: lines that every page of a site carries and no reader reads.
//!
//! A line is furniture by what it says as a whole (menus, share buttons, placeholders), or by how it begins, if
//! what follows is bound to be furniture too ("ALSO READ: …"). **Certain** phrases go wherever they stand.
//! **Doubtful** ones are words that may also be a subheading or a table cell ("Video", "Print"): they go only
//! in the head or the tail of the page, or next to other furniture. A sentence that merely contains such
//! words is never touched, so running text in any language stays; a language without phrases here only keeps
//! its furniture.

use copydesk_article::RemovalReason::{self, Caption, Navigation, Notice, Share, Teaser};

use crate::lines::{Page, key};

/// Most words of a line that says one whole phrase.
pub(crate) const PHRASE_WORDS: usize = 9;
/// Most words of a line that a prefix may condemn.
const PREFIX_WORDS: usize = 30;

/// How sure a phrase is to be furniture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// It is, wherever it stands.
    Certain,
    /// It may be a subheading or a cell of a table, too.
    Doubtful,
}

/// Cuts the furniture.
pub(crate) fn cut(page: &mut Page<'_>) {
    let kept = page.kept();
    let found: Vec<_> = kept.iter().map(|&i| page.lines[i].size.furniture).collect();
    if found.iter().all(Option::is_none) {
        return;
    }
    let standing: Vec<usize> = kept.iter().zip(&found).filter(|(_, f)| f.is_none()).map(|(&i, _)| i).collect();
    // Head and tail begin where the prose ends, and furniture is no prose.
    let body = page.prose(&standing).map(|(first, end)| (standing[first], standing[end - 1]));
    for (at, &index) in kept.iter().enumerate() {
        let Some((reason, strength)) = found[at] else { continue };
        let outside = || body.is_some_and(|(first, last)| index < first || index > last);
        let beside = |other: Option<usize>| other.and_then(|other| found.get(other)).is_some_and(Option::is_some);
        if strength == Strength::Certain || outside() || beside(at.checked_sub(1)) || beside(Some(at + 1)) {
            page.cut(index, reason);
        }
    }
}

/// What furniture a line is by its words; its `key` is that of a line of at most [`PHRASE_WORDS`].
pub(crate) fn classify(line: &str, words: usize, key: Option<&str>) -> Option<(RemovalReason, Strength)> {
    if let Some(key) = key {
        if let Some(found) = phrase(key) {
            return Some(found);
        }
        if is_button_row(key) {
            return Some((Share, Strength::Certain));
        }
    }
    if words <= PREFIX_WORDS
        && let Some(reason) = prefix(line, words)
    {
        return Some((reason, Strength::Certain));
    }
    cookie_notice(line, words).then_some((Notice, Strength::Certain))
}

/// Whole lines, as keys.
fn phrase(key: &str) -> Option<(RemovalReason, Strength)> {
    use Strength::{Certain, Doubtful};
    Some(match key {
        "skip to main content"
        | "skip to content"
        | "skip to the content"
        | "skip to navigation"
        | "skip to main navigation"
        | "skip to search"
        | "skip to footer"
        | "skip navigation"
        | "skip links"
        | "jump to content"
        | "jump to main content"
        | "jump to navigation"
        | "latest news"
        | "breaking news"
        | "top stories"
        | "top news"
        | "main menu"
        | "main navigation"
        | "toggle navigation"
        | "toggle menu"
        | "toggle search"
        | "open menu"
        | "close menu"
        | "show menu"
        | "menu sections"
        | "show search"
        | "search form"
        | "back to top"
        | "back to home"
        | "sign in"
        | "log in"
        | "login"
        | "my account"
        | "subscribe now"
        | "sign in subscribe"
        | "subscribe sign in"
        | "you are here"
        | "previous article"
        | "next article"
        | "previous post"
        | "next post"
        | "zum inhalt springen"
        | "aller au contenu"
        | "aller au contenu principal"
        | "saltar al contenido"
        | "ir al contenido"
        | "pular para o conteúdo"
        | "vai al contenuto"
        | "перейти к основному содержанию" => (Navigation, Certain),
        "home" | "menu" | "world" | "search" | "close" | "more" | "next" | "previous" | "contact" | "contact us"
        | "archive" | "archives" | "rss" | "tags" | "topics" | "sections" | "subscribe" | "register" | "video"
        | "videos" | "photos" | "gallery" | "live" | "news" | "sport" | "sports" | "business" | "opinion"
        | "politics" | "technology" | "entertainment" | "lifestyle" | "e paper" | "epaper" | "feedback" | "jobs"
        | "weather" => (Navigation, Doubtful),
        "share this post"
        | "share this article"
        | "share this story"
        | "share this page"
        | "share this"
        | "share this video"
        | "share on facebook"
        | "share on twitter"
        | "share on x"
        | "share on linkedin"
        | "share on whatsapp"
        | "share on facebook tweet"
        | "share via email"
        | "share on email"
        | "share with your friends"
        | "share the story"
        | "tweet this"
        | "email this article"
        | "print this article"
        | "print this page"
        | "follow us"
        | "follow us on twitter"
        | "follow us on facebook"
        | "follow us on instagram"
        | "follow us on google news"
        | "like us on facebook"
        | "leave a comment"
        | "leave a reply"
        | "post a comment"
        | "add a comment"
        | "view comments"
        | "show comments"
        | "be the first to comment"
        | "copy link"
        | "send to a friend" => (Share, Certain),
        "share"
        | "tweet"
        | "print"
        | "email"
        | "e mail"
        | "facebook"
        | "twitter"
        | "linkedin"
        | "whatsapp"
        | "telegram"
        | "pinterest"
        | "reddit"
        | "instagram"
        | "youtube"
        | "messenger"
        | "comment"
        | "comments"
        | "no comments"
        | "save"
        | "follow"
        | "like"
        | "teilen"
        | "drucken"
        | "partager"
        | "imprimer"
        | "compartir"
        | "compartilhar"
        | "imprimir"
        | "condividi"
        | "поделиться" => (Share, Doubtful),
        "thumbnail" | "image caption" | "media caption" | "photo file" | "file photo" | "image source"
        | "featured image" | "image 1 of 1" | "click to enlarge" => (Caption, Certain),
        "image" | "photo" | "caption" | "enlarge" | "enlarge image" => (Caption, Doubtful),
        "check also"
        | "related articles"
        | "related article"
        | "related stories"
        | "related story"
        | "related news"
        | "related posts"
        | "related topics"
        | "related content"
        | "related coverage"
        | "you may also like"
        | "you might also like"
        | "you may like"
        | "recommended for you"
        | "recommended stories"
        | "more on this story"
        | "more stories"
        | "most read"
        | "most popular"
        | "trending now"
        | "watch video"
        | "watch the video"
        | "watch now"
        | "read more"
        | "read also"
        | "also read"
        | "continue reading"
        | "story continues below"
        | "article continues below"
        | "advertisement story continues below"
        | "story continues below advertisement"
        | "article continues after advertisement"
        | "story continues after advertisement"
        | "lesen sie auch"
        | "mehr zum thema"
        | "lire aussi"
        | "leia também"
        | "leia mais"
        | "читайте также" => (Teaser, Certain),
        "recommended" | "trending" | "related" | "popular" | "see also" | "read next" => (Teaser, Doubtful),
        "advert"
        | "adverts"
        | "advertisement"
        | "advertisements"
        | "iklan"
        | "annonce"
        | "advertentie"
        | "reklama"
        | "advertising"
        | "sponsored content"
        | "scroll to continue"
        | "privacy policy"
        | "terms of service"
        | "terms of use"
        | "terms conditions"
        | "terms and conditions"
        | "cookie policy"
        | "cookie settings"
        | "accept cookies"
        | "accept all cookies"
        | "all rights reserved"
        | "anzeige"
        | "werbung"
        | "publicité"
        | "publicidad"
        | "publicidade"
        | "реклама" => (Notice, Certain),
        _ => return None,
    })
}

/// "5.2k SHARES Facebook Twitter": names of share buttons in a row, with their counts.
fn is_button_row(key: &str) -> bool {
    const BUTTONS: [&str; 16] = [
        "share",
        "shares",
        "shared",
        "tweet",
        "tweets",
        "facebook",
        "twitter",
        "pinterest",
        "linkedin",
        "whatsapp",
        "telegram",
        "reddit",
        "email",
        "print",
        "flipboard",
        "messenger",
    ];
    const GLUE: [&str; 8] = ["on", "via", "this", "story", "with", "comments", "google", "plus"];
    let is_button = |word: &&str| BUTTONS.contains(word);
    key.split(' ').filter(is_button).count() >= 2
        && key
            .split(' ')
            .all(|word| is_button(&word) || GLUE.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit()))
}

/// Lines that begin like furniture, none longer than [`PREFIX_WORDS`].
fn prefix(line: &str, words: usize) -> Option<RemovalReason> {
    const LABELLED: [(&str, RemovalReason); 28] = [
        ("also read", Teaser),
        ("read also", Teaser),
        ("read more", Teaser),
        ("read next", Teaser),
        ("see also", Teaser),
        ("must read", Teaser),
        ("related", Teaser),
        ("related article", Teaser),
        ("related story", Teaser),
        ("watch also", Teaser),
        ("more on this", Teaser),
        ("lesen sie auch", Teaser),
        ("lire aussi", Teaser),
        ("à lire aussi", Teaser),
        ("lea también", Teaser),
        ("lee también", Teaser),
        ("leia também", Teaser),
        ("leia mais", Teaser),
        ("leggi anche", Teaser),
        ("читайте также", Teaser),
        ("photo", Caption),
        ("photos", Caption),
        ("photo credit", Caption),
        ("image", Caption),
        ("image credit", Caption),
        ("image source", Caption),
        ("фото", Caption),
        ("foto", Caption),
    ];
    if let Some((label, _)) = line.split_once([':', '：', '|', '»'])
        && label.chars().count() <= 20
    {
        let label = key(label);
        let found = LABELLED.iter().find(|(phrase, _)| *phrase == label);
        // A caption's credit is short; a longer line after such a label may be the caption of a whole story.
        if let Some(&(_, reason)) = found
            && (reason != Caption || words <= 12)
        {
            return Some(reason);
        }
    }
    // The rest begin with a letter of theirs: a quotation of such words begins with its mark.
    if words <= 20 && ends_with(line, "all rights reserved.") {
        return Some(Notice);
    }
    let begins = |phrases: &[&str]| phrases.iter().any(|phrase| starts_with(line, phrase));
    if begins(&["©", "copyright ©", "copyright (c)", "(c) copyright"]) {
        return Some(Notice);
    }
    if begins(&["click to share on ", "click to print (", "click to email "]) {
        return Some(Share);
    }
    let invitation = [
        "sign up for our ",
        "sign up to our ",
        "sign up for the newsletter",
        "subscribe to our ",
        "subscribe to the newsletter",
        "get our newsletter",
        "enter your email address",
        "your email address will not be published",
    ];
    if words <= 20 && begins(&invitation) {
        return Some(Notice);
    }
    // What feeds append to every entry.
    if begins(&["the post "]) && line.contains(" appeared first on ") {
        return Some(Notice);
    }
    (words <= 20 && begins(&["all rights reserved"])).then_some(Notice)
}

/// The one notice that comes in whole paragraphs.
fn cookie_notice(line: &str, words: usize) -> bool {
    words <= 80
        && ["we use cookies", "this site uses cookies", "this website uses cookies", "our website uses cookies"]
            .iter()
            .any(|phrase| starts_with(line, phrase))
}

/// Whether a line begins with a phrase in small letters, in whatever case.
fn starts_with(line: &str, phrase: &str) -> bool {
    line.get(..phrase.len()).is_some_and(|start| start.eq_ignore_ascii_case(phrase))
}

/// Whether it ends with one.
fn ends_with(line: &str, phrase: &str) -> bool {
    let start = line.len().checked_sub(phrase.len());
    start.and_then(|start| line.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_lines(text: &str) -> Vec<(String, RemovalReason)> {
        let mut page = Page::new(text);
        cut(&mut page);
        (0..page.lines.len()).filter_map(|i| Some((page.line(i).to_owned(), page.lines[i].cut?))).collect()
    }

    const PROSE: &str = "The harbour board voted on Monday to close the old ferry pier for good.";

    #[test]
    fn certain_furniture_goes_anywhere() {
        let text = format!(
            "Skip to main content\n\n{PROSE}\n\nALSO READ:  Ferry fares rise\n\nThumbnail\n\n{PROSE} Twice.\n\nShare this post"
        );
        let cut = cut_lines(&text);
        let reasons: Vec<_> = cut.iter().map(|(_, reason)| *reason).collect();
        assert_eq!(reasons, [Navigation, Teaser, Caption, Share]);
    }

    #[test]
    fn doubtful_furniture_goes_at_the_edges_and_in_company() {
        assert_eq!(cut_lines(&format!("Home\n\n{PROSE}\n\nPrint")).len(), 2);
        assert_eq!(cut_lines(&format!("{PROSE}\n\nVideo\n\n{PROSE}")), []);
        assert_eq!(cut_lines(&format!("{PROSE}\n\nFacebook\nTwitter\n\n{PROSE}")).len(), 2);
        assert_eq!(cut_lines(&format!("{PROSE}\n\n5.2k SHARES Facebook Twitter\n\n{PROSE}")).len(), 1);
    }

    #[test]
    fn sentences_about_furniture_stay() {
        for line in [
            "Read more books, the minister said, and watch fewer videos.",
            "Breaking news: the pier is closed",
            "“We use cookies,” the baker said, “with every coffee.”",
            "Related companies: the board named four of them in its report.",
            "Facebook and Twitter share prices",
            "Share this post with your neighbours, the mayor asked.",
        ] {
            assert_eq!(cut_lines(&format!("{PROSE}\n\n{line}\n\n{PROSE}")), [], "{line}");
        }
    }

    #[test]
    fn notices_go() {
        for line in [
            "We use cookies to give you the best experience on our site. By going on you accept that.",
            "© 2021 The Harbour Post",
            "The Harbour Post 2021. All rights reserved.",
            "Subscribe to our newsletter and never miss a story",
        ] {
            assert_eq!(cut_lines(&format!("{PROSE}\n\n{line}")).first().map(|(_, r)| *r), Some(Notice), "{line}");
        }
    }
}
