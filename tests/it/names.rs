//! The names and ARNs of section 1.3 and 1.4 of the identities sheet (checklist 1): boundary lengths, letters outside ASCII, a line's
//! end. Each table is read by the types that every file and request goes through.

use std::str::FromStr;

use ramgate::ident::{
    AccessKeyId, AccountAlias, AccountId, GroupName, PolicyName, RoleId, RoleName, SessionName,
    SourceIdentity, UserId, UserName,
};
use ramgate::policy::{DocumentKind, parse};
use ramgate::sts::{AssumeRole, Parameters, StsError};

fn reads<T: FromStr>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}

/// A kind of name: how it is read, its longest and shortest, the bytes that it takes besides letters and digits, and those that
/// it does not take at its ends.
struct Kind {
    name: &'static str,
    reads: fn(&str) -> bool,
    length: (usize, usize),
    letters: &'static str,
    marks: &'static str,
    not_first: &'static str,
    not_last: &'static str,
}

const ANY: &str = "azAZ09";
const DIGITS: &str = "0123456789";

const KINDS: &[Kind] = &[
    Kind {
        name: "UserName",
        reads: reads::<UserName>,
        length: (1, 64),
        letters: ANY,
        marks: "._-",
        not_first: "-",
        not_last: "",
    },
    Kind {
        name: "GroupName",
        reads: reads::<GroupName>,
        length: (1, 64),
        letters: ANY,
        marks: "._-",
        not_first: "",
        not_last: "",
    },
    Kind {
        name: "RoleName",
        reads: reads::<RoleName>,
        length: (1, 64),
        letters: ANY,
        marks: "._-",
        not_first: "",
        not_last: "",
    },
    Kind {
        name: "PolicyName",
        reads: reads::<PolicyName>,
        length: (1, 128),
        letters: ANY,
        marks: "-",
        not_first: "",
        not_last: "",
    },
    Kind {
        name: "RoleSessionName",
        reads: reads::<SessionName>,
        length: (2, 64),
        letters: ANY,
        marks: ".@_-",
        not_first: "",
        not_last: "",
    },
    Kind {
        name: "SourceIdentity",
        reads: reads::<SourceIdentity>,
        length: (2, 64),
        letters: ANY,
        marks: "_+=,.@-",
        not_first: "",
        not_last: "",
    },
    Kind {
        name: "account alias",
        reads: reads::<AccountAlias>,
        length: (3, 63),
        letters: "az09",
        marks: "-",
        not_first: "-",
        not_last: "-",
    },
    Kind {
        name: "UserId",
        reads: reads::<UserId>,
        length: (1, 32),
        letters: DIGITS,
        marks: "",
        not_first: "",
        not_last: "",
    },
    Kind {
        name: "RoleId",
        reads: reads::<RoleId>,
        length: (1, 32),
        letters: DIGITS,
        marks: "",
        not_first: "",
        not_last: "",
    },
    Kind {
        name: "AccessKeyId",
        reads: reads::<AccessKeyId>,
        length: (1, 128),
        letters: ANY,
        marks: "._-",
        not_first: "",
        not_last: "",
    },
];

/// ID-13, 1.3, STS-20
#[test]
fn every_kind_of_name() {
    for kind in KINDS {
        let Kind { name, reads, length: (min, max), letters, marks, not_first, not_last } = kind;
        let letter = letters.chars().next().unwrap();
        let padded = |before: &str, after: &str| {
            let fill = (min.max(&3) - 1)
                .saturating_sub(before.chars().count() + after.chars().count())
                .max(1);
            format!("{before}{}{after}", letter.to_string().repeat(fill))
        };
        let check = |text: &str, expected: bool| {
            assert_eq!(reads(text), expected, "{name} {text:?}");
        };
        for (length, expected) in [(min - 1, false), (*min, true), (*max, true), (max + 1, false)] {
            check(&letter.to_string().repeat(length), expected);
        }
        for byte in (0..=127_u8).map(char::from) {
            let known = letters.contains(byte) || marks.contains(byte);
            let alike = byte.is_ascii_alphanumeric() && !known;
            if alike {
                continue; // the table has some letters and digits for all
            }
            check(&padded(&letter.to_string(), &format!("{byte}{letter}")), known);
            check(
                &padded(&byte.to_string(), &letter.to_string()),
                known && !not_first.contains(byte),
            );
            check(
                &padded(&letter.to_string(), &byte.to_string()),
                known && !not_last.contains(byte),
            );
        }
        for foreign in ["é", "е", "ｅ", "５", "٣", "ß", "\u{200b}", "\u{0301}"] {
            check(&padded(foreign, &letter.to_string()), false);
            check(&padded(&letter.to_string(), foreign), false);
        }
        let good = padded(&letter.to_string(), &letter.to_string());
        check(&good, true);
        for end in ["\n", "\r\n", " ", "\t", "\0"] {
            check(&format!("{good}{end}"), false);
            check(&format!("{end}{good}"), false);
        }
    }
    assert!(!reads::<AccountAlias>("a--b") && reads::<AccountAlias>("a-b"), "IOP-16");
    assert!(!reads::<AccountAlias>("Abc") && !reads::<AccountAlias>("a_c"));
}

/// 1.2: digits, as few as 5 and today 16; never a fixed number of them.
#[test]
fn account_ids() {
    for (text, expected) in [
        ("12345", true),
        ("1234567890123456", true),
        ("18446744073709551615", true),
        ("18446744073709551616", false),
        ("", false),
        ("0123", false),
        ("+1", false),
        ("-1", false),
        ("1 ", false),
        ("1\n", false),
        ("１２３", false),
        ("12a", false),
        ("1_000", false),
    ] {
        assert_eq!(reads::<AccountId>(text), expected, "{text:?}");
    }
}

/// 2.2, ID-13, ID-17, TP-04, TP-13: what a trust policy may name.
#[test]
fn principals_of_trust_policies() {
    let (long, too_long) = ("a".repeat(64), "a".repeat(65));
    let ram = |id: &str| format!("acs:ram::1234567890123456:{id}");
    for (under, text, expected) in [
        ("RAM", ram("root"), true),
        ("RAM", ram("user/alice"), true),
        ("RAM", ram(&format!("user/{long}")), true),
        ("RAM", ram(&format!("user/{too_long}")), false),
        ("RAM", ram("user/-a"), false),
        ("RAM", ram("user/"), false),
        ("RAM", ram("user/a/b"), false),
        ("RAM", ram("user/é"), false),
        ("RAM", ram("user/a\n"), false),
        ("RAM", ram("user/a*"), false),
        ("RAM", ram(&format!("role/{long}")), true),
        ("RAM", ram(&format!("role/{too_long}")), false),
        ("RAM", ram("role/-a_B."), true),
        ("RAM", ram("role/dev/s1"), false), // ID-17
        ("RAM", ram("assumed-role/dev/s1"), false),
        ("RAM", "acs:sts::1234567890123456:assumed-role/dev/s1".to_owned(), false),
        ("RAM", "arn:sts::1234567890123456:assumed-role/dev/s1".to_owned(), false),
        ("RAM", ram("group/ops"), false), // ID-03
        ("RAM", ram("*"), false),
        ("RAM", "*".to_owned(), false),
        ("RAM", "acs:ram:*:1234567890123456:root".to_owned(), false),
        ("RAM", "acs:ram::123x:root".to_owned(), false),
        ("RAM", "acs:ram:::root".to_owned(), false),
        ("RAM", "1234567890123456".to_owned(), false),
        ("Service", "ecs.aliyuncs.com".to_owned(), true),
        ("Service", "1234567890123456@log.aliyuncs.com".to_owned(), true),
        ("Service", "a.b-c.aliyuncs.com".to_owned(), true),
        ("Service", "-a.aliyuncs.com".to_owned(), false),
        ("Service", "ECS.aliyuncs.com".to_owned(), false),
        ("Service", "ecs.aliyuncs.com\n".to_owned(), false),
        ("Service", "ecs.aliyuncs.com.example".to_owned(), false),
        ("Service", ".aliyuncs.com".to_owned(), false),
        ("Service", format!("{}.aliyuncs.com", "a".repeat(63)), true),
        ("Service", format!("{}.aliyuncs.com", "a".repeat(64)), false),
        ("Federated", ram("saml-provider/corp"), true),
        ("Federated", ram("saml-provider/"), false),
        ("Federated", ram(&format!("saml-provider/{}", "a".repeat(128))), true),
        ("Federated", ram(&format!("saml-provider/{}", "a".repeat(129))), false),
        ("Federated", ram("user/alice"), false),
    ] {
        let entry = serde_json::to_string(&text).unwrap();
        let document = format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"{under}":{entry}}}}}]}}"#
        );
        let read = parse(DocumentKind::Trust, &document, "t.json");
        assert_eq!(read.is_ok(), expected, "{under} {text:?}: {read:?}");
    }
}

/// 3.3, ID-18, ID-19: the role that a request names.
#[test]
fn role_arns_of_requests() {
    let long = "a".repeat(64);
    for (arn, expected) in [
        ("acs:ram::1234567890123456:role/dev".to_owned(), true),
        ("acs:ram:*:1234567890123456:role/Dev_1.x-y".to_owned(), true),
        (format!("acs:ram::1234567890123456:role/{long}"), true),
        (format!("acs:ram::1234567890123456:role/{long}a"), false),
        ("acs:ram:cn-hangzhou:1234567890123456:role/dev".to_owned(), false),
        ("acs:ram::1234567890123456:role/dev/s1".to_owned(), false),
        ("acs:ram::1234567890123456:role/".to_owned(), false),
        ("acs:ram::1234567890123456:role/dév".to_owned(), false),
        ("acs:ram::1234567890123456:role/dev\n".to_owned(), false),
        ("acs:ram::1234567890123456:role/dev ".to_owned(), false),
        ("acs:ram::1234567890123456:user/dev".to_owned(), false),
        ("acs:ram::system:role/dev".to_owned(), false),
        ("acs:ram::role/dev".to_owned(), false),
        ("arn:ram::1234567890123456:role/dev".to_owned(), false),
        ("ACS:ram::1234567890123456:role/dev".to_owned(), false),
        (format!("acs:ram::1234567890123456:role/{}", "a".repeat(512)), false),
    ] {
        let parameters = [("RoleArn", arn.as_str()), ("RoleSessionName", "s1")];
        let read = AssumeRole::read(&Parameters::read(parameters).unwrap());
        let refused = read.as_ref().err() == Some(&StsError::Malformed("RoleArn"));
        assert_eq!((read.is_ok(), refused), (expected, !expected), "{arn:?}: {read:?}");
    }
}
