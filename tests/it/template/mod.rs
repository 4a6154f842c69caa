//! `infra/template.yaml` compared with the code.

mod alarms;
mod functions;
mod rights;
mod routes;
mod schedules;
mod secrets;
mod tables;
