//! `[sinks.NAME]`: what every sink can be told, and what its type can.

use std::collections::BTreeMap;

use copydesk_ledger::Begin;
use copydesk_sinks::{Choice, Filter, KINDS, RECORD_FIELDS, SinkOptions, is_built};
use serde::Deserialize;
use toml_edit::{Item, Table};

use super::Source;
use crate::config_error::{ConfigError, nearest};

/// Keys every sink has besides those of its type.
pub(super) const COMMON: [&str; 9] =
    ["type", "required", "start", "limit_bytes", "batch_articles", "batch_bytes", "batch_secs", "filter", "fields"];

/// What every sink can be told, and what its type can.
#[derive(Clone, Debug)]
pub struct SinkConfig {
    /// What every sink can be told.
    pub common: SinkCommon,
    /// What its type can.
    pub options: SinkOptions,
}

impl SinkConfig {
    /// A sink of which nothing is said but what its type needs.
    #[must_use]
    pub fn alone(options: SinkOptions) -> Self {
        let common = SinkCommon {
            kind: options.kind().to_owned(),
            required: yes(),
            start: Begin::default(),
            limit_bytes: gibibyte(),
            batch_articles: batch_articles(),
            batch_bytes: batch_bytes(),
            batch_secs: 0.0,
            filter: Filter::default(),
            fields: None,
        };
        Self { common, options }
    }
}

/// What every sink can be told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SinkCommon {
    /// Type of the store.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether files wait in the inbox until it has everything of theirs. Default true.
    #[serde(default = "yes")]
    pub required: bool,
    /// Where it begins when it is new: with the `oldest` article that the outbox still holds (default), or `now`.
    #[serde(default)]
    pub start: Begin,
    /// Outbox bytes an optional sink may fall behind before its oldest rows expire. Default 1 GiB.
    #[serde(default = "gibibyte")]
    pub limit_bytes: u64,
    /// Rows a batch. Default 500.
    #[serde(default = "batch_articles")]
    pub batch_articles: usize,
    /// Bytes a batch. Default 8 MiB.
    #[serde(default = "batch_bytes")]
    pub batch_bytes: u64,
    /// How long a batch that is not full waits for more, in seconds. Default 0: not at all.
    #[serde(default)]
    pub batch_secs: f64,
    /// Which articles it takes. Default: all.
    #[serde(default)]
    pub filter: Filter,
    /// Which fields of the record it gets. Default: all.
    pub fields: Option<Vec<String>>,
}

impl SinkCommon {
    /// Which articles go to it, and what of them.
    #[must_use]
    pub fn choice(&self) -> Choice {
        Choice { filter: self.filter.clone(), fields: self.fields.clone() }
    }
}

const fn yes() -> bool {
    true
}

const fn gibibyte() -> u64 {
    1 << 30
}

const fn batch_articles() -> usize {
    500
}

const fn batch_bytes() -> u64 {
    8 << 20
}

/// What the types can't say: values that would make no sink.
pub(super) fn check(
    source: &Source<'_>,
    sinks: &BTreeMap<String, SinkConfig>,
    inboxes: &[(&str, &copydesk_intake::Options)],
) -> Result<(), ConfigError> {
    let wrong = |message: String| Err(ConfigError::at(source.path, source.text, None, message));
    let mut targets = BTreeMap::new();
    for (name, sink) in sinks {
        // It names a folder of what the sink rejects.
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
            return wrong(format!("sink `{name}`: a name takes letters, digits, `-` and `_`"));
        }
        if !(0.0..=86_400.0).contains(&sink.common.batch_secs) {
            return wrong(format!("sink `{name}`: `batch_secs` takes seconds from 0 to 86400"));
        }
        for field in sink.common.fields.iter().flatten() {
            if !sink.options.takes_fields() {
                return wrong(format!("sink `{name}`: its tables need whole records, `fields` is not for it"));
            }
            if !RECORD_FIELDS.contains(&field.as_str()) {
                let error = ConfigError::at(
                    source.path,
                    source.text,
                    None,
                    format!("sink `{name}`: the record has no field `{field}`"),
                );
                return Err(match nearest(field, RECORD_FIELDS) {
                    Some(near) => error.with_help(format!("did you mean `{near}`?")),
                    None => error.with_help(format!("its fields are {}", RECORD_FIELDS.join(", "))),
                });
            }
        }
        let Some(path) = sink.options.file() else { continue };
        if inboxes.iter().any(|(_, inbox)| path.parent() == Some(&inbox.folder)) {
            return wrong(format!(
                "sink `{name}` writes into the drop folder, where its file would be taken for an article: name a path elsewhere"
            ));
        }
        if let Some(other) = targets.insert(path, name) {
            return wrong(format!("sinks `{other}` and `{name}` have one path: give each its own"));
        }
    }
    Ok(())
}

impl Source<'_> {
    pub(super) fn sinks(&self, item: Option<&Item>) -> Result<BTreeMap<String, SinkConfig>, ConfigError> {
        let mut sinks = BTreeMap::new();
        let table = item.map(|item| self.table(item)).transpose()?.unwrap_or_default();
        for (name, item) in &table {
            sinks.insert(name.to_owned(), self.sink(self.table(item)?)?);
        }
        if sinks.is_empty() {
            return Err(ConfigError::at(self.path, self.text, None, "there is no sink, so nothing would be delivered")
                .with_help("add a section `[sinks.NAME]` with a `type` and a `path`"));
        }
        Ok(sinks)
    }

    fn sink(&self, table: Table) -> Result<SinkConfig, ConfigError> {
        let (mut common, mut own) = (table.clone(), table);
        let names: Vec<String> = own.iter().map(|(name, _)| name.to_owned()).collect();
        for name in names {
            if COMMON.contains(&name.as_str()) {
                own.remove(&name);
            } else {
                common.remove(&name);
            }
        }
        let kind_span = common.get("type").and_then(Item::span);
        let common: SinkCommon = self.read(common)?;
        let options = match common.kind.as_str() {
            "jsonl" => SinkOptions::Jsonl(self.read_own(own, &COMMON)?),
            "sqlite" => SinkOptions::Sqlite(self.read_own(own, &COMMON)?),
            "stdout" => SinkOptions::Stdout(self.read_own(own, &COMMON)?),
            "folder" => SinkOptions::Folder(self.read_own(own, &COMMON)?),
            #[cfg(feature = "postgres")]
            "postgres" => SinkOptions::Postgres(self.read_own(own, &COMMON)?),
            #[cfg(feature = "webhook")]
            "webhook" => SinkOptions::Webhook(self.read_own(own, &COMMON)?),
            #[cfg(feature = "opensearch")]
            "opensearch" => SinkOptions::Opensearch(self.read_own(own, &COMMON)?),
            #[cfg(feature = "nats")]
            "nats" => SinkOptions::Nats(self.read_own(own, &COMMON)?),
            #[cfg(feature = "kafka")]
            "kafka" => SinkOptions::Kafka(self.read_own(own, &COMMON)?),
            #[cfg(feature = "s3")]
            "s3" => SinkOptions::S3(self.read_own(own, &COMMON)?),
            other if KINDS.contains(&other) && !is_built(other) => {
                let message = format!("this copydesk was built without the sink type `{other}`");
                return Err(ConfigError::at(self.path, self.text, kind_span, message)
                    .with_help(format!("build it with `cargo build --release --features {other}`")));
            }
            other => {
                let error = ConfigError::at(self.path, self.text, kind_span, format!("unknown sink type `{other}`"));
                return Err(match nearest(other, KINDS) {
                    Some(near) => error.with_help(format!("did you mean `{near}`?")),
                    None => error.with_help(format!("the types are {}", KINDS.join(", "))),
                });
            }
        };
        Ok(SinkConfig { common, options })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn mistake(text: &str) -> ConfigError {
        Config::parse(Path::new("/etc/c.toml"), text).expect_err(text)
    }

    #[test]
    fn what_a_sink_can_not_do_is_said() {
        let said = |keys: &str| {
            let error = mistake(&format!("[sinks.b]\n{keys}\n"));
            format!("{} {}", error.message, error.help.unwrap_or_default())
        };
        assert!(said("type = \"stdout\"\nfields = [\"titel\"]").contains("did you mean `title`?"));
        assert!(said("type = \"sqlite\"\npath = \"a.db\"\nfields = [\"title\"]").contains("whole records"));
        assert!(said("type = \"stdout\"\nbatch_secs = -1.0").contains("`batch_secs`"));
        assert!(mistake("[sinks.\"../b\"]\ntype = \"stdout\"\n").message.contains("letters"));
        for (kind, key) in [
            ("postgres", "password"),
            ("webhook", "secret"),
            ("nats", "token"),
            ("kafka", "password"),
            ("s3", "secret_key"),
        ] {
            if !is_built(kind) {
                assert!(said(&format!("type = \"{kind}\"")).contains(&format!("--features {kind}")));
                continue;
            }
            let error = mistake(&format!("[sinks.b]\ntype = \"{kind}\"\n{key} = \"hunter2\"\n")).to_string();
            assert!(error.contains("env:NAME") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_examples_state_the_defaults() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/sinks");
        for kind in KINDS.into_iter().filter(|kind| !["jsonl", "sqlite", "stdout"].contains(kind)) {
            let path = folder.join(format!("{kind}.toml"));
            let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{kind} has no example"));
            if !is_built(kind) {
                assert!(Config::parse(&path, &text).expect_err("not built").message.contains("built without"));
                continue;
            }
            let whole = Config::parse(&path, &text).expect("the example is right");
            // What the example says and is a default can be left out.
            let lines = text
                .lines()
                .filter(|line| line.contains("# required") || !line.contains(" = ") || line.starts_with('#'));
            let short = lines.collect::<Vec<_>>().join("\n");
            let short = Config::parse(&path, &short).expect("the example without its defaults");
            assert_eq!(format!("{:#?}", whole.sinks), format!("{:#?}", short.sinks), "{kind}");
        }
    }
}
