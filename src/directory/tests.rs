//! What the three files attach to whom and to what.

mod providers;

use super::*;
use crate::ident::{AccountAlias, AccountId, Principal};
use crate::policy::{
    AccessRequest, AclAnswer, Action, Attribute, Attributes, Caller, ConditionKey, ControlLevel,
    ForeignCallers, ObjectUse, OidcRule, PolicySet, PrincipalForm, RelativeId, Resource,
    ResourceGroup, Segment, Traits, Truth,
};
use crate::strict::{Problem, Severity};

const OWN: &str = "1000000000000001";
const OTHER: &str = "2000000000000002";

const ANYTHING: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const TRUST: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"acs:ram::1000000000000001:root"}}]}"#;
const PODS: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Federated":"acs:ram::1000000000000001:oidc-provider/ack"},"Condition":{"StringEquals":{"oidc:sub":"a"}}}]}"#;
const LIST: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":["*"]}]}"#;
const OBJECT: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"RAM":"acs:ram::1000000000000001:*"}}]}"#;

/// Every document there is, by folder and name.
fn book() -> PolicyBook<'static> {
    let file = |folder, name, text| PolicyFile { folder, name, text };
    let files = [
        file(Folder::Identity, "policies/Read.json", ANYTHING),
        file(Folder::Identity, "policies/Write.json", ANYTHING),
        file(Folder::Control, "control/Bound.json", ANYTHING),
        file(Folder::Control, "control/Limit.json", ANYTHING),
        file(Folder::Trust, "trust/Pods.json", PODS),
        file(Folder::Trust, "trust/Users.json", TRUST),
        file(Folder::Resource, "resource/List.json", LIST),
        file(Folder::Resource, "resource/Object.json", OBJECT),
    ];
    PolicyBook::compile(&files, &[], OidcRule::default())
}

fn account(id: &str) -> AccountId {
    id.parse().unwrap()
}

fn built(text: &str) -> (Directory, Vec<Problem>) {
    let (listing, mut problems) = parse("d.yaml", text);
    let (directory, found) =
        build(&listing, account(OWN), &mut book(), &mut JwksBook::default(), None);
    problems.extend(found);
    (directory, problems)
}

fn names(set: &PolicySet) -> String {
    let names: Vec<&str> = set.policies().map(|policy| policy.name()).collect();
    names.join(" ")
}

/// What is attached, the account's first and then each group's.
fn shown(grants: &Grants) -> String {
    let groups = grants.groups.iter();
    let groups = groups.map(|own| format!("; {}: {}", own.group, names(&own.policies)));
    names(&grants.account) + &groups.collect::<String>()
}

/// The file is refused, and the report names the place.
#[track_caller]
fn check_problem(problems: &[Problem], severity: Severity, field: &str, message: &str) {
    let fits = |problem: &&Problem| {
        problem.severity == severity && problem.field == field && problem.message.contains(message)
    };
    assert!(problems.iter().any(|problem| fits(&problem)), "{field} {message} in {problems:#?}");
}

const PEOPLE: &str = "\
users:
  - name: alice
    id: '20'
    groups: [ops]
    policies: {custom: [Write], resource_groups: {rg-1: {custom: [Write]}}}
  - {name: bob, id: '21'}
groups:
  - name: ops
    policies: {custom: [Read], resource_groups: {rg-1: {custom: [Read]}, rg-2: {custom: [Read]}}}
roles:
  - {name: Dev, id: '30', trust: Users, policies: {custom: [Read], resource_groups: {rg-1: {custom: [Write]}}}}
  - {name: AliyunServiceRoleForX, id: '31', service_linked: true}
accounts:
  - id: '2000000000000002'
    users: [{name: alice, id: '40', policies: {custom: [Read]}}]
    roles: [{name: dev, id: '41', trust: Users}]
";

#[test]
fn grants_of_users_and_roles() {
    let (directory, problems) = built(PEOPLE);
    let rules: Vec<_> = problems.iter().map(|problem| problem.rule).collect();
    assert_eq!(rules, [Some("no-external-id")], "the other account trusts this one: {problems:#?}");
    let user = |of: &str, name: &str, id: &str| Principal::User {
        account: account(of),
        name: name.parse().unwrap(),
        id: id.parse().unwrap(),
    };
    let session = |of: &str, role: &str, role_id: &str| Principal::Session {
        account: account(of),
        role: role.parse().unwrap(),
        role_id: role_id.parse().unwrap(),
        session: "s1".parse().unwrap(),
        service_linked: false,
    };
    let cases = [
        (user(OWN, "alice", "20"), Some("Read Write; rg-1: Read Write; rg-2: Read")),
        (user(OWN, "renamed", "20"), Some("Read Write; rg-1: Read Write; rg-2: Read")), // ID-11
        (user(OWN, "alice", "22"), None),
        (user(OWN, "bob", "21"), Some("")),
        (user(OTHER, "alice", "40"), Some("Read")),
        (user(OTHER, "alice", "20"), None),
        (user(OTHER, "bob", "21"), None),
        (user("3000000000000003", "alice", "20"), None),
        (session(OWN, "Dev", "30"), Some("Read; rg-1: Write")),
        (session(OWN, "Dev", "20"), None), // the ids of users are not those of roles
        (session(OTHER, "dev", "41"), Some("")),
        (Principal::Root { account: account(OWN) }, None),
    ];
    for (principal, expected) in cases {
        let found = directory.grants_of(&principal).map(shown);
        assert_eq!(found.as_deref(), expected, "{principal:?}");
    }
}

/// Resource policies name users by id, whatever their account.
#[test]
fn ids_stand_for_one_entity_in_all_accounts() {
    let (_, problems) = built(&PEOPLE.replace("'40'", "'20'").replace("'41'", "'30'"));
    let field = "accounts[0].users[0].id";
    check_problem(&problems, Severity::Error, field, "id `20` is taken");
    let field = "accounts[0].roles[0].id";
    check_problem(&problems, Severity::Error, field, "id `30` is taken");
    let (_, problems) = built(&PEOPLE.replace("'30'", "'20'"));
    check_problem(&problems, Severity::Error, "roles[0].id", "id `20` is taken");
    // That of a deleted user is not used again (ID-11), its name is.
    let deleted = PEOPLE.replace("name: bob, id: '21'", "name: bob, id: '21', recycled: true");
    let again = |id: &str| {
        deleted.replace("groups:\n", &format!("  - {{name: bob, id: '{id}'}}\ngroups:\n"))
    };
    let (_, problems) = built(&again("21"));
    check_problem(&problems, Severity::Error, "users[2].id", "id `21` is taken");
    let (directory, problems) = built(&again("22"));
    assert!(problems.iter().all(|it| it.severity == Severity::Warning), "{problems:#?}");
    let bob = "bob".parse().unwrap();
    assert_eq!(directory.user_of(account(OWN), &bob).unwrap().id.as_str(), "22");
}

#[test]
fn what_accounts_and_users_are_allowed_to_be() {
    let text = format!("alias: company-a\nstatus: frozen\n{PEOPLE}")
        .replace("name: bob, id: '21'", "name: bob, id: '21', access: console, mfa: true");
    let (directory, _) = built(&text);
    assert!(directory.is_frozen(account(OWN)) && !directory.is_frozen(account(OTHER)));
    let alias = |of: &str| directory.alias_of(account(of)).map(AccountAlias::as_str);
    assert_eq!((alias(OWN), alias(OTHER)), (Some("company-a"), None));
    let bob = directory.user_of(account(OWN), &"bob".parse().unwrap()).unwrap();
    assert!(bob.mfa && bob.access == Access::Console && !bob.access.signs());
    for (from, to, field, message) in [
        ("status: frozen", "status: Frozen", "status", "write `active` or `frozen`"),
        ("access: console", "access: none", "users[1].access", "write `api`"),
        ("company-a", "Company", "alias", "no account alias"),
        ("mfa: true", "mfa: 1", "users[1].mfa", "cannot be read"),
    ] {
        let (_, problems) = built(&text.replace(from, to));
        check_problem(&problems, Severity::Error, field, message);
    }
}

#[test]
fn roles() {
    let (directory, _) = built(PEOPLE);
    let found = |of: &str, name: &str| {
        let role = directory.role_of(account(of), name)?;
        Some((role.name.as_str(), names(&role.trust), role.service_linked))
    };
    let users = || "Users".to_owned();
    assert_eq!(found(OWN, "Dev"), Some(("Dev", users(), false)));
    assert_eq!(found(OWN, "dEV"), Some(("Dev", users(), false))); // ID-14
    assert_eq!(found(OTHER, "DEV"), Some(("dev", users(), false)));
    assert_eq!(found(OWN, "Dev2"), None);
    assert_eq!(found("3000000000000003", "Dev"), None);
    let of_service = Some(("AliyunServiceRoleForX", String::new(), true));
    assert_eq!(found(OWN, "aliyunserviceroleforx"), of_service);
}

#[test]
fn directories_that_are_refused() {
    let cases = [
        ("trust: Users, ", "", "roles[0].trust", "has a trust policy"),
        ("trust: Users, ", "trust: User, ", "roles[0].trust", "no trust policy `User`"),
        ("name: AliyunServiceRoleForX", "name: dEV", "roles[1].name", "taken on line 11"),
        ("id: '31'", "id: '30'", "roles[1].id", "taken on line 11"),
        ("id: '31'", "id: r31", "roles[1].id", "no role id"),
        ("service_linked: true", "service_linked: 1", "roles[1].service_linked", ""),
        (OTHER, OWN, "accounts[0].id", "described twice"),
        ("id: '2000000000000002'\n", "name: x\n", "accounts[0].id", "is missing"),
        (
            "users: [{name: alice, id: '40', policies: {custom: [Read]}}]",
            "users: [{name: alice, id: '40', groups: [ops]}]", // a group of another account
            "accounts[0].users[0].groups[0]",
            "no group `ops`",
        ),
        (
            "rg-2: {custom: [Read]}",
            "rg-2: {custom: [Reed]}",
            "groups[0].policies.resource_groups.rg-2.custom[0]",
            "no custom policy `Reed`",
        ),
        (
            "rg-2: {custom: [Read]}",
            "'rg 2': {custom: [Read]}",
            "groups[0].policies.resource_groups.rg 2",
            "no resource group id",
        ),
        (
            "resource_groups: {rg-1: {custom: [Write]}}}\n  - {name: bob",
            "resource_groups: [rg-1]}\n  - {name: bob",
            "users[0].policies.resource_groups",
            "a mapping",
        ),
    ];
    for (from, to, field, message) in cases {
        assert!(PEOPLE.contains(from), "{from}");
        let (_, problems) = built(&PEOPLE.replacen(from, to, 1));
        check_problem(&problems, Severity::Error, field, message);
    }
}

const TREE: &str = "\
management_account: '9000000000000009'
control_policies:
  Limit: {effect_scope: All}
  Bound: {effect_scope: RAM}
root:
  policies: {system: [FullAliyunAccess]}
  accounts:
    - {id: '9000000000000009'}
  folders:
    - name: prod
      policies: {custom: [Bound, Limit]}
      accounts:
        - {id: '1000000000000001', policies: {custom: [Limit]}}
      folders:
        - name: inner
          accounts: [{id: '2000000000000002'}]
";

fn tree(text: &str) -> (Organization, Vec<Problem>) {
    organization("o.yaml", text, &mut book())
}

/// The levels of an account from itself up, as `place: all | those that bind root`.
fn levels(organization: &Organization, of: &str) -> Vec<String> {
    let chain = organization.chain(account(of));
    let level = |level: &ControlLevel| {
        format!("{}: {} | {}", level.name, names(&level.all), names(&level.binding_root))
    };
    chain.levels.iter().map(level).collect()
}

#[test]
fn control_policies_of_each_account() {
    let (organization, problems) = tree(TREE);
    assert!(problems.is_empty(), "{problems:#?}");
    assert_eq!(organization.management(), Some(account("9000000000000009")));
    let root = "the root folder: FullAliyunAccess | FullAliyunAccess";
    let prod = "folder prod: Bound Limit | Limit";
    let own = "account 1000000000000001: Limit | Limit";
    assert_eq!(levels(&organization, OWN), [own, prod, root]);
    let (other, inner) = ("account 2000000000000002:  | ", "folder inner:  | ");
    assert_eq!(levels(&organization, OTHER), [other, inner, prod, root]);
    assert_eq!(levels(&organization, "9000000000000009"), ["account 9000000000000009:  | ", root]);
    assert!(levels(&organization, "3000000000000003").is_empty()); // no member
    let places: Vec<&str> = organization.places().iter().map(|place| &*place.name).collect();
    assert_eq!(places, ["the root folder", "folder prod", "account 1000000000000001"]);
}

/// Decisions, Meaning: off for an account for which no level lists one, on in full where one level does.
#[test]
fn control_policies_are_off_where_nothing_is_listed() {
    let text = "root: {accounts: [{id: '1000000000000001'}], folders: [{name: f, accounts: \
                [{id: '2000000000000002', policies: {custom: [Bound]}}]}]}";
    let (organization, problems) = tree(text);
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(levels(&organization, OWN).is_empty());
    let expected = ["account 2000000000000002: Bound | ", "folder f:  | ", "the root folder:  | "];
    assert_eq!(levels(&organization, OTHER), expected);
}

#[test]
fn organizations_that_are_refused() {
    let error = Severity::Error;
    let deep = "folders: [{name: f, ".repeat(6) + &"}]".repeat(6);
    let cases = [
        (TREE.replace("root:\n", "roof:\n"), error, "root", "is missing"),
        (
            TREE.replace("[Bound, Limit]", "[Bund]"),
            error,
            "root.folders[0].policies.custom[0]",
            "no control policy `Bund`",
        ),
        // Identity policies are no control policies.
        (
            TREE.replace("[Bound, Limit]", "[Read]"),
            error,
            "root.folders[0].policies.custom[0]",
            "no control policy `Read`",
        ),
        (
            TREE.replace("FullAliyunAccess", "AdministratorAccess"),
            error,
            "root.policies.system[0]",
            "no control policy",
        ),
        (
            TREE.replace("All}", "Root}"),
            error,
            "control_policies.Limit.effect_scope",
            "no effect scope",
        ),
        (
            TREE.replace(OTHER, OWN),
            error,
            "root.folders[0].folders[0].accounts[0].id",
            "stands twice",
        ),
        (
            TREE.replace("  Limit: {", "  Read: {"),
            Severity::Warning,
            "control_policies.Read.effect_scope",
            "attached nowhere",
        ),
        (
            TREE.replace("- name: inner", "- nane: inner"),
            error,
            "root.folders[0].folders[0].name",
            "is missing",
        ),
        (
            format!("root: {{{deep}}}"),
            error,
            "root.folders[0].folders[0].folders[0].folders[0].folders[0].folders[0]",
            "more than 5 deep",
        ),
    ];
    for (text, severity, field, message) in cases {
        check_problem(&tree(&text).1, severity, field, message);
    }
}

const RESOURCES: &str = "\
resource_groups:
  rg-1: ['acs:ecs:*:*:instance/i-1', 'acs:ecs:cn-hangzhou:*:instance/i-2']
  rg-2: ['acs:ecs:*:*:instance/i-1', 'acs:ecs:*:*:disk/*']
  rg-3: []
policies:
  - {resource: 'acs:oss:*:*:b', policy: List}
  - {resource: 'acs:kms:*:*:key/*', policy: Object}
acls:
  - {resource: 'acs:oss:*:*:b', acl: public-read-write}
  - {resource: 'acs:oss:*:*:b/read', acl: public-read}
  - {resource: 'acs:oss:*:*:b/secret*', acl: private}
  - {resource: 'acs:oss:*:*:*/secret-but-public', acl: public-read}
  - {resource: 'acs:oss:cn-hangzhou:*:b/hangzhou', acl: private}
  - {resource: 'acs:oss:cn-hangzhou:*:c', acl: public-read}
block_public_access: true
";

fn attached(text: &str) -> (Resources, Vec<Problem>) {
    let traits = |service: &str| Traits {
        principals: if service == "oss" { PrincipalForm::List } else { PrincipalForm::Object },
        foreign: ForeignCallers::default(),
        unknown_region: service == "oss",
        acl: service == "oss",
    };
    resources("r.yaml", text, &traits, &mut book())
}

struct Nothing;

impl Attributes for Nothing {
    fn get(&self, _key: &ConditionKey<'_>) -> Attribute<'_> {
        Attribute::Undeterminable
    }
}

fn access(resource: Resource<'static>) -> AccessRequest<'static> {
    AccessRequest {
        caller: Caller::Anonymous,
        action: Action { service: "ecs", operation: "StopInstance" },
        resource,
        owner: Some(account(OWN)),
        exempt: false,
        traits: Traits::default(),
        public_blocked: false,
        attributes: &Nothing,
    }
}

fn on(
    service: &'static str,
    region: Segment<'static>,
    relative_id: RelativeId<'static>,
) -> AccessRequest<'static> {
    access(Resource::Named { service, region, account: Segment::Known(OWN), relative_id })
}

#[test]
fn groups_of_resources() {
    let (resources, problems) = attached(RESOURCES);
    assert!(problems.is_empty(), "{problems:#?}");
    let hangzhou = Segment::Known("cn-hangzhou");
    let known = RelativeId::Known;
    let cases = [
        (on("ecs", hangzhou, known("instance/i-2")), "rg-1"),
        (on("ecs", Segment::Known("cn-beijing"), known("instance/i-2")), "none"),
        (on("ecs", Segment::Unknown, known("instance/i-2")), "unknown"),
        (on("ecs", hangzhou, known("instance/i-1")), "unknown"), // listed twice
        (on("ecs", hangzhou, known("instance/i-3")), "none"),
        (on("ecs", hangzhou, known("disk/d-1")), "rg-2"),
        (on("ecs", hangzhou, RelativeId::Partial("disk/\0")), "rg-2"),
        (on("ecs", hangzhou, RelativeId::Partial("instance/\0")), "unknown"),
        (access(Resource::All), "none"),
    ];
    let word = |group: ResourceGroup<'_>| match group {
        ResourceGroup::None => "none".to_owned(),
        ResourceGroup::In(ids) => ids.join(" "),
        ResourceGroup::Unknown => "unknown".to_owned(),
    };
    for (access, expected) in cases {
        assert_eq!(word(resources.group_of(&access)), expected, "{access:?}");
        assert_eq!(word(Resources::default().group_of(&access)), "unknown"); // nobody told
    }
}

#[test]
fn access_control_lists() {
    use AclAnswer::{Admits, Keeps};
    let (resources, _) = attached(RESOURCES);
    let known = RelativeId::Known;
    let cases = [
        (known("b/x"), Some(Admits), Some(Admits)), // the container's
        (known("b/read"), Some(Admits), Some(Keeps)), // the object's own
        (known("b/secret"), Some(Keeps), Some(Keeps)),
        (known("b/secret-but-public"), Some(Keeps), Some(Keeps)), // the strictest
        (known("a/secret-but-public"), Some(Admits), Some(Keeps)),
        (known("b/hangzhou"), Some(Keeps), Some(Keeps)), // its own, for all anybody knows
        (known("c/x"), Some(Keeps), Some(Keeps)),
        (known("a/x"), None, None),
        (known("b2/x"), None, None),
        (RelativeId::Partial("b/\0"), Some(Keeps), Some(Keeps)),
    ];
    for (id, read, write) in cases {
        let access = on("oss", Segment::Unknown, id);
        assert_eq!(resources.acl_of(&access, ObjectUse::Read), read, "reading {id:?}");
        assert_eq!(resources.acl_of(&access, ObjectUse::Write), write, "writing {id:?}");
    }
}

#[test]
fn policies_of_resources() {
    let (resources, _) = attached(RESOURCES);
    assert!(resources.blocks_public());
    assert_eq!(names(resources.policies()), "List Object");
    let reached = |access: &AccessRequest<'_>| {
        let members = resources.policies().members().iter();
        let reached = members.filter(|member| {
            let on = member.attached_to.as_ref().unwrap();
            on.matches(access) == Truth::True
        });
        reached.map(|member| member.policy.name().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let known = RelativeId::Known;
    assert_eq!(reached(&on("oss", Segment::Unknown, known("b"))), "List");
    assert_eq!(reached(&on("oss", Segment::Unknown, known("b/x"))), "");
    assert_eq!(reached(&on("kms", Segment::Known("cn-hangzhou"), known("key/k"))), "Object");
}

#[test]
fn resources_that_are_refused() {
    let cases = [
        ("policy: List", "policy: Object", "/Statement/0/Principal", "a list of strings"),
        ("policy: Object", "policy: List", "/Statement/0/Principal", "an object"),
        ("policy: List", "policy: Lst", "policies[0].policy", "no resource policy `Lst`"),
        ("acs:oss:*:*:b',", "acs:*:*:*:b',", "policies[0].resource", "names its service"),
        ("acs:oss:*:*:b',", "acs:oss:*:b',", "policies[0].resource", "fewer than five parts"),
        ("acl: private", "acl: default", "acls[2].acl", "no access control list"),
        ("rg-3: []", "rg-3: x", "resource_groups.rg-3", "a list of resources"),
        ("rg-3", "'rg 3'", "resource_groups.rg 3", "no resource group id"),
        ("access: true", "access: 'yes'", "block_public_access", ""),
    ];
    for (from, to, field, message) in cases {
        assert!(RESOURCES.contains(from), "{from}");
        let text = RESOURCES.replacen(from, to, 1);
        let traits = |service: &str| Traits {
            principals: if service == "oss" { PrincipalForm::List } else { PrincipalForm::Object },
            ..Traits::default()
        };
        let mut book = book();
        let (_, mut problems) = resources("r.yaml", &text, &traits, &mut book);
        problems.extend(book.into_problems());
        check_problem(&problems, Severity::Error, field, message);
    }
}
