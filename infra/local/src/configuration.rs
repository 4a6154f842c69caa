//! Configuration of one local stack, and the environment that its functions read.

use std::collections::BTreeMap;

use management_api::rate::RequestRate;
use shared::clock::Clock;
use shared::http::Issuer;
use shared::keys::algorithm::SigningAlgorithm;
use shared::store::schema;

use crate::aws::Storage;
use crate::names::{
    CLIENT_ID_PREFIX, DATA_KEY_SECRET, JWKS_SECRET, KEY_SET_SECRET, OPERATOR_ADDRESS, PEPPER_SECRET, SENDER_ADDRESS,
    TABLE_PREFIX,
};

/// Options of a local stack.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The storage of all state.
    pub storage: Storage,
    /// The issuer.
    pub issuer: Issuer,
    /// The algorithm of a new key set.
    pub signing_algorithm: SigningAlgorithm,
    /// Allows a token request to repeat the same credentials in header and body.
    pub tolerate_duplicate_credentials: bool,
    /// The rate of requests that one caller of the management API may send.
    pub request_rate: RequestRate,
    /// The clock of the stack.
    pub clock: Clock,
}

impl Configuration {
    /// The environment of every function, by the variable names of `infra/template.yaml`.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<&'static str, String> {
        let RequestRate { burst, per_second } = self.request_rate;
        let tables = schema::TABLES.into_iter().map(|table| (table.variable, table.name_in(TABLE_PREFIX)));
        let mut environment: BTreeMap<_, _> = tables.collect();
        environment.extend([
            ("COUNTERSIGN_ISSUER", self.issuer.as_str().to_owned()),
            ("COUNTERSIGN_CLIENT_ID_PREFIX", CLIENT_ID_PREFIX.to_owned()),
            ("KEY_SET_SECRET", KEY_SET_SECRET.to_owned()),
            ("JWKS_SECRET", JWKS_SECRET.to_owned()),
            ("PEPPER_SECRET", PEPPER_SECRET.to_owned()),
            ("DATA_KEY_SECRET", DATA_KEY_SECRET.to_owned()),
            ("SENDER_ADDRESS", SENDER_ADDRESS.to_owned()),
            ("OPERATOR_ADDRESS", OPERATOR_ADDRESS.to_owned()),
            ("SIGNING_ALGORITHM", self.signing_algorithm.to_string()),
            ("TOLERATE_DUPLICATE_CREDENTIALS", self.tolerate_duplicate_credentials.to_string()),
            ("REQUEST_RATE", format!("{burst},{per_second}")),
        ]);
        environment
    }
}
