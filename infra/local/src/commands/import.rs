//! `countersign import`: an organization back from a file.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use shared::domain::id::OrganizationKey;
use shared::store::backup::{RestoreError, Restored};
use shared::store::item::backup::{Name, Record};

use super::Failure;
use super::deployment::{Deployment, DeploymentOptions};
use super::export::{FORMAT, Header};

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

    #[command(flatten)]
    deployment: DeploymentOptions,
}

impl Import {
    /// Puts it back.
    pub async fn run(self) -> Result<String, Failure> {
        let text =
            std::fs::read_to_string(&self.file).map_err(|e| format!("{} cannot be read: {e}", self.file.display()))?;
        let (header, records) = read(&text).map_err(|e| format!("{}: {e}", self.file.display()))?;
        let deployment = self.deployment.clone().open().await?;
        let done = self.on(&deployment, &header, records).await;
        deployment.close().await?;
        done
    }

    async fn on(&self, deployment: &Deployment, header: &Header, records: Vec<Record>) -> Result<String, Failure> {
        let useless = header.useless_in(deployment).await?;
        if !useless.is_empty() && !self.despite_other_keys {
            let advice = "put the right values into Secrets Manager, or import with --despite-other-keys";
            return Err(format!("{}; {advice}", useless.join("; ")).into());
        }
        let backup = deployment.backup();
        let mut differing = Vec::new();
        for record in &records {
            if backup.differs(record).await? {
                let resource = matches!(record.name(), Name::Resource(_));
                differing.extend((resource || !self.overwrite).then(|| shown(record.name())));
            }
        }
        if !differing.is_empty() {
            return Err(format!(
                "nothing was imported, because this is there already and differs from the file:\n  {}\n--overwrite replaces \
                 clients, organization and administrators; a resource is permanent",
                differing.join("\n  ")
            )
            .into());
        }
        let mut counts = [0_usize; 3];
        let by = deployment.attribution();
        for record in records {
            let restored = backup.restore(record, self.overwrite, &deployment.trail, &by).await;
            let [created, replaced, unchanged] = &mut counts;
            *match restored.map_err(|error| interrupted(&error))? {
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

fn interrupted(error: &RestoreError) -> Failure {
    format!("{}; the import goes on where it stopped when it is run again", shared::telemetry::chain(error)).into()
}

/// Reads the whole file before anything is done.
fn read(text: &str) -> Result<(Header, Vec<Record>), Failure> {
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
    let mut whole = false;
    for line in lines {
        let (number, line) = line?;
        if line.get("kind").and_then(Value::as_str) == Some("end") {
            whole = line.get("records").and_then(Value::as_u64) == u64::try_from(records.len()).ok();
            break;
        }
        let record = Record::from_json(&line).map_err(|e| format!("line {number}: {e}"))?;
        let resource = matches!(record.name(), Name::Resource(_));
        if !resource && owner(record.name()) != Some(&header.organization) {
            return Err(format!("line {number} is of another organization").into());
        }
        records.push(record);
    }
    if !whole {
        return Err("it is cut off: its last line is missing, or says another number of records".into());
    }
    Ok((header, records))
}

/// Whose a record is; none for resources and for operators, whom no export holds.
fn owner(name: &Name) -> Option<&OrganizationKey> {
    match name {
        Name::Resource(_) | Name::Administrator(_, None) => None,
        Name::Organization(key) | Name::Client(_, key) | Name::Administrator(_, Some(key)) => Some(key),
    }
}

fn shown(name: &Name) -> String {
    match name {
        Name::Resource(resource) => format!("the resource {}", resource.key),
        Name::Organization(key) => format!("the organization {key}"),
        Name::Client(id, _) => format!("the client {id}"),
        Name::Administrator(id, _) => format!("the administrator {id}"),
    }
}
