//! `infra/template.yaml` compared with the code.

pub mod deployment;
