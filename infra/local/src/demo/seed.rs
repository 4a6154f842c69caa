//! Creates the demo in a deployment.

use std::collections::BTreeMap;
use std::path::Path;

use shared::domain::administrator::Administrator;
use shared::domain::administrator::SealedTotpKey;
use shared::domain::client::Environment;
use shared::domain::client::change::NewClient;
use shared::domain::client::registration::Registration;
use shared::domain::email::Email;
use shared::domain::event::{Actor, Attribution};
use shared::domain::grant::Grants;
use shared::domain::id::{AdministratorId, ClientKey, OrganizationKey, RequestId, ResourceKey, Version};
use shared::domain::organization::Organization;
use shared::domain::organization::settings::OrganizationSettings;
use shared::domain::privilege::Role;
use shared::domain::resource::{AccessLevel, Audience, NewResource};
use shared::domain::secret::SecretPlaintext;
use shared::domain::text::{Name, Notes};
use shared::domain::time::{DAY_SECONDS, Expiry, plus_seconds, whole_seconds};
use shared::entropy;
use shared::keys::hashing::HashParameters;
use shared::store::CommitError;
use totp_rs::Secret as TotpSecret;

use super::credentials::{BANKING, Credentials, ORGANIZATION, Person};
use crate::configuration::Configuration;
use crate::error::Error;
use crate::stack::Stack;
use crate::tables::Making;

const REPORTING_CLIENT: &str = "reporting";
const EXPIRING_CLIENT: &str = "legacy-import";

impl Stack {
    /// Starts the deployment with the demo and, on the first start, creates tables, keys and the demo.
    ///
    /// # Errors
    ///
    /// As for [`Stack::open`]; or the demo could not be created.
    pub async fn start(configuration: Configuration) -> Result<Self, Error> {
        let demo = |folder: Option<&Path>| Credentials::load_or_generate(folder).map(Some);
        let stack = Self::assemble(configuration, Making::Everything, demo).await?;
        if let Some(demo) = &stack.demo {
            seed(&stack, demo).await?;
        }
        Ok(stack)
    }
}

/// Creates what is missing of the demo. The organization comes last: once it exists, nothing is created again, so that
/// what an administrator removes stays removed.
async fn seed(stack: &Stack, credentials: &Credentials) -> Result<(), Error> {
    let organization = parsed(OrganizationKey::parse(ORGANIZATION))?;
    if stack.organizations.get(&organization).await?.is_some() {
        return Ok(());
    }
    let now = whole_seconds(stack.clock.now());
    let by = Attribution {
        actor: Actor::System,
        source: None,
        request_id: RequestId::random(&mut entropy::os_rng()),
        at: now,
    };
    for (key, name, levels) in [(BANKING, "Banking", 3), ("reporting", "Reporting", 2)] {
        seed_resource(stack, key, name, levels, &by).await?;
    }
    for person in &credentials.administrators {
        seed_person(stack, person, &by).await?;
    }
    let reporting = [(BANKING, AccessLevel::View), ("reporting", AccessLevel::Change)];
    let secret = &credentials.client_secret;
    seed_client(
        stack,
        (REPORTING_CLIENT, "Reporting", Environment::Production),
        &reporting,
        secret,
        Expiry::Default,
        &by,
    )
    .await?;
    let soon = Expiry::At(plus_seconds(now, 3 * DAY_SECONDS));
    let secret = &credentials.expiring_client_secret;
    let import = [("reporting", AccessLevel::View)];
    seed_client(stack, (EXPIRING_CLIENT, "Legacy import", Environment::Sandbox), &import, secret, soon, &by).await?;
    let name = parsed(Name::parse("Acme"))?;
    let acme = parsed(Organization::create(organization, name, OrganizationSettings::default(), now))?;
    let made = stack.organizations.commit(&acme, &stack.trail, &by).await;
    unless_there(made)
}

async fn seed_resource(stack: &Stack, key: &str, name: &str, levels: usize, by: &Attribution) -> Result<(), Error> {
    let catalogue = stack.organizations.catalogue().await?;
    let key = parsed(ResourceKey::parse(key))?;
    if catalogue.resources.contains_key(&key) {
        return Ok(());
    }
    let new = NewResource {
        audience: Some(parsed(Audience::parse(&format!("https://{key}.example")))?),
        key,
        name: parsed(Name::parse(name))?,
        levels: AccessLevel::ALL.into_iter().take(levels).map(|level| (level, None)).collect(),
    };
    let added = parsed(catalogue.add(new, by.at))?;
    unless_there(stack.organizations.commit_resource(&added, &stack.trail, by).await)
}

async fn seed_person(stack: &Stack, person: &Person, by: &Attribution) -> Result<(), Error> {
    let email = parsed(Email::parse(&person.email))?;
    if stack.administrators.by_email(&email).await?.is_some() {
        return Ok(());
    }
    let role = Role::ALL.into_iter().find(|role| role.as_str() == person.role);
    let role = role.ok_or_else(|| Error::Demo(format!("there is no role {}", person.role)))?;
    let id = AdministratorId::random(&mut entropy::os_rng());
    let totp_key = parsed(TotpSecret::try_from_base32(&person.totp_secret))?;
    let password = stack.hasher.hash(&person.password, HashParameters::PASSWORD).await;
    let name: Vec<String> = role.as_str().split('_').map(capitalized).collect();
    let administrator = Administrator {
        totp_key: SealedTotpKey(parsed(stack.data_key.seal(totp_key.as_ref(), id.as_str()))?),
        id,
        email,
        name: parsed(Name::parse(&name.join(" ")))?,
        organization: person.organization.as_deref().map(OrganizationKey::parse).transpose().map_err(demo_error)?,
        privileges: role.privileges(),
        password: parsed(password)?,
        last_totp_step: 0,
        pending_authenticator: None,
        recovery_codes: Vec::new(),
        session_epoch: 0,
        created_at: by.at,
        last_signed_in_at: None,
        version: Version::NEW,
    };
    unless_there(stack.administrators.create(&administrator, &stack.trail, by).await)
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

async fn seed_client(
    stack: &Stack,
    (key, name, environment): (&str, &str, Environment),
    levels: &[(&str, AccessLevel)],
    secret: &str,
    expiry: Expiry,
    by: &Attribution,
) -> Result<(), Error> {
    let levels: BTreeMap<ResourceKey, AccessLevel> = parsed(
        levels
            .iter()
            .map(|(key, level)| Ok((ResourceKey::parse(*key)?, *level)))
            .collect::<Result<_, shared::domain::id::InvalidId>>(),
    )?;
    let catalogue = stack.organizations.catalogue().await?;
    let plaintext = parsed(SecretPlaintext::parse(secret))?;
    let verifier = parsed(stack.hasher.hash(plaintext.expose(), HashParameters::SECRET_DEFAULT).await)?;
    let new = NewClient {
        key: parsed(ClientKey::parse(key))?,
        name: parsed(Name::parse(name))?,
        notes: Notes::default(),
        enabled: true,
        suspended: false,
        environment,
        token_lifetime: None,
        expiry,
        grants: parsed(Grants::resolve(&levels, &catalogue))?,
        serves: BTreeMap::new(),
    };
    let organization = parsed(OrganizationKey::parse(ORGANIZATION))?;
    let settings = OrganizationSettings::default();
    let prefix = &stack.client_id_prefix;
    let change = parsed(Registration::create(new, prefix, &organization, &settings, (&plaintext, verifier), by.at))?;
    unless_there(stack.clients.commit(&change, &stack.trail, by).await)
}

/// The first demo client's `client_id`.
#[must_use]
pub fn client_id(stack: &Stack) -> String {
    format!("{}-{ORGANIZATION}-{REPORTING_CLIENT}", stack.client_id_prefix)
}

/// Accepts what an interrupted start has created already.
fn unless_there(made: Result<(), CommitError>) -> Result<(), Error> {
    match made {
        Ok(()) | Err(CommitError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn parsed<T, E: std::fmt::Display>(parsed: Result<T, E>) -> Result<T, Error> {
    parsed.map_err(demo_error)
}

fn demo_error(error: impl std::fmt::Display) -> Error {
    Error::Demo(error.to_string())
}
