//! What was learned, as the cleaner looks it up.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::line::Place;
use crate::observation::Site;

/// Fewest stories of which most say something.
const MOST_OF: u16 = 8;

/// Fewest stories by which a template is known well enough to tell a site by it, and fewest lines of it.
const SURE_STORIES: u16 = 12;
const SURE_LINES: usize = 2;

/// A line that recurs, with its evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// [`crate::line_hash`] of the line.
    pub hash: u64,
    /// Stories it stood in, of the last [`Rule::of`] of the site.
    pub stories: u16,
    /// Stories of the site since it came, or in the window where it came before.
    pub of: u16,
    /// Days it was seen on, at least; counted up to 255.
    pub days: u8,
    /// Whether it is known at the edges of the body only.
    pub at_edge_only: bool,
    /// Whether it was hardly ever seen elsewhere.
    pub bounds_body: bool,
}

impl Rule {
    /// Whether it stands in most stories of its site: then it is no part of any of them.
    #[must_use]
    pub const fn is_in_most(&self) -> bool {
        self.of >= MOST_OF && self.stories as u32 * 2 >= self.of as u32
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in {} of the last {} stories, on {} days", self.stories, self.of, self.days)
    }
}

/// The rules of one site, by hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteRules(pub(crate) Vec<Rule>);

impl SiteRules {
    /// What is known of a line at a place.
    #[must_use]
    pub fn find(&self, hash: u64, place: Place) -> Option<&Rule> {
        let at = self.0.binary_search_by_key(&hash, |rule| rule.hash).ok()?;
        Some(&self.0[at]).filter(|rule| place == Place::Edge || !rule.at_edge_only)
    }

    /// How many lines are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The rules of all sites as of one epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The epoch.
    pub epoch: u64,
    sites: HashMap<Site, Arc<SiteRules>>,
    /// Lines that bound the body in most stories of a known site; none for what two sites share.
    templates: HashMap<u64, Option<Site>>,
}

impl Rules {
    /// The rules of some sites as of an epoch.
    pub(crate) fn new(epoch: u64, sites: HashMap<Site, Arc<SiteRules>>) -> Self {
        let mut templates = HashMap::new();
        for (site, rules) in sites.iter().filter(|(site, _)| site.is_known) {
            let sure = |rule: &&Rule| rule.stories >= SURE_STORIES && rule.bounds_body && rule.is_in_most();
            for rule in rules.0.iter().filter(sure) {
                templates.entry(rule.hash).and_modify(|other| *other = None).or_insert(Some(*site));
            }
        }
        Self { epoch, sites, templates }
    }

    /// The site whose template an article of an unknown site wears: the only one that two of the lines at its edges
    /// bound the body of.
    #[must_use]
    pub fn wearing(&self, edges: impl Iterator<Item = u64>) -> Option<Site> {
        let mut hits = edges.filter_map(|hash| self.templates.get(&hash).copied().flatten());
        let first = hits.next()?;
        let mut count = 1;
        for site in hits {
            if site != first {
                return None;
            }
            count += 1;
        }
        (count >= SURE_LINES).then_some(first)
    }

    /// The rules of a site, where anything is known of it.
    #[must_use]
    pub fn of(&self, site: Site) -> Option<&SiteRules> {
        self.sites.get(&site).map(Arc::as_ref)
    }

    /// How many sites have rules.
    #[must_use]
    pub fn sites(&self) -> usize {
        self.sites.len()
    }
}
