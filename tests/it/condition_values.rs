//! Condition keys of products: what a request says about them, and what it cannot say.

#![expect(clippy::disallowed_types, reason = "bodies of requests that the tests make themselves")]

use std::sync::LazyLock;

use ramgate::catalog::Catalog;
use ramgate::policy::Attribute;
use serde_json::json;

use super::support::calls::{Call, Pairs, Route, builtin, resolve};

static CATALOG: LazyLock<Catalog> = LazyLock::new(builtin);

/// The value of a key in a call: its values, or one word for what is not a value.
fn value(call: &Call, key: &str) -> String {
    let look = |call: ramgate::catalog::Call<'_>| match call.attributes.get(key) {
        Attribute::Texts([]) => "absent".into(),
        Attribute::Texts(values) => values.join(" "),
        Attribute::Absent => "absent".into(),
        Attribute::Undeterminable => "unknown".into(),
        other => panic!("{other:?}"),
    };
    resolve(&CATALOG, call, &Route::default(), look).unwrap()
}

fn ecs(operation: &str, parameters: &[(&str, &str)]) -> Call {
    let common = [("Action", operation), ("Version", "2014-05-26"), ("InstanceId", "i-1")];
    Call {
        method: "POST".into(),
        host: "ecs.cn-hangzhou.aliyuncs.com".into(),
        path: "/".into(),
        query: Pairs::of(&common.into_iter().chain(parameters.iter().copied()).collect::<Vec<_>>()),
        ..Call::default()
    }
}

#[test]
fn a_stored_template_may_hold_the_value() {
    let template = ("LaunchTemplateId", "lt-1");
    let check = |parameters: &[(&str, &str)], key: &str, expected: &str| {
        let call = ecs("RunInstances", parameters);
        assert_eq!(value(&call, key), expected, "{key} of {parameters:?}");
    };
    check(&[("InstanceType", "ecs.g7.large")], "ecs:InstanceType", "ecs.g7.large");
    check(&[("InstanceType", "ecs.g7.large")], "ecs:InstanceTypeFamily", "ecs.g7");
    check(&[template], "ecs:InstanceType", "unknown");
    check(&[template], "ecs:InstanceTypeFamily", "unknown");
    check(&[template, ("InstanceType", "ecs.g7.large")], "ecs:InstanceTypeFamily", "ecs.g7");
    check(&[], "ecs:AssociatePublicIpAddress", "false");
    check(&[template], "ecs:AssociatePublicIpAddress", "unknown");
    check(&[("InternetMaxBandwidthOut", "1")], "ecs:AssociatePublicIpAddress", "true");
    check(&[], "ecs:LoginAsNonRoot", "false");
    check(&[template], "ecs:LoginAsNonRoot", "unknown");
    check(&[], "ecs:NotSpecifySecurityGroupId", "true");
    check(&[template], "ecs:NotSpecifySecurityGroupId", "unknown");
    check(&[], "ecs:PasswordCustomized", "false");
    check(&[("Password", "")], "ecs:PasswordCustomized", "false");
    check(&[("Password", "x")], "ecs:PasswordCustomized", "true");
}

#[test]
fn a_parameter_that_the_operation_does_not_take_says_nothing() {
    let check = |operation: &str, parameters: &[(&str, &str)], key: &str, expected: &str| {
        assert_eq!(value(&ecs(operation, parameters), key), expected, "{operation} {parameters:?}");
    };
    check("CreateDisk", &[("KMSKeyId", "k")], "ecs:IsDiskByokEncrypted", "true");
    check("RunInstances", &[("KMSKeyId", "k")], "ecs:IsDiskByokEncrypted", "unknown");
    check("CreateDisk", &[("Encrypted", "true")], "ecs:IsDiskEncrypted", "true");
    check("CreateDisk", &[], "ecs:IsDiskEncrypted", "unknown");
    check("RunInstances", &[("Encrypted", "true")], "ecs:IsDiskEncrypted", "unknown");
    check("RunInstances", &[("VpcId", "vpc-1")], "vpc:VPC", "unknown");
}

/// Tags count where the operation takes them in the form in which they are sent, and nowhere else.
#[test]
fn tags_that_the_operation_takes() {
    let env = [("Tag.1.Key", "env"), ("Tag.1.Value", "test")];
    let role = Call {
        host: "ram.aliyuncs.com".into(),
        query: Pairs::of(&[
            ("Action", "GetRole"),
            ("Version", "2015-05-01"),
            ("RoleName", "r"),
            env[0],
            env[1],
        ]),
        ..ecs("", &[])
    };
    assert_eq!(tag(&role, "env"), "unknown");
    for (operation, parameters, expected) in [
        ("RunInstances", env.to_vec(), "test"),
        ("RunInstances", vec![("Tag.1.Key", "env")], ""),
        ("RunInstances", vec![("Tag.3.key", "env"), ("Tag.3.value", "test")], "test"),
        ("RunInstances", vec![("Tag.1.Key", "team"), ("Tag.1.Value", "test")], "absent"),
        ("RunInstances", vec![], "absent"),
        // The operation does not look at them.
        ("StopInstance", env.to_vec(), "unknown"),
        ("StopInstance", vec![("ResourceTag.1.Key", "env")], "unknown"),
        ("StopInstance", vec![("tags", "env")], "unknown"),
        ("StopInstance", vec![], "absent"),
        // Which of the two counts is up to the service.
        (
            "RunInstances",
            [env.to_vec(), vec![("Tag.2.Key", "env"), ("Tag.2.Value", "prod")]].concat(),
            "unknown",
        ),
        ("RunInstances", [env.to_vec(), vec![("Tag.1.key", "team")]].concat(), "unknown"),
        ("RunInstances", [env.to_vec(), vec![("Tag.1.value", "prod")]].concat(), "unknown"),
        // Another form, or another spelling.
        ("RunInstances", [env.to_vec(), vec![("Tags", "[]")]].concat(), "unknown"),
        ("RunInstances", [env.to_vec(), vec![("Tag", "{}")]].concat(), "unknown"),
        ("RunInstances", vec![("tag.1.key", "env"), ("tag.1.value", "test")], "unknown"),
        ("RunInstances", vec![("Tag.01.Key", "env")], "unknown"),
        ("RunInstances", vec![("Tag.1.Value", "test")], "unknown"),
    ] {
        assert_eq!(
            tag(&ecs(operation, &parameters), "env"),
            expected,
            "{operation} {parameters:?}"
        );
    }
}

fn tag(call: &Call, key: &str) -> String {
    let look = |call: ramgate::catalog::Call<'_>| match call.attributes.request_tag(key) {
        Attribute::Texts(values) => values.join(" "),
        Attribute::Absent => "absent".into(),
        Attribute::Undeterminable => "unknown".into(),
        other => panic!("{other:?}"),
    };
    resolve(&CATALOG, call, &Route::default(), look).unwrap()
}

fn create_role(document: &str) -> Call {
    Call {
        method: "POST".into(),
        host: "ram.aliyuncs.com".into(),
        path: "/".into(),
        query: Pairs::of(&[
            ("Action", "CreateRole"),
            ("Version", "2015-05-01"),
            ("RoleName", "r"),
            ("AssumeRolePolicyDocument", document),
        ]),
        ..Call::default()
    }
}

#[test]
fn a_trust_policy_names_whom_it_trusts() {
    let check = |document: &str, kinds: &str, services: &str| {
        let call = create_role(document);
        assert_eq!(value(&call, "ram:TrustedPrincipalTypes"), kinds, "{document}");
        assert_eq!(value(&call, "ram:ServiceNames"), services, "{document}");
    };
    let of = |principal: &str| {
        format!(
            r#"{{"Statement":[{{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{principal}}}],"Version":"1"}}"#
        )
    };
    let ecs = r#"{"Service":["ecs.aliyuncs.com"]}"#;
    check(&of(ecs), "Service", "ecs.aliyuncs.com");
    check(&of(r#"{"Service":"ecs.aliyuncs.com"}"#), "Service", "ecs.aliyuncs.com");
    check(&of(r#"{"RAM":["acs:ram::1:root"]}"#), "RAM", "absent");
    check(
        &of(r#"{"Service":["b","a"],"Federated":["acs:ram::1:saml-provider/x"]}"#),
        "Federated Service",
        "a b",
    );
    for unclear in [
        "",
        "{",
        "[]",
        r#"{"Statement":[{"Effect":"Allow"}]}"#,
        r#"{"Statement":[],"statement":[]}"#,
        &of(r#"{"service":["ecs.aliyuncs.com"]}"#),
        &of(r#"{"Service":["a"],"Service":["b"]}"#),
        &of(r#"{"Service":[1]}"#),
        &of(ecs).replace("Principal", "principal"),
    ] {
        check(unclear, "unknown", "unknown");
    }
}

fn fc(method: &str, path: &str, body: &serde_json::Value) -> Call {
    Call {
        method: method.into(),
        host: "fcv3.cn-hangzhou.aliyuncs.com".into(),
        path: format!("/2023-03-30/{path}"),
        body: Some(body.to_string()),
        ..Call::default()
    }
}

#[test]
fn bodies_of_functions_and_triggers() {
    let function = |mut fields: serde_json::Value, key: &str| {
        fields["functionName"] = "f".into();
        value(&fc("POST", "functions", &fields), key)
    };
    let internet = "fc:EnableServiceInternetAccess";
    assert_eq!(function(json!({"internetAccess": true}), internet), "true");
    assert_eq!(function(json!({"internetAccess": false}), internet), "false");
    assert_eq!(function(json!({}), internet), "unknown");
    assert_eq!(function(json!({"internetAccess": "false"}), internet), "unknown");
    let logging = "fc:EnableServiceSLSLogging";
    let target = json!({"logConfig": {"project": "p", "logstore": "l"}});
    assert_eq!(function(target, logging), "true");
    assert_eq!(function(json!({"logConfig": {"project": "p"}}), logging), "false");
    assert_eq!(
        function(json!({"logConfig": {"Project": "p", "logstore": "l"}}), logging),
        "unknown"
    );
    assert_eq!(function(json!({"logConfig": "auto"}), logging), "unknown");

    let trigger = |kind: &str, config: serde_json::Value| {
        let fields = json!({"triggerName": "t", "triggerType": kind, "triggerConfig": config});
        let call = fc("POST", "functions/f/triggers", &fields);
        let [internet, anonymous] =
            ["fc:EnableHTTPTriggerInternet", "fc:EnableHTTPTriggerAnonymous"]
                .map(|key| value(&call, key));
        format!("{internet} {anonymous}")
    };
    assert_eq!(trigger("http", json!(r#"{"authType":"anonymous"}"#)), "true true");
    assert_eq!(trigger("http", json!({"authType": "function"})), "true false");
    let closed = json!(r#"{"authType":"function","disableURLInternet":true}"#);
    assert_eq!(trigger("http", closed), "false false");
    assert_eq!(trigger("http", json!(r#"{"methods":[]}"#)), "true unknown");
    assert_eq!(trigger("http", json!(r#"{"AuthType":"function"}"#)), "true unknown");
    assert_eq!(trigger("timer", json!(r#"{"authType":"anonymous"}"#)), "absent absent");

    let change = json!({"triggerType": "timer", "triggerConfig": r#"{"authType":"anonymous"}"#});
    let call = fc("PUT", "functions/f/triggers/t", &change);
    assert_eq!(
        value(&call, "fc:EnableHTTPTriggerAnonymous"),
        "true",
        "a type is no part of a change"
    );
    assert_eq!(value(&call, "fc:EnableHTTPTriggerInternet"), "unknown");
}
