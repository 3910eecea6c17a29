//! What is known of a site and wanted of a source, applied to the lines of one text.
//!
//! Learned lines ([`copydesk_boilerplate`]) are looked up after the rules that know lines by their words, whose reasons
//! say more, and before the headline is looked for. Where a line stands is judged by the lines that nothing is known of:
//! what comes before their first prose and after their last is an edge.
//!
//! A learned line that **reads as a sentence** is never cut: a newspaper's standing explanation of a conflict, its
//! "contact the author" under every story, are its own words. It is listed in `marked` and left. So is a line of a
//! wrapped paragraph, which ends anywhere. A short line without a full stop is template and goes, and so do the short
//! lines between two such at the end of a page.

use copydesk_article::{RemovalReason, Supplied};
use copydesk_boilerplate::{MOST_OBSERVED, Observed, Place, Rule, SeenLine, Site, SiteRules, hash_lines};

use crate::address;
use crate::guide::{Guide, SourceRules};
use crate::lines::{HEADLINE_WORDS, Line, Page, WRAPPED_COLUMNS};

/// Fewest words, or else columns, of a sentence with a full stop.
const SENTENCE_WORDS: usize = 4;
const SENTENCE_COLUMNS: usize = 24;
/// Fewest words of a line that is likelier a headline than a label.
const TITLE_WORDS: usize = 4;
/// Fewest words of one that asks or calls out: template does, too.
const CALL_WORDS: usize = 8;

/// See the module. Made for one article; [`Lore::begin`] before anything else.
pub(crate) struct Lore<'a> {
    guide: Guide<'a>,
    /// The article's site, as far as the user says it.
    site: Option<Site>,
    rules: Option<&'a SiteRules>,
    /// Where the site is unknown: those of the site whose template the article wears, for its edges.
    template: Option<&'a SiteRules>,
}

/// What is known of one line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LineLore {
    /// Both hashes, where it may be looked up.
    hashes: Option<[u64; 2]>,
    known: Option<Known>,
}

impl LineLore {
    /// Of the line that several become, which reads so.
    pub(crate) fn joined(self, text: &str) -> Self {
        Self { hashes: self.hashes.and_then(|_| hash_lines(text)), known: None }
    }
}

#[derive(Clone, Copy, Debug)]
enum Known {
    /// It recurs.
    Learned(Rule),
    /// It stands below a line that does.
    Below(Rule),
    /// It matches a pattern for lines to cut, by number.
    Named(usize),
}

impl Known {
    const fn below(self) -> Option<Self> {
        match self {
            Self::Learned(rule) => Some(Self::Below(rule)),
            Self::Below(_) | Self::Named(_) => None,
        }
    }
}

/// What is known of the blocks of a page.
pub(crate) struct BlockLore {
    /// Evidence, for each block.
    pub evidence: Vec<Option<String>>,
    /// What is marked.
    pub marked: Vec<Option<RemovalReason>>,
    /// What a learner is told.
    pub observed: Option<Observed>,
}

impl<'a> Lore<'a> {
    pub(crate) fn new(guide: &Guide<'a>, supplied: &Supplied) -> Self {
        let said = supplied.site.as_deref().and_then(Site::named);
        let host = |address: &Option<String>| address::host(address.as_deref()?).and_then(|host| Site::named(&host));
        let site = said.or_else(|| host(&supplied.url)).or_else(|| host(&supplied.canonical_url));
        let mut lore = Self { guide: *guide, site, rules: None, template: None };
        lore.find_rules();
        lore
    }

    /// Adds what a page says of its site, where the user says nothing.
    pub(crate) fn on_page(&mut self, address: Option<&str>, name: Option<&str>) {
        if self.site.is_none() {
            let host = address.and_then(address::host).and_then(|host| Site::named(&host));
            self.site = host.or_else(|| name.and_then(Site::named));
            self.find_rules();
        }
    }

    fn find_rules(&mut self) {
        let site = self.site();
        self.rules = self.guide.learned.and_then(|learned| learned.of(site));
    }

    fn site(&self) -> Site {
        self.site.unwrap_or_else(|| Site::unknown(self.guide.source_name))
    }

    fn source(&self) -> Option<&'a SourceRules> {
        self.guide.source
    }

    /// Whether the user wants to keep a line.
    pub(crate) fn keeps(&self, line: &str) -> bool {
        self.source().is_some_and(|rules| rules.keep.iter().any(|pattern| pattern.is_match(line)))
    }

    /// Takes up a text, before any rule.
    pub(crate) fn begin(&mut self, page: &mut Page<'_>) {
        if self.source().is_some_and(|rules| !rules.keep.is_empty()) {
            for at in 0..page.lines.len() {
                page.lines[at].stays = self.keeps(page.line(at));
            }
        }
        if self.guide.learned.is_some() {
            for at in 0..page.lines.len() {
                page.lines[at].lore.hashes = hash_lines(page.line(at));
            }
        }
    }

    /// Cuts what is known, or marks it. `has_title`: whether the headline is known; else one must be left to be found.
    pub(crate) fn cut(&mut self, page: &mut Page<'_>, has_title: bool) {
        if let Some(rules) = self.source().filter(|rules| !rules.cut.is_empty()) {
            for at in page.kept() {
                let named = rules.cut.iter().position(|pattern| pattern.is_match(page.line(at)));
                if let Some(number) = named.filter(|_| !page.lines[at].stays) {
                    page.lines[at].lore.known = Some(Known::Named(number));
                    page.cut(at, RemovalReason::Pattern);
                }
            }
        }
        let kept = page.kept();
        self.find_template(page, &kept);
        if self.rules.or(self.template).is_none() {
            return;
        }
        let body = self.body(page, &kept);
        let found: Vec<Option<Rule>> = kept.iter().map(|&at| self.rule(page, at, body)).collect();
        // "Daily quiz 412" is a headline, though there was one yesterday: unless another line may be it, only what is
        // the same in most stories goes from above the body.
        let may_be_title = |at: usize| {
            let size = &page.lines[at].size;
            (TITLE_WORDS..=HEADLINE_WORDS).contains(&size.words) && !size.ends_sentence
        };
        let is_above = |at: usize| body.is_some_and(|(first, _)| at < first);
        let has_title =
            has_title || kept.iter().zip(&found).any(|(&at, rule)| rule.is_none() && is_above(at) && may_be_title(at));
        for (at, rule) in kept.into_iter().zip(found) {
            let Some(rule) = rule else { continue };
            let is_same = page.lines[at].lore.hashes.is_some_and(|[edge, inside]| edge == inside);
            if !has_title && is_above(at) && !(is_same && rule.is_in_most()) {
                continue;
            }
            page.lines[at].lore.known = Some(Known::Learned(rule));
            if !page.lines[at].stays && !reads_as_sentence(page, at) {
                page.cut(at, RemovalReason::Learned);
            }
        }
        self.cut_between(page, body);
    }

    /// Below the body, short lines between two that stand there in most stories of the site are template, too, though
    /// they change: the headlines under "More from Lindvik".
    fn cut_between(&mut self, page: &mut Page<'_>, body: Option<(usize, usize)>) {
        let Some((_, last)) = body else { return };
        let bounds = |known: &Option<Known>| matches!(known, Some(Known::Learned(rule)) if rule.is_in_most() && rule.bounds_body);
        let below = last + 1..page.lines.len();
        let mut bounding = below.filter(|&at| bounds(&page.lines[at].lore.known) && page.lines[at].cut.is_some());
        let (Some(first), Some(end)) = (bounding.next(), bounding.next_back()) else { return };
        let mut above = None;
        for at in first..end {
            if bounds(&page.lines[at].lore.known) {
                above = page.lines[at].lore.known;
            }
            if page.lines[at].cut.is_none() && page.lines[at].lore.known.is_none() && !reads_as_sentence(page, at) {
                page.lines[at].lore.known = above.and_then(Known::below);
                page.cut(at, RemovalReason::Learned);
            }
        }
    }

    /// Tells the site of an article that does not say it, by the lines around its prose.
    fn find_template(&mut self, page: &Page<'_>, kept: &[usize]) {
        let Some(learned) = self.guide.learned.filter(|_| self.site.is_none() && self.template.is_none()) else {
            return;
        };
        let Some((first, end)) = page.prose(kept) else { return };
        let edges = kept[..first].iter().chain(&kept[end..]);
        let site = learned.wearing(edges.filter_map(|&at| page.lines[at].lore.hashes.map(|[edge, _]| edge)));
        self.template = site.and_then(|site| learned.of(site));
    }

    fn rule(&self, page: &Page<'_>, at: usize, body: Option<(usize, usize)>) -> Option<Rule> {
        let [edge, inside] = page.lines[at].lore.hashes?;
        let at_edge = |rules: Option<&SiteRules>| rules.and_then(|rules| rules.find(edge, Place::Edge)).copied();
        match place(at, body) {
            Place::Edge => at_edge(self.rules).or_else(|| at_edge(self.template)),
            Place::Inside => self.rules.and_then(|rules| rules.find(inside, Place::Inside)).copied(),
        }
    }

    /// First and last line of the prose that nothing is known of.
    fn body(&self, page: &Page<'_>, standing: &[usize]) -> Option<(usize, usize)> {
        let is_known = |at: usize| {
            let LineLore { hashes, known } = page.lines[at].lore;
            let recurs = |[edge, inside]: [u64; 2]| {
                [self.rules, self.template]
                    .into_iter()
                    .flatten()
                    .any(|rules| rules.find(edge, Place::Edge).is_some() || rules.find(inside, Place::Inside).is_some())
            };
            known.is_some() || hashes.is_some_and(recurs)
        };
        let unknown: Vec<usize> = standing.iter().copied().filter(|&at| !is_known(at)).collect();
        page.prose(&unknown).map(|(first, end)| (unknown[first], unknown[end - 1]))
    }

    /// What a learner is told of a text, once the rules are through: the lines that stand, those that were learned
    /// (their evidence must not fade because they are cut), and those that were cut by their place and not by their
    /// words.
    pub(crate) fn observed(&self, page: &Page<'_>) -> Option<Observed> {
        self.guide.learned?;
        let site = self.site();
        let body = self.body(page, &page.kept());
        let mut lines = Vec::new();
        for (at, line) in page.lines.iter().enumerate() {
            let counts = matches!(
                line.cut,
                None | Some(
                    RemovalReason::Learned | RemovalReason::Title | RemovalReason::Navigation | RemovalReason::Aside
                )
            );
            let Some([edge, inside]) = page.lines[at].lore.hashes.filter(|_| counts) else { continue };
            let at_edge = place(at, body) == Place::Edge;
            if at_edge || site.is_known {
                lines.push(SeenLine { hash: if at_edge { edge } else { inside }, at_edge });
            }
        }
        // A learner takes the first and the last; an article may have millions.
        if lines.len() > MOST_OBSERVED {
            lines.drain(MOST_OBSERVED / 2..lines.len() - MOST_OBSERVED / 2);
            lines.shrink_to_fit();
        }
        Some(Observed { site, lines })
    }

    /// Why a line was cut or marked, where that is known here.
    pub(crate) fn evidence(&self, page: &Page<'_>, at: usize) -> Option<String> {
        match page.lines[at].lore.known? {
            Known::Learned(rule) => Some(rule.to_string()),
            Known::Below(rule) => Some(format!("below a line that stands {rule}")),
            Known::Named(number) => Some(self.source()?.cut[number].as_str().to_owned()),
        }
    }

    /// Whether a line stands in most stories of its site.
    pub(crate) fn is_in_most(&self, page: &Page<'_>, at: usize) -> bool {
        matches!(page.lines[at].lore.known, Some(Known::Learned(rule) | Known::Below(rule)) if rule.is_in_most())
    }

    /// Lines that recur and stand.
    pub(crate) fn marked<'b>(&'b self, page: &'b Page<'_>) -> impl Iterator<Item = usize> + 'b {
        let recurs = |at: &usize| matches!(page.lines[*at].lore.known, Some(Known::Learned(_)));
        (0..page.lines.len()).filter(|&at| page.lines[at].cut.is_none()).filter(recurs)
    }

    /// The same for the blocks of a page; `block_of` says to which block a byte of the text belongs.
    pub(crate) fn by_block(&self, page: &Page<'_>, blocks: usize, block_of: impl Fn(usize) -> usize) -> BlockLore {
        let mut lore =
            BlockLore { evidence: vec![None; blocks], marked: vec![None; blocks], observed: self.observed(page) };
        for (at, line) in page.lines.iter().enumerate() {
            let Some(evidence) = self.evidence(page, at) else { continue };
            let block = block_of(line.whole_start);
            lore.evidence[block].get_or_insert(evidence);
        }
        for at in self.marked(page) {
            lore.marked[block_of(page.lines[at].whole_start)] = Some(RemovalReason::Learned);
        }
        lore
    }
}

fn place(at: usize, body: Option<(usize, usize)>) -> Place {
    match body {
        Some((first, last)) if at < first || at > last => Place::Edge,
        // A text without prose is a list or a poem: all of it may be the body.
        _ => Place::Inside,
    }
}

/// Whether a line is a sentence or a part of one.
fn reads_as_sentence(page: &Page<'_>, at: usize) -> bool {
    let size = &page.lines[at].size;
    if size.words > HEADLINE_WORDS {
        return true;
    }
    if size.ends_sentence && (size.words >= SENTENCE_WORDS || size.columns >= SENTENCE_COLUMNS) {
        return true;
    }
    let line = page.line(at);
    let calls = |c: char| matches!(c, '!' | '?' | '！' | '？' | '؟' | '…');
    if size.words >= CALL_WORDS && (line.trim_end().ends_with(calls) || holds_full_stop(line)) {
        return true;
    }
    // A full line of a block goes on in the next.
    let goes_on = |line: &Line, next: Option<&Line>| {
        line.size.columns >= WRAPPED_COLUMNS
            && !line.size.ends_sentence
            && next.is_some_and(|next| next.block == line.block)
    };
    let lines = &page.lines;
    goes_on(&lines[at], lines.get(at + 1)) || at > 0 && goes_on(&lines[at - 1], Some(&lines[at]))
}

/// Whether a full stop stands within a line: between two sentences.
fn holds_full_stop(line: &str) -> bool {
    line.match_indices(['.', '。', '।', '۔']).any(|(at, stop)| {
        let rest = &line[at + stop.len()..];
        let word = line[..at].rsplit(char::is_whitespace).next().unwrap_or("");
        // "U.S. 12", "No. 4" and initials are no ends of sentences.
        let ends = stop != "." || rest.starts_with(' ') && word.chars().count() > 3;
        ends && rest.chars().any(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(text: &str) -> Vec<bool> {
        let page = Page::new(text);
        (0..page.lines.len()).map(|at| reads_as_sentence(&page, at)).collect()
    }

    #[test]
    fn what_may_be_the_houses_own_words_reads_as_a_sentence() {
        for line in [
            "The Lindvik Post is owned by its readers.",
            "More on this story as it develops.",
            "The strike began in March. It has cost the port forty ships",
            "Do you know more about the strike at the harbour?",
            "港口罢工始于三月，至今已有四十艘船改道。",
            "بدأ الإضراب في مارس ولم ينته بعد۔",
        ] {
            assert_eq!(sentence(line), [true], "{line}");
        }
        for line in
            ["Share this story", "More from Lindvik", "Home | News | Sport", "Read more.", "Want more?", "头条新闻"]
        {
            assert_eq!(sentence(line), [false], "{line}");
        }
    }

    #[test]
    fn a_wrapped_paragraph_is_a_sentence_line_by_line() {
        let text = "Home\nNews\n\nThe Lindvik Post is owned by its readers, who\nmeet once a year in the old ferry hall and choose\nthe editor";
        assert_eq!(sentence(text), [false, false, true, true, true]);
    }
}
