//! The demo that a first start makes: an organization with resources, clients and people.
//!
//! Its credentials are generated first and kept in one file beside the data, so that an interrupted first start goes
//! on where it stopped and a restart can say them again. Nothing else in the system keeps a secret in clear.

use std::collections::BTreeMap;
use std::path::Path;

use rand::distr::{Alphanumeric, SampleString as _};
use serde::{Deserialize, Serialize};
use shared::domain::administrator::Administrator;
use shared::domain::administrator::SealedTotpKey;
use shared::domain::client::Environment;
use shared::domain::client::change::NewClient;
use shared::domain::client::registration::Registration;
use shared::domain::email::Email;
use shared::domain::event::{Action, Actor, Attribution};
use shared::domain::grant::Grants;
use shared::domain::id::{AdministratorId, ClientKey, OrganizationKey, RequestId, ResourceKey, Version};
use shared::domain::organization::{Organization, Settings};
use shared::domain::privilege::Role;
use shared::domain::resource::{AccessLevel, Audience, NewResource};
use shared::domain::secret::SecretPlaintext;
use shared::domain::text::{Name, Notes};
use shared::domain::time::{DAY_SECONDS, Expiry, plus_seconds, whole_seconds};
use shared::entropy;
use shared::keys::hashing::HashParameters;
use shared::store::CommitError;
use totp_rs::Secret as TotpSecret;

use crate::aws::{SECRETS_FILE, replace_file};
use crate::stack::{Error, Stack};

/// The demo organization's key.
pub const ORGANIZATION: &str = "acme";
/// The resource that `/demo/whoami` belongs to.
pub const BANKING: &str = "banking";
/// The file beside the data that keeps the credentials; it is there before any data is, or there is no demo.
pub const FILE: &str = "demo.json";

const REPORTING_CLIENT: &str = "reporting";
const EXPIRING_CLIENT: &str = "legacy-import";

/// What a person needs to use the demo.
#[derive(Serialize, Deserialize)]
pub struct Credentials {
    /// The first client's secret.
    pub client_secret: String,
    /// The secret of the client that is about to expire.
    pub expiring_client_secret: String,
    /// The people, one for each role.
    pub administrators: Vec<Person>,
}

/// A person who can sign in.
#[derive(Serialize, Deserialize)]
pub struct Person {
    /// The address to sign in with.
    pub email: String,
    /// The password.
    pub password: String,
    /// The TOTP key in base32, as an authenticator takes it.
    pub totp_secret: String,
    /// Where the role holds; none is everywhere.
    pub organization: Option<String>,
    /// The role.
    pub role: String,
}

impl Credentials {
    /// Reads the credentials kept in `folder`, or makes new ones and keeps them there.
    pub fn load_or_generate(folder: Option<&Path>) -> Result<Self, Error> {
        let Some(folder) = folder else { return Ok(Self::generate()) };
        let path = folder.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(json) => {
                serde_json::from_str(&json).map_err(|e| Error::Demo(format!("{} is not readable: {e}", path.display())))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && folder.join(SECRETS_FILE).exists() => {
                Err(Error::WithoutDemo { folder: folder.to_owned() })
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let credentials = Self::generate();
                let json = serde_json::json!(credentials).to_string();
                replace_file(&path, json.as_bytes())
                    .map_err(|e| Error::Demo(format!("{} cannot be written: {e}", path.display())))?;
                Ok(credentials)
            }
            Err(e) => Err(Error::Demo(format!("{} cannot be read: {e}", path.display()))),
        }
    }

    fn generate() -> Self {
        let rng = &mut entropy::os_rng();
        let person = |role: Role| Person {
            email: format!("{}@{}.example", role.as_str().replace('_', "."), owner_of(role).unwrap_or("platform")),
            password: Alphanumeric.sample_string(&mut entropy::os_rng(), 20),
            totp_secret: TotpSecret::from(entropy::bytes::<20>().to_vec()).to_base32(),
            organization: owner_of(role).map(str::to_owned),
            role: role.as_str().to_owned(),
        };
        Self {
            client_secret: SecretPlaintext::generate(rng).expose().to_owned(),
            expiring_client_secret: SecretPlaintext::generate(rng).expose().to_owned(),
            administrators: Role::ALL.map(person).into(),
        }
    }
}

fn owner_of(role: Role) -> Option<&'static str> {
    (role != Role::Operator).then_some(ORGANIZATION)
}

/// Makes what is missing of the demo. The organization comes last: once it is there, nothing is made again, so that
/// what an administrator removes stays removed.
pub async fn seed(stack: &Stack, credentials: &Credentials) -> Result<(), Error> {
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
    let organization = Organization {
        key: organization,
        name: parsed(Name::parse("Acme"))?,
        settings: Settings::default(),
        grantable: None,
        suspended_at: None,
        created_at: now,
        version: Version::NEW,
    };
    let made =
        stack.organizations.commit(&organization, Action::OrganizationCreated, Vec::new(), &stack.trail, &by).await;
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
    let resource = parsed(catalogue.add(new, by.at))?;
    unless_there(stack.organizations.commit_resource(&catalogue, &resource, &stack.trail, by).await)
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
    let settings = Settings::default();
    let prefix = &stack.client_id_prefix;
    let change = parsed(Registration::create(new, prefix, &organization, &settings, (&plaintext, verifier), by.at))?;
    unless_there(stack.clients.commit(&change, &stack.trail, by).await)
}

/// Refuses a folder that holds the demo.
pub fn must_not_be_in(folder: &Path) -> Result<(), Error> {
    if folder.join(FILE).exists() { Err(Error::WithDemo { folder: folder.to_owned() }) } else { Ok(()) }
}

/// The first demo client's `client_id`.
#[must_use]
pub fn client_id(stack: &Stack) -> String {
    format!("{}-{ORGANIZATION}-{REPORTING_CLIENT}", stack.client_id_prefix)
}

/// What an interrupted start made already is as good as made now.
fn unless_there(made: Result<(), CommitError>) -> Result<(), Error> {
    match made {
        Ok(()) | Err(CommitError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn parsed<T, E: std::fmt::Display>(parsed: Result<T, E>) -> Result<T, Error> {
    parsed.map_err(demo_error)
}

fn demo_error(error: impl std::fmt::Display) -> Error {
    Error::Demo(error.to_string())
}
