//! The options of serving.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use shared::http::Issuer;
use shared::keys::algorithm::SigningAlgorithm;

use crate::aws::Storage;
use crate::gateway::TrustedProxy;

/// How to serve.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Where to listen; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    pub listen: SocketAddr,

    /// The folder that keeps all state
    #[arg(long, value_name = "FOLDER", default_value = ".countersign")]
    pub data: PathBuf,

    /// Keep everything in memory and forget it at the end
    #[arg(long, conflicts_with = "data")]
    pub ephemeral: bool,

    /// The issuer of every token, under which all URLs live [default: http://ADDRESS:PORT]
    #[arg(long, value_name = "URL")]
    pub issuer: Option<Issuer>,

    /// A proxy whose X-Forwarded-For says who calls: an address or a network; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub trusted_proxy: Vec<TrustedProxy>,

    /// Make no demo: no organization, nobody who can sign in
    #[arg(long, conflicts_with = "ephemeral")]
    pub no_demo: bool,

    /// What new signing keys are for; an existing key set stays as it is
    #[arg(long, value_enum, ignore_case = true, default_value_t = Algorithm::Rs256)]
    pub signing_algorithm: Algorithm,

    /// Write the metrics that AWS would be told into the log, one line of JSON for each request
    #[arg(long)]
    pub metrics: bool,

    /// Print one line of JSON on standard output when everything answers, for scripts
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub ready: Option<ReadyFormat>,
}

/// A signing algorithm by its JOSE name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what every verifier takes, the API Gateway JWT authorizer only this.
    #[value(name = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256: small and fast.
    #[value(name = "ES256")]
    Es256,
    /// Ed25519: the fastest.
    #[value(name = "EdDSA")]
    EdDsa,
}

/// How readiness is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReadyFormat {
    /// One line of JSON.
    Json,
}

impl From<Algorithm> for SigningAlgorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self::Rs256,
            Algorithm::Es256 => Self::Es256,
            Algorithm::EdDsa => Self::EdDsa,
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "this takes an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080")
}

impl Options {
    /// Where state is kept.
    #[must_use]
    pub fn storage(&self) -> Storage {
        if self.ephemeral { Storage::Memory } else { Storage::Folder(self.data.clone()) }
    }
}
