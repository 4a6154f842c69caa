//! Contents of a data folder: checks that it is a deployment, and creates its tables.

use std::path::Path;

use aws_sdk_dynamodb::Client as DynamoDb;
use aws_sdk_dynamodb::operation::scan::ScanError;
use shared::keys::vault::{Vault, VaultError, VaultFailure};
use shared::store::schema::{self, Table};

use crate::aws::{DATABASE_FILE, SECRETS_FILE, replace_file};
use crate::error::Error;
use crate::names::{DATA_KEY_SECRET, PEPPER_SECRET, TABLE_PREFIX};

/// The file beside the data that lists the completely created tables, one per line.
const FILE: &str = "tables";

/// Missing things that may be created in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Making {
    /// Tables and secrets, as a start of the server does.
    Everything,
    /// Tables, if their secrets exist: an import fills them again.
    Tables,
    /// Nothing: anything missing is a reason to refuse.
    Nothing,
}

/// Status of a table according to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TableStatus {
    Missing,
    /// It exists, but does not answer.
    Broken,
    Empty,
    Filled,
}

/// Refuses a folder in which no deployment was ever started, before anything is created there.
pub(crate) fn expect_started(folder: &Path) -> Result<(), Error> {
    let there = [DATABASE_FILE, SECRETS_FILE].iter().any(|file| folder.join(file).exists());
    if there { Ok(()) } else { Err(Error::NotMade { folder: folder.to_owned() }) }
}

/// Creates missing tables, as far as `making` allows, after checking that nothing is lost that cannot be recreated.
pub(crate) async fn make(
    making: Making,
    dynamodb: &DynamoDb,
    vault: &Vault,
    folder: Option<&Path>,
) -> Result<(), Error> {
    if let Some(folder) = folder {
        expect_whole(folder, dynamodb, vault, making).await?;
    }
    if making == Making::Nothing { Ok(()) } else { create_missing(dynamodb, folder).await }
}

/// Refuses a folder that lost something that cannot, or must not, be recreated.
async fn expect_whole(folder: &Path, dynamodb: &DynamoDb, vault: &Vault, making: Making) -> Result<(), Error> {
    let mut missing = Vec::new();
    let mut filled = false;
    for table in &schema::TABLES {
        match status(dynamodb, table).await {
            TableStatus::Missing => missing.push(table.name),
            TableStatus::Filled => filled = true,
            TableStatus::Broken | TableStatus::Empty => {}
        }
    }
    let mut lost = Vec::new();
    lost.extend(is_missing(&vault.pepper(PEPPER_SECRET).await).then_some("pepper"));
    lost.extend(is_missing(&vault.data_key(DATA_KEY_SECRET).await).then_some("data key"));
    let folder = folder.to_owned();
    match making {
        _ if filled && !lost.is_empty() => Err(Error::SecretsLost { folder, lost }),
        Making::Tables | Making::Nothing if !lost.is_empty() => Err(Error::NotMade { folder }),
        Making::Nothing if !missing.is_empty() => Err(Error::TablesLost { folder, missing }),
        _ => Ok(()),
    }
}

fn is_missing<T>(read: &Result<T, VaultError>) -> bool {
    matches!(read, Err(VaultError { reason: VaultFailure::Missing, .. }))
}

/// Creates missing tables.
///
/// The embedded engine creates a table in several steps, so that a kill in between leaves half a table, which does not
/// answer: a table that holds nothing and is not listed in the file of complete tables is created again.
async fn create_missing(dynamodb: &DynamoDb, folder: Option<&Path>) -> Result<(), Error> {
    let file = folder.map(|folder| folder.join(FILE));
    let whole = file.as_deref().map(read_if_there).transpose()?.flatten().unwrap_or_default();
    let names = schema::TABLES.map(|table| table.name).join("\n");
    for table in &schema::TABLES {
        let was_whole = whole.lines().any(|name| name == table.name);
        match status(dynamodb, table).await {
            TableStatus::Filled => continue,
            TableStatus::Empty | TableStatus::Broken if was_whole => continue,
            TableStatus::Missing | TableStatus::Empty | TableStatus::Broken => {}
        }
        if folder.is_some() {
            // of half a table the engine may say that it is not there
            drop(dynamodb.delete_table().table_name(table.name_in(TABLE_PREFIX)).send().await);
        }
        table.create_if_missing(dynamodb, TABLE_PREFIX).await?;
    }
    if let Some(path) = file.filter(|_| whole != names) {
        replace_file(&path, names.as_bytes()).map_err(|source| Error::File { path, source })?;
    }
    Ok(())
}

async fn status(dynamodb: &DynamoDb, table: &Table) -> TableStatus {
    match dynamodb.scan().table_name(table.name_in(TABLE_PREFIX)).limit(1).send().await {
        Ok(page) if page.items().is_empty() => TableStatus::Empty,
        Ok(_) => TableStatus::Filled,
        Err(e) if e.as_service_error().is_some_and(ScanError::is_resource_not_found_exception) => TableStatus::Missing,
        Err(_) => TableStatus::Broken,
    }
}

fn read_if_there(path: &Path) -> Result<Option<String>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::File { path: path.to_owned(), source }),
    }
}
