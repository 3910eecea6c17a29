//! One file a command.

pub mod check;
pub mod duplicates;
mod files;
pub mod ingest;
pub mod init;
pub mod preview;
pub mod rejected;
pub mod replay;
pub mod run;
mod terminal;
