//! Secrets that `CloudFormation` generates.

use serde_json::json;
use shared::keys::hashing::Pepper;
use shared::keys::sealing::DataKey;

use crate::support::template::with;

#[test]
fn cloudformation_generates_pepper_and_data_key_as_the_code_reads_them() {
    let deployed = with(&[]);
    for (id, member) in [("PepperSecret", "pepper"), ("DataKeySecret", "data_key")] {
        let generated = &deployed.properties(id)["GenerateSecretString"];
        // any other makes new ones at the next deployment, and every secret and password of the deployment is void
        let unchanged = json!({
            "SecretStringTemplate": "{\"format\":1}",
            "GenerateStringKey": member,
            "PasswordLength": 64,
            "ExcludeCharacters": "ghijklmnopqrstuvwxyz",
            "ExcludeUppercase": true,
            "ExcludePunctuation": true,
        });
        assert_eq!(generated, &unchanged, "{id}");
        let json = format!("{{\"format\":1,\"{member}\":\"{}\"}}", "0f".repeat(32));
        assert!(if member == "pepper" { Pepper::from_json(&json).is_ok() } else { DataKey::from_json(&json).is_ok() });
    }
    for (id, secret) in deployed.of_type("AWS::SecretsManager::Secret") {
        assert_eq!(
            (&secret["DeletionPolicy"], &secret["UpdateReplacePolicy"]),
            (&json!("RetainExceptOnCreate"), &json!("Retain")),
            "{id}"
        );
    }
}
