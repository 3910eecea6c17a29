//! A searchable database ([`Class::Keyed`]): one state per article, the highest sequence wins.
//!
//! Each article is a row of `articles` with the columns people search by and the whole record as JSON; its
//! entities and mentions have tables of their own, title and text a full-text index (FTS5), and
//! `current_articles` shows the newest version of each document. `sqlite/schema.sql` is the reference.
//!
//! One transaction a batch, in WAL mode so that readers never wait, with `synchronous = FULL`: the cursor
//! moves on when the commit returns, so the commit has to be on the disk. A batch that comes again changes
//! nothing. A delete leaves a tombstone with its sequence, so that an older state that comes again stays
//! gone; at equal sequence the delete wins.
//!
//! A database that is not ours, or of a newer copydesk, is refused and not touched.

mod rows;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use copydesk_disk::FileIdentity;
use copydesk_disk::sync_folder;
use fail::fail_point;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use serde::Deserialize;

use crate::{Class, Failure, Report, Row, Sink, SinkError, blocking};

/// `application_id` of our databases: "cpdk".
const APPLICATION_ID: i64 = 0x6370_646B;

/// What leads from each version of the schema to the next, from 0. Each sets `user_version`.
const MIGRATIONS: [&str; 1] = [include_str!("sqlite/schema.sql")];

/// Options of the `sqlite` sink.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct SqliteOptions {
    /// The database file. SQLite puts a `-wal` and a `-shm` file beside it.
    pub path: PathBuf,
    /// How long a batch waits for another program that holds the database locked, in seconds. Default 30.
    #[serde(default = "default_busy_timeout_secs")]
    pub busy_timeout_secs: u64,
}

const fn default_busy_timeout_secs() -> u64 {
    30
}

impl SqliteOptions {
    /// The defaults at a path.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), busy_timeout_secs: default_busy_timeout_secs() }
    }
}

/// The sink. See the module's documentation.
pub struct SqliteSink {
    options: SqliteOptions,
    /// The connection, and which file it was opened on.
    connection: Arc<Mutex<Option<(Connection, FileIdentity)>>>,
}

impl SqliteSink {
    /// A sink that is not yet open.
    #[must_use]
    pub fn new(options: SqliteOptions) -> Self {
        Self { options, connection: Arc::default() }
    }
}

#[async_trait]
impl Sink for SqliteSink {
    fn class(&self) -> Class {
        Class::Keyed
    }

    fn target(&self) -> String {
        format!("sqlite:{}", self.options.path.display())
    }

    async fn open(&mut self, _state: Option<&[u8]>) -> Result<(), SinkError> {
        let options = self.options.clone();
        blocking::with(&self.connection, move |connection| {
            *connection = None;
            let opened = connect(&options)?;
            let failed = |error| SinkError::new(format!("can't look up {}: {error}", options.path.display()));
            let identity = std::fs::metadata(&options.path).map(|metadata| FileIdentity::from(&metadata));
            *connection = Some((opened, identity.map_err(failed)?));
            Ok(())
        })
        .await
    }

    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        fail_point!("sink.sqlite.fail", |_| Err(SinkError::new("injected")));
        let (batch, path) = (batch.to_vec(), self.options.path.clone());
        blocking::with(&self.connection, move |slot| {
            // Out of its slot, so that after any failure only `open` leads on.
            let Some((mut connection, identity)) = slot.take() else {
                let message = format!("{} is not open after an error before; it will be opened again", path.display());
                return Err(SinkError::new(message));
            };
            if !stands(&path, identity) {
                let message = format!(
                    "{} was removed or replaced while it was in use; it is opened anew, what it held before is gone",
                    path.display()
                );
                return Err(SinkError::new(message));
            }
            let report = write(&mut connection, &batch).map_err(|error| explain("write to", &path, &error))?;
            *slot = Some((connection, identity));
            Ok(report)
        })
        .await
    }

    async fn close(&mut self) -> Result<(), SinkError> {
        let path = self.options.path.clone();
        blocking::with(&self.connection, move |slot| {
            let Some((connection, _)) = slot.take() else { return Ok(()) };
            connection.close().map_err(|(_, error)| explain("close", &path, &error))
        })
        .await
    }
}

/// Whether the path still names the database that is open: SQLite would go on writing to a file that has no
/// name any more.
fn stands(path: &Path, identity: FileIdentity) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| FileIdentity::from(&metadata) == identity)
}

/// Opens the database, and creates or updates its tables.
fn connect(options: &SqliteOptions) -> Result<Connection, SinkError> {
    let path = &options.path;
    blocking::make_folder_of(path)?;
    let failed = |error: rusqlite::Error| explain("open", path, &error);
    let mut connection = Connection::open(path).map_err(failed)?;
    connection.busy_timeout(Duration::from_secs(options.busy_timeout_secs)).map_err(failed)?;
    check_owner(&connection, path)?;
    // The journal may outgrow the checkpoint's 1,000 pages many times in one batch: fewer, larger checkpoints.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768;
             PRAGMA wal_autocheckpoint = 8192; PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(failed)?;
    migrate(&mut connection).map_err(failed)?;
    sync_folder(path)?;
    Ok(connection)
}

/// Refuses a database that holds something else, or comes from a newer copydesk.
fn check_owner(connection: &Connection, path: &Path) -> Result<(), SinkError> {
    let number = |sql: &str| {
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|error| explain("open", path, &error))
    };
    if number("SELECT count(*) FROM sqlite_schema")? > 0 && number("PRAGMA application_id")? != APPLICATION_ID {
        let message = format!("{} holds tables of another program: give the sink another `path`", path.display());
        return Err(SinkError::new(message));
    }
    let version = number("PRAGMA user_version")?;
    if usize::try_from(version).map_or(true, |version| version > MIGRATIONS.len()) {
        let message = format!(
            "{} was written by a newer copydesk (schema {version}, this one knows {}): use that one, or another `path`",
            path.display(),
            MIGRATIONS.len()
        );
        return Err(SinkError::new(message));
    }
    Ok(())
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    transaction.commit()
}

/// Writes a batch in one transaction. An error leaves the database as it was.
fn write(connection: &mut Connection, batch: &[Row]) -> rusqlite::Result<Report> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let report = rows::write(&transaction, batch)?;
    fail_point!("sqlite.commit.before", |_| std::process::abort());
    transaction.commit()?;
    fail_point!("sqlite.commit.after", |_| std::process::abort());
    Ok(report)
}

/// The error with its file and what to do about it.
fn explain(action: &str, path: &Path, error: &rusqlite::Error) -> SinkError {
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full: free some space, the batch will be tried again",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another program holds it locked: let that one finish, the batch will be tried again"
        }
        Some(ErrorCode::DatabaseCorrupt) => {
            "it is damaged: restore it from a backup, or move it away with its -wal and -shm files and replay"
        }
        Some(ErrorCode::NotADatabase) => "it is no SQLite database: give the sink another `path`",
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            "check that the file and its folder can be written"
        }
        Some(ErrorCode::SystemIoFailure) => "check the disk and its free space, the batch will be tried again",
        _ => "the batch will be tried again",
    };
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure) => Failure::Disk,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Failure::Busy,
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => Failure::Access,
        _ => Failure::Store,
    };
    SinkError::of(kind, format!("could not {action} {}: {error}; {advice}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_is_not_ours_is_refused_untouched() {
        let folder = tempfile::tempdir().expect("temp");
        let foreign = folder.path().join("foreign.db");
        Connection::open(&foreign).and_then(|db| db.execute_batch("CREATE TABLE songs (name)")).expect("create");
        let newer = folder.path().join("newer.db");
        SqliteSink::new(SqliteOptions::at(&newer)).open(None).await.expect("open");
        Connection::open(&newer).and_then(|db| db.execute_batch("PRAGMA user_version = 99")).expect("update");
        let text = folder.path().join("text.db");
        std::fs::write(&text, "no database at all, but long enough to be taken for one").expect("write");
        for (path, words) in [(&foreign, "another program"), (&newer, "newer copydesk"), (&text, "no SQLite database")]
        {
            let before = std::fs::read(path).expect("read");
            let error = SqliteSink::new(SqliteOptions::at(path)).open(None).await.expect_err("refused").message;
            assert!(error.contains(words) && error.contains(&path.display().to_string()), "{error}");
            assert_eq!(std::fs::read(path).expect("read"), before, "{error}");
        }
    }

    #[tokio::test]
    async fn a_locked_database_is_another_try() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("articles.db");
        let mut sink = SqliteSink::new(SqliteOptions { busy_timeout_secs: 0, ..SqliteOptions::at(&path) });
        sink.open(None).await.expect("open");
        let other = Connection::open(&path).expect("open");
        other.execute_batch("BEGIN IMMEDIATE").expect("lock");
        let error = sink.deliver(&[]).await.expect_err("locked").message;
        assert!(error.contains("locked") && error.contains("articles.db"), "{error}");
        other.execute_batch("ROLLBACK").expect("unlock");
        assert!(sink.deliver(&[]).await.is_err(), "only `open` leads on after an error");
        sink.open(None).await.expect("open again");
        sink.deliver(&[]).await.expect("deliver");
    }
}
