//! One secret: its versions, and the staging labels that say which of them is current.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::SecretsError;
use crate::aws::account::{ACCOUNT, REGION};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
const PENDING: &str = "AWSPENDING";
const MAX_VALUE_BYTES: usize = 65_536;
const MAX_NAME_CHARACTERS: usize = 512;

/// A named secret. It holds plaintext, and therefore has no `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Secret {
    name: String,
    description: Option<String>,
    created: Timestamp,
    changed: Timestamp,
    versions: BTreeMap<String, Version>,
    /// From label to version: a label is on one version at most.
    stages: BTreeMap<String, String>,
    #[serde(default)]
    rotation: Option<Rotation>,
}

/// Rotation of a secret: the function, and the interval in days.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotation {
    pub(super) lambda: String,
    pub(super) days: Option<u32>,
}

/// Version of a secret: its value and creation time.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Version {
    /// `None` until a rotation sets it.
    pub(super) value: Option<String>,
    pub(super) created: Timestamp,
}

/// A version that a caller wants to add.
#[derive(Clone)]
pub(super) struct NewVersion {
    /// The caller's request token.
    pub(super) id: String,
    pub(super) value: String,
    /// None means the current one.
    pub(super) stages: Vec<String>,
}

/// A version with its id and labels.
pub(super) struct Found<'a> {
    pub(super) id: &'a str,
    pub(super) version: &'a Version,
    pub(super) stages: Vec<&'a str>,
}

/// Request to move a label from one version to another.
pub(super) struct StageMove<'a> {
    pub(super) stage: &'a str,
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
}

impl Secret {
    pub(super) fn new(
        name: String,
        description: Option<String>,
        version: Option<NewVersion>,
        now: Timestamp,
    ) -> Result<Self, SecretsError> {
        check_name(&name)?;
        let (versions, stages) = (BTreeMap::new(), BTreeMap::new());
        let mut secret = Self { name, description, created: now, changed: now, versions, stages, rotation: None };
        if let Some(version) = version {
            secret.put(version, true, now)?;
        }
        Ok(secret)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    pub(super) fn created(&self) -> Timestamp {
        self.created
    }

    pub(super) fn changed(&self) -> Timestamp {
        self.changed
    }

    pub(super) fn rotation(&self) -> Option<&Rotation> {
        self.rotation.as_ref()
    }

    /// AWS ends it in six random characters; here they are always the same.
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{}-L0cal0", self.name)
    }

    pub(super) fn is_called(&self, id: &str) -> bool {
        self.name == id || self.arn() == id
    }

    /// Checks that the secret is stored under its own name and that each label refers to an existing version.
    pub(super) fn is_sound(&self, name: &str) -> bool {
        self.name == name && self.stages.values().all(|version| self.versions.contains_key(version))
    }

    /// Checks that the version already exists with the same value.
    pub(super) fn holds(&self, version: &NewVersion) -> bool {
        self.versions.get(&version.id).is_some_and(|held| held.value.as_ref() == Some(&version.value))
    }

    /// Returns the version by its id, by its label, or by both; the current one if neither is given.
    pub(super) fn version(&self, id: Option<&str>, stage: Option<&str>) -> Result<Found<'_>, SecretsError> {
        let id = match (id, stage) {
            (Some(id), Some(stage)) if self.stages.get(stage).is_none_or(|holder| holder != id) => {
                return Err(SecretsError::StageOfOtherVersion);
            }
            (Some(id), _) => id,
            (None, stage) => {
                let stage = stage.unwrap_or(CURRENT);
                self.stages.get(stage).ok_or_else(|| SecretsError::NoStage(stage.to_owned()))?
            }
        };
        let (id, version) = self.versions.get_key_value(id).ok_or_else(|| SecretsError::NoVersion(id.to_owned()))?;
        Ok(Found { id, version, stages: self.stages_of(id) })
    }

    pub(super) fn stages_of(&self, id: &str) -> Vec<&str> {
        self.stages.iter().filter(|(_, holder)| *holder == id).map(|(stage, _)| stage.as_str()).collect()
    }

    /// The versions that have a label; AWS considers the others deprecated and does not list them.
    pub(super) fn stages_by_version(&self) -> BTreeMap<&str, Vec<&str>> {
        self.stages.values().map(|id| (id.as_str(), self.stages_of(id))).collect()
    }

    /// Adds a version and moves its labels to it. Repeating the request changes nothing.
    pub(super) fn put(&mut self, new: NewVersion, first_is_current: bool, now: Timestamp) -> Result<(), SecretsError> {
        check_token(&new.id)?;
        check_value(&new.value)?;
        if self.holds(&new) {
            return Ok(());
        }
        if self.versions.get(&new.id).is_some_and(|held| held.value.is_some()) {
            return Err(SecretsError::Exists);
        }
        let is_first = self.versions.values().all(|version| version.value.is_none());
        self.versions.insert(new.id.clone(), Version { value: Some(new.value), created: now });
        for stage in &new.stages {
            self.give_stage(stage, &new.id);
        }
        if (is_first && first_is_current) || new.stages.is_empty() {
            self.give_stage(CURRENT, &new.id);
        }
        self.changed = now;
        Ok(())
    }

    /// Sets who rotates the secret, and how often; values not given stay as they are.
    pub(super) fn configure_rotation(
        &mut self,
        lambda: Option<String>,
        days: Option<u32>,
        now: Timestamp,
    ) -> Result<(), SecretsError> {
        let before = self.rotation.take();
        let Some(lambda) = lambda.or_else(|| before.as_ref().map(|rotation| rotation.lambda.clone())) else {
            return Err(SecretsError::InvalidRequest(
                "No Lambda rotation function ARN is associated with this secret.".to_owned(),
            ));
        };
        let rotation = Some(Rotation { lambda, days: days.or(before.as_ref().and_then(|rotation| rotation.days)) });
        if rotation != before {
            self.changed = now;
        }
        self.rotation = rotation;
        Ok(())
    }

    /// Creates the empty version that a rotation fills. Repeating the request changes nothing.
    pub(super) fn begin_rotation(&mut self, token: &str, now: Timestamp) -> Result<(), SecretsError> {
        check_token(token)?;
        let pending = self.stages.get(PENDING).filter(|pending| self.stages.get(CURRENT) != Some(pending));
        if self.versions.contains_key(token) {
            return Ok(());
        }
        if pending.is_some() {
            return Err(SecretsError::InvalidRequest(
                "A previous rotation isn't complete. That rotation will be reattempted.".to_owned(),
            ));
        }
        self.versions.insert(token.to_owned(), Version { value: None, created: now });
        self.give_stage(PENDING, token);
        self.changed = now;
        Ok(())
    }

    /// Moves a label; the request must name the version that has it now.
    pub(super) fn move_stage(&mut self, wish: &StageMove<'_>, now: Timestamp) -> Result<(), SecretsError> {
        let StageMove { stage, from, to } = *wish;
        let holder = self.stages.get(stage).map(String::as_str);
        if let Some(unknown) = [from, to].into_iter().flatten().find(|id| !self.versions.contains_key(*id)) {
            return Err(SecretsError::NoVersion(unknown.to_owned()));
        }
        if from.is_some() && from != holder {
            return invalid(format!("Staging label {stage} is not attached to the version in RemoveFromVersionId."));
        }
        match (holder, to) {
            (Some(holder), Some(to)) if holder == to => return Ok(()),
            (Some(holder), _) if from.is_none() => {
                return invalid(format!(
                    "The parameter RemoveFromVersionId can't be empty. Staging label {stage} is \
                     currently attached to version {holder}, so you must explicitly reference that \
                     version in RemoveFromVersionId."
                ));
            }
            (_, Some(to)) => self.give_stage(stage, to),
            (None, None) => {
                return invalid("Name a version in RemoveFromVersionId or MoveToVersionId.".to_owned());
            }
            (Some(_), None) if stage == CURRENT => {
                return invalid(format!(
                    "You can only move staging label {CURRENT} to a different secret version. \
                     It can't be completely removed."
                ));
            }
            (Some(_), None) => {
                self.stages.remove(stage);
            }
        }
        self.changed = now;
        Ok(())
    }

    fn give_stage(&mut self, stage: &str, id: &str) {
        let before = self.stages.insert(stage.to_owned(), id.to_owned());
        if let Some(before) = before
            && stage == CURRENT
            && before != id
        {
            self.stages.insert(PREVIOUS.to_owned(), before);
        }
    }
}

fn invalid(reason: String) -> Result<(), SecretsError> {
    Err(SecretsError::InvalidParameter(reason))
}

fn check_name(name: &str) -> Result<(), SecretsError> {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-/_+=.@!".contains(character);
    if name.is_empty() || name.len() > MAX_NAME_CHARACTERS || !name.chars().all(allowed) {
        return Err(SecretsError::Malformed(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of \
             the following: -/_+=.@!"
                .to_owned(),
        ));
    }
    Ok(())
}

fn check_token(token: &str) -> Result<(), SecretsError> {
    if (32..=64).contains(&token.len()) {
        return Ok(());
    }
    invalid("ClientRequestToken must be 32-64 characters long.".to_owned())
}

fn check_value(value: &str) -> Result<(), SecretsError> {
    if (1..=MAX_VALUE_BYTES).contains(&value.len()) {
        return Ok(());
    }
    invalid(format!("SecretString must be 1-{MAX_VALUE_BYTES} bytes long."))
}
