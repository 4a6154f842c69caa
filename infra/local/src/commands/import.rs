//! `countersign import`: an organization back from a file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use shared::domain::id::{ClientId, ClientIdPrefix};
use shared::store::backup::error::{Obstacle, RestoreError};
use shared::store::backup::restore::Restored;
use shared::store::item::backup::Record;
use shared::store::{CommitError, StoreError};
use shared::telemetry::chain;

use super::Failure;
use super::deployment::{Deployment, DeploymentOptions};
use super::export::{EVENT, FORMAT, Header};
use crate::names::CLIENT_ID_PREFIX;

/// Answers of DynamoDB after which the same request fails again.
const LASTING: [&str; 5] = [
    "AccessDeniedException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
];

/// Puts an organization back.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "It goes on where it was interrupted: what is there just so is left as it is. What is there and \
    differs stops it before anything is written, unless --overwrite is given. Each thing that it writes is an event of the \
    audit trail."
)]
pub struct Import {
    /// The file that `countersign export` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Replace what is there and differs; what came since the export is lost
    #[arg(long)]
    overwrite: bool,

    /// Import although pepper or data key are others: its clients then need new secrets, its people new passwords
    #[arg(long)]
    despite_other_keys: bool,

    /// Leave out the accounts of people that are in the file
    #[arg(long)]
    without_administrators: bool,

    /// The deployment's first part of every client_id
    #[arg(long, value_name = "PREFIX", default_value = CLIENT_ID_PREFIX)]
    client_id_prefix: ClientIdPrefix,

    #[command(flatten)]
    deployment: DeploymentOptions,
}

impl Import {
    /// Puts it back.
    pub async fn run(self) -> Result<String, Failure> {
        let text =
            std::fs::read_to_string(&self.file).map_err(|e| format!("{} cannot be read: {e}", self.file.display()))?;
        let read = read(&text, &self.client_id_prefix).map_err(|e| format!("{}: {e}", self.file.display()));
        let (header, mut records) = read?;
        records.retain(|record| !(self.without_administrators && matches!(record, Record::Administrator(_))));
        let deployment = self.deployment.clone().open_to_restore().await?;
        let done = self.on(&deployment, &header, records).await;
        deployment.close().await;
        done
    }

    async fn on(&self, deployment: &Deployment, header: &Header, records: Vec<Record>) -> Result<String, Failure> {
        let useless = header.useless_in(deployment).await?;
        if !useless.is_empty() && !self.despite_other_keys {
            let advice = "put the right values into Secrets Manager, or import with --despite-other-keys";
            return Err(format!("{}; {advice}", useless.join("; ")).into());
        }
        let backup = deployment.backup();
        let mut obstacles = Vec::new();
        for record in &records {
            obstacles.extend(backup.obstacle(record, self.overwrite).await?);
        }
        if !obstacles.is_empty() {
            let told: Vec<String> = obstacles.iter().map(told).collect();
            return Err(format!("nothing was imported:\n  {}", told.join("\n  ")).into());
        }
        let mut counts = [0_usize; 3];
        let by = deployment.attribution();
        for record in records {
            let name = record.to_string();
            let restored = backup.restore(record, self.overwrite, &deployment.trail, &by).await;
            let [created, replaced, unchanged] = &mut counts;
            *match restored.map_err(|error| interrupted(&name, &error))? {
                Restored::Created => created,
                Restored::Replaced => replaced,
                Restored::Unchanged => unchanged,
            } += 1;
        }
        let [created, replaced, unchanged] = counts;
        let organization = &header.organization;
        Ok(format!("{organization} is back: {created} created, {replaced} replaced, {unchanged} there already"))
    }
}

/// Describes an obstacle, with advice.
fn told(obstacle: &Obstacle) -> String {
    let advice = match obstacle {
        Obstacle::Differs(_) => "--overwrite replaces it, and loses what came since the export",
        Obstacle::Permanent(_) => "a resource is permanent",
        Obstacle::Elsewhere { .. } => "no file takes it away from there",
        Obstacle::AddressTaken { .. } => {
            "remove that account, or change its address; or leave people out with --without-administrators"
        }
        Obstacle::Catalogue(..) => "name another resource in the file, or import into another deployment",
        Obstacle::Settings(..) => "correct them in the file",
        Obstacle::LastManager(..) => "give somebody else the right to manage administrators first",
        Obstacle::TooMany(_) => "delete it, or some of them, first",
    };
    format!("{obstacle}: {advice}")
}

/// Why it stopped at a record, and whether it is worth while to run it again as it is.
fn interrupted(at: &str, error: &RestoreError) -> Failure {
    let again = "run it again: what was imported stays, and it goes on from there";
    let lasting = "what was imported before it stays";
    let (reason, advice) = match error {
        RestoreError::Obstacle(obstacle) => (told(obstacle), lasting),
        RestoreError::Raced(_)
        | RestoreError::Commit(CommitError::Conflict(_) | CommitError::Busy | CommitError::Unsettled(_)) => {
            (chain(error), again)
        }
        RestoreError::Commit(CommitError::Store(StoreError::Unavailable { reason, .. })) => {
            (chain(error), if LASTING.contains(&reason.as_str()) { lasting } else { again })
        }
        RestoreError::Unreadable(_) | RestoreError::Commit(CommitError::Store(StoreError::Corrupt(_))) => {
            (chain(error), lasting)
        }
    };
    format!("the import stopped at {at}: {reason}; {advice}").into()
}

/// Reads the whole file before anything is done.
fn read(text: &str, prefix: &ClientIdPrefix) -> Result<(Header, Vec<Record>), Failure> {
    let mut lines = text.lines().enumerate().map(|(at, line)| {
        let line: Value = serde_json::from_str(line).map_err(|_| format!("line {} is not JSON", at + 1))?;
        Ok::<_, Failure>((at + 1, line))
    });
    let (_, first) = lines.next().ok_or("it is empty")??;
    let format = first.get("format").and_then(Value::as_u64);
    if first.get("kind").and_then(Value::as_str) != Some("header") || format != Some(FORMAT) {
        return Err(format!("it is no export of format {FORMAT}, which is what this version reads").into());
    }
    let header: Header = serde_json::from_value(first)?;
    let mut records = Vec::new();
    let mut places = BTreeMap::new();
    let mut count = 0_u64;
    let mut whole = None;
    for line in lines {
        let (number, line) = line?;
        if whole.is_some() {
            return Err(format!("line {number} stands behind the end: a file holds one export").into());
        }
        match line.get("kind").and_then(Value::as_str) {
            Some("end") => {
                whole = Some(line.get("records").and_then(Value::as_u64) == Some(count));
                continue;
            }
            // kept, and never restored: a trail records what happened where it was written
            Some(EVENT) => {}
            _ => {
                let record = Record::from_json(&line).map_err(|e| format!("line {number}: {e}"))?;
                belongs(&record, &header, prefix).map_err(|e| format!("line {number}: {e}"))?;
                for place in record.places() {
                    if let Some(other) = places.insert((record.kind(), place), number) {
                        return Err(format!("line {number}: {record} stands in line {other} already").into());
                    }
                }
                records.push(record);
            }
        }
        count += 1;
    }
    if whole != Some(true) {
        return Err("it is cut off: its last line is missing, or says another number of records".into());
    }
    follow_their_organization(&mut records)?;
    Ok((header, records))
}

/// Checks that a record can belong to the organization in the header: no export holds an operator, and a client_id
/// shows its organization.
fn belongs(record: &Record, header: &Header, prefix: &ClientIdPrefix) -> Result<(), String> {
    if matches!(record, Record::Resource(_)) {
        return Ok(());
    }
    if record.organization() != Some(&header.organization) {
        return Err(format!("{record} is of another organization"));
    }
    let Record::Client(registration) = record else { return Ok(()) };
    let client = &registration.client;
    if client.client_id != ClientId::assemble(prefix, &client.organization, &client.key) {
        let begin = format!("{prefix}-{}-", client.organization);
        return Err(format!("{record} does not begin with {begin}; --client-id-prefix names another prefix"));
    }
    Ok(())
}

/// A client is suspended with its organization, and says so for the token endpoint alone.
fn follow_their_organization(records: &mut [Record]) -> Result<(), Failure> {
    let suspended = records.iter().find_map(|record| match record {
        Record::Organization(organization) => Some(organization.suspended_at.is_some()),
        _ => None,
    });
    let suspended = suspended.ok_or("it does not hold its organization")?;
    for record in records {
        if let Record::Client(registration) = record {
            registration.client.suspended = suspended;
        }
    }
    Ok(())
}
