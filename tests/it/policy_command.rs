//! `ramgate policy` and `ramgate explain`: a policy's life as an operator lives it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const ALLOW: &str = r#"{"Version":"1","Statement":[{"Sid":"One","Effect":"Allow","Action":"ecs:Describe*","Resource":"*","Condition":{"IpAddressIncludeBorder":{"acs:SourceIp":["10.0.0.0/8"]}}}]}"#;
const ALLOW_ALL: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const DENY: &str = r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"ecs:DeleteInstance","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":["acs:ram::1234567890123456:user/alice"]}}]}"#;
const ON_NOTES: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"notes:ReadNote","Principal":{"RAM":["acs:ram::1234567890123456:user/carol"]},"Resource":"acs:notes:*:*:note/open/*"}]}"#;

/// A bundle with policies of every kind.
const FILES: [(&str, &str); 12] = [
    (
        "ramgate.yaml",
        r#"account: "1234567890123456"
files:
  directory: directory.yaml
  policies: policies
  keys: secrets/access-keys.yaml
  organization: organization.yaml
  resources: resources.yaml
  control_policies: control
  trust_policies: trust
  resource_policies: resource
  session_policies: session
  catalog: catalog
routes:
  - { name: ecs, products: [ecs], upstream: 'http://127.0.0.1:8790', region: cn-hangzhou }
  - { name: notes, products: [notes], upstream: 'http://127.0.0.1:8790' }
audit:
  file: audit.jsonl
"#,
    ),
    (
        "directory.yaml",
        r#"users:
  - { name: alice, id: "200000000000000011", groups: [operators] }
  - { name: bob, id: "200000000000000012", policies: { custom: [notes-writers] } }
  - name: carol
    id: "200000000000000013"
    policies:
      system: [AliyunSTSAssumeRoleAccess]
      resource_groups:
        rg-1: { custom: [ecs-operators] }
roles:
  - { name: Ops, id: "300000000000000001", trust: ops, policies: { system: [AliyunECSReadOnlyAccess] } }
groups:
  - { name: operators, policies: { custom: [ecs-operators, keep-production] } }
"#,
    ),
    (
        "organization.yaml",
        r#"root:
  policies: { system: [FullAliyunAccess] }
  folders:
    - name: prod
      policies: { system: [FullAliyunAccess], custom: [no-delete] }
      accounts:
        - { id: "1234567890123456", policies: { system: [FullAliyunAccess] } }
"#,
    ),
    (
        "resources.yaml",
        r"resource_groups:
  rg-1: ['acs:ecs:*:*:instance/i-1']
policies:
  - { resource: 'acs:notes:*:*:note/*', policy: open-notes }
",
    ),
    (
        "secrets/access-keys.yaml",
        r#"keys:
  - { id: LTAI5tAlice, user: alice, secret: "0123456789abcdefghijklmnopqrst", status: Inactive }
sessions:
  - id: STS.ops
    secret: "0123456789abcdefghijklmnopqrst"
    token: "0123456789abcdefghijklmnopqrst"
    role: Ops
    name: night
    expires: "2099-01-01T00:00:00Z"
    policy: read
"#,
    ),
    (
        "policies/ecs-operators.json",
        r#"{"Version": "1", "Statement": [
  {"Sid": "Operate", "Effect": "Allow", "Action": ["ecs:Describe*", "ecs:StopInstance"],
   "Resource": "acs:ecs:cn-hangzhou:*:instance/*"}
]}"#,
    ),
    (
        "policies/keep-production.json",
        r#"{"Version": "1", "Statement": [
  {"Sid": "KeepProduction", "Effect": "Deny", "Action": "ecs:StopInstance", "Resource": "acs:ecs:*:*:instance/i-prod-*"}
]}"#,
    ),
    (
        "policies/notes-writers.json",
        r#"{"Version": "1", "Statement": [
  {"Sid": "ListNotes", "Effect": "Allow", "Action": "notes:ListNotes", "Resource": "*"},
  {"Sid": "ReadFromHere", "Effect": "Allow", "Action": "notes:ReadNote", "Resource": "acs:notes:*:*:note/team/*",
   "Condition": {"IpAddressIncludeBorder": {"acs:SourceIp": ["127.0.0.0/8", "::1"]}}}
]}"#,
    ),
    ("control/no-delete.json", DENY),
    ("trust/ops.json", TRUST),
    ("resource/open-notes.json", ON_NOTES),
    ("session/read.json", ALLOW_ALL),
];

struct World {
    folder: tempfile::TempDir,
}

/// How a command ended, and what it said.
struct Said {
    code: Option<i32>,
    output: String,
    errors: String,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { folder };
        let folders = ["policies", "catalog", "secrets", "control", "trust", "resource", "session"];
        for folder in folders {
            fs::create_dir(world.path(folder)).unwrap();
        }
        for (name, text) in FILES {
            world.write(name, text);
        }
        let notes =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/example/catalog/notes.yaml");
        fs::copy(notes, world.path("catalog/notes.yaml")).unwrap();
        fs::set_permissions(
            world.path("secrets/access-keys.yaml"),
            fs::Permissions::from_mode(0o600),
        )
        .unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn change(&self, name: &str, change: impl Fn(&str) -> String) {
        let before = fs::read_to_string(self.path(name)).unwrap();
        let after = change(&before);
        assert_ne!(before, after, "the change of {name} changes nothing");
        self.write(name, &after);
    }

    /// Runs a command in the folder of the bundle.
    fn run(&self, arguments: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_ramgate"))
            .args(arguments)
            .args(["--config", "ramgate.yaml"])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said {
            code: output.status.code(),
            output: text(&output.stdout),
            errors: text(&output.stderr),
        }
    }

    fn explain(&self, principal: &str, action: &str, resource: &str, more: &[&str]) -> Said {
        let question =
            ["explain", "--principal", principal, "--action", action, "--resource", resource];
        self.run(&[&question, more].concat())
    }
}

impl Said {
    #[track_caller]
    fn succeeds(self, expected: &[&str]) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.output, self.errors);
        self.has(expected)
    }

    #[track_caller]
    fn fails(self, expected: &[&str]) -> Self {
        assert_eq!(self.code, Some(1), "{}{}", self.output, self.errors);
        self.has(expected)
    }

    #[track_caller]
    fn has(self, expected: &[&str]) -> Self {
        let all = squeezed(&format!("{}\n{}", self.output, self.errors));
        for text in expected {
            assert!(all.contains(text), "`{text}` is missing in\n{all}");
        }
        self
    }

    #[track_caller]
    fn has_not(self, unexpected: &str) -> Self {
        assert!(!squeezed(&self.output).contains(unexpected), "{}", self.output);
        self
    }
}

/// With one space where columns are aligned.
fn squeezed(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn list_has_every_kind_and_what_is_attached_of_the_vendor() {
    let world = World::new();
    world
        .run(&["policy", "list"])
        .succeeds(&[
            "identity Custom ecs-operators 1 2 policies/ecs-operators.json",
            "identity Custom notes-writers 2 1 policies/notes-writers.json",
            "identity System AliyunECSReadOnlyAccess 3 1",
            "control Custom no-delete 2 1 control/no-delete.json",
            "control System FullAliyunAccess 1 3",
            "trust Custom ops 1 1 trust/ops.json",
            "resource Custom open-notes 1 1 resource/open-notes.json",
            "session Custom read 1 1 session/read.json",
        ])
        .has_not("AliyunOSSFullAccess");
    world.run(&["policy", "list", "--kind", "trust"]).succeeds(&["1 policy"]).has_not("no-delete");
    world.run(&["policy", "list", "--kind", "system"]).succeeds(&[
        "identity System AliyunECSReadOnlyAccess 3 1 on",
        "identity System AdministratorAccess 1 0 on: reconstructed",
        "identity System AliyunOSSFullAccess 1 0 off: reconstructed, needs opt-in",
        "list it under `accept_reconstructed_policies`",
    ]);
    world.run(&["policy", "list", "--kind", "system", "--json"]).succeeds(&[
        "\"name\": \"AliyunOSSFullAccess\",\n\"statements\": 1,\n\"attachments\": 0,\n\"reconstructed\": true,\n\"on\": false",
    ]);
    world.write("resource/loose.json", ON_NOTES);
    world.run(&["policy", "list"]).succeeds(&["resource Custom loose 1 0 resource/loose.json"]);
}

#[test]
fn show_says_where_and_who_and_when() {
    let world = World::new();
    let line = |day: u32, index: u32, sid: &str, verdict: &str| {
        format!(
            "{{\"schema\":\"ramgate-audit/1\",\"time\":\"2026-11-0{day}T00:00:00.000000Z\",\"checks\":[{{\"action\":\"notes:ListNotes\",\"resource\":\"*\",\"verdict\":\"{verdict}\",\"statement\":\"policies/notes-writers.json:2 ({sid})\",\"decided_by\":{{\"policy\":\"notes-writers\",\"kind\":\"identity policy\",\"index\":{index},\"sid\":\"{sid}\"}}}}]}}\n"
        )
    };
    let record = [
        line(1, 0, "ListNotes", "Allow"),
        line(3, 0, "ListNotes", "Allow"),
        line(4, 1, "ListNotes", "Allow"),
        "no json\n".to_owned(),
    ];
    world.write("audit.jsonl", &record.concat());
    world.run(&["policy", "show", "notes-writers"]).succeeds(&[
        "user bob of 1234567890123456",
        "acs:ram::1234567890123456:user/bob attached directly",
        "0 at line 2 (ListNotes): Allow",
        "decided 2 times, last 2026-11-03T00:00:00.000000Z: Allow",
        "condition acs:SourceIp IpAddressIncludeBorder 127.0.0.0/8, ::1",
        "decided never",
        "audit.jsonl: 4 lines read, 1 skipped",
        "\"Sid\": \"ListNotes\"",
    ]);
    world.write("other.jsonl", &record[0]);
    world
        .run(&["policy", "show", "notes-writers", "--audit", "other.jsonl", "--json"])
        .succeeds(&["\"count\": 1", "\"verdict\": \"Allow\"", "\"skipped\": 0"]);
    world.change("ramgate.yaml", |text| text.replace("file: audit.jsonl", "file: '-'"));
    world
        .run(&["policy", "show", "notes-writers"])
        .succeeds(&["the audit record goes to standard output; name a copy of it with --audit"])
        .has_not("decided never");
}

#[test]
fn show_knows_what_each_kind_is_attached_to() {
    let world = World::new();
    for (name, expected) in [
        (
            "ecs-operators",
            &[
                "group operators of 1234567890123456",
                "user carol of 1234567890123456, for resource group rg-1",
                "user/alice group operators",
                "user/carol attached directly for resource group rg-1",
            ][..],
        ),
        ("AliyunECSReadOnlyAccess", &["role Ops of", "role/Ops attached directly"]),
        ("no-delete", &["folder prod", "every user and role of 1234567890123456 folder prod"]),
        ("ops", &["trust policy of role Ops", "acs:ram::1234567890123456:user/alice trust policy"]),
        ("open-notes", &["resource acs:notes:*:*:note/*", "user/carol resource acs:notes"]),
        ("read", &["session STS.ops", "assumed-role/ops/night session STS.ops"]),
        ("AliyunOSSFullAccess", &["state off", "attached to\nnowhere", "who gets it\nnobody"]),
    ] {
        world.run(&["policy", "show", name]).succeeds(expected);
    }
    world.run(&["policy", "show", "no-delet"]).fails(&["did you mean `no-delete`?"]);
    world.write("control/ecs-operators.json", ALLOW_ALL);
    world.run(&["policy", "show", "ecs-operators"]).fails(&[
        "several",
        "identity, control",
        "--kind",
    ]);
    world
        .run(&["policy", "show", "ecs-operators", "--kind", "control"])
        .succeeds(&["kind control"]);
}

#[test]
fn create_update_delete() {
    let world = World::new();
    world.write("one.json", ALLOW);
    world.write("two.json", ALLOW_ALL);
    let file = world.path("policies/readers.json");
    let create = ["policy", "create", "readers", "--file", "one.json"];
    world
        .run(&[&create[..], &["--dry-run"]].concat())
        .succeeds(&["would create policies/readers.json"]);
    assert!(!file.exists());
    fs::set_permissions(
        world.path("policies/notes-writers.json"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    world.run(&create).succeeds(&["created policies/readers.json"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), ALLOW);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o644);
    world.run(&create).fails(&["there is already a policy `readers` of kind identity"]);
    let update = ["policy", "update", "readers", "--file", "two.json"];
    let before = fs::metadata(&file).unwrap().ino();
    world.run(&[&update[..], &["--dry-run"]].concat()).succeeds(&["would update"]);
    assert_eq!(fs::metadata(&file).unwrap().ino(), before);
    world.run(&update).succeeds(&["updated policies/readers.json"]);
    assert_ne!(fs::metadata(&file).unwrap().ino(), before, "a new file, renamed over the old one");
    world.run(&update).succeeds(&["is that document already"]);
    world.run(&["policy", "delete", "readers", "--dry-run"]).succeeds(&["would delete"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), ALLOW_ALL);
    world.run(&["policy", "delete", "readers"]).succeeds(&["deleted policies/readers.json"]);
    world.run(&["policy", "delete", "readers"]).fails(&["there is no identity policy `readers`"]);
    let mode = fs::metadata(world.path("policies/notes-writers.json")).unwrap().mode();
    assert_eq!(mode & 0o7777, 0o640, "other files stay as they are");
    let left = fs::read_dir(world.path("policies")).unwrap().count();
    assert_eq!(left, 3, "nothing is left over");
}

#[test]
fn nothing_is_written_when_the_bundle_would_be_refused() {
    let world = World::new();
    world.write("bad.json", &ALLOW.replace("Allow", "allow").replace("ecs:Describe*", "ecs"));
    world.write("good.json", ALLOW_ALL);
    world.run(&["policy", "create", "readers", "--file", "bad.json"]).fails(&[
        "bad.json:1:51: error[V-5]",
        "error[V-7]: the action `ecs` has no `:`",
        "2 errors; nothing is written",
    ]);
    for (kind, name) in [
        ("identity", "ecs-operators"),
        ("resource", "loose"),
        ("trust", "ops"),
        ("session", "read"),
    ] {
        let verb = if name == "loose" { "create" } else { "update" };
        world
            .run(&["policy", verb, name, "--file", "bad.json", "--kind", kind])
            .fails(&["nothing is written", "bad.json:1:"]);
    }
    world.run(&["policy", "create", "a.b", "--file", "good.json"]).has(&["is no policy name"]);
    world
        .run(&["policy", "create", "x", "--file", "missing.json"])
        .fails(&["cannot read missing.json"]);
    // Somebody else's mistake: no change makes it worse, and none is made.
    world.write("control/broken.json", "{");
    world
        .run(&["policy", "create", "readers", "--file", "good.json"])
        .fails(&["control/broken.json:1:", "1 error; nothing is written"]);
    world
        .run(&["policy", "update", "broken", "--kind", "control", "--file", "good.json"])
        .succeeds(&[
            "updated control/broken.json",
            "warning: nothing in the other files uses `broken`",
        ]);
    world.run(&["policy", "create", "readers", "--file", "good.json"]).succeeds(&["created"]);
}

#[test]
fn what_is_attached_is_not_deleted() {
    let world = World::new();
    for (kind, name, place) in [
        ("identity", "ecs-operators", "group operators of 1234567890123456"),
        ("control", "no-delete", "folder prod"),
        ("trust", "ops", "trust policy of role Ops"),
        ("resource", "open-notes", "resource acs:notes:*:*:note/*"),
        ("session", "read", "session STS.ops"),
    ] {
        world
            .run(&["policy", "delete", name, "--kind", kind])
            .fails(&["DeleteConflict.Policy", place]);
        let folder = if kind == "identity" { "policies" } else { kind };
        assert!(world.path(&format!("{folder}/{name}.json")).exists());
    }
    // When the bundle does not compile, the report says who misses it.
    world.write("policies/ecs-operators.json", "{");
    world
        .run(&["policy", "delete", "ecs-operators"])
        .fails(&["there is no custom policy `ecs-operators`", "directory.yaml:"]);
    assert!(world.path("policies/ecs-operators.json").exists());
}

#[test]
fn what_is_not_a_plain_file_of_a_folder_is_not_changed() {
    let world = World::new();
    world.write("one.json", ALLOW);
    let create = ["policy", "create", "readers", "--file", "one.json"];
    world
        .run(&["policy", "update", "AliyunECSFullAccess", "--file", "one.json"])
        .fails(&["is a system policy: it cannot be changed"]);
    world.run(&[&create[..], &["--kind", "system"]].concat()).fails(&["cannot be changed"]);
    let link = world.path("policies/notes-writers.json");
    fs::rename(&link, world.path("policies/real.json")).unwrap();
    symlink("real.json", &link).unwrap();
    world
        .run(&["policy", "update", "notes-writers", "--file", "one.json"])
        .fails(&["is a link to real.json"]);
    fs::rename(world.path("policies"), world.path("v1")).unwrap();
    fs::create_dir(world.path("policies")).unwrap();
    fs::rename(world.path("v1"), world.path("policies/..v1")).unwrap();
    symlink("..v1", world.path("policies/..data")).unwrap();
    for name in ["ecs-operators", "keep-production", "notes-writers"] {
        symlink(format!("..data/{name}.json"), world.path(&format!("policies/{name}.json")))
            .unwrap();
    }
    for command in [&create[..], &["policy", "delete", "ecs-operators"]] {
        world.run(command).fails(&["change the ConfigMap that it comes from"]);
    }
    world.run(&["policy", "list"]).succeeds(&["identity Custom ecs-operators"]);
    world.change("ramgate.yaml", |text| text.replace("  session_policies: session\n", ""));
    world
        .run(&[&create[..], &["--kind", "session"]].concat())
        .fails(&["no folder for policies of kind session; add `files.session_policies`"]);
}

#[test]
fn a_folder_of_a_mounted_volume_is_not_changed() {
    let world = World::new();
    world.write("one.json", ALLOW);
    fs::create_dir(world.path("..v1")).unwrap();
    fs::rename(world.path("policies"), world.path("..v1/policies")).unwrap();
    symlink("..v1", world.path("..data")).unwrap();
    symlink("..data/policies", world.path("policies")).unwrap();
    world
        .run(&["policy", "create", "readers", "--file", "one.json"])
        .fails(&["change the ConfigMap that it comes from"]);
    assert!(!world.path("policies/readers.json").exists());
}

#[test]
fn explanations_name_what_decided() {
    let world = World::new();
    let instance = "acs:ecs:*:*:instance/i-1";
    world.explain("alice", "ecs:StopInstance", instance, &[]).succeeds(&[
        "Allow: policies/ecs-operators.json:2 (Operate) allows",
        "resource acs:ecs:cn-hangzhou:1234567890123456:instance/i-1",
        "resource group rg-1",
        "control policies of `folder prod` Allow system policy FullAliyunAccess:1",
    ]);
    world.explain("alice", "ecs:DeleteInstance", instance, &[]).succeeds(&[
        "ExplicitDeny: control/no-delete.json:1",
        "decided by control policies of `folder prod`",
    ]);
    let other = "acs:ecs:*:*:instance/i-2";
    world
        .explain("carol", "ecs:stopinstance", instance, &[])
        .succeeds(&["Allow: ", "action ecs:StopInstance"]);
    world
        .explain("carol", "ecs:StopInstance", other, &[])
        .succeeds(&["ImplicitDeny: ", "for resource group `rg-1`, which the resource is not in"]);
    world
        .explain("role/ops", "ecs:DescribeInstances", instance, &["--session-name", "dusk"])
        .succeeds(&[
            "Allow: system policy AliyunECSReadOnlyAccess:4",
            "principal acs:ram::1234567890123456:assumed-role/ops/dusk",
        ]);
    world.explain("STS.ops", "ecs:DescribeInstances", instance, &[]).succeeds(&[
        "Allow: ",
        "session policy Allow session/read.json:1",
        "assumed-role/ops/night",
    ]);
    world
        .explain("LTAI5tAlice", "ecs:StopInstance", instance, &[])
        .succeeds(&["Allow: ", "the gate refuses `LTAI5tAlice`: the AccessKey is inactive"]);
    let arn = "acs:ram::1234567890123456:user/carol";
    world
        .explain(arn, "notes:ReadNote", "acs:notes:*:*:note/open/1", &[])
        .succeeds(&["Allow: resource/open-notes.json:1", "resource policies Allow"]);
    world
        .explain("root", "ecs:StopInstance", instance, &[])
        .succeeds(&["rights of root", "allow_root"]);
    world
        .explain("anonymous", "ecs:StopInstance", instance, &[])
        .succeeds(&["ImplicitDeny", "refuses calls without credentials"]);
    for (principal, action, resource, expected) in [
        ("alicia", "ecs:StopInstance", instance, "did you mean `alice`?"),
        ("role/opps", "ecs:StopInstance", instance, "did you mean `Ops`?"),
        ("alice", "StopInstance", instance, "is no action"),
        ("alice", "ecs:StopInstance", "i-1", "is neither `*` nor an ARN"),
    ] {
        world.explain(principal, action, resource, &[]).fails(&[expected]);
    }
}

#[test]
fn assuming_a_role_takes_two_sides() {
    let world = World::new();
    let role = "acs:ram:*:*:role/Ops";
    let ask = |principal: &str| world.explain(principal, "sts:AssumeRole", role, &[]);
    // alice is trusted and has no permission; carol has the permission and is not trusted; bob has neither.
    ask("alice")
        .succeeds(&[
            "ImplicitDeny",
            "missing caller's policies",
            "trust policy Allow trust/ops.json:1",
        ])
        .has_not("missing caller's policies and");
    ask("carol").succeeds(&[
        "ImplicitDeny: the trust policy of the role does not let",
        "missing trust policy",
        "caller's policies Allow system policy AliyunSTSAssumeRoleAccess:",
    ]);
    ask("bob").succeeds(&["missing caller's policies and trust policy"]);
    world
        .explain("carol", "sts:AssumeRole", "acs:ram:*:*:role/None", &[])
        .succeeds(&["no role of the directory is acs:ram:*:1234567890123456:role/None"]);
}

#[test]
fn conditions_are_unknown_unless_given() {
    let world = World::new();
    let team = "acs:notes:*:*:note/team/x";
    let ask = |more: &[&str]| world.explain("bob", "notes:ReadNote", team, more);
    ask(&[]).succeeds(&["ImplicitDeny", "acs:SourceIp unknown", "notes-writers.json:3"]);
    ask(&["--source-ip", "127.0.0.1"]).succeeds(&["Allow: ", "acs:SourceIp 127.0.0.1"]);
    ask(&["--context", "acs:SourceIp=::1"]).succeeds(&["Allow: "]);
    ask(&["--source-ip", "10.0.0.1"]).succeeds(&["ImplicitDeny", "the request has `10.0.0.1`"]);
    ask(&["--source-ip", "127.0.0.1", "--unknown", "acs:SourceIp"]).succeeds(&["ImplicitDeny"]);
    ask(&["--assume-absent"]).succeeds(&["acs:SourceIp absent"]);
    ask(&["--context", "acs:SourceIP=::1"])
        .succeeds(&["`acs:SourceIP` was given, and no condition asked for it"]);
    ask(&["--json"]).succeeds(&[
        "\"verdict\": \"ImplicitDeny\"",
        "\"key\": \"acs:SourceIp\",\n\"state\": \"unknown\"",
        "\"id\": \"identity\"",
        "\"line\": 3",
    ]);
}
