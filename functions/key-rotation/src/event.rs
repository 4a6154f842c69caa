//! The event of Secrets Manager: one step of one rotation of one secret.

use serde::Deserialize;

/// A step of a rotation. The variants are in the order of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Creates the new version, which is not used yet.
    CreateSecret,
    /// Publishes the public keys of the new version.
    SetSecret,
    /// Tests the new version.
    TestSecret,
    /// Makes the new version the current one.
    FinishSecret,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Self; 4] = [Self::CreateSecret, Self::SetSecret, Self::TestSecret, Self::FinishSecret];

    /// The name of the step in an event and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateSecret => "createSecret",
            Self::SetSecret => "setSecret",
            Self::TestSecret => "testSecret",
            Self::FinishSecret => "finishSecret",
        }
    }
}

/// An event of Secrets Manager. Unknown members are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RotationEvent {
    /// The step.
    pub step: Step,
    /// The ARN of the secret.
    pub secret_id: String,
    /// The id of the version that this rotation creates.
    pub client_request_token: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_names_step_secret_and_version() {
        for step in Step::ALL {
            let event = json!({
                "Step": step.as_str(), "SecretId": "arn", "ClientRequestToken": "token", "RotationToken": "more",
            });
            let expected =
                RotationEvent { step, secret_id: "arn".to_owned(), client_request_token: "token".to_owned() };
            assert_eq!(serde_json::from_value::<RotationEvent>(event).unwrap(), expected);
        }
        let unknown = json!({ "Step": "dropSecret", "SecretId": "arn", "ClientRequestToken": "token" });
        assert!(serde_json::from_value::<RotationEvent>(unknown).is_err());
    }
}
