//! That the binary starts at all.
//!
//! It also makes Cargo build the binary before any test runs, beside those of tests/it, which start it.

#[test]
fn the_binary_says_its_version() {
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_countersign")).arg("--version").output().unwrap();
    assert!(said.status.success());
    assert_eq!(String::from_utf8(said.stdout).unwrap(), concat!("countersign ", env!("CARGO_PKG_VERSION"), "\n"));
}
