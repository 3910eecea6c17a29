//! `copydesk init`: a configuration to start from.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::arguments::Init;

/// The configuration in the repository, so that the two never differ.
const TEMPLATE: &str = include_str!("../../../../config/copydesk.toml");

/// What the configuration may say, for editors: they find it through the configuration's first line.
const SCHEMA: &str = include_str!("../../../../config/copydesk.schema.json");
const SCHEMA_NAME: &str = "copydesk.schema.json";

/// Writes it, never over another, and the schema of this version beside it.
///
/// # Errors
/// Where the file exists or can't be written.
pub fn run(init: &Init) -> anyhow::Result<ExitCode> {
    let path = &init.file;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).with_context(|| {
        format!("can't create {}: name another file (one that stands there is never replaced)", path.display())
    })?;
    file.write_all(TEMPLATE.as_bytes()).with_context(|| format!("can't write {}", path.display()))?;
    let schema = path.parent().unwrap_or(Path::new("")).join(SCHEMA_NAME);
    std::fs::write(&schema, SCHEMA).with_context(|| format!("can't write {}", schema.display()))?;
    println!("wrote {0}; start with: copydesk --config {0} run", path.display());
    Ok(ExitCode::SUCCESS)
}
