//! The names watched for, among those found: whose mention it is, or a mention of its own.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_article::{EntityType, Field};

use crate::find::{Found, Key};
use crate::recognise::Input;
use crate::watchlist::{Hit, Watchlist};

/// Entries of a watchlist by the entity they name.
pub(crate) struct Watching<'w> {
    pub(crate) watchlist: &'w Watchlist,
    entries: BTreeMap<(EntityType, Key), BTreeSet<usize>>,
}

impl Watching<'_> {
    /// The ids of an entity's entries.
    pub(crate) fn ids(&self, kind: EntityType, key: &Key) -> Vec<String> {
        let entries = self.entries.get(&(kind, key.clone())).into_iter().flatten();
        entries.map(|&entry| format!("watch:{}", self.watchlist.entries()[entry].id)).collect()
    }
}

/// Finds the entries in both fields.
///
/// A hit inside a name marks its entity, unless the entry is of another type and is only a part of the name ("Paris" in
/// a person's). A hit that goes beyond the names it covers takes their place; one where no name is becomes one, an
/// organisation's if the entry has no type.
pub(crate) fn watch<'a, 'w>(watchlist: &'w Watchlist, input: &Input<'a>, names: &mut Vec<Found<'a>>) -> Watching<'w> {
    let mut watching = Watching { watchlist, entries: BTreeMap::new() };
    for (field, text) in [(Field::Title, input.title.unwrap_or("")), (Field::Text, input.text)] {
        let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for hit in watchlist.find(text) {
            let Hit { entry, start, end } = hit;
            let (Some(&from), Some(&to)) = (bytes.get(start), bytes.get(end)) else { continue };
            let Some(written) = text.get(from..to) else { continue };
            let kind = watchlist.entries()[entry].kind;
            let around = names.iter().find(|name| name.field == field && name.start <= start && end <= name.end);
            if let Some(name) = around {
                let whole = (name.start, name.end) == (start, end);
                if whole || kind.is_none_or(|kind| kind == name.kind) {
                    watching.entries.entry((name.kind, name.key.clone())).or_default().insert(entry);
                }
                continue;
            }
            names.retain(|name| name.field != field || name.end <= start || end <= name.start);
            let kind = kind.unwrap_or(EntityType::Organisation);
            let key = Key::Watched(entry);
            watching.entries.entry((kind, key.clone())).or_default().insert(entry);
            names.push(Found { field, start, end, text: written, kind, key });
        }
    }
    watching
}
