//! `countersign export`: an organization as a file of lines.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::domain::event::{Action, NewEvent, Target, Trail};
use shared::domain::id::{OrganizationKey, ResourceKey};
use shared::domain::secret::Verifier;
use shared::keys::hashing::{HashParameters, Hasher, Verification};
use shared::store::item::backup::{Record, item_json};

use super::Failure;
use super::deployment::{Deployment, DeploymentOptions};
use crate::aws::replace_file;

/// The format that this version writes, and the only one that it reads.
pub(super) const FORMAT: u64 = 1;
/// Key of an audit event in a line.
pub(super) const EVENT: &str = "event";
/// Sample text for checking the keys of a deployment.
const SAMPLE: &str = "countersign export";

/// Writes an organization into a file.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The file holds no secret in clear, but hashes of all of them: keep it as you keep a database.\n\
    Its secrets are good only where the pepper is the same, and what can be revealed again, and people's authenticators, \
    only where the data key is: keep those two secrets of Secrets Manager as well. Not in the file: the audit trail unless \
    --with-trail is given, change requests, invitations, sessions, tokens, the ledger of reminders."
)]
pub struct Export {
    /// The organization's key, such as acme
    #[arg(value_name = "ORGANIZATION")]
    organization: OrganizationKey,

    /// The file, which must not exist yet; - is standard output
    #[arg(long, value_name = "FILE")]
    output: PathBuf,

    /// With the accounts of its administrators
    #[arg(long)]
    administrators: bool,

    /// With its audit trail, to be kept: an import leaves it out
    #[arg(long)]
    with_trail: bool,

    #[command(flatten)]
    deployment: DeploymentOptions,
}

/// The first line of a file.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) kind: String,
    pub(super) format: u64,
    pub(super) organization: OrganizationKey,
    exported_at: jiff::Timestamp,
    /// Hashed with the pepper and sealed with the data key, so that an import knows whether they are the same.
    pepper_check: String,
    data_key_check: String,
}

impl Header {
    async fn of(deployment: &Deployment, organization: OrganizationKey) -> Result<Self, Failure> {
        let vault = deployment.vault();
        let hasher = Hasher::new(vault.pepper(&deployment.secret("pepper")).await?);
        let data_key = vault.data_key(&deployment.secret("data-key")).await?;
        Ok(Self {
            kind: "header".to_owned(),
            format: FORMAT,
            organization,
            exported_at: shared::domain::time::whole_seconds(deployment.clock.now()),
            pepper_check: hasher.hash(SAMPLE, HashParameters::SECRET_DEFAULT).await?.as_phc().to_owned(),
            data_key_check: data_key.seal(SAMPLE.as_bytes(), SAMPLE)?,
        })
    }

    /// Returns the parts of this file that are useless in a deployment with other keys.
    pub(super) async fn useless_in(&self, deployment: &Deployment) -> Result<Vec<&'static str>, Failure> {
        let vault = deployment.vault();
        let hasher = Hasher::new(vault.pepper(&deployment.secret("pepper")).await?);
        let verifier = Verifier::new(self.pepper_check.clone());
        let matched = hasher.verify(SAMPLE, &verifier, HashParameters::SECRET_DEFAULT).await;
        let data_key = vault.data_key(&deployment.secret("data-key")).await?;
        let mut useless = Vec::new();
        if !matches!(matched, Ok(Verification::Match { .. })) {
            useless.push("the pepper is another: none of the file's secrets and passwords would be accepted");
        }
        if data_key.open(&self.data_key_check, SAMPLE).is_err() {
            useless.push("the data key is another: nothing could be revealed, and no authenticator would be accepted");
        }
        Ok(useless)
    }
}

impl Export {
    /// Writes it.
    pub async fn run(self) -> Result<String, Failure> {
        let to_standard_output = self.output == Path::new("-");
        if !to_standard_output && self.output.exists() {
            return Err(format!("{} exists already: choose another file", self.output.display()).into());
        }
        let deployment = self.deployment.clone().open().await?;
        let lines = self.lines(&deployment).await;
        deployment.close().await;
        let lines = lines?;
        let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
        if to_standard_output {
            return Ok(text);
        }
        replace_file(&self.output, (text + "\n").as_bytes())
            .map_err(|e| format!("{} cannot be written: {e}", self.output.display()))?;
        let records = lines.len().saturating_sub(2);
        Ok(format!("{records} records of {} are in {}", self.organization, self.output.display()))
    }

    async fn lines(&self, deployment: &Deployment) -> Result<Vec<Value>, Failure> {
        let backup = deployment.backup();
        let key = &self.organization;
        let Some(organization) = backup.organization(key).await? else {
            return Err(format!("there is no organization {key}").into());
        };
        let mut records = vec![organization];
        for id in backup.clients(key).await? {
            records.extend(backup.client(&id).await?);
        }
        if self.administrators {
            for id in backup.administrators(key).await? {
                records.extend(backup.administrator(&id).await?);
            }
        }
        let used: BTreeSet<ResourceKey> = records.iter().flat_map(Record::resources).collect();
        let mut lines = vec![json!(Header::of(deployment, key.clone()).await?)];
        let resources = backup.resources().await?;
        let of_use = |record: &&Record| matches!(record, Record::Resource(it) if used.contains(&it.key));
        lines.extend(resources.iter().filter(of_use).chain(&records).map(Record::to_json));
        if self.with_trail {
            let events = backup.trail(key).await?;
            lines.extend(events.iter().map(|event| json!({ "kind": EVENT, "items": [item_json(event)] })));
        }
        lines.push(json!({ "kind": "end", "records": lines.len().saturating_sub(1) }));
        let exported = NewEvent {
            trail: Trail::Organization(key.clone()),
            action: Action::OrganizationExported,
            target: Target::Organization(key.clone()),
            changes: Vec::new(),
        };
        deployment.trail.commit(Vec::new(), &exported, &deployment.attribution()).await?;
        Ok(lines)
    }
}
