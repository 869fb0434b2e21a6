//! The whole decision, read naively from the rules: long, slow, untyped, and apart from the program.

use std::cmp::Ordering;

use serde_json::{Map, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allow,
    ExplicitDeny,
    ImplicitDeny,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

/// 4.3: a third value beside yes and no.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Three {
    False,
    Undecided,
    True,
}

use Three::{False, True, Undecided};

fn known(fact: bool) -> Three {
    if fact { True } else { False }
}

fn not(value: Three) -> Three {
    match value {
        True => False,
        Undecided => Undecided,
        False => True,
    }
}

fn all(values: &[Three]) -> Three {
    if values.contains(&False) {
        False
    } else if values.contains(&Undecided) {
        Undecided
    } else {
        True
    }
}

fn any(values: &[Three]) -> Three {
    if values.contains(&True) {
        True
    } else if values.contains(&Undecided) {
        Undecided
    } else {
        False
    }
}

/// What the grammar and the principals of a document depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Identity, group, session and control policies: no principal.
    Plain,
    Trust,
    /// A resource's policy whose principal is a list of strings (7.4).
    Bucket,
    /// A resource's policy whose principal is an object (7.3); `true`: it may be missing.
    Object(bool),
}

enum Principal<'c> {
    User { account: &'c str, name: &'c str, id: &'c str },
    Session { account: &'c str, role: &'c str, session: &'c str, service_linked: bool },
    Root { account: &'c str },
    Anonymous,
    Service { service: &'c str, account: Option<&'c str> },
    Federated { provider: &'c str },
}

impl<'c> Principal<'c> {
    fn of(value: &'c Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let account = text("account").unwrap_or("");
        match text("type").unwrap() {
            "RamUser" => Self::User {
                account,
                name: text("name").unwrap_or(""),
                id: text("id").unwrap_or(""),
            },
            "AssumedRole" => Self::Session {
                account,
                role: text("role").unwrap_or(""),
                session: text("session").unwrap_or(""),
                service_linked: value.get("service_linked") == Some(&Value::Bool(true)),
            },
            "Root" => Self::Root { account },
            "Anonymous" => Self::Anonymous,
            "Service" => {
                Self::Service { service: text("service").unwrap(), account: text("account") }
            }
            "Federated" => Self::Federated { provider: text("provider").unwrap() },
            other => panic!("principal type {other}"),
        }
    }

    fn account(&self) -> Option<&'c str> {
        match self {
            Self::User { account, .. } | Self::Session { account, .. } | Self::Root { account } => {
                Some(account)
            }
            Self::Service { account, .. } => *account,
            Self::Federated { provider } => provider.split(':').nth(3),
            Self::Anonymous => None,
        }
    }
}

struct Request<'c> {
    principal: Principal<'c>,
    action: &'c str,
    /// The service of the action, in lower case.
    action_service: String,
    resource: &'c str,
    /// The service of the resource; of the action where the resource is `*`.
    service: String,
    owner: Option<&'c str>,
    context: &'c Map<String, Value>,
}

impl<'c> Request<'c> {
    fn of(value: &'c Value) -> Self {
        let action = value["action"].as_str().unwrap();
        let resource = value["resource"].as_str().unwrap();
        let mut principal = Principal::of(&value["principal"]);
        let action_service = action.split(':').next().unwrap().to_ascii_lowercase();
        let segments = segments(resource);
        let service =
            segments.as_ref().map_or_else(|| action_service.clone(), |five| five[1].to_owned());
        // 8.7: the caller's own account where the resource names none.
        let owner = match &segments {
            Some(five) if !["*", "system", ""].contains(&five[3]) => Some(five[3]),
            _ => principal.account(),
        };
        // Section 12: a service acts for the owner account unless the case names another.
        if let Principal::Service { account, .. } = &mut principal {
            *account = account.or(owner);
        }
        let context = value["context"].as_object().unwrap();
        Self { principal, action, action_service, resource, service, owner, context }
    }

    fn foreign(&self) -> bool {
        // 8.4: a caller without an account counts as foreign.
        self.principal.account().is_none() || self.principal.account() != self.owner
    }
}

/// split at the first four colons.
fn segments(arn: &str) -> Option<[&str; 5]> {
    let parts: Vec<&str> = arn.splitn(5, ':').collect();
    parts.try_into().ok()
}

/// 8.7
pub(crate) fn decide(case: &Value) -> &'static str {
    let request = Request::of(&case["request"]);
    let policies: Vec<&Value> = case["policies"].as_array().unwrap().iter().collect();
    match decision(&policies, &request) {
        Verdict::Allow => "Allow",
        Verdict::ExplicitDeny => "ExplicitDeny",
        Verdict::ImplicitDeny => "ImplicitDeny",
    }
}

fn decision(policies: &[&Value], request: &Request<'_>) -> Verdict {
    // without authorisation, but not without authentication
    let anonymous = matches!(request.principal, Principal::Anonymous);
    for exempt in ["sts:GetCallerIdentity", "kms:DescribeRegions"] {
        if !anonymous && request.action.eq_ignore_ascii_case(exempt) {
            return Verdict::Allow;
        }
    }
    // 8.2 step 1: the owner's chain, then the caller's.
    let mut chains = vec![request.owner];
    if request.principal.account().is_some() && request.principal.account() != request.owner {
        chains.push(request.principal.account());
    }
    for account in chains {
        let result = control(policies, account, request);
        if result != Verdict::Allow {
            return result;
        }
    }
    // 8.2 step 2
    let session_policies = documents(policies, "session");
    if matches!(request.principal, Principal::Session { .. }) && !session_policies.is_empty() {
        let result = basic(&session_policies, Kind::Plain, request);
        if result != Verdict::Allow {
            return result;
        }
    }
    // the letter case of the action is ignored here too.
    if request.action.eq_ignore_ascii_case("sts:AssumeRole") {
        return assume_role(policies, request);
    }
    let kind = match request.service.as_str() {
        "oss" => Kind::Bucket,
        "log" => Kind::Object(true),
        _ => Kind::Object(false),
    };
    let mut a = identity(policies, request);
    if kind == Kind::Bucket && request.foreign() && a == Verdict::Allow {
        a = Verdict::ImplicitDeny; // 8.4, first bullet
    }
    let b = basic(&documents(policies, "resource"), kind, request);
    if a == Verdict::ExplicitDeny || b == Verdict::ExplicitDeny {
        return Verdict::ExplicitDeny;
    }
    let allowed = if kind != Kind::Bucket && request.foreign() {
        a == Verdict::Allow && b == Verdict::Allow // 8.4, second bullet
    } else {
        a == Verdict::Allow || b == Verdict::Allow // 8.2 step 4
    };
    if allowed { Verdict::Allow } else { Verdict::ImplicitDeny }
}

/// 8.3
fn assume_role(policies: &[&Value], request: &Request<'_>) -> Verdict {
    let b = basic(&documents(policies, "trust"), Kind::Trust, request);
    match request.principal {
        Principal::Federated { .. } | Principal::Service { .. } => b,
        Principal::Root { .. } | Principal::Anonymous => match b {
            Verdict::ExplicitDeny => Verdict::ExplicitDeny,
            Verdict::Allow | Verdict::ImplicitDeny => Verdict::ImplicitDeny,
        },
        Principal::User { .. } | Principal::Session { .. } => {
            let a = identity(policies, request);
            if a == Verdict::ExplicitDeny || b == Verdict::ExplicitDeny {
                Verdict::ExplicitDeny
            } else if a == Verdict::Allow && b == Verdict::Allow {
                Verdict::Allow
            } else {
                Verdict::ImplicitDeny
            }
        }
    }
}

fn documents<'p>(policies: &[&'p Value], kind: &str) -> Vec<&'p Value> {
    policies
        .iter()
        .filter(|policy| policy["type"] == kind)
        .map(|policy| &policy["document"])
        .collect()
}

/// One account's levels, from the member up.
fn control(policies: &[&Value], account: Option<&str>, request: &Request<'_>) -> Verdict {
    // Service-linked roles are outside every control policy.
    if let Principal::Session { service_linked: true, .. } = request.principal {
        return Verdict::Allow;
    }
    let attached: Vec<&Value> = policies
        .iter()
        .copied()
        .filter(|policy| policy["type"] == "control")
        .filter(|policy| policy.get("account").and_then(Value::as_str).or(request.owner) == account)
        .collect();
    let level_of = |policy: &Value| policy.get("level").and_then(Value::as_u64).unwrap_or(0);
    // The feature is off for an account that lists none; where it is on, each level is there, from the account up.
    let Some(highest) = attached.iter().map(|policy| level_of(policy)).max() else {
        return Verdict::Allow;
    };
    let members_root = match request.principal {
        Principal::Root { account: own } => Some(own) == account,
        _ => false,
    };
    for level in 0..=highest {
        let in_scope: Vec<&Value> = attached
            .iter()
            .filter(|policy| level_of(policy) == level)
            // Scope `RAM` covers every caller but the member's root identity.
            .filter(|policy| {
                !members_root || policy.get("effect_scope") == Some(&Value::from("All"))
            })
            .map(|policy| &policy["document"])
            .collect();
        let lists_any = attached.iter().any(|policy| level_of(policy) == level);
        if in_scope.is_empty() && (members_root || lists_any) {
            continue;
        }
        // A level that lists nothing allows nothing.
        let result = basic(&in_scope, Kind::Plain, request);
        if result != Verdict::Allow {
            return result;
        }
    }
    Verdict::Allow
}

/// 8.2 step 3, result A.
fn identity(policies: &[&Value], request: &Request<'_>) -> Verdict {
    let mut account_scope = documents(policies, "identity");
    match request.principal {
        Principal::User { .. } => account_scope.extend(documents(policies, "group")),
        Principal::Session { .. } => {} // 7.1: a role has its own attachments only
        Principal::Root { account } => {
            return if request.owner == Some(account) {
                Verdict::Allow
            } else {
                Verdict::ImplicitDeny
            };
        }
        Principal::Anonymous | Principal::Service { .. } | Principal::Federated { .. } => {
            return Verdict::ImplicitDeny;
        }
    }
    let mut certain = Vec::new();
    let mut possible = Vec::new();
    for policy in policies.iter().filter(|policy| policy["type"] == "identity-rg") {
        match in_resource_group(policy["resource_group"].as_str().unwrap(), request) {
            True => certain.push(&policy["document"]),
            Undecided => possible.push(&policy["document"]),
            False => {}
        }
    }
    let a1 = basic(&account_scope, Kind::Plain, request);
    let a2 = basic(&certain, Kind::Plain, request);
    // Where the group cannot be known, such a policy may still deny, and never allows.
    let maybe = basic(&possible, Kind::Plain, request);
    if [a1, a2, maybe].contains(&Verdict::ExplicitDeny) {
        Verdict::ExplicitDeny
    } else if a1 == Verdict::Allow || a2 == Verdict::Allow {
        Verdict::Allow
    } else {
        Verdict::ImplicitDeny
    }
}

fn in_resource_group(group: &str, request: &Request<'_>) -> Three {
    match request.context.get("acs:ResourceGroupId") {
        None => False,
        Some(Value::Null) => Undecided,
        Some(value) => known(strings(value).unwrap().contains(&group)),
    }
}

/// 8.1, with V-16 before it.
fn basic(documents: &[&Value], kind: Kind, request: &Request<'_>) -> Verdict {
    if documents.iter().any(|document| !valid(document, kind)) {
        return Verdict::ExplicitDeny;
    }
    let mut allowed = false;
    let mut denied = false;
    for document in documents {
        for statement in document["Statement"].as_array().unwrap() {
            let effect = if statement["Effect"] == "Deny" { Effect::Deny } else { Effect::Allow };
            let parts = [
                action_matches(statement, request),
                resource_matches(statement, request),
                known(principal_matches(statement, effect, kind, request)),
                condition_holds(statement, kind, request),
            ];
            // C-7
            match effect {
                Effect::Deny => denied |= all(&parts) != False,
                Effect::Allow => allowed |= all(&parts) == True,
            }
        }
    }
    if denied {
        Verdict::ExplicitDeny
    } else if allowed {
        Verdict::Allow
    } else {
        Verdict::ImplicitDeny
    }
}

// 1.4: what is valid

/// G-4: a string is a list of one.
fn strings(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(one) => Some(vec![one]),
        Value::Array(several) => several.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn valid(document: &Value, kind: Kind) -> bool {
    // V-1; V-2 cannot be seen in a value that is already read
    let Some(document) = document.as_object() else { return false };
    // V-3
    if document.keys().any(|name| name != "Version" && name != "Statement") {
        return false;
    }
    // V-4
    if document.get("Version") != Some(&Value::from("1")) {
        return false;
    }
    let Some(Value::Array(statements)) = document.get("Statement") else { return false };
    !statements.is_empty() && statements.iter().all(|statement| valid_statement(statement, kind))
}

fn valid_statement(statement: &Value, kind: Kind) -> bool {
    // V-4
    let Some(statement) = statement.as_object() else { return false };
    // V-3, and V-14 for `NotPrincipal`
    let names = [
        "Sid",
        "Effect",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Principal",
        "Condition",
    ];
    if statement.keys().any(|name| !names.contains(&name.as_str())) {
        return false;
    }
    if statement.get("Sid").is_some_and(|sid| !sid.is_string()) {
        return false;
    }
    // V-5
    match statement.get("Effect").and_then(Value::as_str) {
        Some("Allow" | "Deny") => {}
        _ => return false,
    }
    let ((Some(actions), None) | (None, Some(actions))) =
        (statement.get("Action"), statement.get("NotAction"))
    else {
        return false;
    };
    let resources = match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(_), Some(_)) => return false,
        (Some(list), None) | (None, Some(list)) => Some(list),
        (None, None) => None,
    };
    if resources.is_some() == (kind == Kind::Trust) {
        return false;
    }
    if !valid_actions(actions) || !resources.is_none_or(valid_resources) {
        return false;
    }
    // V-15
    if kind == Kind::Trust {
        let only = |action: &str| action.eq_ignore_ascii_case("sts:AssumeRole");
        if statement.contains_key("NotAction")
            || !strings(actions).unwrap().iter().all(|one| only(one))
        {
            return false;
        }
    }
    if !valid_principal(statement, kind) {
        return false;
    }
    match statement.get("Condition") {
        None => true,
        Some(condition) => valid_condition(condition),
    }
}

fn valid_actions(value: &Value) -> bool {
    let Some(list) = strings(value) else { return false }; // V-6
    !list.is_empty()
        && list.iter().all(|pattern| {
            // V-6, V-7, V-13
            !pattern.is_empty()
                && (*pattern == "*" || pattern.contains(':'))
                && !pattern.contains("${")
        })
}

fn valid_resources(value: &Value) -> bool {
    let Some(list) = strings(value) else { return false }; // V-6
    !list.is_empty() && list.iter().all(|pattern| valid_resource(pattern))
}

fn valid_resource(pattern: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    // V-6 (an empty string has no colon), V-8, V-13
    let Some([acs, service, _, account, _]) = segments(pattern) else { return false };
    acs == "acs"
        && !service.contains(|letter: char| letter.is_ascii_uppercase())
        && !account.is_empty()
        && !pattern.contains("${")
}

fn valid_condition(condition: &Value) -> bool {
    let Some(operators) = condition.as_object() else { return false };
    !operators.is_empty() // V-11
        && operators.iter().all(|(name, keys)| {
            let Some((_, test)) = operator(name) else { return false }; // V-10
            let Some(keys) = keys.as_object() else { return false };
            !keys.is_empty() && keys.iter().all(|(key, values)| valid_key(key) && valid_values(values, test))
        })
}

/// Section 5.
const KEYS: [&str; 46] = [
    "acs:CurrentTime",
    "acs:SecureTransport",
    "acs:SourceIp",
    "acs:MFAPresent",
    "acs:PrincipalARN",
    "acs:PrincipalRDId",
    "acs:PrincipalRDPath",
    "acs:ResourceGroupId",
    "acs:SourceVpc",
    "acs:VpcSourceIp",
    "acs:UserAgent",
    "acs:AccessId",
    "acs:Service",
    "oss:Prefix",
    "oss:Delimiter",
    "oss:x-oss-acl",
    "oss:x-oss-object-acl",
    "oss:object-remaining-retention-days",
    "oss:DataAccessPointArn",
    "oss:DataAccessPointAccount",
    "oss:AccessPointNetworkOrigin",
    "ecs:CommandRunAs",
    "ecs:IsDiskEncrypted",
    "ecs:IsDiskByokEncrypted",
    "ecs:IsSystemDiskEncrypted",
    "ecs:IsSystemDiskByokEncrypted",
    "ecs:InstanceType",
    "ecs:InstanceTypeFamily",
    "ecs:ImageOwnerId",
    "ecs:ImageSource",
    "ecs:ImagePlatform",
    "ecs:SecurityEnhancementStrategy",
    "ecs:SecurityHardeningMode",
    "ecs:NotSpecifySecurityGroupId",
    "ecs:LoginAsNonRoot",
    "ecs:PasswordInherit",
    "ecs:PasswordCustomized",
    "ecs:AssociatePublicIpAddress",
    "vpc:VPC",
    "vpc:IsDefaultVpc",
    "vpc:IsDefaultVSwitch",
    "vpc:CreateDefaultVpc",
    "kms:RecoveryWindowInDays",
    "ram:ServiceName",
    "sts:ExternalId",
    "sts:SourceIdentity",
];

const FEDERATED_KEYS: [&str; 4] = ["saml:recipient", "oidc:iss", "oidc:aud", "oidc:sub"];

/// The part before the tag key.
const TAG_KEYS: [&str; 9] = [
    "acs:RequestTag",
    "acs:ResourceTag",
    "oss:BucketTag",
    "oss:ExistingObjectTag",
    "oss:RequestObjectTag",
    "ecs:tag",
    "vpc:tag",
    "rds:ResourceTag",
    "kms:tag",
];

/// V-9
fn valid_key(key: &str) -> bool {
    if let Some((prefix, _)) = key.split_once('/') {
        return !TAG_KEYS.iter().any(|tag| tag.eq_ignore_ascii_case(prefix) && *tag != prefix);
    }
    !KEYS
        .iter()
        .chain(&FEDERATED_KEYS)
        .any(|known| known.eq_ignore_ascii_case(key) && *known != key)
}

fn valid_values(values: &Value, test: Test) -> bool {
    let Some(values) = strings(values) else { return false }; // V-11
    !values.is_empty()
        && values.iter().all(|value| {
            let readable = match test {
                Test::Equals | Test::EqualsIgnoreCase | Test::Like => true,
                Test::Number(_) => number(value).is_some(),
                Test::Date(_) => date(value).is_some(),
                Test::Bool => boolean(value).is_some(),
                Test::Ip { .. } => network(value).is_some(),
            };
            readable && !value.contains("${") // V-12, V-13
        })
}

/// V-14
fn valid_principal(statement: &Map<String, Value>, kind: Kind) -> bool {
    let principal = statement.get("Principal");
    match (kind, principal) {
        (Kind::Plain, principal) => principal.is_none(),
        (Kind::Object(optional), None) => optional,
        (Kind::Trust | Kind::Bucket, None) => false,
        // 7.4: a list of strings; a string is a list of one
        (Kind::Bucket, Some(list)) => {
            strings(list).is_some_and(|list| list.iter().all(|entry| valid_bucket_entry(entry)))
        }
        (Kind::Trust | Kind::Object(_), Some(object)) => {
            let Some(object) = object.as_object() else { return false };
            let entries = object.iter().all(|(name, list)| {
                let Some(list) = strings(list) else { return false };
                !list.is_empty() && list.iter().all(|entry| valid_entry(name, entry, kind))
            });
            !object.is_empty() && entries && (kind != Kind::Trust || has_subject(statement, object))
        }
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit())
}

fn valid_bucket_entry(entry: &str) -> bool {
    entry == "*"
        || digits(entry)
        || entry.starts_with("acs:ram::")
        || session_pattern(entry).is_some()
}

/// `arn:sts::<uid>:assumed-role/<role>/<session>`
fn session_pattern(entry: &str) -> Option<[&str; 4]> {
    let rest = entry.strip_prefix("arn:sts::")?;
    let (account, path) = rest.split_once(':')?;
    let parts: Vec<&str> = path.split('/').collect();
    let [word, role, session] = parts[..] else { return None };
    let accepted = !account.is_empty()
        && glob(word, "assumed-role")
        && !role.is_empty()
        && !session.is_empty();
    accepted.then_some([account, word, role, session])
}

/// 7.3, TP-04, TP-13
fn valid_entry(name: &str, entry: &str, kind: Kind) -> bool {
    match name {
        "RAM" => {
            let Some(rest) = entry.strip_prefix("acs:ram::") else { return false };
            let Some((account, path)) = rest.split_once(':') else { return false };
            digits(account)
                && match path.split_once('/') {
                    None => path == "root" || (path == "*" && kind != Kind::Trust),
                    Some(("user", name)) => entity_name(name) && !name.starts_with('-'),
                    Some(("role", name)) => entity_name(name),
                    Some(_) => false,
                }
        }
        "Service" => {
            let service = match entry.split_once('@') {
                None => entry,
                Some((account, service)) if digits(account) && account.len() <= 20 => service,
                Some(_) => return false,
            };
            let Some(host) = service.strip_suffix(".aliyuncs.com") else { return false };
            host.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && label.chars().all(|letter| {
                        letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
                    })
            }) && !host.starts_with('-')
        }
        "Federated" => {
            let Some(rest) = entry.strip_prefix("acs:ram::") else { return false };
            let Some((account, path)) = rest.split_once(':') else { return false };
            let Some((kind, name)) = path.split_once('/') else { return false };
            let ends =
                |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
            digits(account)
                && ["saml-provider", "oidc-provider"].contains(&kind)
                && name.len() <= 128
                && name
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
                && ends(name.chars().next())
                && ends(name.chars().last())
        }
        _ => false,
    }
}

/// ID-13
fn entity_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
}

/// TP-16
fn has_subject(statement: &Map<String, Value>, principal: &Map<String, Value>) -> bool {
    let oidc = principal
        .get("Federated")
        .and_then(strings)
        .is_some_and(|list| list.iter().any(|entry| entry.contains(":oidc-provider/")));
    if statement["Effect"] == "Deny" || !oidc {
        return true;
    }
    let subject = |operator: &str| -> Option<Vec<&str>> {
        strings(statement.get("Condition")?.get(operator)?.get("oidc:sub")?)
    };
    let literal = |value: &&str| value.chars().any(|letter| letter != '*' && letter != '?');
    subject("StringEquals").is_some()
        || subject("StringLike").is_some_and(|values| values.iter().all(literal))
}

// Section 2: actions

fn action_matches(statement: &Value, request: &Request<'_>) -> Three {
    let one = |pattern: &&str| {
        if *pattern == "*" {
            return true;
        }
        let Some((pattern_service, pattern_name)) = pattern.split_once(':') else { return false };
        let Some((service, name)) = request.action.split_once(':') else { return false };
        //
        let folded = |pattern: &str, text: &str| {
            glob(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
        };
        folded(pattern_service, service) && folded(pattern_name, name)
    };
    //
    match (statement.get("Action"), statement.get("NotAction")) {
        (Some(list), _) => known(strings(list).unwrap().iter().any(one)),
        (None, Some(list)) => known(!strings(list).unwrap().iter().any(one)),
        (None, None) => panic!("checked before"),
    }
}

/// which prefixes of the text the pattern read so far can stand for.
fn glob(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    for letter in pattern.chars() {
        let mut next = vec![false; text.len() + 1];
        for end in 0..ends.len() {
            if !ends[end] {
                continue;
            }
            match letter {
                '*' => next[end..].fill(true),
                '?' if end < text.len() => next[end + 1] = true,
                _ if end < text.len() && text[end] == letter => next[end + 1] = true,
                _ => {}
            }
        }
        ends = next;
    }
    ends[text.len()]
}

// Section 3: resources

fn resource_matches(statement: &Value, request: &Request<'_>) -> Three {
    let of = |list: &Value| {
        let each: Vec<Three> = strings(list)
            .unwrap()
            .iter()
            .map(|pattern| pattern_matches(pattern, request))
            .collect();
        any(&each)
    };
    //
    match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(list), _) => of(list),
        (None, Some(list)) => not(of(list)),
        (None, None) => True, // a trust policy
    }
}

fn pattern_matches(pattern: &str, request: &Request<'_>) -> Three {
    if pattern == "*" {
        return True;
    }
    let [_, service, region, account, id] = segments(pattern).unwrap();
    let Some([_, wanted_service, wanted_region, wanted_account, wanted_id]) =
        segments(request.resource)
    else {
        //
        assert_eq!(request.resource, "*");
        let owner = request.owner.is_some_and(|owner| glob(account, owner));
        if !glob(service, &request.action_service) || !owner {
            return False;
        }
        return known((stars(region) || region.is_empty()) && stars(id));
    };
    //
    let id_matches = if wanted_service == "ram" && wanted_id.starts_with("role/") {
        glob(&id.to_ascii_lowercase(), &wanted_id.to_ascii_lowercase())
    } else {
        glob(id, wanted_id)
    };
    all(&[
        known(glob(service, wanted_service)),
        region_matches(region, wanted_service, wanted_region),
        account_matches(account, wanted_account, request.owner),
        known(id_matches),
    ])
}

/// A run of stars says what one star says.
fn stars(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.chars().all(|letter| letter == '*')
}

/// R-2; an account that is not named is still somebody's (8.7), so a pattern that names the owner is undecided.
fn account_matches(pattern: &str, wanted: &str, owner: Option<&str>) -> Three {
    if !wanted.is_empty() && wanted != "*" {
        return known(glob(pattern, wanted));
    }
    if glob(pattern, "*") {
        return True;
    }
    match owner {
        Some(owner) if !glob(pattern, owner) => False,
        _ => Undecided,
    }
}

///
fn region_matches(pattern: &str, service: &str, wanted: &str) -> Three {
    let wanted = if wanted.is_empty() { "*" } else { wanted };
    if wanted == "*" && service == "oss" {
        // unknown
        return if stars(pattern) { True } else { Undecided };
    }
    if pattern.is_empty() {
        return known(wanted == "*");
    }
    known(glob(pattern, wanted))
}

// 7.3, 7.4: principals

fn principal_matches(statement: &Value, effect: Effect, kind: Kind, request: &Request<'_>) -> bool {
    match (kind, statement.get("Principal")) {
        (Kind::Plain, _) => true,
        (_, None) => true, // 7.4, last sentence
        (Kind::Bucket, Some(list)) => {
            let conditional = statement.get("Condition").is_some();
            let list = strings(list).unwrap();
            let list = if list.is_empty() { vec!["*"] } else { list };
            list.iter().any(|entry| bucket_entry_matches(entry, conditional, effect, request))
        }
        (_, Some(object)) => object.as_object().unwrap().iter().any(|(name, list)| {
            strings(list).unwrap().iter().any(|entry| entry_matches(name, entry, effect, request))
        }),
    }
}

fn bucket_entry_matches(
    entry: &str,
    conditional: bool,
    effect: Effect,
    request: &Request<'_>,
) -> bool {
    let own = request.principal.account();
    if entry == "*" {
        return conditional || effect == Effect::Deny || own.is_none() || own != request.owner;
    }
    if digits(entry) {
        let user = matches!(request.principal, Principal::User { id, .. } if id == entry);
        let root = matches!(request.principal, Principal::Root { account } if account == entry);
        return user || root || (effect == Effect::Deny && own == Some(entry));
    }
    let Some([account_pattern, word, role_pattern, session_pattern]) = session_pattern(entry)
    else {
        return false; // a RAM-style ARN covers nobody
    };
    let Principal::Session { account, role, session, .. } = request.principal else { return false };
    let lower = role.to_ascii_lowercase();
    let role_matches = match effect {
        Effect::Allow => glob(role_pattern, &lower),
        Effect::Deny => glob(&role_pattern.to_ascii_lowercase(), &lower),
    };
    glob(account_pattern, account)
        && glob(word, "assumed-role")
        && role_matches
        && glob(session_pattern, session)
}

fn entry_matches(name: &str, entry: &str, effect: Effect, request: &Request<'_>) -> bool {
    match name {
        "RAM" => {
            let (account, path) = entry.strip_prefix("acs:ram::").unwrap().split_once(':').unwrap();
            if request.principal.account() != Some(account) {
                return false;
            }
            match (&request.principal, path.split_once('/')) {
                (Principal::User { .. } | Principal::Session { .. }, None) => true, // `root` and `*`
                (Principal::Root { .. }, None) => path == "*",
                (Principal::User { name, .. }, Some(("user", wanted))) => match effect {
                    Effect::Allow => *name == wanted,
                    Effect::Deny => name.eq_ignore_ascii_case(wanted),
                },
                (Principal::Session { role, .. }, Some(("role", wanted))) => {
                    role.eq_ignore_ascii_case(wanted)
                }
                _ => false,
            }
        }
        "Service" => {
            let Principal::Service { service, account } = request.principal else { return false };
            match entry.split_once('@') {
                None => service == entry && account.is_some() && account == request.owner,
                Some((wanted, wanted_service)) => {
                    service == wanted_service && account == Some(wanted)
                }
            }
        }
        "Federated" => {
            let Principal::Federated { provider } = request.principal else { return false };
            provider == entry && request.principal.account() == request.owner // TP-09
        }
        _ => false,
    }
}

// Section 4: conditions

#[derive(Clone, Copy)]
enum Test {
    Equals,
    EqualsIgnoreCase,
    Like,
    Number(fn(Ordering) -> bool),
    Date(fn(Ordering) -> bool),
    Bool,
    Ip { border: bool },
}

/// 4.1: whether it is negated, and the positive test.
fn operator(name: &str) -> Option<(bool, Test)> {
    Some(match name {
        "StringEquals" => (false, Test::Equals),
        "StringNotEquals" => (true, Test::Equals),
        "StringEqualsIgnoreCase" => (false, Test::EqualsIgnoreCase),
        "StringNotEqualsIgnoreCase" => (true, Test::EqualsIgnoreCase),
        "StringLike" => (false, Test::Like),
        "StringNotLike" => (true, Test::Like),
        "NumericEquals" => (false, Test::Number(Ordering::is_eq)),
        "NumericNotEquals" => (true, Test::Number(Ordering::is_eq)),
        "NumericLessThan" => (false, Test::Number(Ordering::is_lt)),
        "NumericLessThanEquals" => (false, Test::Number(Ordering::is_le)),
        "NumericGreaterThan" => (false, Test::Number(Ordering::is_gt)),
        "NumericGreaterThanEquals" => (false, Test::Number(Ordering::is_ge)),
        "DateEquals" => (false, Test::Date(Ordering::is_eq)),
        "DateNotEquals" => (true, Test::Date(Ordering::is_eq)),
        "DateLessThan" => (false, Test::Date(Ordering::is_lt)),
        "DateLessThanEquals" => (false, Test::Date(Ordering::is_le)),
        "DateGreaterThan" => (false, Test::Date(Ordering::is_gt)),
        "DateGreaterThanEquals" => (false, Test::Date(Ordering::is_ge)),
        "Bool" => (false, Test::Bool),
        "IpAddress" => (false, Test::Ip { border: false }),
        "NotIpAddress" => (true, Test::Ip { border: false }),
        "IpAddressIncludeBorder" => (false, Test::Ip { border: true }),
        "NotIpAddressIncludeBorder" => (true, Test::Ip { border: true }),
        _ => return None,
    })
}

fn condition_holds(statement: &Value, kind: Kind, request: &Request<'_>) -> Three {
    let Some(condition) = statement.get("Condition") else { return True };
    let mut results = Vec::new();
    for (name, keys) in condition.as_object().unwrap() {
        let (negated, test) = operator(name).unwrap();
        for (key, values) in keys.as_object().unwrap() {
            let values = strings(values).unwrap();
            // 5.1: accepted in bucket policies, but never evaluated there
            let result = if kind == Kind::Bucket && key == "acs:PrincipalARN" {
                Undecided
            } else {
                key_holds(request.context.get(key), &values, test)
            };
            results.push(if negated { not(result) } else { result });
        }
    }
    all(&results) // C-1, C-2, C-5
}

/// The positive condition on one key.
fn key_holds(given: Option<&Value>, values: &[&str], test: Test) -> Three {
    let given = match given {
        Some(Value::Null) => return Undecided, // C-11
        Some(given) => strings(given).unwrap(),
        None => Vec::new(),
    };
    if given.is_empty() {
        return False; // C-8, C-10; the caller negates it for C-9
    }
    let each: Vec<Three> = given
        .iter()
        .map(|given| {
            // C-3
            let against: Vec<Three> =
                values.iter().map(|value| value_holds(given, value, test)).collect();
            any(&against)
        })
        .collect();
    // C-12
    if each.iter().all(|one| *one == True) {
        True
    } else if each.iter().all(|one| *one == False) {
        False
    } else {
        Undecided
    }
}

fn value_holds(given: &str, value: &str, test: Test) -> Three {
    match test {
        Test::Equals => known(given == value),
        Test::EqualsIgnoreCase => known(given.eq_ignore_ascii_case(value)),
        Test::Like => known(glob(value, given)),
        Test::Number(wanted) => match number(given) {
            Some(given) => known(wanted(compare_numbers(&given, &number(value).unwrap()))),
            None => Undecided,
        },
        Test::Date(wanted) => match date(given) {
            Some(given) => known(wanted(given.cmp(&date(value).unwrap()))),
            None => Undecided,
        },
        Test::Bool => match boolean(given) {
            Some(given) => known(given == boolean(value).unwrap()),
            None => Undecided,
        },
        Test::Ip { border } => match address(given) {
            Some(given) => address_in(given, &network(value).unwrap(), border),
            None => Undecided, // C-14: also against `*`
        },
    }
}

// 4.6

struct Number {
    negative: bool,
    whole: String,
    fraction: String,
}

fn number(text: &str) -> Option<Number> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) if digits(fraction) => (whole, fraction),
        Some(_) => return None,
        None => (unsigned, ""),
    };
    digits(whole).then(|| Number {
        negative,
        whole: whole.to_owned(),
        fraction: fraction.to_owned(),
    })
}

fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    // Written with equally many digits before and after the point, digits compare as text.
    let whole = left.whole.len().max(right.whole.len());
    let fraction = left.fraction.len().max(right.fraction.len());
    let padded =
        |number: &Number| format!("{:0>whole$}{:0<fraction$}", number.whole, number.fraction);
    let (left_digits, right_digits) = (padded(left), padded(right));
    let zero = |digits: &str| digits.chars().all(|digit| digit == '0');
    let left_negative = left.negative && !zero(&left_digits);
    let right_negative = right.negative && !zero(&right_digits);
    match (left_negative, right_negative) {
        (false, false) => left_digits.cmp(&right_digits),
        (true, true) => right_digits.cmp(&left_digits),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

// 4.7

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Seconds since the beginning of the calendar, and the digits of the fraction without zeros at the end.
fn date(text: &str) -> Option<(i64, String)> {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < 20 {
        return None;
    }
    let field = |from: usize, to: usize| -> Option<i64> {
        let text: String = letters[from..to].iter().collect();
        if digits(&text) { text.parse().ok() } else { None }
    };
    for (at, letter) in [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')] {
        if letters[at] != letter {
            return None;
        }
    }
    let (year, month, day) = (field(0, 4)?, field(5, 7)?, field(8, 10)?);
    let (hour, minute, second) = (field(11, 13)?, field(14, 16)?, field(17, 19)?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let february = if leap { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if !(1..=12).contains(&month) {
        return None;
    }
    let before = usize::try_from(month - 1).unwrap();
    if !(1..=months[before]).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut at = 19;
    let mut fraction = String::new();
    if letters[at] == '.' {
        at += 1;
        while at < letters.len() && letters[at].is_ascii_digit() {
            fraction.push(letters[at]);
            at += 1;
        }
        if fraction.is_empty() {
            return None;
        }
    }
    let offset = match letters.get(at)? {
        'Z' if letters.len() == at + 1 => 0,
        sign @ ('+' | '-') if letters.len() == at + 6 && letters[at + 3] == ':' => {
            let (hours, minutes) = (field(at + 1, at + 3)?, field(at + 4, at + 6)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = (hours * 60 + minutes) * 60;
            if *sign == '+' { seconds } else { -seconds }
        }
        _ => return None,
    };
    let past = year - 1; // whole years; -1 for the year 0000 comes out right enough to compare
    let leaps = past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400);
    let days = past * 365 + leaps + months[..before].iter().sum::<i64>() + day;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second - offset;
    Some((seconds, fraction.trim_end_matches('0').to_owned()))
}

// 4.8

#[derive(Clone, Copy, PartialEq, Eq)]
enum Address {
    V4(u32),
    V6(u128),
}

enum Network {
    Any,
    One(Address),
    /// First and last address, both of one family.
    Block(Address, Address),
}

fn address(text: &str) -> Option<Address> {
    match unreduced(text)? {
        // C-14
        Address::V6(bits) if bits >> 32 == 0xffff => {
            Some(Address::V4(u32::try_from(bits & 0xffff_ffff).unwrap()))
        }
        other => Some(other),
    }
}

fn unreduced(text: &str) -> Option<Address> {
    if text.contains(':') {
        version_6(text).map(Address::V6)
    } else {
        version_4(text).map(Address::V4)
    }
}

fn version_4(text: &str) -> Option<u32> {
    let octets: Vec<&str> = text.split('.').collect();
    if octets.len() != 4 {
        return None;
    }
    let mut bits = 0;
    for octet in octets {
        if !digits(octet) || (octet.len() > 1 && octet.starts_with('0')) {
            return None;
        }
        bits = bits * 256 + u32::from(octet.parse::<u8>().ok()?);
    }
    Some(bits)
}

fn version_6(text: &str) -> Option<u128> {
    let (head, tail) = match text.split_once("::") {
        Some((head, tail)) => (groups(head, false)?, Some(groups(tail, true)?)),
        None => (groups(text, true)?, None),
    };
    let all = match tail {
        None => head,
        Some(tail) => {
            let zeros = 8_usize.checked_sub(head.len() + tail.len()).filter(|zeros| *zeros > 0)?;
            [head, vec![0; zeros], tail].concat()
        }
    };
    if all.len() != 8 {
        return None;
    }
    Some(all.iter().fold(0, |bits, group| bits * 65536 + u128::from(*group)))
}

fn groups(text: &str, may_end_in_version_4: bool) -> Option<Vec<u16>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let parts: Vec<&str> = text.split(':').collect();
    let mut groups = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        if may_end_in_version_4 && at + 1 == parts.len() && part.contains('.') {
            let bits = version_4(part)?;
            groups.push(u16::try_from(bits >> 16).unwrap());
            groups.push(u16::try_from(bits & 0xffff).unwrap());
        } else if (1..=4).contains(&part.len())
            && part.chars().all(|digit| digit.is_ascii_hexdigit())
        {
            groups.push(u16::from_str_radix(part, 16).unwrap());
        } else {
            return None;
        }
    }
    Some(groups)
}

/// C-13
fn network(text: &str) -> Option<Network> {
    if text == "*" {
        return Some(Network::Any);
    }
    let Some((base, length)) = text.split_once('/') else { return address(text).map(Network::One) };
    if !digits(length) || (length.len() > 1 && length.starts_with('0')) {
        return None;
    }
    let length: u32 = length.parse().ok()?;
    let unreduced = unreduced(base)?;
    let (base, length) = match (unreduced, address(base)?) {
        // an IPv4-mapped block must stay inside the mapped addresses
        (Address::V6(_), reduced @ Address::V4(_)) => (reduced, length.checked_sub(96)?),
        (_, same) => (same, length),
    };
    match base {
        Address::V4(bits) if length <= 32 => {
            let hosts = u32::MAX.checked_shr(length).unwrap_or(0);
            Some(Network::Block(Address::V4(bits & !hosts), Address::V4(bits | hosts)))
        }
        Address::V6(bits) if length <= 128 => {
            let hosts = u128::MAX.checked_shr(length).unwrap_or(0);
            Some(Network::Block(Address::V6(bits & !hosts), Address::V6(bits | hosts)))
        }
        Address::V4(_) | Address::V6(_) => None,
    }
}

fn address_in(given: Address, network: &Network, border: bool) -> Three {
    let (first, last) = match network {
        Network::Any => return True,
        Network::One(one) => return known(given == *one),
        Network::Block(first, last) => (*first, *last),
    };
    let inside = match (given, first, last) {
        (Address::V4(given), Address::V4(first), Address::V4(last)) => {
            first <= given && given <= last
        }
        (Address::V6(given), Address::V6(first), Address::V6(last)) => {
            first <= given && given <= last
        }
        _ => false,
    };
    // C-15, C-16
    if inside && !border && (given == first || given == last) { Undecided } else { known(inside) }
}
