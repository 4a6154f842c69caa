use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use aws_sdk_secretsmanager::{
    Client,
    error::ProvideErrorMetadata,
    primitives::{Blob, DateTime},
    types::RotationRulesType,
};
use tempfile::TempDir;

use super::{START, code, in_folder, in_memory, owned, start};
use crate::aws::{StartError, Storage};

const SIGNING_KEYS: &str = "countersign/signing-keys";
const FIRST: &str = "11111111-1111-4111-8111-111111111111";
const SECOND: &str = "22222222-2222-4222-8222-222222222222";

async fn create(secrets: &Client) {
    let created = secrets
        .create_secret()
        .name(SIGNING_KEYS)
        .client_request_token(FIRST)
        .secret_string("first")
        .send()
        .await
        .unwrap();
    assert_eq!(created.version_id(), Some(FIRST));
}

/// Adds a pending version and answers with its labels or the error code.
async fn put_pending(secrets: &Client, token: &str, value: &str) -> Result<Vec<String>, String> {
    let put = secrets
        .put_secret_value()
        .secret_id(SIGNING_KEYS)
        .client_request_token(token)
        .secret_string(value)
        .version_stages("AWSPENDING");
    match put.send().await {
        Ok(put) => {
            assert_eq!(put.version_id(), Some(token));
            Ok(put.version_stages().to_owned())
        }
        Err(error) => Err(code(&error)),
    }
}

async fn move_current(secrets: &Client, from: Option<&str>, to: Option<&str>) -> Result<(), String> {
    let update = secrets
        .update_secret_version_stage()
        .secret_id(SIGNING_KEYS)
        .version_stage("AWSCURRENT")
        .set_remove_from_version_id(from.map(str::to_owned))
        .set_move_to_version_id(to.map(str::to_owned));
    update.send().await.map(drop).map_err(|error| code(&error))
}

async fn value_at(secrets: &Client, stage: &str) -> Result<String, String> {
    match secrets.get_secret_value().secret_id(SIGNING_KEYS).version_stage(stage).send().await {
        Ok(found) => Ok(found.secret_string().unwrap().to_owned()),
        Err(error) => Err(code(&error)),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_rotation_makes_its_way_from_pending_to_current() {
    let aws = in_memory();
    let secrets = aws.secrets_manager();
    create(&secrets).await;

    assert_eq!(put_pending(&secrets, SECOND, "second").await, Ok(vec![owned("AWSPENDING")]));
    assert_eq!(value_at(&secrets, "AWSCURRENT").await, Ok(owned("first")));
    assert_eq!(value_at(&secrets, "AWSPENDING").await, Ok(owned("second")));
    assert_eq!(value_at(&secrets, "AWSPREVIOUS").await, Err(owned("ResourceNotFoundException")));

    assert_eq!(move_current(&secrets, Some(FIRST), Some(SECOND)).await, Ok(()));
    assert_eq!(value_at(&secrets, "AWSCURRENT").await, Ok(owned("second")));
    assert_eq!(value_at(&secrets, "AWSPREVIOUS").await, Ok(owned("first")));

    let described = secrets.describe_secret().secret_id(SIGNING_KEYS).send().await.unwrap();
    let stages = described.version_ids_to_stages().unwrap();
    assert_eq!(stages.get(FIRST).unwrap(), &["AWSPREVIOUS"]);
    assert_eq!(stages.get(SECOND).unwrap(), &["AWSCURRENT", "AWSPENDING"]);
    assert_eq!(described.created_date(), Some(&DateTime::from_secs(START)));
    assert_eq!(described.last_changed_date(), Some(&DateTime::from_secs(START + 2)));
}

#[tokio::test]
async fn a_repeated_put_changes_nothing_and_another_value_under_its_token_is_refused() {
    let aws = in_memory();
    let secrets = aws.secrets_manager();
    create(&secrets).await;

    let first_answer = put_pending(&secrets, SECOND, "second").await;
    assert_eq!(put_pending(&secrets, SECOND, "second").await, first_answer);
    assert_eq!(put_pending(&secrets, SECOND, "third").await, Err(owned("ResourceExistsException")));
    assert_eq!(value_at(&secrets, "AWSPENDING").await, Ok(owned("second")));
}

#[tokio::test]
async fn a_put_without_stages_becomes_current() {
    let aws = in_memory();
    let secrets = aws.secrets_manager();
    create(&secrets).await;

    secrets.put_secret_value().secret_id(SIGNING_KEYS).secret_string("second").send().await.unwrap();
    assert_eq!(value_at(&secrets, "AWSCURRENT").await, Ok(owned("second")));
    assert_eq!(value_at(&secrets, "AWSPREVIOUS").await, Ok(owned("first")));
}

#[tokio::test]
async fn a_first_value_is_current_whatever_label_it_is_put_under_unless_it_is_kept_pending() {
    for kept in [false, true] {
        let aws = in_memory();
        let secrets = aws.secrets_manager();
        secrets.create_secret().name(SIGNING_KEYS).send().await.unwrap();
        assert_eq!(value_at(&secrets, "AWSCURRENT").await, Err(owned("ResourceNotFoundException")), "it is empty");
        let again = secrets.create_secret().name(SIGNING_KEYS).secret_string("first").send().await.unwrap_err();
        assert_eq!(code(&again), "ResourceExistsException");
        if kept {
            aws.keep_first_values_pending();
        }
        let stages = if kept { vec![owned("AWSPENDING")] } else { vec![owned("AWSCURRENT"), owned("AWSPENDING")] };
        assert_eq!(put_pending(&secrets, FIRST, "first").await, Ok(stages));
        if kept {
            assert_eq!(move_current(&secrets, None, Some(FIRST)).await, Ok(()));
        }
        assert_eq!(value_at(&secrets, "AWSCURRENT").await, Ok(owned("first")));
    }
}

#[tokio::test]
async fn the_current_stage_moves_only_from_its_named_holder_to_a_version_that_exists() {
    let aws = in_memory();
    let secrets = aws.secrets_manager();
    create(&secrets).await;
    put_pending(&secrets, SECOND, "second").await.unwrap();
    let refused = || Err(owned("InvalidParameterException"));

    assert_eq!(move_current(&secrets, None, Some(SECOND)).await, refused());
    assert_eq!(move_current(&secrets, Some(SECOND), Some(SECOND)).await, refused());
    assert_eq!(move_current(&secrets, Some(FIRST), None).await, refused());
    assert_eq!(move_current(&secrets, None, None).await, refused());
    let unknown = "99999999-9999-4999-8999-999999999999";
    assert_eq!(move_current(&secrets, Some(FIRST), Some(unknown)).await, Err(owned("ResourceNotFoundException")));
    assert_eq!(value_at(&secrets, "AWSCURRENT").await, Ok(owned("first")));

    assert_eq!(move_current(&secrets, None, Some(FIRST)).await, Ok(()), "it is there already");
}

#[tokio::test]
async fn a_value_is_found_by_arn_and_version_but_not_under_a_stage_of_another_version() {
    let aws = in_memory();
    let secrets = aws.secrets_manager();
    create(&secrets).await;
    put_pending(&secrets, SECOND, "second").await.unwrap();
    let arn = secrets.describe_secret().secret_id(SIGNING_KEYS).send().await.unwrap().arn().unwrap().to_owned();

    let found = secrets.get_secret_value().secret_id(&arn).version_id(SECOND).send().await.unwrap();
    assert_eq!(found.secret_string(), Some("second"));
    assert_eq!(found.version_stages(), ["AWSPENDING"]);
    let found = secrets.get_secret_value().secret_id(&arn).send().await.unwrap();
    assert_eq!(found.secret_string(), Some("first"));

    let mixed = secrets.get_secret_value().secret_id(&arn).version_id(FIRST).version_stage("AWSPENDING");
    assert_eq!(code(&mixed.send().await.unwrap_err()), "InvalidRequestException");
    let unknown = secrets.get_secret_value().secret_id("countersign/other");
    assert_eq!(code(&unknown.send().await.unwrap_err()), "ResourceNotFoundException");
}

#[tokio::test]
async fn creating_a_secret_twice_is_refused_unless_it_is_the_same_request() {
    let aws = in_memory();
    let secrets = aws.secrets_manager();
    create(&secrets).await;
    create(&secrets).await;

    let other = secrets.create_secret().name(SIGNING_KEYS).secret_string("other");
    assert_eq!(code(&other.send().await.unwrap_err()), "ResourceExistsException");
    assert_eq!(value_at(&secrets, "AWSCURRENT").await, Ok(owned("first")));
}

#[tokio::test]
async fn what_the_local_secrets_manager_does_not_know_is_refused_by_name() {
    let aws = in_memory();
    let secrets = aws.secrets_manager();
    create(&secrets).await;

    let error = secrets.delete_secret().secret_id(SIGNING_KEYS).send().await.unwrap_err();
    assert_eq!(code(&error), "UnknownOperationException");
    let message = error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap();
    assert_eq!(message, "the local Secrets Manager does not offer DeleteSecret");

    let binary = secrets.put_secret_value().secret_id(SIGNING_KEYS).secret_binary(Blob::new("bytes"));
    let error = binary.send().await.unwrap_err();
    assert_eq!(code(&error), "ValidationException");
    assert!(error.as_service_error().and_then(ProvideErrorMetadata::message).unwrap().contains("SecretBinary"));
}

#[tokio::test]
async fn secrets_survive_a_restart_in_files_for_their_owner_only() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("state");

    let aws = in_folder(&folder);
    create(&aws.secrets_manager()).await;
    put_pending(&aws.secrets_manager(), SECOND, "second").await.unwrap();
    aws.stop().await;

    let aws = in_folder(&folder);
    let secrets = aws.secrets_manager();
    assert_eq!(value_at(&secrets, "AWSCURRENT").await, Ok(owned("first")));
    assert_eq!(value_at(&secrets, "AWSPENDING").await, Ok(owned("second")));
    assert_eq!(mode(&folder), 0o700);
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_corrupt_secrets_file_stops_the_start_and_its_content_is_not_told() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secrets.json");
    for content in ["{\"keys\": \"hush\"", "{\"keys\": \"hush\"}", "\"hush\"", ""] {
        fs::write(&path, content).unwrap();
        let error = start(Storage::Folder(folder.path().to_owned())).err().unwrap();
        assert!(matches!(error, StartError::CorruptSecrets { .. }), "{error}");
        let told = error.to_string();
        assert!(told.contains(path.to_str().unwrap()) && !told.contains("hush"), "{told}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content, "left as it was");
    }
}

#[tokio::test]
async fn a_secrets_file_whose_label_leads_nowhere_is_corrupt() {
    let folder = TempDir::new().unwrap();
    let aws = in_folder(folder.path());
    create(&aws.secrets_manager()).await;
    aws.stop().await;
    let path = folder.path().join("secrets.json");
    let content = fs::read_to_string(&path).unwrap();
    fs::write(&path, content.replace(&format!("\"AWSCURRENT\": \"{FIRST}\""), "\"AWSCURRENT\": \"gone\"")).unwrap();

    let error = start(Storage::Folder(folder.path().to_owned())).err().unwrap();
    assert!(matches!(error, StartError::CorruptSecrets { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_puts_are_all_kept() {
    let folder = TempDir::new().unwrap();
    let aws = in_folder(folder.path());
    create(&aws.secrets_manager()).await;

    let mut puts = tokio::task::JoinSet::new();
    for number in 0..20 {
        let put = aws
            .secrets_manager()
            .put_secret_value()
            .secret_id(SIGNING_KEYS)
            .client_request_token(format!("{number:032}"))
            .secret_string(format!("value {number}"))
            .version_stages(format!("STAGE{number}"));
        puts.spawn(async move { put.send().await.unwrap() });
    }
    puts.join_all().await;
    aws.stop().await;

    let aws = in_folder(folder.path());
    for number in 0..20 {
        let value = value_at(&aws.secrets_manager(), &format!("STAGE{number}")).await;
        assert_eq!(value, Ok(format!("value {number}")));
    }
}

const ROTATOR: &str = "arn:aws:lambda:us-east-1:000000000000:function:key-rotation";

#[tokio::test]
async fn a_rotation_needs_a_function_and_begins_with_an_empty_pending_version() {
    let aws = in_memory();
    let secrets = aws.secrets_manager();
    create(&secrets).await;
    let rotate = |token: &str| secrets.rotate_secret().secret_id(SIGNING_KEYS).client_request_token(token);

    assert_eq!(code(&rotate(SECOND).send().await.unwrap_err()), "InvalidRequestException");
    let rules = RotationRulesType::builder().automatically_after_days(30).build();
    let configured = rotate(FIRST).rotation_lambda_arn(ROTATOR).rotation_rules(rules).rotate_immediately(false);
    configured.send().await.unwrap();
    let described = secrets.describe_secret().secret_id(SIGNING_KEYS).send().await.unwrap();
    assert_eq!((described.rotation_enabled(), described.rotation_lambda_arn()), (Some(true), Some(ROTATOR)));
    assert_eq!(described.rotation_rules().unwrap().automatically_after_days(), Some(30));
    assert_eq!(described.version_ids_to_stages().unwrap().len(), 1, "nothing was begun");

    assert_eq!(rotate(SECOND).send().await.unwrap().version_id(), Some(SECOND));
    let stages = secrets.describe_secret().secret_id(SIGNING_KEYS).send().await.unwrap();
    assert_eq!(stages.version_ids_to_stages().unwrap().get(SECOND).unwrap(), &["AWSPENDING"]);
    assert_eq!(value_at(&secrets, "AWSPENDING").await, Err(owned("ResourceNotFoundException")));

    rotate(SECOND).send().await.unwrap();
    let third = "33333333-3333-4333-8333-333333333333";
    assert_eq!(code(&rotate(third).send().await.unwrap_err()), "InvalidRequestException", "one is under way");
    assert_eq!(put_pending(&secrets, SECOND, "second").await, Ok(vec![owned("AWSPENDING")]));
    move_current(&secrets, Some(FIRST), Some(SECOND)).await.unwrap();
    rotate(third).send().await.unwrap();
    assert_eq!(value_at(&secrets, "AWSCURRENT").await, Ok(owned("second")));
}
