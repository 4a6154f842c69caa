//! The way from the SDK clients to the services, inside this process. Nothing listens, so that nobody else on the machine
//! can ask for the signing keys or read the tables.

use std::sync::Arc;

use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Response,
};
use tokio::sync::RwLock;
use tower::ServiceExt as _;

use super::folder::Folder;

/// The services until they are closed, and then `None`.
#[derive(Debug, Clone)]
pub(super) struct Connector(Arc<RwLock<Option<Open>>>);

#[derive(Debug)]
struct Open {
    router: Router,
    /// Held so that no second process opens the same files.
    _folder: Option<Folder>,
}

impl Connector {
    /// Connects to the services of this router, which work in the folder.
    pub(super) fn new(router: Router, folder: Option<Folder>) -> Self {
        Self(Arc::new(RwLock::new(Some(Open { router, _folder: folder }))))
    }

    /// Returns the connector as an HTTP client for the SDK.
    pub(super) fn http_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_, _| connector.clone())
    }

    /// Lets running requests finish and closes the services, even if clients of them still exist.
    pub(super) async fn close(&self) {
        self.0.write().await.take();
    }

    async fn answer(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let open = self.0.read().await;
        let Some(Open { router, .. }) = open.as_ref() else {
            return Err(ConnectorError::io("the local services have stopped".into()));
        };
        let request = request.try_into_http1x().map_err(|e| ConnectorError::user(e.into()))?;
        let (parts, body) = match router.clone().oneshot(request.map(Body::new)).await {
            Ok(response) => response.into_parts(),
            Err(never) => match never {},
        };
        let body = to_bytes(body, usize::MAX).await.map_err(|e| ConnectorError::io(e.into()))?;
        let response = Response::from_parts(parts, SdkBody::from(body));
        HttpResponse::try_from(response).map_err(|e| ConnectorError::other(e.into(), None))
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move {
            // on a task of its own, as a server works on when its caller hangs up
            let answered = tokio::spawn(connector.answer(request)).await;
            answered.map_err(|e| ConnectorError::other(e.into(), None))?
        })
    }
}
