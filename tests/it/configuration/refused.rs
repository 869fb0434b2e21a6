use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use ramgate::ident::Principal;
use ramgate::signature::Key;
use ramgate::snapshot::KeyLookup;
use ramgate::strict::{Problem, Severity};

use super::bundle::{Bundle, CONFIG, DIRECTORY, KEYS, POLICY, REVOCATIONS};

const C: &str = "ramgate.yaml";
const D: &str = "directory.yaml";
const K: &str = "secrets/access-keys.yaml";
const R: &str = "revocations.yaml";

#[test]
fn the_good_bundle_loads() {
    let bundle = Bundle::new();
    let loaded = bundle.load().unwrap();
    assert_eq!(loaded.warnings, []);
    let world = loaded.current.load();
    assert_eq!(world.snapshot.generation(), 1);
    assert_eq!(world.snapshot.hash().len(), 16);
    let KeyLookup::Found(pair) = world.authenticate("LTAIalice1") else {
        panic!("alice's key is not found")
    };
    let Key::Secret(secret) = pair.material.as_key() else { panic!("no secret") };
    assert_eq!(pair.owner.arn(), "acs:ram::1234567890123456:user/alice");
    assert_eq!(secret.expose(), b"alice-secret-1");
    assert!(pair.session.is_none() && pair.networks.is_none());
    let grants = world.snapshot.directory().grants_of(&pair.owner).unwrap();
    assert_eq!(grants.account.members().len(), 3);
    assert!(grants.groups.is_empty());
    assert!(matches!(world.authenticate("LTAIalice2"), KeyLookup::Inactive { .. }));
    assert!(matches!(world.authenticate("ltaialice1"), KeyLookup::Unknown { .. }));
    let Key::Secret(dummy) = world.authenticate("nobody").key() else { panic!("no secret") };
    assert_ne!(dummy.expose(), secret.expose());
}

#[test]
fn configuration_rules() {
    check(C, "account: \"1234567890123456\"", "account: abc", (1, "account", "cannot be read"));
    check(C, "account: \"1234567890123456\"\n", "", (1, "account", "is missing"));
    check(C, "reload:", "relaod:", (12, "relaod", "unknown field"));
    check(C, "reload: {interval_ms: 20}", "account: \"1\"", (12, "", "stands twice"));
    check(C, "interval_ms: 20", "interval_ms: 1000", (12, "reload.interval_ms", "out of range"));
    check(C, "  directory: directory.yaml\n", "", (3, "files.directory", "is missing"));
    check(
        C,
        "keys: secrets/access",
        "keys: policies/access",
        (5, "files.keys", "in the folder of"),
    );
    check(
        C,
        "keys: secrets/access-keys.yaml",
        "keys: ./directory.yaml",
        (3, "files.directory", "one path"),
    );
    check(
        C,
        "products: [ecs]",
        "products: [ecs, ecs]",
        (10, "routes[0].products[1]", "taken on line 10"),
    );
    check(
        C,
        "products: [ecs]",
        "products: [esc]",
        (10, "routes[0].products[0]", "no catalogue file"),
    );
    check(C, "products: [ecs]", "products: []", (9, "routes[0].products", "no products"));
    check(C, "http://127", "https://127", (11, "routes[0].upstream", "http://"));
    check(C, ":9000", ":9000/api", (11, "routes[0].upstream", "no path"));
    check(C, ":9000", ":8700", (11, "routes[0].upstream", "the gate itself"));
    check(C, "- name: ecs", "- name: e c s", (9, "routes[0].name", "no route name"));
    check(
        C,
        "reload:",
        "listen: {data: 0.0.0.0:8701}\nreload:",
        (12, "listen.status", "one address"),
    );
    check(C, "reload:", "listen: {data: nowhere}\nreload:", (12, "listen.data", "cannot be read"));
    check(C, "reload:", "limits: {headers: 2}\nreload:", (12, "limits.headers", "out of range"));
    check(
        C,
        "reload:",
        "limits: {target_bytes: 99999}\nreload:",
        (12, "limits.target_bytes", "is over"),
    );
    let spool = |text: &str, path: &str, message: &str| {
        check(C, "reload:", &format!("spool: {text}\nreload:"), (12, path, message));
    };
    spool("{bytes_max: 1}", "spool.bytes_max", "out of range");
    spool("{bytes_max: 2000000, total_bytes_max: 1000000}", "spool", "is over");
    spool("{folder: ''}", "spool.folder", "a path is wanted");
    check(C, "reload:", "workers: 0\nreload:", (12, "workers", "out of range"));
    check(
        C,
        "reload:",
        "access_keys: {allow_root: yes}\nreload:",
        (12, "access_keys.allow_root", "cannot be read"),
    );
    for (field, message) in [
        ("schemes: [ACS3-HMAC-SHA-256]", "there is no scheme"),
        ("schemes: []", "no scheme is accepted"),
        ("region: CN-Hangzhou", "no region"),
        ("literal_paths: 1", "cannot be read"),
        ("answer_timeout_seconds: 0", "out of range"),
        ("large_bodies: sometimes", "no choice"),
        ("unsigned_bodies: maybe", "no choice"),
        ("callbacks: perhaps", "no choice"),
        ("accept_unsigned: [weather]", "no choice"),
    ] {
        let name = field.split(':').next().unwrap();
        let path = format!("routes[0].{name}");
        let is_list = field.starts_with("accept_unsigned") || message == "there is no scheme";
        let index = if is_list { "[0]" } else { "" };
        let more = format!("    {field}\nreload:");
        check(C, "reload:", &more, (12, &format!("{path}{index}"), message));
    }
    let twice = "  - {name: ECS, products: [sts], upstream: http://h}\nreload:";
    check(C, "reload:", twice, (12, "routes[1].name", "taken on line 9"));
    let twice = "  - {name: two, products: [ecs], upstream: http://h}\nreload:";
    check(C, "reload:", twice, (12, "routes[1].products[0]", "taken on line 10"));
}

#[test]
fn directory_rules() {
    check(D, "name: bob", "name: -bob", (8, "users[1].name", "no user name"));
    check(D, "name: bob", "name: Alice", (8, "users[1].name", "taken on line 2"));
    check(D, "000002'", "000001'", (8, "users[1].id", "taken on line 3"));
    check(D, "id: '2000000000000002'", "id: u2", (8, "users[1].id", "no user id"));
    check(D, ", id: '2000000000000002'", "", (8, "users[1].id", "is missing"));
    check(D, "groups: [operators]", "groups: [operator]", (4, "users[0].groups[0]", "no group"));
    check(
        D,
        "custom: [ReadDisks]",
        "custom: [ReadDisk]",
        (6, "users[0].policies.custom[0]", "no custom policy"),
    );
    check(
        D,
        "system: [Aliyun",
        "system: [Alyun",
        (7, "users[0].policies.system[0]", "no system policy"),
    );
    check(D, "groups:\n  - name", "groups:\n  - nane", (10, "groups[0].nane", "unknown field"));
    check(
        D,
        "  - name: operators",
        "  - {name: Operators}\n  - name: operators",
        (11, "groups[1].name", "taken on line 10"),
    );
    check(D, "users:", "users: &all", (2, "", "anchors"));
    check(D, DIRECTORY, "", (1, "", "a mapping"));
}

#[test]
fn key_rules() {
    check(K, "LTAIbob1", "LTAIalice1", (4, "keys[2].id", "stands twice"));
    check(K, "user: bob", "user: alice", (4, "keys[2].user", "more than 2"));
    check(K, "user: bob", "root: true, user: bob", (4, "keys[2].user", "one owner"));
    check(K, ", user: bob", "", (4, "keys[2].user", "nobody owns"));
    check(K, "LTAIbob1", "STS.bob", (4, "keys[2].id", "session"));
    check(K, "LTAIbob1", "LTAI bob", (4, "keys[2].id", "no AccessKey id"));
    check(K, "secret: bob-secret-1", "secret: ''", (4, "keys[2].secret", "no AccessKey secret"));
    check(K, "status: Inactive", "status: inactive", (3, "keys[1].status", "unknown status"));
    check(K, KEYS, "", (1, "", "a mapping"));
}

#[test]
fn rules_of_the_other_files() {
    check("policies/ReadDisks.json", "\"Version\"", "Version", (2, "", ""));
    check(R, "users: []", "user: []", (2, "user", "unknown field"));
    check(R, "access_keys: []", "access_keys: ['a b']", (1, "access_keys[0]", "AccessKey id"));
    let bundle = Bundle::new();
    bundle.write("policies/read disks.json", "{}");
    found(&bundle, "policies/read disks.json", (1, "", "no policy name"));
    let bundle = Bundle::new();
    bundle.write("catalog/own.yaml", "- 1\n");
    found(&bundle, "catalog/own.yaml", (1, "", ""));
    let bundle = Bundle::new();
    bundle.write("catalog/own.yaml", "product: own\n");
    bundle.write("catalog/own.yml", "product: own\n");
    found(&bundle, "catalog/own.yml", (1, "", "same product"));
}

#[test]
fn what_is_not_a_readable_file() {
    for gone in [D, K, R, C] {
        let bundle = Bundle::new();
        bundle.remove(gone);
        found(&bundle, gone, (1, "", "cannot be read"));
    }
    let bundle = Bundle::new();
    bundle.remove(D);
    pipe(&bundle.path(D));
    found(&bundle, D, (1, "", "not a regular file"));
    let bundle = Bundle::new();
    bundle.remove(D);
    symlink("/proc/self/environ", bundle.path(D)).unwrap();
    found(&bundle, D, (1, "", "leads out"));
    let bundle = Bundle::new();
    fs::write(bundle.path(D), b"users: \xff\n").unwrap();
    found(&bundle, D, (1, "", "not UTF-8"));
    let bundle = Bundle::new();
    fs::File::options().write(true).open(bundle.path(D)).unwrap().set_len(1 << 40).unwrap();
    found(&bundle, D, (1, "", "larger than"));
}

#[test]
fn secrets_that_everybody_can_read() {
    let bundle = Bundle::new();
    let everybody = fs::Permissions::from_mode(0o644);
    fs::set_permissions(bundle.path(K), everybody).unwrap();
    found(&bundle, K, (1, "", "everybody"));
    bundle
        .write(C, &CONFIG.replace("reload:", "access_keys: {allow_world_readable: true}\nreload:"));
    assert!(bundle.load().is_ok());
}

#[test]
fn one_report_for_all_files() {
    let bundle = Bundle::new();
    bundle.write(C, &CONFIG.replace("http:", "ftp:").replace("reload:", "relaod:"));
    bundle.write(D, &DIRECTORY.replace("groups: [operators]", "groups: [nobody, no-one]"));
    bundle.write(K, &KEYS.replace("LTAIbob1", "LTAIalice1"));
    bundle.write("policies/ReadDisks.json", "{");
    bundle.write("catalog/own.yaml", "- 1\n");
    bundle.remove(R);
    let problems = bundle.load().unwrap_err();
    let mut files: Vec<String> = problems.iter().map(|problem| bundle.short(problem)).collect();
    files.dedup();
    files.sort();
    assert_eq!(files, ["catalog/own.yaml", D, "policies/ReadDisks.json", C, R, K], "{problems:#?}");
    assert_eq!(
        problems.iter().filter(|problem| problem.field.starts_with("users[0].groups")).count(),
        2
    );
}

#[test]
fn one_mistake_is_one_problem() {
    for (file, from, to) in [
        (C, ":9000", ":0"),
        (C, "account: \"1", "account: \"x"),
        (D, "id: '2000000000000001'", "id: x"),
        (D, "users:", "users: ["),
        (D, "groups:\n", "groups: x\ngroup:\n"),
        (K, "user: bob", "user: '-bob'"),
        ("policies/ReadDisks.json", "{", ""),
    ] {
        let problems = changed(file, from, to).load().unwrap_err();
        let most = if to.contains("group:") { 3 } else { 1 }; // the group that alice is in is gone as well
        assert!(problems.len() <= most, "{to}: {problems:#?}");
    }
}

#[test]
fn settings_of_object_storage_elsewhere() {
    for field in [
        "path_style: true",
        "signed_parameters: [x]",
        "signed_url_seconds_max: 9",
        "callbacks: refuse",
    ] {
        let line = format!("    {field}\nreload:");
        let path = format!("routes[0].{}", field.split(':').next().unwrap());
        warned(C, "reload:", &line, (12, &path, "does nothing here"));
        let bundle = changed(C, "reload:", &line);
        let text = fs::read_to_string(bundle.path(C)).unwrap();
        bundle.write(C, &text.replace("products: [ecs]", "products: [ecs, oss]"));
        assert_eq!(bundle.load().unwrap().warnings, [], "{field}");
    }
}

#[test]
fn soft_references_and_other_warnings() {
    let world = warned(
        K,
        "user: bob",
        "user: carol",
        (4, "keys[2].user", "its user is not in the directory"),
    );
    assert!(matches!(world.authenticate("LTAIbob1"), KeyLookup::Unknown { .. }));
    let world = warned(K, "user: bob", "root: true", (4, "keys[2].root", "of root is not used"));
    assert!(matches!(world.authenticate("LTAIbob1"), KeyLookup::Unknown { .. }));
    let inert = (7, "users[0].policies.system[0]", "grants nothing");
    warned(D, "AliyunECSReadOnlyAccess", "ReadOnlyAccess", inert);
    warned(
        D,
        "groups: [operators]",
        "groups: [operators, operators]",
        (4, "users[0].groups[1]", "twice"),
    );
}

#[test]
fn root_and_rebuilt_policies_when_asked_for() {
    let bundle = Bundle::new();
    let more =
        "access_keys: {allow_root: true}\naccept_reconstructed_policies: [ReadOnlyAccess]\nreload:";
    bundle.write(C, &CONFIG.replace("reload:", more));
    bundle.write(K, &KEYS.replace("user: bob", "root: true"));
    bundle.write(D, &DIRECTORY.replace("AliyunECSReadOnlyAccess", "ReadOnlyAccess"));
    let loaded = bundle.load().unwrap();
    let world = loaded.current.load();
    let KeyLookup::Found(pair) = world.authenticate("LTAIbob1") else { panic!("not found") };
    assert!(matches!(pair.owner, Principal::Root { .. }));
    assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings); // about root
}

#[test]
fn equal_sets_are_shared() {
    let bundle = Bundle::new();
    let more = "  - {name: carol, id: '3', policies: {custom: [ReadDisks]}, groups: []}\n  - {name: dave, id: '4', groups: [readers]}\ngroups:\n  - {name: readers, policies: {custom: [ReadDisks]}}\n";
    bundle.write(D, &DIRECTORY.replace("groups:\n", more));
    let world = bundle.load().unwrap().current.load();
    let policies = |name: &str| {
        let user = world.snapshot.directory().user_named(&name.parse().unwrap()).unwrap();
        std::sync::Arc::clone(&user.grants.account)
    };
    assert!(std::sync::Arc::ptr_eq(&policies("carol"), &policies("dave")));
    assert!(!std::sync::Arc::ptr_eq(&policies("carol"), &policies("alice")));
}

/// Whatever a dear policy is attached to, the report names its statement.
#[test]
fn policies_that_cost_too_much() {
    const PRINCIPAL: &str = r#""Principal":{"RAM":"acs:ram::1234567890123456:root"}"#;
    const ANY: &str = r#""Resource":"*""#;
    let of_key = format!("{PRINCIPAL},{ANY}");
    let user = |policies: &str| DIRECTORY.replace("'2000000000000002'", policies);
    let cases: [(&str, &str, &str, &str, &str); 6] = [
        ("policies", "", D, &user("'7', policies: {custom: [Dear]}"), ANY),
        (
            "policies",
            "",
            D,
            &user("'7', policies: {resource_groups: {rg-1: {custom: [Dear]}}}"),
            ANY,
        ),
        (
            "trust",
            "  trust_policies: trust\n",
            D,
            &format!("{DIRECTORY}roles: [{{name: r, id: '7', trust: Dear}}]\n"),
            PRINCIPAL,
        ),
        ("session", "  session_policies: session\n", D, DIRECTORY, ANY),
        (
            "control",
            "  control_policies: control\n  organization: organization.yaml\n",
            "organization.yaml",
            "root: {accounts: [{id: '1234567890123456', policies: {custom: [Dear]}}]}\n",
            ANY,
        ),
        (
            "resource",
            "  resource_policies: resource\n  resources: resources.yaml\n",
            "resources.yaml",
            "policies: [{resource: 'acs:kms:*:*:key/*', policy: Dear}]\n",
            &of_key,
        ),
    ];
    for (folder, files, file, text, members) in cases {
        let bundle = Bundle::new();
        fs::create_dir_all(bundle.path(folder)).unwrap();
        bundle.write(C, &CONFIG.replace("files:\n", &format!("files:\n{files}")));
        bundle.write(file, text);
        let policy = format!("{folder}/Dear.json");
        bundle.write(&policy, &dear(members, 3000));
        bundle.load().unwrap();
        bundle.write(&policy, &dear(members, 5000));
        found(&bundle, &policy, (3, "/Statement/0", "for one decision"));
    }
}

/// A document with so many patterns that each cost a pass over the text.
fn dear(members: &str, patterns: usize) -> String {
    let values = vec!["\"?a\""; patterns].join(",");
    format!(
        "{{\"Version\":\"1\",\n\"Statement\":[\n{{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\
         {members},\"Condition\":{{\"StringLike\":{{\"acs:UserAgent\":[{values}]}}}}}}]}}\n"
    )
}

type Expected<'e> = (u32, &'e str, &'e str);

/// The good bundle with one change in one file is refused, and the report names the place.
#[track_caller]
fn check(file: &str, from: &str, to: &str, expected: Expected<'_>) {
    let bundle = changed(file, from, to);
    found(&bundle, file, expected);
}

#[test]
fn replay_rules() {
    for (field, text, message) in [
        ("share_percent", "0", "out of range"),
        ("capacity", "10", "out of range"),
        ("remember_signatures", "on", "no choice `on`"),
        ("require_nonce", "maybe", "cannot be read"),
    ] {
        let to = format!("replay: {{{field}: {text}}}\nreload:");
        check(C, "reload:", &to, (12, &format!("replay.{field}"), message));
    }
}

#[test]
#[cfg(not(feature = "redis"))]
fn a_build_that_cannot_share_nonces_says_so() {
    let to = "replay: {shared: {url: \"redis://localhost\"}}\nreload:";
    check(C, "reload:", to, (12, "replay.shared", "lacks the feature `redis`"));
}

#[test]
#[cfg(feature = "redis")]
fn rules_of_the_shared_store() {
    for (shared, field, message) in [
        ("{}", "", "is missing"),
        ("{url: \"rediss://h\"}", "", "TLS"),
        ("{url: \"redis://:secret@h\"}", "", "no password here"),
        ("{url: \"unix://h\"}", "", "begins with `/`"),
        ("{url: \"redis://h\", timeout_ms: 0}", ".timeout_ms", "out of range"),
        ("{url: \"redis://h\", on_failure: allow}", ".on_failure", "no choice `allow`"),
        ("{url: \"redis://h\", prefix: \"a b\"}", ".prefix", "no prefix"),
        ("{url: \"redis://h\", password: x}", ".password", "unknown field"),
    ] {
        let field = if field.is_empty() { ".url" } else { field };
        let to = format!("replay: {{shared: {shared}}}\nreload:");
        check(C, "reload:", &to, (12, &format!("replay.shared{field}"), message));
    }
}

#[track_caller]
fn changed(file: &str, from: &str, to: &str) -> Bundle {
    let bundle = Bundle::new();
    let text = match file {
        C => CONFIG,
        D => DIRECTORY,
        K => KEYS,
        R => REVOCATIONS,
        _ => POLICY,
    };
    assert!(text.contains(from), "{from} is not in {file}");
    bundle.write(file, &text.replacen(from, to, 1));
    bundle
}

#[track_caller]
fn found(bundle: &Bundle, file: &str, expected: Expected<'_>) {
    let problems = bundle.load().expect_err("the bundle should be refused");
    one(bundle, &problems, Severity::Error, file, expected);
}

#[track_caller]
fn warned(
    file: &str,
    from: &str,
    to: &str,
    expected: Expected<'_>,
) -> std::sync::Arc<ramgate::snapshot::World> {
    let bundle = changed(file, from, to);
    let loaded = bundle.load().unwrap();
    one(&bundle, &loaded.warnings, Severity::Warning, file, expected);
    loaded.current.load()
}

#[track_caller]
fn one(
    bundle: &Bundle,
    problems: &[Problem],
    severity: Severity,
    file: &str,
    expected: Expected<'_>,
) {
    let (line, field, message) = expected;
    let fits = |problem: &&Problem| {
        problem.severity == severity
            && bundle.short(problem) == file
            && problem.at.line == line
            && problem.field == field
            && problem.message.contains(message)
    };
    assert!(problems.iter().any(|problem| fits(&problem)), "{expected:?} not in {problems:#?}");
}

pub(super) fn pipe(path: &std::path::Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success());
}
