//! A deployment in a temporary folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ramgate::ident::UnixSeconds;
use ramgate::reload::{Loaded, load};
use ramgate::strict::Problem;
use tempfile::TempDir;

pub(super) const NOW: UnixSeconds = UnixSeconds(1_795_345_504);

pub(super) const CONFIG: &str = "\
account: \"1234567890123456\"
files:
  directory: directory.yaml
  policies: policies
  keys: secrets/access-keys.yaml
  revocations: revocations.yaml
  catalog: catalog
routes:
  - name: ecs
    products: [ecs]
    upstream: http://127.0.0.1:9000
reload: {interval_ms: 20}
";
pub(super) const DIRECTORY: &str = "\
users:
  - name: alice
    id: '2000000000000001'
    groups: [operators]
    policies:
      custom: [ReadDisks]
      system: [AliyunECSReadOnlyAccess]
  - {name: bob, id: '2000000000000002'}
groups:
  - name: operators
    policies: {system: [AdministratorAccess]}
";
pub(super) const KEYS: &str = "\
keys:
  - {id: LTAIalice1, user: alice, secret: alice-secret-1}
  - {id: LTAIalice2, user: alice, secret: alice-secret-2, status: Inactive}
  - {id: LTAIbob1, user: bob, secret: bob-secret-1}
";
pub(super) const POLICY: &str = r#"{
  "Version": "1",
  "Statement": [{"Effect": "Allow", "Action": "ecs:DescribeDisks", "Resource": "*"}]
}
"#;
pub(super) const REVOCATIONS: &str = "access_keys: []\nusers: []\n";

pub(super) struct Bundle(TempDir);

impl Bundle {
    pub(super) fn new() -> Self {
        let bundle = Self(tempfile::tempdir().unwrap());
        for folder in ["policies", "secrets", "catalog"] {
            fs::create_dir(bundle.path(folder)).unwrap();
        }
        bundle.write("ramgate.yaml", CONFIG);
        bundle.write("directory.yaml", DIRECTORY);
        bundle.write("policies/ReadDisks.json", POLICY);
        bundle.write("secrets/access-keys.yaml", KEYS);
        bundle.write("revocations.yaml", REVOCATIONS);
        bundle
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// In place of the file, as a careful person would: written beside it, then renamed over it.
    pub(super) fn write(&self, name: &str, text: &str) {
        let temporary = self.path(".new");
        fs::write(&temporary, text).unwrap();
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&temporary, mode).unwrap();
        fs::rename(&temporary, self.path(name)).unwrap();
    }

    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    pub(super) fn load(&self) -> Result<Loaded, Vec<Problem>> {
        load(&self.path("ramgate.yaml"), NOW)
    }

    /// The name of a problem's file, without the temporary folder.
    pub(super) fn short(&self, problem: &Problem) -> String {
        let file = Path::new(&problem.file);
        file.strip_prefix(self.0.path()).unwrap_or(file).display().to_string()
    }
}
