//! The configuration: one TOML file, the same loader for every command, mistakes at line and column.
//!
//! Sections are the options of the crates they configure, so a key is documented where it acts. Relative paths
//! count from the folder of the file. Unknown keys are mistakes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use copydesk_clean::{Field, Mode, Pattern, SourceRules};
use copydesk_pipeline::{Dedup, Entities, Filter, Inbox, Options as PipelineOptions, Policies, Priority};
use copydesk_readers::SourceDefaults;
use copydesk_sinks::{Secret, SinkOptions, StdoutOptions};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IntoDeserializer};
use toml_edit::{Document, Item, Table, Value};

use crate::config_error::{ConfigError, nearest};

#[cfg(test)]
mod schema;
mod sinks;

pub use sinks::SinkConfig;

/// Where a configuration is looked for when none is named.
const PLACES: [&str; 2] = ["config/copydesk.toml", "/etc/copydesk/copydesk.toml"];

/// The sections.
const SECTIONS: [&str; 12] = [
    "intake", "inboxes", "sources", "ledger", "pipeline", "policy", "dedup", "clean", "entities", "filter", "admin",
    "sinks",
];

/// Keys of `[sources.NAME]` that say how its articles are cleaned.
const SOURCE_RULES: [&str; 5] = ["clean", "trust", "distrust", "keep", "cut"];

/// Name of the inbox that `[intake]` describes.
const MAIN_INBOX: &str = "main";

/// Keys of `[intake]` that another inbox does not take over.
const OWN_INBOX_KEYS: [&str; 5] = ["folder", "done", "path", "include", "exclude"];

/// Everything the configuration says.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file.
    pub path: PathBuf,
    /// `[intake]`: the main inbox.
    pub intake: copydesk_intake::Options,
    /// `[inboxes.NAME]`: the others.
    pub inboxes: Vec<Inbox>,
    /// `[sources.NAME]`: what holds for its articles where they don't say it.
    pub sources: BTreeMap<String, SourceDefaults>,
    /// `[sources.NAME]`: how its articles are cleaned.
    pub source_rules: BTreeMap<String, SourceRules>,
    /// `[ledger]`.
    pub ledger: copydesk_ledger::Options,
    /// `[pipeline]`.
    pub pipeline: PipelineOptions,
    /// `[policy]`.
    pub policies: Policies,
    /// `[dedup]`.
    pub dedup: Dedup,
    /// `[clean]`.
    pub clean: CleanConfig,
    /// `[entities]`.
    pub entities: Entities,
    /// `[filter]`.
    pub filter: Filter,
    /// `[admin]`.
    pub admin: AdminConfig,
    /// `[sinks.NAME]`.
    pub sinks: BTreeMap<String, SinkConfig>,
}

/// `[clean]`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CleanConfig {
    /// `off`, `mark` or `cut` (default).
    pub mode: Mode,
}

/// `[admin]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdminConfig {
    /// Address of the page, the API, `/metrics`, `/livez` and `/readyz`. Default `127.0.0.1:9464`.
    pub listen: SocketAddr,
    /// Token that changes from another machine need. Without one nobody there may change anything.
    pub token: Option<Secret>,
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9464)), token: None }
    }
}

impl Config {
    /// Loads the named file, or the first that is there.
    ///
    /// # Errors
    /// Where there is none, it can't be read, or it has a mistake.
    pub fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => PLACES.map(PathBuf::from).into_iter().find(|path| path.exists()).ok_or_else(|| {
                ConfigError::at(Path::new(PLACES[0]), "", None, "there is no configuration").with_help(format!(
                    "looked for {}; name one with --config FILE, or write one with `copydesk init`",
                    PLACES.join(" and ")
                ))
            })?,
        };
        // Cursors belong to targets, so a path must not depend on how the file was named or from where.
        let path = path.canonicalize().unwrap_or(path);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| ConfigError::at(&path, "", None, format!("can't be read: {error}")))?;
        Self::parse(&path, &text)
    }

    /// Loads the named file, or the first that is there; where there is none, a desk without a configuration.
    ///
    /// # Errors
    /// Where a file is named or there and can't be read, or has a mistake.
    pub fn load_if_any(named: Option<&Path>, scratch: &Path) -> Result<Self, ConfigError> {
        if named.is_none() && !PLACES.iter().any(|path| Path::new(path).exists()) {
            return Ok(Self::alone(scratch));
        }
        Self::load(named)
    }

    /// A desk without a configuration: records go to standard output, everything else it keeps lies in `scratch`.
    #[must_use]
    pub fn alone(scratch: &Path) -> Self {
        let ledger = copydesk_ledger::Options { folder: scratch.join("ledger"), ..copydesk_ledger::Options::default() };
        let intake = copydesk_intake::Options {
            folder: scratch.join("inbox"),
            quarantine: scratch.join("quarantine"),
            ..copydesk_intake::Options::default()
        };
        let stdout = SinkConfig::alone(SinkOptions::Stdout(StdoutOptions::default()));
        Self {
            path: PathBuf::new(),
            intake,
            inboxes: Vec::new(),
            sources: BTreeMap::new(),
            source_rules: BTreeMap::new(),
            filter: Filter::default(),
            ledger,
            // A small disk may still hold a small job.
            pipeline: PipelineOptions { free_space_reserve_bytes: 0, ..PipelineOptions::default() },
            policies: Policies::default(),
            dedup: Dedup::default(),
            clean: CleanConfig::default(),
            entities: Entities::default(),
            admin: AdminConfig::default(),
            sinks: BTreeMap::from([("stdout".to_owned(), stdout)]),
        }
    }

    /// Reads a configuration's text.
    ///
    /// # Errors
    /// Where it has a mistake.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let document =
            Document::parse(text).map_err(|error| ConfigError::at(path, text, error.span(), error.message().trim()))?;
        let source = Source { path, text };
        for (name, _) in document.as_table() {
            if !SECTIONS.contains(&name) {
                let span = document.as_table().key(name).and_then(|key| key.span());
                let error = ConfigError::at(path, text, span, format!("unknown section `{name}`"));
                return Err(match nearest(name, SECTIONS) {
                    Some(near) => error.with_help(format!("did you mean `{near}`?")),
                    None => error.with_help(format!("the sections are {}", SECTIONS.join(", "))),
                });
            }
        }
        let section = |name: &str| document.as_table().get(name);
        let sinks = source.sinks(section("sinks"))?;
        let (sources, source_rules) = source.sources(section("sources"))?;
        let mut config = Self {
            path: path.to_owned(),
            intake: source.section(section("intake"))?,
            inboxes: source.inboxes(section("inboxes"), section("intake"))?,
            sources,
            source_rules,
            ledger: source.section(section("ledger"))?,
            pipeline: source.section(section("pipeline"))?,
            policies: source.section(section("policy"))?,
            dedup: source.section(section("dedup"))?,
            clean: source.section(section("clean"))?,
            entities: source.section(section("entities"))?,
            filter: source.section(section("filter"))?,
            admin: source.section(section("admin"))?,
            sinks,
        };
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        config.resolve(&base);
        config.check_values(&source, &document)?;
        Ok(config)
    }

    /// What the types can't say: values that would make no desk.
    fn check_values(&self, source: &Source<'_>, document: &Document<&str>) -> Result<(), ConfigError> {
        let mistake = |section: &str, key: &str, message: String| {
            let table = document.as_table().get(section).and_then(Item::as_table);
            let span = table.and_then(|table| table.get(key)).and_then(Item::span);
            Err(ConfigError::at(source.path, source.text, span, format!("`{key}`: {message}")))
        };
        if !(0.0..=86_400.0).contains(&self.intake.settle_secs) {
            return mistake("intake", "settle_secs", "give seconds from 0 to 86400".to_owned());
        }
        for (section, key, value, range) in [
            ("intake", "max_record_bytes", self.intake.max_record_bytes, 1024..=1 << 40),
            ("ledger", "cache_bytes", self.ledger.cache_bytes, 1 << 20..=1 << 40),
            ("ledger", "filter_bytes", self.ledger.filter_bytes, 1 << 20..=1 << 40),
            ("ledger", "memtable_bytes", self.ledger.memtable_bytes, 1 << 20..=1 << 32),
            ("ledger", "journal_max_bytes", self.ledger.journal_max_bytes, 64 << 20..=1 << 40),
            ("ledger", "segment_bytes", self.ledger.segment_bytes, 1024..=1 << 40),
            ("dedup", "window_days", self.dedup.window_days.into(), 1..=3650),
            ("dedup", "keys_days", self.dedup.keys_days.into(), 1..=36_500),
            ("dedup", "texts_days", self.dedup.texts_days.into(), 1..=36_500),
            ("dedup", "rolling_after", self.dedup.rolling_after.into(), 1..=255),
            ("pipeline", "workers", self.pipeline.workers as u64, 0..=1024),
            ("pipeline", "memory_budget_bytes", self.pipeline.memory_budget_bytes, 1 << 20..=1 << 42),
            ("pipeline", "backfill_lag_articles", self.pipeline.backfill_lag_articles, 0..=1 << 40),
            ("pipeline", "max_in_flight", self.pipeline.max_in_flight as u64, 1..=2048),
            ("pipeline", "outbox_limit_bytes", self.pipeline.outbox_limit_bytes, 1024..=1 << 50),
            ("pipeline", "hang_secs", self.pipeline.hang_secs, 10..=86_400),
        ] {
            if !range.contains(&value) {
                return mistake(section, key, format!("give a number from {} to {}", range.start(), range.end()));
            }
        }
        if !(0.0..=1.0).contains(&self.dedup.revision_overlap) {
            return mistake("dedup", "revision_overlap", "give a part from 0 to 1".to_owned());
        }
        if self.dedup.texts_days > self.dedup.keys_days {
            return mistake(
                "dedup",
                "texts_days",
                "texts can't be known longer than their keys (`keys_days`)".to_owned(),
            );
        }
        for (at, code) in self.filter.languages.iter().flatten().enumerate() {
            let primary = code.split(['-', '_']).next().unwrap_or(code);
            if !(2..=3).contains(&primary.len()) || !primary.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                let listed = document.as_table().get("filter").and_then(|filter| filter.get("languages"));
                let span = listed.and_then(Item::as_array).and_then(|codes| codes.get(at)).and_then(Value::span);
                let message = format!("`{code}` is no language code: give codes such as \"en\" or \"pt-BR\"");
                return Err(ConfigError::at(source.path, source.text, span, message));
            }
        }
        for (key, folder) in [("done", &self.intake.done), ("quarantine", &self.intake.quarantine)] {
            if *folder == self.intake.folder {
                return mistake("intake", key, "this is the drop folder itself: name another".to_owned());
            }
        }
        let wrong = |message: String| Err(ConfigError::at(source.path, source.text, None, message));
        for (name, defaults) in &self.sources {
            if let Some(zone) = defaults.time_zone.as_deref().filter(|zone| copydesk_clean::time_zone(zone).is_none()) {
                return wrong(format!(
                    "source `{name}`: `{zone}` is no time zone: give a name such as \"Europe/Zurich\" or an offset such as \"+02:00\""
                ));
            }
        }
        let all: Vec<(&str, &copydesk_intake::Options)> = self.all_inboxes().collect();
        for (at, (name, inbox)) in all.iter().enumerate() {
            for (other, before) in &all[..at] {
                if inbox.folder.starts_with(&before.folder) || before.folder.starts_with(&inbox.folder) {
                    return wrong(format!(
                        "inboxes `{other}` and `{name}` lie in one another, so a file would be taken twice: give each a folder of its own"
                    ));
                }
            }
        }
        sinks::check(source, &self.sinks, &all)
    }

    fn resolve(&mut self, base: &Path) {
        self.ledger.folder = base.join(&self.ledger.folder);
        self.entities.resolve(base);
        let others = self.inboxes.iter_mut().map(|inbox| &mut inbox.options);
        for inbox in others.chain([&mut self.intake]) {
            for path in [&mut inbox.folder, &mut inbox.done, &mut inbox.quarantine] {
                *path = base.join(&*path);
            }
        }
        for sink in self.sinks.values_mut() {
            sink.options.resolve_paths(base);
        }
        if let Some(token) = &mut self.admin.token {
            token.resolve_path(base);
        }
        // The desk must not eat its own output where that stands inside the inbox.
        let mut own = vec![self.ledger.folder.clone()];
        own.extend(self.all_inboxes().flat_map(|(_, inbox)| [inbox.done.clone(), inbox.quarantine.clone()]));
        own.extend(self.sinks.values().flat_map(|sink| sink.options.folders()));
        let others = self.inboxes.iter_mut().map(|inbox| &mut inbox.options);
        for inbox in others.chain([&mut self.intake]) {
            inbox.own_folders = own.iter().filter(|folder| !inbox.folder.starts_with(folder)).cloned().collect();
        }
    }

    /// Every inbox with its name, the main one first.
    pub fn all_inboxes(&self) -> impl Iterator<Item = (&str, &copydesk_intake::Options)> {
        let others = self.inboxes.iter().map(|inbox| (inbox.name.as_str(), &inbox.options));
        std::iter::once((MAIN_INBOX, &self.intake)).chain(others)
    }

    /// The inboxes as the pipeline takes them.
    #[must_use]
    pub fn pipeline_inboxes(&self) -> Vec<Inbox> {
        let main = Inbox { name: MAIN_INBOX.to_owned(), options: self.intake.clone(), priority: Priority::Live };
        std::iter::once(main).chain(self.inboxes.iter().cloned()).collect()
    }
}

/// What `[sources.NAME]` says, by name.
type Sources = (BTreeMap<String, SourceDefaults>, BTreeMap<String, SourceRules>);

/// The text that is read, for messages.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn section<T: DeserializeOwned>(&self, item: Option<&Item>) -> Result<T, ConfigError> {
        let table = match item {
            None => Table::new(),
            Some(item) => self.table(item)?,
        };
        self.read(table)
    }

    fn table(&self, item: &Item) -> Result<Table, ConfigError> {
        item.clone()
            .into_table()
            .map_err(|other| ConfigError::at(self.path, self.text, other.span(), "a section `[…]` is expected here"))
    }

    fn read<T: DeserializeOwned>(&self, table: Table) -> Result<T, ConfigError> {
        let span = table.span();
        T::deserialize(Value::from(table.into_inline_table()).into_deserializer())
            .map_err(|error| ConfigError::at(self.path, self.text, error.span().or(span), error.message().trim()))
    }

    /// Every `[sources.NAME]`, its keys parted by who uses them.
    fn sources(&self, item: Option<&Item>) -> Result<Sources, ConfigError> {
        let table = item.map(|item| self.table(item)).transpose()?.unwrap_or_default();
        let (mut defaults, mut all_rules) = (BTreeMap::new(), BTreeMap::new());
        for (name, item) in &table {
            let (mut own, mut rules) = (self.table(item)?, Table::new());
            rules.set_implicit(true);
            for key in SOURCE_RULES {
                if let Some((key, value)) = own.remove_entry(key) {
                    rules.insert_formatted(&key, value);
                }
            }
            self.check_each::<Pattern>(item, &["keep", "cut"])?;
            self.check_each::<Field>(item, &["trust", "distrust"])?;
            let fields = |key: &str| item.get(key).and_then(Item::as_array).into_iter().flatten();
            for field in fields("distrust") {
                if fields("trust").any(|trusted| trusted.as_str() == field.as_str()) {
                    let message = "a field can't be trusted and distrusted: name it once";
                    return Err(ConfigError::at(self.path, self.text, field.span(), message));
                }
            }
            defaults.insert(name.to_owned(), self.read_own(own, &SOURCE_RULES)?);
            all_rules.insert(name.to_owned(), self.read(rules)?);
        }
        Ok((defaults, all_rules))
    }

    /// Reads the elements of lists one by one, so that a mistake stands at its own place and not at its list's.
    fn check_each<T: DeserializeOwned>(&self, table: &Item, keys: &[&str]) -> Result<(), ConfigError> {
        for element in keys.iter().filter_map(|key| table.get(key)?.as_array()).flatten() {
            T::deserialize(element.clone().into_deserializer())
                .map_err(|error| ConfigError::at(self.path, self.text, element.span(), error.message().trim()))?;
        }
        Ok(())
    }

    /// Every `[inboxes.NAME]`: what it does not say, `[intake]` says for it.
    fn inboxes(&self, item: Option<&Item>, intake: Option<&Item>) -> Result<Vec<Inbox>, ConfigError> {
        let table = item.map(|item| self.table(item)).transpose()?.unwrap_or_default();
        let mut common = intake.map(|item| self.table(item)).transpose()?.unwrap_or_default();
        let done = common.get("done").and_then(Item::as_str).unwrap_or("done").to_owned();
        for key in OWN_INBOX_KEYS {
            common.remove(key);
        }
        let mut inboxes = Vec::new();
        for (name, item) in &table {
            let span = table.key(name).and_then(|key| key.span());
            let mistake = |message: String| Err(ConfigError::at(self.path, self.text, span.clone(), message));
            if name == MAIN_INBOX {
                return mistake("`main` is the inbox of [intake]: give this one another name".to_owned());
            }
            let mut own = self.table(item)?;
            if !own.contains_key("folder") {
                return mistake(format!("inbox `{name}` has no `folder`: name its drop folder"));
            }
            let priority = match own.remove("priority") {
                None => Priority::default(),
                Some(value) => {
                    let span = value.span();
                    let value = value.into_value().map_err(|_| {
                        ConfigError::at(self.path, self.text, span.clone(), "`priority` is \"live\" or \"backfill\"")
                    })?;
                    Priority::deserialize(value.into_deserializer())
                        .map_err(|error| ConfigError::at(self.path, self.text, span, error.message().trim()))?
                }
            };
            let mut whole = common.clone();
            for (key, value) in own {
                whole.insert(&key, value);
            }
            let mut options: copydesk_intake::Options = self.read(whole)?;
            if item.get("done").is_none() {
                options.done = Path::new(&done).join(name);
            }
            inboxes.push(Inbox { name: name.to_owned(), options, priority });
        }
        Ok(inboxes)
    }

    /// Reads a table's own keys; a mistyped one of those that were read before gets its suggestion too.
    fn read_own<T: DeserializeOwned>(&self, own: Table, others: &[&str]) -> Result<T, ConfigError> {
        let names: Vec<String> = own.iter().map(|(name, _)| name.to_owned()).collect();
        self.read(own).map_err(|error| {
            let unknown = names.iter().find(|name| error.message.contains(&format!("unknown field `{name}`")));
            match unknown.and_then(|name| nearest(name, others.iter().copied())).filter(|_| error.help.is_none()) {
                Some(near) => error.with_help(format!("did you mean `{near}`?")),
                None => error,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[intake]\nfolder = \"in\"\n[sinks.a]\ntype = \"jsonl\"\npath = \"out/a.jsonl\"\n";

    fn mistake(text: &str) -> ConfigError {
        Config::parse(Path::new("/etc/c.toml"), text).expect_err(text)
    }

    #[test]
    fn relative_paths_count_from_the_file() {
        let config = Config::parse(Path::new("/etc/desk/c.toml"), GOOD).expect("good");
        assert_eq!(config.intake.folder, Path::new("/etc/desk/in"));
        assert_eq!(config.ledger.folder, Path::new("/etc/desk/ledger"));
        assert!(config.intake.own_folders.contains(&PathBuf::from("/etc/desk/out")));
    }

    #[test]
    fn the_reference_states_the_defaults() {
        let reference = include_str!("../../../config/reference.toml");
        let reference = Config::parse(Path::new("c.toml"), reference).expect("the reference is right");
        let small = include_str!("../../../config/copydesk.toml");
        let mut small = Config::parse(Path::new("c.toml"), small).expect("the small configuration is right");
        small.sinks.extend(reference.sinks.get("console").map(|sink| ("console".to_owned(), sink.clone())));
        assert_eq!(format!("{reference:#?}"), format!("{small:#?}"));
    }

    #[test]
    fn mistakes_stand_at_their_line_and_column() {
        for (extra, place, message, help) in [
            ("[intak]\n", (6, 2), "unknown section `intak`", "did you mean `intake`?"),
            ("[pipeline]\nworkerz = 2\n", (7, 1), "unknown field `workerz`", "did you mean `workers`?"),
            ("[pipeline]\nworkers = \"two\"\n", (7, 11), "invalid type", ""),
            ("[sinks.b]\ntype = \"sqlit\"\n", (7, 8), "unknown sink type `sqlit`", "did you mean `sqlite`?"),
            ("[sinks.b]\ntype = \"stdout\"\nrequird = false\n", (8, 1), "unknown field", "did you mean `required`?"),
            ("[policy]\nduplicate_text = \"withold\"\n", (7, 18), "unknown variant", "did you mean `withhold`?"),
            ("[ledger\n", (6, 8), "", ""),
            ("[sources.a]\ncut = [\"a\", \"(\"]\n", (7, 13), "unclosed group", ""),
            ("[sources.a]\nkeep = [\".*\"]\n", (7, 9), "matches every line", ""),
            ("[sources.a]\nclean = \"of\"\n", (7, 9), "unknown variant", "did you mean `off`?"),
            ("[sources.a]\ntrust = [\"titel\"]\n", (7, 10), "unknown variant", "did you mean `title`?"),
            ("[sources.a]\ntrust = [\"title\"]\ndistrust = [\"title\"]\n", (8, 13), "trusted and distrusted", ""),
            ("[sources.a]\ndistrusts = []\n", (7, 1), "unknown field", "did you mean `distrust`?"),
            ("[sources.a]\nlanguages = \"en\"\n", (7, 1), "unknown field", "did you mean `language`?"),
            ("[filter]\nlanguages = [\"english\"]\n", (7, 14), "no language code", ""),
            ("[filter]\nunsure = \"drop\"\n", (7, 10), "unknown variant", ""),
            ("[entities]\nwatchlst = \"names.csv\"\n", (7, 1), "unknown field", "did you mean `watchlist`?"),
            ("[entities]\nmodel = 3\n", (7, 9), "give \"news\"", ""),
            (
                "[sinks.b]\ntype = \"stdout\"\nfilter = { languags = [] }\n",
                (8, 12),
                "unknown field",
                "did you mean `languages`?",
            ),
            (
                "[sinks.b.filter]\nverdicts = [\"orignal\"]\n[sinks.b]\ntype = \"stdout\"\n",
                (7, 13),
                "unknown variant",
                "did you mean `original`?",
            ),
        ] {
            let error = mistake(&format!("{GOOD}{extra}"));
            assert_eq!(error.place, Some(place), "{error}");
            assert!(error.message.contains(message), "{error}");
            assert_eq!(error.help.as_deref().unwrap_or_default(), help, "{error}");
        }
        assert!(mistake("[intake]\n").message.contains("no sink"));
    }
}
