//! `countersign keys`: the keys that sign access tokens.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::{Args, Subcommand};
use key_rotation::KeyRotation;
use key_rotation::versions::{CURRENT, PENDING, new_version};
use shared::keys::key_set::{Key, KeySet};

use super::Failure;
use super::deployment::{Deployment, DeploymentOptions};
use crate::rotation;

/// Interval and maximum number of checks whether a rotation on AWS has ended.
const LOOKS: (Duration, u32) = (Duration::from_secs(3), 40);

/// What to do with the keys that sign access tokens.
#[derive(Debug, Clone, Subcommand)]
pub enum Keys {
    /// Say which keys there are, since when, and from when on they may be rotated
    List(List),
    /// Let the next key sign from now on; it must have been published for a day
    Rotate(Rotate),
    /// Take leaked keys out at once: tokens that they signed are good no more
    Drop(Drop),
}

/// Lists the keys.
#[derive(Debug, Clone, Args)]
pub struct List {
    #[command(flatten)]
    deployment: DeploymentOptions,
}

/// Rotates the keys.
#[derive(Debug, Clone, Args)]
pub struct Rotate {
    #[command(flatten)]
    deployment: DeploymentOptions,
}

/// Drops keys.
#[derive(Debug, Clone, Args)]
pub struct Drop {
    /// The names of the keys, as `countersign keys list` shows them
    #[arg(value_name = "KID", required = true)]
    kids: Vec<String>,

    #[command(flatten)]
    deployment: DeploymentOptions,
}

impl Keys {
    /// Does it.
    pub async fn run(self) -> Result<String, Failure> {
        let options = match &self {
            Self::List(List { deployment })
            | Self::Rotate(Rotate { deployment })
            | Self::Drop(Drop { deployment, .. }) => deployment.clone(),
        };
        let deployment = options.open().await?;
        let done = self.on(&deployment).await;
        deployment.close().await;
        done
    }

    async fn on(self, deployment: &Deployment) -> Result<String, Failure> {
        let rotation = deployment.key_rotation().await?;
        match self {
            Self::List(_) => Ok(listed(&keys(&rotation).await?)),
            Self::Rotate(_) => {
                expect_rotatable(deployment, &keys(&rotation).await?)?;
                match deployment.local() {
                    Some(_) => rotation::rotate(&rotation, &deployment.secrets_manager).await?,
                    None => rotate_on_aws(deployment, &rotation).await?,
                }
                Ok(listed(&keys(&rotation).await?))
            }
            Self::Drop(Drop { kids, .. }) => {
                let kids = kids.into_iter().collect::<BTreeSet<_>>();
                let after = rotation.drop_keys(&kids, &deployment.trail, &deployment.attribution()).await?;
                Ok(format!(
                    "{}\nDropped. The token endpoint follows within five minutes; who verifies tokens by a copy of the \
                     keys takes those of a dropped key until the copy ends, API Gateway's authorizer for up to two \
                     hours: tell them.",
                    listed(&after)
                ))
            }
        }
    }
}

async fn keys(rotation: &KeyRotation) -> Result<KeySet, Failure> {
    Ok(rotation.versions.current().await?.ok_or("there is no key set yet")?.keys)
}

fn listed(keys: &KeySet) -> String {
    let line =
        |place: &str, key: &Key| format!("{place:8}  {}  {:5}  {}", key.kid(), key.algorithm(), key.created_at());
    let mut lines = vec![line("current", &keys.current), line("next", &keys.next)];
    lines.extend(keys.previous.as_ref().map(|key| line("previous", key)));
    lines.push(format!("They may be rotated from {} on.", keys.rotatable_from()));
    lines.join("\n")
}

/// Refuses before anything is begun: Secrets Manager would keep a rotation open that cannot come to its end.
fn expect_rotatable(deployment: &Deployment, keys: &KeySet) -> Result<(), Failure> {
    let from = keys.rotatable_from();
    if deployment.clock.now() >= from {
        return Ok(());
    }
    Err(format!(
        "the next key was published too recently: it may sign from {from} on; a key that has leaked is dropped, with \
         `countersign keys drop`"
    )
    .into())
}

/// Asks Secrets Manager for a rotation, which the function of the deployment then makes.
async fn rotate_on_aws(deployment: &Deployment, rotation: &KeyRotation) -> Result<(), Failure> {
    let described = rotation.versions.describe().await?;
    let under_way = described.holder(PENDING).filter(|version| !described.carries(version, CURRENT));
    let version = under_way.map_or_else(new_version, str::to_owned);
    let asked = deployment.secrets_manager.rotate_secret().secret_id(rotation.versions.secret_id());
    let asked = asked.client_request_token(&version).send().await;
    if under_way.is_none() {
        asked.map_err(|e| {
            let reason = shared::keys::vault::VaultFailure::of(&e);
            format!("Secrets Manager does not begin a rotation: {reason}; is one configured for the key set?")
        })?;
    }
    let (pause, looks) = LOOKS;
    for _ in 0..looks {
        tokio::time::sleep(pause).await;
        if rotation.versions.describe().await?.carries(&version, CURRENT) {
            return Ok(());
        }
    }
    Err("the rotation has not come to its end: see the log of the function key-rotation".into())
}
