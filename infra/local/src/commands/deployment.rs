//! Which deployment a command works on.

use std::path::PathBuf;

use aws_config::SdkConfig;
use clap::{ArgGroup, Args};
use key_rotation::KeyRotation;
use key_rotation::config::Config;
use management_api::rate::RequestRate;
use shared::clock::Clock;
use shared::domain::event::{Actor, Attribution};
use shared::domain::id::RequestId;
use shared::domain::time::whole_seconds;
use shared::entropy;
use shared::http::Issuer;
use shared::keys::vault::Vault;
use shared::store::Tables;
use shared::store::administrators::AdministratorStore;
use shared::store::audit::AuditTrail;
use shared::store::backup::BackupStore;

use super::Failure;
use crate::aws::{StartError, Storage};
use crate::configuration::Configuration;
use crate::error::Error;
use crate::names::TABLE_PREFIX;
use crate::options::Algorithm;
use crate::stack::Stack;
use crate::tables::Making;

/// Where a server of this machine answers, unless it is told otherwise.
const LOCAL_ISSUER: &str = "http://127.0.0.1:8080";

/// Which deployment a command works on: a data folder of this machine, or the tables of one on AWS.
#[derive(Debug, Clone, Args)]
pub struct DeploymentOptions {
    /// The data folder of a deployment on this machine, which must not be serving meanwhile
    #[arg(long, value_name = "FOLDER", default_value = ".countersign", conflicts_with = "aws")]
    pub data: PathBuf,

    /// Work on a deployment on AWS, with the credentials and the region of the environment
    #[arg(long)]
    pub aws: bool,

    /// What the names of the tables on AWS begin with
    #[arg(long, value_name = "PREFIX", default_value = TABLE_PREFIX, requires = "aws")]
    pub table_prefix: String,

    /// What the names of the secrets in Secrets Manager begin with, before /key-set, /jwks, /pepper and
    /// /data-key
    /// [default: that of the tables]
    #[arg(long, value_name = "PREFIX", requires = "aws")]
    pub secret_prefix: Option<String>,

    /// The issuer, under which all URLs live, for commands that use one; on this machine 127.0.0.1:8080 where nothing
    /// is said
    #[arg(long, value_name = "URL")]
    pub issuer: Option<Issuer>,
}

/// Of a command that reads or tells URLs: on AWS it has to be told the issuer.
pub(super) fn issuer_on_aws() -> ArgGroup {
    ArgGroup::new("on AWS").arg("aws").requires("issuer")
}

/// A deployment in hand.
pub struct Deployment {
    /// Administrators and invitations.
    pub administrators: AdministratorStore,
    /// The audit trail.
    pub trail: AuditTrail,
    /// The issuer, which is the base of all URLs.
    pub issuer: Issuer,
    /// Prefix of the names of the tables.
    pub table_prefix: String,
    /// Prefix of the names of the secrets.
    pub secret_prefix: String,
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Secrets Manager.
    pub secrets_manager: aws_sdk_secretsmanager::Client,
    /// Source of the current time.
    pub clock: Clock,
    /// Place of the deployment.
    pub place: Place,
}

/// Place of a deployment.
pub enum Place {
    /// On this machine.
    Local(Box<Stack>),
    /// On AWS, in the region and with the credentials of the environment.
    Aws(Box<SdkConfig>),
}

impl DeploymentOptions {
    /// Takes the deployment in hand, as it is.
    ///
    /// # Errors
    /// If there is no deployment, it is in use, or part of it is lost.
    pub async fn open(self) -> Result<Deployment, Failure> {
        self.open_and_make(Making::Nothing).await
    }

    /// Takes the deployment in hand to put something back: on this machine its tables may be lost.
    ///
    /// # Errors
    /// If there is no deployment, it is in use, or its secrets are lost.
    pub async fn open_to_restore(self) -> Result<Deployment, Failure> {
        self.open_and_make(Making::Tables).await
    }

    async fn open_and_make(self, making: Making) -> Result<Deployment, Failure> {
        let issuer = match self.issuer {
            Some(issuer) => issuer,
            // on AWS, commands that use an issuer have required one
            None => Issuer::parse(LOCAL_ISSUER)?,
        };
        if self.aws {
            let aws = shared::aws::config().await;
            let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
            let tables = Tables::of_deployment(&self.table_prefix);
            return Ok(Deployment {
                administrators: AdministratorStore::new(dynamodb.clone(), &tables),
                trail: AuditTrail::new(dynamodb.clone(), &tables),
                issuer,
                secret_prefix: self.secret_prefix.unwrap_or_else(|| self.table_prefix.clone()),
                table_prefix: self.table_prefix,
                dynamodb,
                secrets_manager: aws_sdk_secretsmanager::Client::new(&aws),
                clock: Clock::System,
                place: Place::Aws(Box::new(aws)),
            });
        }
        if !self.data.is_dir() {
            let folder = self.data.display();
            return Err(format!(
                "there is no data folder {folder}: name it with --data, or a deployment on AWS with --aws"
            )
            .into());
        }
        let configuration = Configuration {
            storage: Storage::Folder(self.data),
            issuer: issuer.clone(),
            signing_algorithm: Algorithm::Rs256.into(),
            tolerate_duplicate_credentials: false,
            clock: Clock::System,
            request_rate: RequestRate::DEFAULT,
        };
        let stack = Stack::open(configuration, making).await.map_err(|error| match error {
            Error::Aws(StartError::InUse { .. }) => {
                format!("{error}; stop the server first, or choose another folder with --data").into()
            }
            other => Failure::from(other),
        })?;
        Ok(Deployment {
            administrators: stack.administrators.clone(),
            trail: stack.trail.clone(),
            issuer,
            table_prefix: TABLE_PREFIX.to_owned(),
            secret_prefix: TABLE_PREFIX.to_owned(),
            dynamodb: stack.aws.dynamodb(),
            secrets_manager: stack.aws.secrets_manager(),
            clock: stack.clock.clone(),
            place: Place::Local(Box::new(stack)),
        })
    }
}

impl Deployment {
    /// The name of one of the deployment's secrets, such as `key-set`.
    #[must_use]
    pub fn secret(&self, name: &str) -> String {
        format!("{}/{name}", self.secret_prefix)
    }

    /// The stack, where the deployment is on this machine.
    #[must_use]
    pub fn local(&self) -> Option<&Stack> {
        match &self.place {
            Place::Local(stack) => Some(stack),
            Place::Aws(_) => None,
        }
    }

    /// The full names of the tables.
    #[must_use]
    pub fn tables(&self) -> Tables {
        Tables::of_deployment(&self.table_prefix)
    }

    /// The pepper, the data key and the key set.
    #[must_use]
    pub fn vault(&self) -> Vault {
        Vault::new(self.secrets_manager.clone())
    }

    /// Returns the store that an export reads and an import writes.
    #[must_use]
    pub fn backup(&self) -> BackupStore {
        BackupStore::new(self.dynamodb.clone(), self.tables())
    }

    /// Returns the rotation of the signing keys; it creates keys with the algorithm of the next key.
    ///
    /// # Errors
    /// If the key set cannot be read.
    pub async fn key_rotation(&self) -> Result<KeyRotation, Failure> {
        let key_set_secret = self.secret("key-set");
        let algorithm = self.vault().key_set(&key_set_secret).await?.next.algorithm();
        let config = Config { key_set_secret, jwks_secret: self.secret("jwks"), algorithm };
        Ok(KeyRotation::new(config, self.secrets_manager.clone(), self.clock.clone()))
    }

    /// Under whose name a command's changes stand in the audit trail.
    #[must_use]
    pub fn attribution(&self) -> Attribution {
        Attribution {
            actor: Actor::System,
            source: None,
            request_id: RequestId::random(&mut entropy::os_rng()),
            at: whole_seconds(self.clock.now()),
        }
    }

    /// Lets it go: what was written on this machine is on its disk then.
    pub async fn close(self) {
        if let Place::Local(stack) = self.place {
            stack.aws.stop().await;
        }
    }
}
