//! What the names of an element say about it: `class`, `id`, `data-…`, `role`, the tag itself.
//!
//! Templates are written by people for people: nearly every site calls its share buttons "share" and its body
//! "article-body". Names are taken apart into words (at punctuation and at `camelCase`), and a word counts only
//! whole, so that "shareholder" is no share button and "header" no head. A name may also lie (a body wrapper
//! called `content-with-sidebar`), so a hint alone cuts nothing: `body.rs` weighs it against the text.

use copydesk_article::RemovalReason;

use super::tag::Tag;
use super::token::Key;
use super::tree::{NodeId, Tree};

/// Most bytes of names that are looked at.
const MOST_NAME_BYTES: usize = 400;

/// What an element seems to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hint {
    /// Why it is no body, if it is none.
    pub against: Option<Against>,
    /// How surely it is the body.
    pub body: BodyHint,
}

/// How surely an element is the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum BodyHint {
    /// Nothing is said.
    #[default]
    None,
    /// The element that a page gives its article: `article`, `main`, `class="post"`.
    Article,
    /// The body by a usual name: `class="article-body"`.
    Name,
    /// The body by declaration: `itemprop="articleBody"`.
    Declared,
}

/// Why an element is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Against {
    /// What it is instead.
    pub reason: RemovalReason,
    /// Whether it never wraps a body.
    pub strong: bool,
}

/// What one word says.
#[derive(Clone, Copy)]
enum Says {
    /// Something else than a body, for certain.
    Strong(RemovalReason),
    /// Something else, perhaps.
    Weak(RemovalReason),
    /// That the name is about the layout and its other words tell nothing ("has-sidebar").
    Layout,
}

/// Reads the names of an element.
pub(super) fn hint(tree: &Tree<'_>, node: NodeId) -> Hint {
    let tag = tree.nodes[node].tag;
    let mut hint = Hint::default();
    if matches!(tag, Tag::Html | Tag::Body | Tag::Document | Tag::Head) {
        return hint;
    }
    match tag {
        Tag::Nav => hint.against = strong(RemovalReason::Navigation),
        Tag::Footer => hint.against = strong(RemovalReason::Notice),
        Tag::Aside => hint.against = strong(RemovalReason::Teaser),
        Tag::Form => hint.against = weak(RemovalReason::Notice),
        Tag::Figure | Tag::Figcaption | Tag::Caption => hint.against = strong(RemovalReason::Caption),
        Tag::Dialog => hint.against = strong(RemovalReason::Notice),
        Tag::Article | Tag::Main => hint.body = BodyHint::Article,
        _ => {}
    }
    if tree.nodes[node].has_attributes() {
        read_role(tree, node, &mut hint);
        for key in [Key::Class, Key::Id, Key::Data, Key::Itemprop] {
            if let Some(names) = tree.raw_attribute(node, key) {
                read_names(names, key, &mut hint);
            }
        }
        if is_hidden(tree, node) {
            hint.against = strong(RemovalReason::Notice);
        }
    }
    if matches!(tag, Tag::Article | Tag::Main) || hint.body >= BodyHint::Name {
        // A wrapper named after all it wraps.
        if hint.against.is_some_and(|against| !against.strong) {
            hint.against = None;
        }
    }
    hint
}

const fn strong(reason: RemovalReason) -> Option<Against> {
    Some(Against { reason, strong: true })
}

const fn weak(reason: RemovalReason) -> Option<Against> {
    Some(Against { reason, strong: false })
}

fn read_role(tree: &Tree<'_>, node: NodeId, hint: &mut Hint) {
    let Some(role) = tree.raw_attribute(node, Key::Role) else { return };
    match role.trim() {
        "navigation" | "menu" | "menubar" | "search" | "tablist" => hint.against = strong(RemovalReason::Navigation),
        "complementary" => hint.against = strong(RemovalReason::Teaser),
        "contentinfo" | "dialog" | "alertdialog" | "alert" => hint.against = strong(RemovalReason::Notice),
        "main" | "article" => hint.body = hint.body.max(BodyHint::Article),
        _ => {}
    }
}

fn is_hidden(tree: &Tree<'_>, node: NodeId) -> bool {
    if tree.raw_attribute(node, Key::Hidden).is_some_and(|value| value != "false")
        || tree.raw_attribute(node, Key::AriaHidden) == Some("true")
    {
        return true;
    }
    let Some(style) = tree.raw_attribute(node, Key::Style) else { return false };
    let style: String = style.chars().take(MOST_NAME_BYTES).filter(|c| !c.is_whitespace()).collect();
    let style = style.to_ascii_lowercase();
    style.contains("display:none") || style.contains("visibility:hidden")
}

fn read_names(names: &str, key: Key, hint: &mut Hint) {
    let names = &names[..names.floor_char_boundary(MOST_NAME_BYTES)];
    for name in names.split_ascii_whitespace() {
        if key == Key::Itemprop {
            match name {
                "articleBody" | "reviewBody" => hint.body = BodyHint::Declared,
                "author" | "creator" => hint.against = weak(RemovalReason::Byline),
                "datePublished" | "dateModified" => hint.against = weak(RemovalReason::Date),
                "caption" => hint.against = strong(RemovalReason::Caption),
                "comment" => hint.against = strong(RemovalReason::Share),
                _ => {}
            }
            continue;
        }
        // WordPress names an article by its tags and categories.
        if name.starts_with("tag-") || name.starts_with("category-") {
            continue;
        }
        let mut words = Words::of(name);
        if is_body_name(&words) {
            hint.body = hint.body.max(BodyHint::Name);
            continue;
        }
        if matches!(words.joined(), "post" | "hentry" | "article" | "story" | "maincontent") {
            hint.body = hint.body.max(BodyHint::Article);
        }
        let mut said = None;
        while let Some(word) = words.next() {
            match says(word) {
                Some(Says::Layout) => {
                    said = None;
                    break;
                }
                Some(Says::Strong(reason)) => said = strong(reason),
                Some(Says::Weak(reason)) if said.is_none() => said = weak(reason),
                _ => {}
            }
        }
        if said.is_none() {
            said = says_joined(words.joined());
        }
        if let Some(against) = said
            && !hint.against.is_some_and(|known| known.strong)
        {
            hint.against = Some(against);
        }
    }
}

/// The words of one name, in lower case.
struct Words {
    joined: String,
    ends: Vec<usize>,
    at: usize,
}

impl Words {
    fn of(name: &str) -> Self {
        let mut words = Self { joined: String::with_capacity(name.len()), ends: Vec::with_capacity(4), at: 0 };
        let mut lower_before = false;
        for c in name.chars() {
            if !c.is_ascii_alphabetic() {
                words.end_word();
                lower_before = false;
                continue;
            }
            if c.is_ascii_uppercase() && lower_before {
                words.end_word();
            }
            lower_before = c.is_ascii_lowercase();
            words.joined.push(c.to_ascii_lowercase());
        }
        words.end_word();
        words
    }

    fn end_word(&mut self) {
        if self.ends.last().copied().unwrap_or(0) < self.joined.len() {
            self.ends.push(self.joined.len());
        }
    }

    fn next(&mut self) -> Option<&str> {
        let end = *self.ends.get(self.at)?;
        let start = if self.at == 0 { 0 } else { self.ends[self.at - 1] };
        self.at += 1;
        Some(&self.joined[start..end])
    }

    /// All words in one, so that "articleBody", "article-body" and "articlebody" are the same.
    fn joined(&self) -> &str {
        &self.joined
    }
}

fn is_body_name(words: &Words) -> bool {
    static BODY: [&str; 40] = [
        "articlebody",
        "articlebodycontent",
        "articlebodytext",
        "articlecontent",
        "articlecontents",
        "articlecopy",
        "articledetail",
        "articlemaincontent",
        "articlepage",
        "articlestory",
        "articletext",
        "blogcontent",
        "blogpostcontent",
        "bodycontent",
        "bodycopy",
        "bodytext",
        "contentarticle",
        "contentbody",
        "contententry",
        "detailtext",
        "entrybody",
        "entrycontent",
        "entrytext",
        "maincontenttext",
        "newsbody",
        "newscontent",
        "newstext",
        "pagecontent",
        "postbody",
        "postcontent",
        "postentry",
        "postmessage",
        "posttext",
        "singlecontent",
        "storybody",
        "storycontent",
        "storycontents",
        "storytext",
        "textcontent",
        "thecontent",
    ];
    let joined = words.joined();
    BODY.binary_search(&joined).is_ok()
        || ["articlebody", "entrycontent", "postcontent", "storybody", "articlecontent"]
            .iter()
            .any(|name| joined.strip_suffix(name).is_some_and(|rest| rest.len() <= 12) && !joined.contains("related"))
}

fn says(word: &str) -> Option<Says> {
    use RemovalReason::{About, Byline, Caption, Date, Navigation, Notice, Share, Teaser, Title};
    use Says::{Layout, Strong, Weak};
    static SAYS: [(&str, Says); 157] = [
        ("ad", Strong(Notice)),
        ("addthis", Strong(Share)),
        ("addtoany", Strong(Share)),
        ("ads", Strong(Notice)),
        ("adsbygoogle", Strong(Notice)),
        ("adsense", Strong(Notice)),
        ("adslot", Strong(Notice)),
        ("adunit", Strong(Notice)),
        ("advert", Strong(Notice)),
        ("advertise", Strong(Notice)),
        ("advertisement", Strong(Notice)),
        ("advertisements", Strong(Notice)),
        ("advertising", Strong(Notice)),
        ("adwrapper", Strong(Notice)),
        ("agegate", Strong(Notice)),
        ("alert", Weak(Notice)),
        ("also", Weak(Teaser)),
        ("aside", Weak(Teaser)),
        ("attribution", Weak(Caption)),
        ("author", Weak(Byline)),
        ("authorbox", Strong(About)),
        ("authors", Weak(Byline)),
        ("banner", Weak(Notice)),
        ("bio", Strong(About)),
        ("biography", Weak(About)),
        ("breadcrumb", Strong(Navigation)),
        ("breadcrumbs", Strong(Navigation)),
        ("byline", Strong(Byline)),
        ("bylines", Strong(Byline)),
        ("caption", Strong(Caption)),
        ("captions", Strong(Caption)),
        ("carousel", Weak(Teaser)),
        ("categories", Weak(Navigation)),
        ("comment", Strong(Share)),
        ("commentlist", Strong(Share)),
        ("comments", Strong(Share)),
        ("consent", Strong(Notice)),
        ("contributors", Weak(Byline)),
        ("cookie", Strong(Notice)),
        ("cookies", Strong(Notice)),
        ("copyright", Strong(Notice)),
        ("correction", Weak(Notice)),
        ("credit", Strong(Caption)),
        ("credits", Weak(Caption)),
        ("crumbs", Strong(Navigation)),
        ("cta", Strong(Notice)),
        ("date", Weak(Date)),
        ("dateline", Weak(Date)),
        ("datetime", Weak(Date)),
        ("deck", Strong(Title)),
        ("dek", Strong(Title)),
        ("disclaimer", Weak(Notice)),
        ("disqus", Strong(Share)),
        ("donate", Strong(Notice)),
        ("donation", Strong(Notice)),
        ("dropdown", Strong(Navigation)),
        ("embed", Weak(Caption)),
        ("fb", Weak(Share)),
        ("feedback", Strong(Share)),
        ("figcaption", Strong(Caption)),
        ("flyout", Strong(Navigation)),
        ("follow", Strong(Share)),
        ("footer", Strong(Notice)),
        ("gallery", Weak(Caption)),
        ("gdpr", Strong(Notice)),
        ("has", Layout),
        ("hidden", Strong(Notice)),
        ("inlinead", Strong(Notice)),
        ("instaread", Strong(Notice)),
        ("js", Layout),
        ("keywords", Weak(Navigation)),
        ("legal", Weak(Notice)),
        ("livefyre", Strong(Share)),
        ("login", Strong(Notice)),
        ("lyrics", Layout),
        ("menu", Strong(Navigation)),
        ("meta", Weak(Date)),
        ("metadata", Weak(Date)),
        ("modal", Strong(Notice)),
        ("nav", Strong(Navigation)),
        ("navbar", Strong(Navigation)),
        ("navigation", Strong(Navigation)),
        ("newsletter", Strong(Notice)),
        ("newsletters", Strong(Notice)),
        ("no", Layout),
        ("nocontent", Strong(Notice)),
        ("noprint", Weak(Notice)),
        ("not", Layout),
        ("outbrain", Strong(Teaser)),
        ("overlay", Weak(Notice)),
        ("pagenav", Strong(Navigation)),
        ("pager", Strong(Navigation)),
        ("pagination", Strong(Navigation)),
        ("paging", Strong(Navigation)),
        ("permalink", Weak(Navigation)),
        ("player", Weak(Caption)),
        ("playlist", Strong(Teaser)),
        ("poll", Weak(Share)),
        ("popular", Strong(Teaser)),
        ("popup", Strong(Notice)),
        ("premium", Weak(Notice)),
        ("prev", Weak(Navigation)),
        ("previous", Weak(Navigation)),
        ("print", Weak(Share)),
        ("privacy", Strong(Notice)),
        ("promo", Strong(Teaser)),
        ("promos", Strong(Teaser)),
        ("promoted", Strong(Teaser)),
        ("promotion", Strong(Teaser)),
        ("published", Weak(Date)),
        ("rail", Weak(Teaser)),
        ("rating", Weak(Share)),
        ("readmore", Weak(Teaser)),
        ("readnext", Strong(Teaser)),
        ("recirc", Strong(Teaser)),
        ("recirculation", Strong(Teaser)),
        ("recommend", Strong(Teaser)),
        ("recommendation", Strong(Teaser)),
        ("recommendations", Strong(Teaser)),
        ("recommended", Strong(Teaser)),
        ("register", Weak(Notice)),
        ("related", Strong(Teaser)),
        ("relatedarticles", Strong(Teaser)),
        ("relatedposts", Strong(Teaser)),
        ("replies", Weak(Share)),
        ("respond", Strong(Share)),
        ("rodape", Strong(Notice)),
        ("share", Strong(Share)),
        ("sharebar", Strong(Share)),
        ("sharedaddy", Strong(Share)),
        ("sharethis", Strong(Share)),
        ("sharing", Strong(Share)),
        ("sidebar", Strong(Teaser)),
        ("signin", Strong(Notice)),
        ("signup", Strong(Notice)),
        ("skip", Strong(Navigation)),
        ("social", Strong(Share)),
        ("socials", Strong(Share)),
        ("sponsor", Strong(Notice)),
        ("sponsored", Strong(Notice)),
        ("sponsors", Strong(Notice)),
        ("standfirst", Strong(Title)),
        ("strapline", Strong(Title)),
        ("subheadline", Strong(Title)),
        ("subnav", Strong(Navigation)),
        ("subscribe", Strong(Notice)),
        ("subscription", Weak(Notice)),
        ("subtitle", Strong(Title)),
        ("taboola", Strong(Teaser)),
        ("tags", Strong(Navigation)),
        ("teaser", Weak(Teaser)),
        ("teasers", Strong(Teaser)),
        ("timestamp", Strong(Date)),
        ("toc", Weak(Navigation)),
        ("toolbar", Strong(Share)),
        ("trending", Strong(Teaser)),
        ("widget", Weak(Teaser)),
    ];
    SAYS.binary_search_by(|(known, _)| (*known).cmp(word)).ok().map(|at| SAYS[at].1)
}

/// Names that tell only as a whole.
fn says_joined(joined: &str) -> Option<Against> {
    use RemovalReason::{About, Notice, Share, Teaser};
    match joined {
        "sronly" | "visuallyhidden" | "screenreadertext" | "screenreader" | "offscreen" | "readonly" => strong(Notice),
        "mostread" | "mostpopular" | "morestories" | "morefrom" | "upnext" | "jprelatedposts" | "seealso"
        | "readalso" | "alsoread" | "youmaylike" | "wprelatedposts" => strong(Teaser),
        "aboutauthor" | "abouttheauthor" | "authorinfo" | "authorbio" => strong(About),
        "postratings" | "sharedpost" | "likebox" => strong(Share),
        _ => None,
    }
}
