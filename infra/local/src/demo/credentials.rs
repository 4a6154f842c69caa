//! The credentials of the demo.
//!
//! They are generated first and kept in one file beside the data, so that an interrupted first start can go on, and a
//! restart can print them again. Nothing else in the system keeps a secret in clear.

use std::path::Path;

use rand::distr::{Alphanumeric, SampleString as _};
use serde::{Deserialize, Serialize};
use shared::domain::privilege::Role;
use shared::domain::secret::SecretPlaintext;
use shared::entropy;
use totp_rs::Secret as TotpSecret;

use crate::aws::{SECRETS_FILE, replace_file};
use crate::error::Error;

/// The demo organization's key.
pub const ORGANIZATION: &str = "acme";
/// The key of the resource that `/demo/whoami` belongs to.
pub const BANKING: &str = "banking";
/// The file with the credentials, beside the data. It is written before any data is; without it there is no demo.
pub const FILE: &str = "demo.json";

/// The credentials of the demo.
#[derive(Serialize, Deserialize)]
pub struct Credentials {
    /// The secret of the first client.
    pub client_secret: String,
    /// The secret of the client that is about to expire.
    pub expiring_client_secret: String,
    /// The administrators, one for each role.
    pub administrators: Vec<Person>,
}

/// An administrator who can sign in.
#[derive(Serialize, Deserialize)]
pub struct Person {
    /// The address to sign in with.
    pub email: String,
    /// The password.
    pub password: String,
    /// The TOTP key in base32, as an authenticator takes it.
    pub totp_secret: String,
    /// The administrator's organization; none for an operator.
    pub organization: Option<String>,
    /// The role.
    pub role: String,
}

impl Credentials {
    /// Reads the credentials kept in `folder`, or generates new ones and keeps them there.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written, or the folder holds a deployment without the demo.
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

/// Refuses a folder that holds the demo.
///
/// # Errors
///
/// The folder holds the demo.
pub fn must_not_be_in(folder: &Path) -> Result<(), Error> {
    if folder.join(FILE).exists() { Err(Error::WithDemo { folder: folder.to_owned() }) } else { Ok(()) }
}
