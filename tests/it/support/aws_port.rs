//! The local AWS services on a port, for processes outside of the test.

use countersign::aws::LocalAws;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The services of one deployment, reachable until this is dropped.
pub struct AwsPort {
    origin: String,
    serving: JoinHandle<()>,
}

impl AwsPort {
    pub async fn open(aws: &LocalAws) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = aws.router();
        Self { origin, serving: tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }) }
    }

    /// What an SDK reads to find them.
    pub fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", format!("{}/dynamodb", self.origin)),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", format!("{}/secrets-manager", self.origin)),
            ("AWS_ENDPOINT_URL_SES", format!("{}/ses", self.origin)),
        ]
    }
}

impl Drop for AwsPort {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
