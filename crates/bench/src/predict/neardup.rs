//! `neardup`: lines of `{id, text, url?}` → `{id: id of the first of its cluster}`, one document after the
//! other, each judged by what came before it. Cleaned, fingerprinted and judged as in the desk, against an index in
//! memory. A revision is of its document's cluster.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use copydesk_article::{ArticleId, Sequence};
use copydesk_dedup::{Article, Fingerprint, Judgement, MemoryIndex, Options, Store, UrlRules, Window, judge};
use serde::Deserialize;

use super::{cleaned, read_lines, write_json};

#[derive(Deserialize)]
struct Document {
    id: String,
    text: String,
    url: Option<String>,
}

pub(super) fn predict(input: &Path, output: &Path) -> anyhow::Result<usize> {
    let (mut index, options, rules) = (MemoryIndex::default(), Options::default(), UrlRules::default());
    let mut labels: HashMap<Sequence, String> = HashMap::new();
    let mut clusters: BTreeMap<String, String> = BTreeMap::new();
    for (number, document) in (1..).zip(read_lines(input)?) {
        let Document { id, text, url } = document?;
        let address = url.as_deref().and_then(|url| rules.normalise(url));
        let fingerprint = Fingerprint::of(&cleaned(&text).text, address.as_deref());
        let article = Article {
            id: ArticleId::of("", url.as_deref(), id.as_bytes()),
            sequence: Sequence(number),
            window: Window(0),
            fetched: None,
            text: &fingerprint,
        };
        let Ok(outcome) = judge(&index, &article, &options);
        let first = match outcome.judgement {
            Judgement::Original => None,
            Judgement::Duplicate { of, .. } | Judgement::NearDuplicate { of, .. } => Some(of),
            Judgement::Revision(revision) => Some(revision.of),
        };
        let label = first.and_then(|first| labels.get(&first.sequence)).unwrap_or(&id).clone();
        labels.insert(article.sequence, label.clone());
        clusters.insert(id, label);
        let Ok(()) = index.apply(&[outcome.changes]);
    }
    write_json(output, &clusters)?;
    Ok(clusters.len())
}
