//! `copydesk manual`: man pages and shell completions, made from the command line's own definition so that they never
//! differ from it. Hidden: packages call it once, when they are built.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::{Shell, generate_to};

use crate::arguments::{Arguments, Manual};

/// Writes `man1/*.1` and `completions/*` below the folder.
///
/// # Errors
/// Where they can't be written.
pub fn run(manual: &Manual) -> anyhow::Result<ExitCode> {
    let folder = |name: &str| {
        let folder = manual.folder.join(name);
        fs::create_dir_all(&folder).with_context(|| format!("can't create {}", folder.display()))?;
        anyhow::Ok(folder)
    };
    write_pages(&folder("man1")?)?;
    let completions = folder("completions")?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut Arguments::command(), "copydesk", &completions)
            .with_context(|| format!("can't write the completions of {shell} to {}", completions.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A page for the program and one for each command.
fn write_pages(folder: &Path) -> anyhow::Result<()> {
    // Without its date, a page is the same whenever it is made.
    clap_mangen::generate_to(Arguments::command(), folder)
        .with_context(|| format!("can't write man pages to {}", folder.display()))
}
