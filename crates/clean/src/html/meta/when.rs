//! When a page was published and changed.
//!
//! Machine-readable dates first (JSON-LD, `meta` and `itemprop` that say "published"), then dates written by the headline
//! where pages write them (`time`, elements that are called dates), then the earlier of what `meta` calls just a date and
//! of dates written farther off, then the date in the address, then a date in a line near the headline, then one in a
//! sentence about the posting, then one in the data of a script, then one that stands alone; last, words that count from
//! the fetch. What only says when something was updated never tells when it was published.

use std::ops::Range;

use copydesk_article::{Confidence, DatePrecision, DateStamp, Origin, Zone};

use super::head::Head;
use super::is_aside;
use crate::html::block::{Block, Blocks, Kind};
use crate::html::tag::Tag;
use crate::html::token::Key;
use crate::html::tree::{NodeId, Tree};
use crate::lines::ends_sentence;
use crate::{date, relative};

/// Most elements that bear the marks of a date.
const MOST_MARKED: usize = 400;
/// Most elements asked.
const MOST_ELEMENTS: usize = 60;
/// Most characters of an element that holds a date.
const LONGEST: usize = 160;
/// Most nodes of an element that is a date.
const MOST_NODES: usize = 40;
/// Characters at the start of a paragraph that may date it ("Lindvik, 6 May 2024 – …").
const DATELINE: usize = 60;
/// First year of articles on the web; earlier ones are what articles are about.
const FIRST_YEAR: i32 = 1994;
/// Most words of a line that is a date, with its label.
const DATE_WORDS: usize = 6;
/// Most lines looked at for one.
const MOST_LINES: usize = 3000;
/// Most words of a line that dates an article.
const MOST_WORDS: usize = 18;
/// Most words of a paragraph about when and where the article was posted.
const POSTED_WORDS: usize = 60;

/// Names of `meta` elements that say when an article was published, best first.
const PUBLISHED: [&str; 25] = [
    "article:published_time",
    "article:published",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "date-published",
    "datepublished_time",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publishdate",
    "publish_date",
    "publish-date",
    "publication_date",
    "publication-date",
    "article.published",
    "article_date_original",
    "article.created",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date.created",
    "citation_publication_date",
    "cxenseparse:recs:publishtime",
    "originalpublicationdate",
    "rnews:datepublished",
];
/// Names of those that say a date and not of what: many templates mean the day the page was last built.
const DATED: [&str; 5] = ["dcterms.created", "dcterms.date", "dc.date", "date", "created"];
/// Names of those that say when it was changed.
const MODIFIED: [&str; 12] = [
    "article:modified_time",
    "article:modified",
    "og:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "lastmod",
    "article.updated",
    "revised",
    "modified",
];

/// What a page says about its dates.
pub(super) struct When {
    /// When it was published.
    pub published: Option<DateStamp>,
    /// When it was changed.
    pub modified: Option<DateStamp>,
    /// When it was published, counted from the fetch, where no date says it.
    pub published_ago: Option<String>,
}

/// Reads the dates of a page; the first two are JSON-LD's.
pub(super) fn find(
    tree: &Tree<'_>,
    head: &Head,
    (published, modified): (Option<&str>, Option<&str>),
    address: Option<&str>,
    blocks: &Blocks,
    near: &Range<usize>,
) -> When {
    let stamp = |raw: &str| date::read(raw).map(|reading| reading.stamp(raw, Origin::Page)).or_else(|| in_words(raw));
    let of_head = |names: &[&str]| names.iter().flat_map(|name| head.all(name)).find_map(stamp);
    let captured = address.and_then(captured);
    let captured = captured.as_deref();
    let seen = || written(tree, blocks, None).or_else(|| near_headline(blocks, near, captured));
    let first = |stamp: DateStamp| {
        let own = in_own_zone(tree.page, &stamp).or_else(|| zone_by(&stamp, &seen()?));
        own.unwrap_or(stamp)
    };
    let published = published
        .and_then(stamp)
        .or_else(|| of_head(&PUBLISHED))
        .or_else(|| declared(tree, "datepublished"))
        .or_else(|| {
            let seen = written(tree, blocks, Some(near))?;
            Some(of_head(&DATED).and_then(|of| zone_by(&of, &seen)).unwrap_or(seen))
        })
        .or_else(|| earlier(of_head(&DATED), written(tree, blocks, None)))
        .or_else(|| address.and_then(in_address))
        .or_else(|| near_headline(blocks, near, captured))
        .or_else(|| posted(blocks))
        .or_else(|| in_scripts(tree.page))
        .or_else(|| alone(blocks, captured))
        .or_else(|| of_picture(head))
        .map(|stamp| in_order_of_page(tree.page, stamp))
        .map(first);
    When {
        published_ago: if published.is_none() { ago(tree, blocks) } else { None },
        published,
        modified: modified
            .and_then(stamp)
            .or_else(|| of_head(&MODIFIED))
            .or_else(|| declared(tree, "datemodified"))
            .or_else(|| changed(blocks))
            .or_else(|| updated(tree, blocks)),
    }
}

/// The earlier of two dates of which either may be one of later: of another article, or of when the page was built.
fn earlier(a: Option<DateStamp>, b: Option<DateStamp>) -> Option<DateStamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.value.get(..10) < a.value.get(..10) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// The same instant as the page writes it elsewhere with the outlet's own offset, or by its clock, for one written in
/// UTC: the day is then the one that its readers know.
fn in_own_zone(page: &str, stamp: &DateStamp) -> Option<DateStamp> {
    let utc = stamp.value.strip_suffix('Z').or_else(|| stamp.value.strip_suffix("+00:00"))?;
    let instant: jiff::Timestamp = stamp.value.parse().ok()?;
    // Minutes and seconds are the same in nearly all zones.
    let minutes = utc.get(13..19)?;
    memchr::memmem::find_iter(page.as_bytes(), minutes.as_bytes()).take(MOST_ELEMENTS).find_map(|at| {
        let start = at.checked_sub("2024-05-06T10".len())?;
        let text = page.get(start..)?;
        let (reading, len) = date::read_start(&text[..text.floor_char_boundary(LONGEST)])?;
        let other = reading.stamp(&text[..len], Origin::Page);
        if other.precision == DatePrecision::Second && other.zone == Zone::Unknown {
            // The same second of another hour.
            return zone_by(stamp, &other);
        }
        let same = other.value.parse::<jiff::Timestamp>().is_ok_and(|other| other == instant);
        (same && !other.value.ends_with('Z') && !other.value.ends_with("+00:00")).then_some(other)
    })
}

/// An instant in UTC as the outlet's own zone has it, which a date that readers see tells: by its time of day, or by
/// its day where the instant is midnight there.
fn zone_by(stamp: &DateStamp, seen: &DateStamp) -> Option<DateStamp> {
    const FARTHEST: i64 = 14 * 60;
    stamp.value.strip_suffix('Z').or_else(|| stamp.value.strip_suffix("+00:00"))?;
    let instant: jiff::Timestamp = stamp.value.parse().ok()?;
    let utc = jiff::tz::Offset::UTC.to_datetime(instant);
    let day: jiff::civil::Date = seen.value.get(..10)?.parse().ok()?;
    let local = match seen.precision {
        _ if seen.zone != Zone::Unknown || day == utc.date() => return None,
        DatePrecision::Day if utc.minute() == 0 && utc.second() == 0 => day.at(0, 0, 0, 0),
        DatePrecision::Day => return None,
        DatePrecision::Minute | DatePrecision::Second => seen.value.parse().ok()?,
    };
    let minute = |time: jiff::civil::DateTime| time.with().second(0).subsec_nanosecond(0).build().ok();
    let minutes = (minute(local)? - minute(utc)?).total(jiff::Unit::Minute).ok()? as i64;
    if minutes % 15 != 0 || minutes.abs() > FARTHEST {
        return None;
    }
    let offset = jiff::tz::Offset::from_seconds(i32::try_from(minutes * 60).ok()?).ok()?;
    let sign = if minutes < 0 { '-' } else { '+' };
    let value = format!("{}{sign}{:02}:{:02}", offset.to_datetime(instant), minutes.abs() / 60, minutes.abs() % 60);
    Some(DateStamp { value, ..stamp.clone() })
}

/// The day in the address of the picture that stands for the page: when it was uploaded, most likely for this page.
fn of_picture(head: &Head) -> Option<DateStamp> {
    let stamp = head.all("og:image").find_map(in_address)?;
    Some(DateStamp { confidence: Confidence::Low, from: Origin::Guess, ..stamp })
}

/// A date by `itemprop`.
fn declared(tree: &Tree<'_>, name: &str) -> Option<DateStamp> {
    let marked = |&node: &NodeId| {
        tree.raw_attribute(node, Key::Itemprop)
            .is_some_and(|names| names.split_ascii_whitespace().any(|found| found.eq_ignore_ascii_case(name)))
    };
    (1..tree.nodes.len()).filter(marked).take(MOST_ELEMENTS).find_map(|node| of_element(tree, node))
}

/// The date an element carries, in an attribute or in words.
fn of_element(tree: &Tree<'_>, node: NodeId) -> Option<DateStamp> {
    for key in [Key::Datetime, Key::Content, Key::Title] {
        if let Some(raw) = tree.attribute(node, key)
            && let Some(reading) = date::read(&raw)
        {
            return Some(reading.stamp(&raw, Origin::Page));
        }
    }
    // What holds more is no date but something with a date in it.
    (tree.subtree(node).len() <= MOST_NODES).then(|| in_words(&tree.text(node))).flatten()
}

/// A date where pages write it: `time` elements and elements that are called dates, above all else on the page
/// that is dated; among some blocks, if so wanted.
fn written(tree: &Tree<'_>, blocks: &Blocks, near: Option<&Range<usize>>) -> Option<DateStamp> {
    let is_near = |node: NodeId| near.is_none_or(|near| (near.start..=near.end).contains(&blocks.range(node).start));
    let in_place = |node: &NodeId| is_near(*node) && !is_aside(tree, blocks, *node);
    let times = (1..tree.nodes.len()).filter(|&node| tree.nodes[node].tag == Tag::Time);
    let pubdate = |&node: &NodeId| {
        tree.raw_attribute(node, Key::Pubdate).is_some()
            || tree.raw_attribute(node, Key::Class).is_some_and(|names| names.contains("publish"))
    };
    let all: Vec<NodeId> = times.take(MOST_MARKED).filter(in_place).take(MOST_ELEMENTS).collect();
    let marked = all.iter().copied().filter(pubdate).find_map(|node| of_element(tree, node));
    if marked.is_some() {
        return marked;
    }
    let plain = all.iter().copied().filter(|&node| !is_update(tree, node)).find_map(|node| of_element(tree, node));
    if plain.is_some() {
        return plain;
    }
    let dated = (1..tree.nodes.len()).filter(|&node| {
        let name = |key| tree.raw_attribute(node, key).is_some_and(is_date_name);
        tree.nodes[node].has_attributes() && (name(Key::Class) || name(Key::Id))
    });
    let named: Vec<NodeId> =
        dated.take(MOST_MARKED).filter(in_place).take(MOST_ELEMENTS).filter(|&node| !is_update(tree, node)).collect();
    // A headline may have a date of its own in an element that bears a name of dates, too.
    let published = named.iter().copied().filter(pubdate).find_map(|node| of_element(tree, node));
    let named = published.or_else(|| named.iter().find_map(|&node| of_element(tree, node)));
    named.or_else(|| all.iter().find_map(|&node| of_element(tree, node)))
}

/// A date that counts from the fetch, where pages write dates.
fn ago(tree: &Tree<'_>, blocks: &Blocks) -> Option<String> {
    let dated = (1..tree.nodes.len()).filter(|&node| {
        let name = |key| tree.raw_attribute(node, key).is_some_and(is_date_name);
        tree.nodes[node].tag == Tag::Time || tree.nodes[node].has_attributes() && (name(Key::Class) || name(Key::Id))
    });
    let in_place = |node: &NodeId| !is_aside(tree, blocks, *node);
    let short = dated.take(MOST_MARKED).filter(in_place).filter(|&node| tree.subtree(node).len() <= MOST_NODES);
    let texts = short.take(MOST_ELEMENTS).filter(|&node| !is_update(tree, node)).map(|node| tree.text(node));
    texts.map(|text| text.trim().to_owned()).find(|text| relative::is_relative(text))
}

fn is_date_name(names: &str) -> bool {
    const WORDS: [&str; 17] = [
        "date",
        "timedata",
        "datum",
        "fecha",
        "data",
        "dateline",
        "datetime",
        "time",
        "timestamp",
        "published",
        "posted",
        "pubdate",
        "meta",
        "postmeta",
        "byline",
        "zeit",
        "created",
    ];
    names.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        let word = word.to_ascii_lowercase();
        WORDS.contains(&word.as_str()) || word.ends_with("date") || word.ends_with("datum")
    })
}

fn is_update(tree: &Tree<'_>, node: NodeId) -> bool {
    let names = [Key::Class, Key::Itemprop].into_iter().filter_map(|key| tree.raw_attribute(node, key));
    names.into_iter().any(|names| {
        let names = names.to_ascii_lowercase();
        names.contains("updat") || names.contains("modif")
    })
}

/// When a line of the page says that it was last changed.
fn changed(blocks: &Blocks) -> Option<DateStamp> {
    let short = |block: &Block| block.words <= MOST_WORDS && !block.is_linked();
    let lines = (0..blocks.blocks.len()).filter(|&at| short(&blocks.blocks[at])).take(MOST_LINES);
    lines.into_iter().find_map(|at| {
        let line = blocks.line(at);
        let (digit, _) = line.char_indices().find(|(_, c)| c.is_ascii_digit())?;
        opens_update(&line[..digit]).then(|| dated(line)).flatten()
    })
}

/// A date of an element that is called one of a change.
fn updated(tree: &Tree<'_>, blocks: &Blocks) -> Option<DateStamp> {
    let marked = (1..tree.nodes.len()).filter(|&node| tree.nodes[node].has_attributes() && is_update(tree, node));
    let in_place = marked.take(MOST_MARKED).filter(|&node| !is_aside(tree, blocks, node));
    in_place.take(MOST_ELEMENTS).find_map(|node| of_element(tree, node))
}

/// Whether a sentence says that something was posted.
fn tells_posting(line: &str) -> bool {
    const VERBS: [&str; 14] = [
        "posted",
        "published",
        "written",
        "gepostet",
        "erstellt",
        "veröffentlicht",
        "geschrieben",
        "publié",
        "publicad",
        "pubblicat",
        "geplaatst",
        "gepubliceerd",
        "опубликован",
        "opublikowan",
    ];
    says_any(line, &VERBS)
}

/// The date in a sentence about the article itself: "This entry was posted on 6 May 2024 at 13:28 by Omar".
fn posted(blocks: &Blocks) -> Option<DateStamp> {
    const OPENINGS: [&str; 16] = [
        "this entry",
        "this article",
        "this post",
        "this story",
        "dieser eintrag",
        "dieser artikel",
        "dieser beitrag",
        "cet article",
        "ce billet",
        "esta entrada",
        "este artículo",
        "questo articolo",
        "este artigo",
        "dit artikel",
        "dit bericht",
        "эта запись",
    ];
    (0..blocks.blocks.len()).filter(|&at| blocks.blocks[at].words <= POSTED_WORDS).take(MOST_LINES).find_map(|at| {
        let line = blocks.line(at);
        let (digit, _) = line.char_indices().take(LONGEST).find(|(_, c)| c.is_ascii_digit())?;
        let label = line[..digit].to_lowercase();
        let opens = OPENINGS.iter().any(|opening| label.starts_with(opening));
        (opens && tells_posting(line) && !tells_other(&label)).then(|| dated(line)).flatten()
    })
}

/// A date whose day and month could change places, in the order in which the page writes the same day elsewhere.
fn in_order_of_page(page: &str, stamp: DateStamp) -> DateStamp {
    let (Some(year), Some(month), Some(day)) = (stamp.value.get(..4), stamp.value.get(5..7), stamp.value.get(8..10))
    else {
        return stamp;
    };
    // Only what is written in numbers could be read in two ways.
    if stamp.confidence != Confidence::Low || !stamp.raw.starts_with(|c: char| c.is_ascii_digit()) {
        return stamp;
    }
    let stands = |month: &str, day: &str| {
        [format!("{day}.{month}.{year}"), format!("{year}-{month}-{day}")]
            .iter()
            .any(|date| memchr::memmem::find(page.as_bytes(), date.as_bytes()).is_some())
    };
    if stands(month, day) || !stands(day, month) {
        return stamp;
    }
    let value = format!("{year}-{day}-{month}{}", &stamp.value[10..]);
    DateStamp { value, confidence: Confidence::High, ..stamp }
}

/// The first date in a line.
fn dated(line: &str) -> Option<DateStamp> {
    let line = &line[..line.floor_char_boundary(LONGEST)];
    let mut before = ' ';
    line.char_indices().find_map(|(at, c)| {
        let starts = c.is_alphanumeric() && !before.is_alphanumeric();
        before = c;
        let (reading, len) = starts.then(|| date::read_start(&line[at..])).flatten()?;
        let stamp = reading.stamp(line[at..at + len].trim(), Origin::Page);
        let year: i32 = stamp.value.get(..4)?.parse().ok()?;
        (year >= FIRST_YEAR).then_some(stamp)
    })
}

/// A date in a short text, a label or a name before it aside.
fn in_words(text: &str) -> Option<DateStamp> {
    if text.len() > LONGEST * 4 || text.chars().count() > LONGEST {
        return None;
    }
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        // Labels are often glued to the date ("Posted on06.05.2024").
        let starts = c.is_alphanumeric() && (!before.is_alphanumeric() || c.is_ascii_digit() && before.is_alphabetic());
        before = c;
        if starts && let Some((reading, len)) = date::read_start(&text[at..]) {
            let stamp = reading.stamp(text[at..at + len].trim(), Origin::Page);
            let year: i32 = stamp.value.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0);
            let label = text[..at].rsplit('\n').next().unwrap_or("");
            if year >= FIRST_YEAR && !tells_other(label) {
                return Some(stamp);
            }
            // What the next line says is another matter.
            let next = text[at..].find('\n').map(|end| at + end + 1)?;
            return in_words(&text[next..]);
        }
    }
    None
}

/// Whether the words before a date say that it is one of a change, that of a clock, or when somebody joined a forum.
fn tells_other(label: &str) -> bool {
    const WORDS: [&str; 10] = [
        "aktuelle zeit",
        "current time",
        "it is currently",
        "registered",
        "joined",
        "member since",
        "registriert",
        "beigetreten",
        "mitglied seit",
        "inscrit",
    ];
    tells_update(label) || says_any(label, &WORDS)
}

/// Whether a line that begins so says when the page was changed, and is no sentence about something that was.
fn opens_update(label: &str) -> bool {
    const LAST: [&str; 8] = ["last ", "zuletzt", "letzte", "dernière", "última", "ultim", "последн", "最終"];
    let opens = says_any(label, &LAST) && tells_update(label);
    opens || tells_update(label.split_whitespace().next().unwrap_or(""))
}

/// Whether the words before a date say that it is one of a change.
fn tells_update(label: &str) -> bool {
    const WORDS: [&str; 21] = [
        "updated",
        // English, French, Spanish, Italian.
        "modifi",
        "edited",
        "bearbeitet",
        "изменен",
        "bewerkt",
        "edytowan",
        "editad",
        "更新",
        "最終更新",
        "수정",
        "تحديث",
        "aktualisiert",
        "änderung",
        "geändert",
        "zuletzt",
        "mis à jour",
        "actualizado",
        "atualizado",
        "aggiornato",
        "обновлен",
    ];
    says_any(label, &WORDS)
}

/// Whether one of some words in small letters stands in a text, in whatever case.
fn says_any(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// A date in a short line near the headline, or in the dateline of a paragraph there. A date that a sentence mentions
/// is one of what the article is about.
fn near_headline(blocks: &Blocks, near: &Range<usize>, captured: Option<&str>) -> Option<DateStamp> {
    // Below the first paragraph a linked line teases another article.
    let prose = near.clone().find(|&at| blocks.blocks[at].words > MOST_WORDS && !blocks.blocks[at].is_linked());
    let own = |at: usize| prose.is_none_or(|prose| at < prose) || !blocks.blocks[at].is_linked();
    let short = near.clone().filter(|&at| blocks.blocks[at].words <= MOST_WORDS && own(at));
    let is_line = |at: usize| {
        let line = blocks.line(at);
        blocks.blocks[at].words <= DATE_WORDS || !ends_sentence(line) || tells_posting(line)
    };
    let mut lines = short.into_iter().filter(|&at| is_line(at));
    lines.find_map(|at| in_words(blocks.line(at)).filter(|stamp| is_own(stamp, captured))).or_else(|| {
        near.clone().filter(|&at| blocks.blocks[at].words > MOST_WORDS).find_map(|at| in_dateline(blocks.line(at)))
    })
}

/// The date at the start of a paragraph, if a mark parts it from the sentence ("Lindvik, 6 May 2024 – The board …") or
/// it is written in numbers, as no sentence begins; or that of a paragraph about the posting.
fn in_dateline(line: &str) -> Option<DateStamp> {
    let end = line.char_indices().nth(DATELINE).map_or(line.len(), |(end, _)| end);
    let stamp = in_words(&line[..end])?;
    let at = line.find(&stamp.raw)?;
    let after = line[at + stamp.raw.len()..].trim_start();
    let opens = at == 0 && !stamp.raw.contains(char::is_alphabetic);
    (opens || tells_posting(line) || after.starts_with(['–', '—', '-', ':', '|', '•', '·', '(', ')', '/', '\n']))
        .then_some(stamp)
}

/// A date in the data of a script, by the name that everybody gives it.
fn in_scripts(page: &str) -> Option<DateStamp> {
    const NAMES: [&str; 9] = [
        "datePublished",
        "publish_date",
        "published_at",
        "publishedAt",
        "publicationDate",
        "publication_date",
        "publishDate",
        "publishdate",
        "cmsPublishingDate",
    ];
    NAMES.iter().find_map(|name| {
        let at = memchr::memmem::find(page.as_bytes(), name.as_bytes())? + name.len();
        let value = page[at..].trim_start_matches(['"', '\'', '\\', ':', '=', ' ']);
        let end = value.find(['"', '\'', '\\', '<', ',']).filter(|&end| end <= LONGEST)?;
        date::read(&value[..end]).map(|reading| reading.stamp(&value[..end], Origin::Page))
    })
}

/// The day on which an archive took the page, by the archive's part of the address.
fn captured(address: &str) -> Option<String> {
    let own = own_address(address);
    let archive = address[..own].strip_suffix("://").filter(|archive| archive.contains("://"))?;
    Some(in_address(archive)?.value)
}

/// Where the page's own address begins, after its scheme: an archive's has the page's whole address in its path.
fn own_address(address: &str) -> usize {
    let path = address.find(['?', '#']).unwrap_or(address.len());
    address[..path].rfind("://").map_or(0, |at| at + "://".len())
}

/// Whether a date is not that of an archive's banner.
fn is_own(stamp: &DateStamp, captured: Option<&str>) -> bool {
    captured.is_none_or(|day| stamp.value.get(..10) != Some(day))
}

/// The first line of the page that is hardly more than a date, but not that of an archive's banner.
fn alone(blocks: &Blocks, captured: Option<&str>) -> Option<DateStamp> {
    let stands = |block: &Block| block.words <= DATE_WORDS && block.kind != Kind::Cell && !block.is_linked();
    let short = (0..blocks.blocks.len()).filter(|&at| stands(&blocks.blocks[at]));
    short.take(MOST_LINES).into_iter().find_map(|at| in_words(blocks.line(at)).filter(|stamp| is_own(stamp, captured)))
}

/// A day in an address: `/2024/05/06/`, `/2024-05-06-`, `/06-05-2024`, `/20240506/`.
fn in_address(address: &str) -> Option<DateStamp> {
    let path = &address[own_address(address)..];
    let bytes = path.as_bytes();
    let is_digits = |from: usize, to: usize| bytes.get(from..to).is_some_and(|run| run.iter().all(u8::is_ascii_digit));
    let separator = |at: usize| bytes.get(at).copied().filter(|byte| matches!(byte, b'/' | b'-'));
    let parted = |a: usize, b: usize| separator(a).is_some() && separator(a) == separator(b);
    (0..bytes.len()).find_map(|at| {
        if at > 0 && bytes[at - 1].is_ascii_digit() {
            return None;
        }
        let (day, len) = if is_digits(at, at + 4) && parted(at + 4, at + 7) {
            (path.get(at..at + 10)?.to_owned(), 10)
        } else if is_digits(at, at + 2) && parted(at + 2, at + 5) && is_digits(at + 6, at + 10) {
            (format!("{}-{}-{}", path.get(at + 6..at + 10)?, path.get(at + 3..at + 5)?, path.get(at..at + 2)?), 10)
        } else if is_digits(at, at + 8) && at > 0 && bytes[at - 1] == b'/' {
            // Uploads are named by their second, or a fraction of it.
            let run = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let len = if (14..=17).contains(&run) { run } else { 8 };
            (format!("{}-{}-{}", path.get(at..at + 4)?, path.get(at + 4..at + 6)?, path.get(at + 6..at + 8)?), len)
        } else {
            return None;
        };
        let year: i32 = day.get(..4)?.parse().ok()?;
        if bytes.get(at + len).is_some_and(u8::is_ascii_digit) || year < FIRST_YEAR {
            return None;
        }
        Some(date::read(&day)?.stamp(path.get(at..at + len)?, Origin::Page))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near_pier(page: &str) -> Option<String> {
        let tree = Tree::new(page);
        let blocks = Blocks::new(&tree);
        let near = super::super::around_headline(&blocks, Some("Pier"));
        let when = find(&tree, &Head::new(&tree), (None, None), None, &blocks, &near);
        when.published.map(|stamp| stamp.value)
    }

    fn of(page: &str, address: Option<&str>) -> (Option<String>, Option<String>) {
        let tree = Tree::new(page);
        let blocks = Blocks::new(&tree);
        let near = 0..blocks.blocks.len();
        let When { published, modified, .. } = find(&tree, &Head::new(&tree), (None, None), address, &blocks, &near);
        (published.map(|stamp| stamp.value), modified.map(|stamp| stamp.value))
    }

    #[test]
    fn machine_readable_dates_come_first() {
        let page = "<time datetime=2024-05-08>x</time><meta property=article:published_time content='2024-05-06T10:00:00Z'>\
                    <meta property=article:modified_time content=2024-05-07>";
        assert_eq!(of(page, None), (Some("2024-05-06T10:00:00Z".into()), Some("2024-05-07".into())));
    }

    #[test]
    fn an_instant_is_told_in_the_outlets_own_zone() {
        let page = "<meta name=date content='2024-05-06T01:25:54Z'><script>{\"d\": \"2024-05-05T21:25:54.000-04:00\"}</script>";
        assert_eq!(of(page, None).0.as_deref(), Some("2024-05-05T21:25:54-04:00"));
        assert_eq!(of(&page.replace("21:25", "20:25"), None).0.as_deref(), Some("2024-05-06T01:25:54Z"));
        let clock = page.replace("T21:25:54.000-04:00", " 21:25:54");
        assert_eq!(of(&clock, None).0.as_deref(), Some("2024-05-05T21:25:54-04:00"));
    }

    #[test]
    fn dates_are_read_where_pages_write_them() {
        let aside = format!("<aside class=related><time datetime=2024-05-06></time></aside>{}", "<p>x</p>".repeat(20));
        assert_eq!(of("<p class=post-meta>By Ingrid Solberg, 6 May 2024</p>", None).0.as_deref(), Some("2024-05-06"));
        assert_eq!(
            of("<time class=updated datetime=2024-05-08></time><time datetime=2024-05-06>", None).0.as_deref(),
            Some("2024-05-06")
        );
        assert_eq!(of(&aside, None).0, None);
        assert_eq!(of("x", Some("https://example.org/2024/05/06/pier")).0.as_deref(), Some("2024-05-06"));
        assert_eq!(of("x", Some("https://example.org/12024/05/061/pier")).0, None);
        for address in ["https://example.org/news/06-05-2024", "https://example.org/20240506/pier"] {
            assert_eq!(of("x", Some(address)).0.as_deref(), Some("2024-05-06"), "{address}");
        }
        assert_eq!(of("x", Some("https://example.org/20245566/pier")).0, None);
    }

    #[test]
    fn an_archives_day_is_not_the_pages() {
        let archived = |rest: &str| format!("https://archive.example/web/20240707121040/{rest}");
        assert_eq!(of("x", Some(&archived("https://example.org/2024/05/06/pier"))).0.as_deref(), Some("2024-05-06"));
        assert_eq!(of("<p>7 Jul 2024</p><p>Pier</p>", Some(&archived("https://example.org/pier"))).0, None);
        assert_eq!(of("<p>7 Jul 2024</p>", Some("https://example.org/pier")).0.as_deref(), Some("2024-07-07"));
        let shared = "https://example.org/2024/05/06/pier?from=https://other.example/2024/07/07/x";
        assert_eq!(of("x", Some(shared)).0.as_deref(), Some("2024-05-06"));
    }

    #[test]
    fn what_is_called_published_comes_before_other_dates() {
        let page = "<p class=post-meta>Results of 4 May 2024</p><p><span class=published>6 May 2024</span></p>";
        assert_eq!(of(page, None).0.as_deref(), Some("2024-05-06"));
        let updated = "<span class=updated title='2024-05-06T10:00:00+00:00'></span><p>Pier</p>";
        assert_eq!(of(updated, None), (None, Some("2024-05-06T10:00:00+00:00".into())));
    }

    #[test]
    fn a_sentence_tells_when_the_article_was_posted() {
        let far = "<p>x</p>".repeat(40);
        let page = |line: &str| near_pier(&format!("<h1>Pier</h1>{far}<p>{line}</p>"));
        for line in [
            "This entry was posted on May 6, 2024 at 13:28 by Omar and is filed under Harbour, Ferries and all that floats there",
            "Dieser Artikel wurde am 6. Mai 2024 um 13:28 von Omar geschrieben und unter dem Stichwort Hafen abgelegt, mit vielen anderen",
        ] {
            assert_eq!(page(line).as_deref().and_then(|value| value.get(..10)), Some("2024-05-06"), "{line}");
        }
        for other in [
            "The article, published on May 6, 2024 in the Harbour Post, says nothing of ferries, boats and what else there is",
            "This article was published and last updated on May 6, 2024 after a ferry had come in that nobody had waited for",
        ] {
            assert_eq!(page(other), None, "{other}");
        }
    }

    #[test]
    fn what_a_sentence_mentions_does_not_date_the_page() {
        let near = |line: &str| near_pier(&format!("<h1>Pier</h1><p>{line}</p>"));
        let board =
            "the harbour board of Lindvik voted to close the old ferry pier for good, and the fishermen were there";
        for mentions in [
            "The old pier was closed on 6 May 2016 for good.".to_owned(),
            format!("On 6 May 2016 {board}."),
            format!("Since Monday, 6 May 2016, {board}."),
        ] {
            assert_eq!(near(&mentions), None, "{mentions}");
        }
        for dates in [
            "Lindvik, Monday, 6 May 2024, by Ingrid Solberg".to_owned(),
            "Pier was posted here by Omar on 6 May 2024.".to_owned(),
            format!("Lindvik, 6 May 2024 – On Monday {board}."),
            format!("06.05.2024 On Monday {board}."),
        ] {
            assert_eq!(near(&dates).as_deref(), Some("2024-05-06"), "{dates}");
        }
    }

    #[test]
    fn the_page_tells_the_order_of_day_and_month() {
        let page =
            |other: &str| of(&format!("<meta name=pubdate content='05/06/2024 12:43'><p>x</p><p>{other}</p>"), None).0;
        assert_eq!(page("").as_deref(), Some("2024-06-05T12:43"));
        assert_eq!(page("Erstellt am: 06.05.2024").as_deref(), Some("2024-05-06T12:43"));
        assert_eq!(page("05.06.2024 – 06.05.2024").as_deref(), Some("2024-06-05T12:43"));
    }

    #[test]
    fn the_date_that_readers_see_tells_the_zone() {
        let page = "<meta name=pubdate content='2024-05-06T22:04:10Z'><p class=date>7 May 2024 00:04</p>";
        assert_eq!(of(page, None).0.as_deref(), Some("2024-05-07T00:04:10+02:00"));
        let midnight = "<meta name=date content='2024-05-06T22:00Z'><p class=date>7 May 2024</p>";
        assert_eq!(of(midnight, None).0.as_deref(), Some("2024-05-07T00:00:00+02:00"));
        for (from, to) in [("7 May 2024 00:04", "7 May 2024 00:11"), ("7 May 2024 00:04", "7 May 2024")] {
            assert_eq!(of(&page.replace(from, to), None).0.as_deref(), Some("2024-05-06T22:04:10Z"), "{to}");
        }
    }

    #[test]
    fn what_a_date_is_of_is_told_line_by_line() {
        let page = "<p>Last modified: 8 May 2024<br>Published: 6 May 2024</p>";
        assert_eq!(of(page, None).0.as_deref(), Some("2024-05-06"));
        for line in ["It is currently 8 May 2024", "Omar, joined: 8 May 2024"] {
            assert_eq!(of(&format!("<p>{line}</p>"), None).0, None, "{line}");
        }
        let built = "<meta name=date content=2024-05-08><time datetime=2024-05-06></time>";
        assert_eq!(of(built, None).0.as_deref(), Some("2024-05-06"));
    }

    #[test]
    fn a_date_of_the_head_beats_one_far_from_the_headline() {
        let far = "<p>x</p>".repeat(40);
        let page = format!("<meta name=date content=2024-05-06><h1>Pier</h1>{far}<time datetime=2024-05-08></time>");
        assert_eq!(near_pier(&page).as_deref(), Some("2024-05-06"));
        assert_eq!(near_pier(&page.replace("<p>x</p>", "")).as_deref(), Some("2024-05-08"));
    }

    #[test]
    fn a_line_tells_when_the_page_was_changed() {
        for line in [
            "Last edited 2024-05-06 13:28 by Omar",
            "Aktualisiert am 06.05.2024.",
            "Diese Seite wurde zuletzt am 6. Mai 2024 um 13:28 Uhr geändert.",
            "This page was last modified on Monday, May 6, 2024",
            "Dernière modification le 6 mai 2024",
        ] {
            let (published, modified) = of(&format!("<p>Pier</p><p>{line}</p>"), None);
            assert_eq!(modified.as_deref().and_then(|value| value.get(..10)), Some("2024-05-06"), "{line}");
            assert_eq!(published, None, "{line}");
        }
        for line in ["It was modified in 12 ways and then on 6 people", "The law was modified on 6 May 2019."] {
            assert_eq!(of(&format!("<p>{line}</p>"), None).1, None, "{line}");
        }
    }

    #[test]
    fn what_counts_from_the_fetch_is_told_as_it_stands() {
        let page = "<h1>Pier</h1><p class=date>3 hours ago</p><aside><time>2 days ago</time></aside>";
        let tree = Tree::new(page);
        let blocks = Blocks::new(&tree);
        let near = 0..blocks.blocks.len();
        let when = find(&tree, &Head::new(&tree), (None, None), None, &blocks, &near);
        assert_eq!((when.published, when.published_ago.as_deref()), (None, Some("3 hours ago")));
    }

    #[test]
    fn a_picture_dates_a_page_that_nothing_else_does() {
        let page = "<meta property=og:image content='https://cdn.example/2024/05/06/pier.jpg'>";
        assert_eq!(of(page, None).0.as_deref(), Some("2024-05-06"));
        assert_eq!(of(&format!("{page}<p class=date>7 May 2024</p>"), None).0.as_deref(), Some("2024-05-07"));
    }
}
