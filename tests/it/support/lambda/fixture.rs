//! The artefacts, the emulator, and the AWS services that they use.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Once;

use countersign::aws::Storage;
use countersign::configuration::Configuration;
use countersign::names::{CLIENT_ID_PREFIX, OPERATOR_ADDRESS, SENDER_ADDRESS};
use countersign::stack::Stack;
use countersign::{demo, rotation};
use management_api::rate::RequestRate;
use shared::clock::Clock;
use shared::domain::secret::SecretPlaintext;
use shared::entropy;
use shared::http::Issuer;
use shared::keys::algorithm::SigningAlgorithm;

use crate::support::aws_port::AwsPort;
use crate::support::people::code_of;
use crate::support::template::Template;

/// The issuer of the deployment; with a path, since the two metadata paths differ only then.
pub const ISSUER: &str = "https://id.example/partner";

/// A function by its artefact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Tokens.
    TokenEndpoint,
    /// Everything that an administrator does.
    ManagementApi,
    /// Reminders.
    ExpiryNotifier,
    /// The signing keys.
    KeyRotation,
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TokenEndpoint => "token-endpoint",
            Self::ManagementApi => "management-api",
            Self::ExpiryNotifier => "expiry-notifier",
            Self::KeyRotation => "key-rotation",
        })
    }
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 4] = [Self::TokenEndpoint, Self::ManagementApi, Self::ExpiryNotifier, Self::KeyRotation];
}

static SAID: Once = Once::new();

/// Where the emulator and the artefacts are.
pub struct Artefacts {
    /// The emulator's binary.
    pub emulator: PathBuf,
    folder: PathBuf,
}

impl Artefacts {
    /// What `.ci/run` says. Where nothing is said, a note; on CI, a failure.
    pub fn found() -> Option<Self> {
        let folder = |name| std::env::var_os(name).map(PathBuf::from);
        if let (Some(emulator), Some(artefacts)) = (folder("COUNTERSIGN_LAMBDA_RIE"), folder("COUNTERSIGN_ARTEFACTS")) {
            return Some(Self { emulator, folder: artefacts });
        }
        let note = "skipped: the artefacts in the Lambda runtime; COUNTERSIGN_LAMBDA_RIE and COUNTERSIGN_ARTEFACTS \
                    are not set. They run with: bash .ci/run";
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{note}");
        // past the test runner, which keeps what is printed in a test that passes
        SAID.call_once(|| drop(writeln!(std::io::stderr(), "{note}")));
        None
    }

    /// The binary that Lambda would start.
    pub fn artefact(&self, function: Function) -> PathBuf {
        self.folder.join(function.to_string()).join("bootstrap")
    }
}

/// A secret in the right form that belongs to nobody.
pub fn wrong_secret() -> String {
    SecretPlaintext::generate(&mut entropy::os_rng()).expose().to_owned()
}

/// An administrator's means to sign in.
pub struct Owner {
    pub email: String,
    pub password: String,
    pub one_time_password: String,
}

/// Tables, keys and the demo's data, for functions that run outside of this process.
pub struct Deployment {
    stack: Stack,
    aws: AwsPort,
    /// What stands in an environment in the place of what the template says.
    instead: BTreeMap<String, String>,
}

impl Deployment {
    pub async fn start() -> Self {
        Self::signing_with(SigningAlgorithm::default()).await
    }

    pub async fn signing_with(signing_algorithm: SigningAlgorithm) -> Self {
        let configuration = Configuration {
            storage: Storage::Memory,
            issuer: Issuer::parse(ISSUER).expect("the issuer is valid"),
            signing_algorithm,
            tolerate_duplicate_credentials: false,
            // the artefact knows no other
            request_rate: RequestRate::DEFAULT,
            clock: Clock::System,
        };
        let stack = Stack::start(configuration).await.expect("the stack starts");
        Self { aws: AwsPort::open(&stack.aws).await, stack, instead: BTreeMap::new() }
    }

    /// The same with two empty secrets for the keys beside its own, as a stack on AWS has them at first: their names in
    /// the environment are ARNs there.
    pub async fn with_empty_keys() -> Self {
        let mut deployment = Self::start().await;
        let client = deployment.secrets_manager();
        for (variable, name) in [("KEY_SET_SECRET", "first/key-set"), ("JWKS_SECRET", "first/jwks")] {
            let created = client.create_secret().name(name).send().await.expect("the secret can be made");
            let arn = created.arn.expect("a secret has an ARN");
            deployment.instead.insert(variable.to_owned(), arn);
        }
        let keys = &deployment.instead["KEY_SET_SECRET"];
        rotation::configure(&client, keys, 30).await.expect("the rotation can be configured");
        deployment
    }

    /// Secrets Manager as whoever looks after the deployment meets it.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        self.stack.aws.secrets_manager()
    }

    /// All that stands in the function's environment on Lambda: what infra/template.yaml gives it, and of what the
    /// runtime itself sets, as much as the SDK needs.
    pub fn environment(&self, function: Function) -> BTreeMap<String, String> {
        let issuer: http::Uri = ISSUER.parse().expect("the issuer is a URL");
        let parameters = [
            ("DomainName", issuer.host().expect("the issuer has a host")),
            ("IssuerPath", issuer.path()),
            ("CertificateArn", "arn:aws:acm:us-east-1:000000000000:certificate/local"),
            ("SenderAddress", SENDER_ADDRESS),
            ("OperatorAddress", OPERATOR_ADDRESS),
            ("ClientIdPrefix", CLIENT_ID_PREFIX),
        ];
        let mut environment = Template::read().deployed(&parameters).environment(&function.to_string());
        environment.extend(self.aws.environment().map(|(name, value)| (name.to_owned(), value)));
        environment.extend(self.instead.clone());
        environment
    }

    /// To whom mail was sent.
    pub fn mailed(&self) -> Vec<Vec<String>> {
        self.stack.aws.mailbox().mails().into_iter().map(|mail| mail.to).collect()
    }

    pub fn origin(&self) -> &str {
        self.stack.issuer.origin()
    }

    fn demo(&self) -> &demo::Credentials {
        self.stack.demo.as_ref().expect("the demo is served")
    }

    pub fn client_id(&self) -> String {
        demo::client_id(&self.stack)
    }

    pub fn client_secret(&self) -> String {
        self.demo().client_secret.clone()
    }

    pub fn owner(&self) -> Owner {
        let person = self.demo().administrators.iter().find(|person| person.role == "owner");
        let person = person.expect("the demo has an owner");
        Owner {
            email: person.email.clone(),
            password: person.password.clone(),
            one_time_password: code_of(&person.totp_secret, self.stack.clock.now()),
        }
    }
}
