//! Hashing secrets and passwords with Argon2id (RFC 9106) and a pepper.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::document::{InvalidDocument, SymmetricKey};
use crate::domain::secret::Verifier;
use crate::entropy;
use crate::telemetry::metrics::{self, Metric};

const MEMBER: &str = "pepper";
const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;
const DEFAULT_PERMITS: usize = 2;

/// The highest cost at which a run, of 0.3 to 0.5 ms, stays on the caller's thread: handing it over costs a tenth more
/// and a second thread, which a Lambda function otherwise never starts.
const INLINE_MEMORY_KIB: u32 = 1_024;

/// The deployment's secret input to every hash. It is in no table.
#[derive(Clone)]
pub struct Pepper(Zeroizing<[u8; 32]>);

impl Pepper {
    /// Creates a pepper from 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Generates a pepper in its stored form: `{"format": 1, "pepper": "<base64>"}`.
    #[must_use]
    pub fn generate_json() -> Zeroizing<String> {
        SymmetricKey::generate().to_json(MEMBER)
    }

    /// Parses the stored form.
    ///
    /// # Errors
    /// [`InvalidDocument`] where the text is not a pepper.
    pub fn from_json(json: &str) -> Result<Self, InvalidDocument> {
        SymmetricKey::from_json(MEMBER, json).map(|SymmetricKey(bytes)| Self(bytes))
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(withheld)")
    }
}

/// The cost parameters of Argon2id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashParameters {
    memory_kib: u32,
    iterations: u32,
    lanes: u32,
}

/// Hash parameters that are malformed or outside the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("hash parameters read m=<KiB>,t=<passes>,p=<lanes>, with m from 256 to 65536, t from 1 to 10, p from 1 to 4")]
pub struct InvalidHashParameters;

impl HashParameters {
    /// Parameters for generated secrets: these have over 190 random bits, so no cost makes guessing them harder.
    pub const SECRET_DEFAULT: Self = Self { memory_kib: 1_024, iterations: 1, lanes: 1 };

    /// Parameters for passwords, which people choose.
    pub const PASSWORD: Self = Self { memory_kib: 19_456, iterations: 2, lanes: 1 };

    /// Parameters of memory in KiB, passes over it and lanes.
    ///
    /// # Errors
    /// [`InvalidHashParameters`] outside the limits, which hold for stored strings too.
    pub const fn new(memory_kib: u32, iterations: u32, lanes: u32) -> Result<Self, InvalidHashParameters> {
        match (memory_kib, iterations, lanes) {
            (256..=65_536, 1..=10, 1..=4) => Ok(Self { memory_kib, iterations, lanes }),
            _ => Err(InvalidHashParameters),
        }
    }
}

impl fmt::Display for HashParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={},t={},p={}", self.memory_kib, self.iterations, self.lanes)
    }
}

impl FromStr for HashParameters {
    type Err = InvalidHashParameters;

    fn from_str(text: &str) -> Result<Self, InvalidHashParameters> {
        let mut parts = text.split(',');
        let mut next = |name: &str| {
            let digits = parts.next()?.trim().strip_prefix(name)?;
            digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u32>().ok())?
        };
        let read = (next("m="), next("t="), next("p="));
        match (read, parts.next()) {
            ((Some(memory_kib), Some(iterations), Some(lanes)), None) => Self::new(memory_kib, iterations, lanes),
            _ => Err(InvalidHashParameters),
        }
    }
}

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// The plaintext matches.
    Match {
        /// The verifier has other parameters than the present ones: hash the plaintext again.
        outdated: bool,
    },
    /// The plaintext does not match.
    Mismatch,
}

/// Reasons for which hashing or verifying fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// The stored PHC string is not Argon2id, or its cost is outside the limits.
    #[error("the stored verifier is not an Argon2id string within limits")]
    CorruptVerifier,
    /// Argon2 rejected its input.
    #[error("Argon2 refused its input")]
    Refused,
    /// The process is shutting down.
    #[error("hashing was interrupted")]
    Interrupted,
}

/// Hashes and verifies. Clones share limits, memory and count.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    pepper: Pepper,
    permits: Arc<Semaphore>,
    // one buffer a permit at most: what is resident depends on the permits, not on the requests
    memory: Mutex<Vec<Vec<Block>>>,
    runs: AtomicU64,
}

impl Hasher {
    /// Creates a hasher of at most two concurrent runs.
    #[must_use]
    pub fn new(pepper: Pepper) -> Self {
        Self::with_permits(pepper, DEFAULT_PERMITS)
    }

    /// Creates a hasher of at most `permits` concurrent runs, at least one. Further ones wait.
    #[must_use]
    pub fn with_permits(pepper: Pepper, permits: usize) -> Self {
        Self(Arc::new(Inner {
            pepper,
            permits: Arc::new(Semaphore::new(permits.max(1))),
            memory: Mutex::default(),
            runs: AtomicU64::new(0),
        }))
    }

    /// Hashes `plaintext` with a random salt.
    ///
    /// # Errors
    /// [`HashError`] where Argon2 rejects its input or the process shuts down.
    pub async fn hash(&self, plaintext: &str, parameters: HashParameters) -> Result<Verifier, HashError> {
        let salt = entropy::bytes::<SALT_BYTES>();
        let output = self.run(plaintext, &salt, parameters).await?;
        phc_string(parameters, &salt, &output).map(Verifier::new).ok_or(HashError::Refused)
    }

    /// Verifies `plaintext` against `verifier`, with the parameters of the verifier.
    ///
    /// A match with other parameters than `present` is outdated.
    ///
    /// # Errors
    /// [`HashError`] where the verifier is corrupt, Argon2 rejects its input or the process shuts down.
    pub async fn verify(
        &self,
        plaintext: &str,
        verifier: &Verifier,
        present: HashParameters,
    ) -> Result<Verification, HashError> {
        let Stored { parameters, salt, output } = Stored::parse(verifier.as_phc()).ok_or(HashError::CorruptVerifier)?;
        let computed = self.run(plaintext, &salt, parameters).await?;
        Ok(match aws_lc_rs::constant_time::verify_slices_are_equal(computed.as_slice(), output.as_bytes()) {
            Ok(()) => Verification::Match { outdated: parameters != present },
            Err(_) => Verification::Mismatch,
        })
    }

    /// Takes as long as a verification, for the sign-in of an account that does not exist.
    ///
    /// # Errors
    /// [`HashError`] where Argon2 rejects its input or the process shuts down.
    pub async fn verify_nothing(&self, plaintext: &str, parameters: HashParameters) -> Result<(), HashError> {
        self.run(plaintext, &[0; SALT_BYTES], parameters).await.map(drop)
    }

    /// The number of Argon2 runs.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.0.runs.load(Ordering::Relaxed)
    }

    async fn run(&self, plaintext: &str, salt: &[u8], parameters: HashParameters) -> Result<Digest, HashError> {
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| HashError::Interrupted)?;
        metrics::count(Metric::Argon2Runs, 1);
        if parameters.memory_kib.saturating_mul(parameters.iterations) <= INLINE_MEMORY_KIB {
            return self.0.run(plaintext, salt, parameters);
        }
        let (inner, plaintext, salt) = (Arc::clone(&self.0), Zeroizing::new(plaintext.to_owned()), salt.to_owned());
        tokio::task::spawn_blocking(move || {
            // a caller that goes away does not end the run, so the run itself holds the permit
            let _permit = permit;
            inner.run(&plaintext, &salt, parameters)
        })
        .await
        .map_err(|_| HashError::Interrupted)?
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("runs", &self.runs()).finish_non_exhaustive()
    }
}

type Digest = Zeroizing<[u8; OUTPUT_BYTES]>;

impl Inner {
    fn run(&self, plaintext: &str, salt: &[u8], parameters: HashParameters) -> Result<Digest, HashError> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let params = parameters.to_params().ok_or(HashError::Refused)?;
        let mut memory = self.memory().pop().unwrap_or_default();
        if memory.len() < params.block_count() {
            memory = Vec::new();
            memory.resize(params.block_count(), Block::new());
        }
        let mut output = Digest::default();
        let hashed = Argon2::new_with_secret(self.pepper.0.as_slice(), Algorithm::Argon2id, Version::V0x13, params)
            .and_then(|argon2| {
                argon2.hash_password_into_with_memory(
                    plaintext.as_bytes(),
                    salt,
                    output.as_mut_slice(),
                    memory.as_mut_slice(),
                )
            });
        self.memory().push(memory);
        hashed.map(|()| output).map_err(|_| HashError::Refused)
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HashParameters {
    fn to_params(self) -> Option<Params> {
        Params::new(self.memory_kib, self.iterations, self.lanes, Some(OUTPUT_BYTES)).ok()
    }
}

fn phc_string(parameters: HashParameters, salt: &[u8], output: &Digest) -> Option<String> {
    let params: ParamsString = parameters.to_string().parse().ok()?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params,
        salt: Some(Salt::new(salt).ok()?),
        hash: Some(Output::new(output.as_slice()).ok()?),
    };
    Some(hash.to_string())
}

/// A parsed PHC string.
struct Stored {
    parameters: HashParameters,
    salt: Salt,
    output: Output,
}

impl Stored {
    fn parse(phc: &str) -> Option<Self> {
        let hash = PasswordHash::new(phc).ok()?;
        let ours = hash.algorithm == ARGON2ID_IDENT && hash.version == Some(Version::V0x13.into());
        let output = hash.hash.filter(|output| ours && output.len() == OUTPUT_BYTES)?;
        Some(Self { parameters: hash.params.as_str().parse().ok()?, salt: hash.salt?, output })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HashParameters as P;

    const LIGHT: P = P::SECRET_DEFAULT;

    fn hasher() -> Hasher {
        Hasher::new(Pepper::new([9; 32]))
    }

    #[tokio::test]
    async fn a_secret_matches_its_verifier_and_no_other_secret_does() {
        let hasher = hasher();
        let verifier = hasher.hash("cs_right", LIGHT).await.unwrap();
        assert!(verifier.as_phc().starts_with("$argon2id$v=19$m=1024,t=1,p=1$"), "{}", verifier.as_phc());
        assert_eq!(hasher.verify("cs_right", &verifier, LIGHT).await, Ok(Verification::Match { outdated: false }));
        assert_eq!(hasher.verify("cs_wrong", &verifier, LIGHT).await, Ok(Verification::Mismatch));
        assert_ne!(hasher.hash("cs_right", LIGHT).await.unwrap(), verifier);
        assert_eq!(hasher.runs(), 4);
    }

    #[tokio::test]
    async fn a_match_under_other_parameters_is_outdated() {
        let hasher = hasher();
        let verifier = hasher.hash("cs_right", P::new(2_048, 2, 2).unwrap()).await.unwrap();
        assert_eq!(hasher.verify("cs_right", &verifier, LIGHT).await, Ok(Verification::Match { outdated: true }));
        assert_eq!(hasher.verify("cs_wrong", &verifier, LIGHT).await, Ok(Verification::Mismatch));
    }

    #[tokio::test]
    async fn nothing_matches_under_another_pepper() {
        let verifier = hasher().hash("cs_right", LIGHT).await.unwrap();
        let other = Hasher::new(Pepper::new([8; 32]));
        assert_eq!(other.verify("cs_right", &verifier, LIGHT).await, Ok(Verification::Mismatch));
    }

    #[tokio::test]
    async fn the_string_is_the_one_that_the_crate_itself_would_write() {
        use argon2::PasswordVerifier as _;
        let verifier = hasher().hash("correct horse", P::PASSWORD).await.unwrap();
        let hash = PasswordHash::new(verifier.as_phc()).unwrap();
        let reference =
            Argon2::new_with_secret(&[9; 32], Algorithm::Argon2id, Version::V0x13, Params::default()).unwrap();
        assert!(reference.verify_password(b"correct horse", &hash).is_ok());
        assert!(reference.verify_password(b"wrong horse", &hash).is_err());
    }

    #[tokio::test]
    async fn a_corrupt_or_immoderate_verifier_is_an_error_and_costs_no_run() {
        let hasher = hasher();
        let good = hasher.hash("cs_right", LIGHT).await.unwrap();
        let good = good.as_phc();
        let corrupt = [
            String::new(),
            "cs_right".to_owned(),
            good[..good.len() - 4].to_owned(),
            format!("{good}$"),
            good.replace("argon2id", "argon2i"),
            good.replace("v=19", "v=16"),
            good.replace("$v=19", ""),
            good.replace("m=1024,", ""),
            good.replace("m=1024", "m=4294967295"),
            good.replace("m=1024", "m=65537"),
            good.replace("m=1024", "m=8"),
            good.replace("t=1", "t=4000000000"),
            good.replace("p=1", "p=16777215"),
            good.replace("p=1", "p=1,data=AAAA"),
        ];
        for phc in corrupt {
            let refused = hasher.verify("cs_right", &Verifier::new(phc.clone()), LIGHT).await;
            assert_eq!(refused, Err(HashError::CorruptVerifier), "{phc}");
        }
        assert_eq!(hasher.runs(), 1);
    }

    #[test]
    fn parameters_read_back_and_stay_within_their_limits() {
        assert_eq!("m=1024,t=1,p=1".parse(), Ok(LIGHT));
        assert_eq!(P::PASSWORD.to_string().parse(), Ok(P::PASSWORD));
        let bad = ["", "m=1024", "m=1024,t=1", "t=1,m=1024,p=1", "m=1024,t=1,p=1,x=1", "m=+1024,t=1,p=1", "m=,t=1,p=1"];
        for bad in bad.iter().chain(&["m=255,t=1,p=1", "m=65537,t=1,p=1", "m=1024,t=0,p=1", "m=1024,t=1,p=5"]) {
            assert_eq!(bad.parse::<P>(), Err(InvalidHashParameters), "{bad}");
        }
    }

    #[tokio::test]
    async fn many_at_once_share_as_many_buffers_as_there_are_permits() {
        let hasher = Hasher::with_permits(Pepper::new([9; 32]), 2);
        let heavy = P::new(4_096, 1, 1).unwrap();
        let runs: Vec<_> = (0..12)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.verify_nothing("guess", heavy).await })
            })
            .collect();
        for run in runs {
            assert_eq!(run.await.unwrap(), Ok(()));
        }
        hasher.verify_nothing("guess", LIGHT).await.unwrap();
        assert_eq!(hasher.runs(), 13);
        let buffers: Vec<usize> = hasher.0.memory().iter().map(Vec::len).collect();
        assert!(buffers.len() <= 2 && buffers.iter().all(|&blocks| blocks == 4_096), "{buffers:?}");
    }

    #[test]
    fn a_stored_pepper_reads_back_and_is_not_shown() {
        let json = Pepper::generate_json();
        let pepper = Pepper::from_json(&json).unwrap();
        assert_ne!(pepper.0.as_slice(), [0; 32]);
        assert_eq!(format!("{pepper:?}"), "Pepper(withheld)");
        assert_eq!(format!("{:?}", Hasher::new(pepper)), "Hasher { runs: 0, .. }");
    }
}
