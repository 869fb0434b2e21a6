//! Credentials for workloads next door (section 7.5 of the identities sheet, item 13 of its checklist): the real binary, real
//! sockets, and sessions that are used at the gate afterwards.
#![expect(clippy::disallowed_types, reason = "answers that the gate makes")]

mod files;
mod life;
mod metadata;
mod uri;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use ramgate::token::{IssuerKey, write};
use serde_json::Value;

use crate::support::caller::{self, Answer, Call, acs3_at};
use crate::support::gate::{Bundle, Gate};
use crate::support::upstream::Upstream;
use crate::support::{ACCOUNT, ECS_HOST, tokens, wait_for};

const ONE_SECOND: Duration = Duration::from_secs(1);
const PARTNER: &str = "2000000000000002";
const REPORTS: &str = "reports-0123456789abcdefghijklmn";
const MAIL: &str = "mail-0123456789abcdefghijklmnopq";
const ROLE_PATH: &str = "/latest/meta-data/ram/security-credentials/";
const TOKEN: &str = "X-aliyun-ecs-metadata-token";
const TTL: &str = "X-aliyun-ecs-metadata-token-ttl-seconds";

const ROLES: &str = r"
  - { name: Reader, id: '300000000000000071', trust: by-service, policies: { custom: [reads] } }
  - { name: mailer, id: '300000000000000072', trust: by-partner, policies: { custom: [reads] } }
  - { name: next, id: '300000000000000073', trust: by-reader, policies: { custom: [reads] } }
";

const WORKLOADS: &str = "
workloads:
  - { name: reports, role: reader, service: ecs.aliyuncs.com }
  - { name: mail, role: mailer, service: 2000000000000002@log.aliyuncs.com, session_name: mail@host, duration: 1800 }
";

const CREDENTIALS: &str = "
credentials:
  - address: 127.0.0.1:0
    hosts: [Sidecar.internal]
    uri:
      - { workload: reports, secret_file: secrets/reports.secret }
      - { workload: mail, secret_file: secrets/mail.secret }
  - { address: '127.0.0.1:0', hosts: [100.100.100.200], metadata: { workload: reports } }
  - { address: '127.0.0.1:0', metadata: { workload: mail, allow_v1: true } }
";

fn issuer() -> IssuerKey {
    IssuerKey::from_seed(&[5; 32])
}

fn trust(principal: &str) -> String {
    format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal}}}]}}"#
    )
}

fn by_service(service: &str) -> String {
    trust(&format!(r#"{{"Service":["{service}"]}}"#))
}

/// The example with roles, workloads and three listeners: of URIs, of hardened metadata, of metadata for old clients.
fn bundle(upstream: &Upstream) -> Bundle {
    let bundle = Bundle::example(upstream);
    bundle.change("ramgate.yaml", |text| {
        let route = "routes:\n  - { name: sts, products: [sts], upstream: local }\n";
        let text = text.replace("files:\n", "files:\n  token_ring: secrets/ring.json\n");
        let text = text.replace("routes:\n", route);
        format!("{text}\nsts: {{ issuer_key: secrets/issuer.key }}\n{CREDENTIALS}")
    });
    let ring = write(&[tokens::entry(1, caller::now().0 - 3600, Some(&issuer()))]);
    bundle.write("secrets/ring.json", &ring);
    bundle.write("secrets/issuer.key", &issuer().to_text());
    bundle.write("secrets/reports.secret", &format!("{REPORTS}\n"));
    bundle.write("secrets/mail.secret", MAIL);
    bundle.write("trust-policies/by-service.json", &by_service("ecs.aliyuncs.com"));
    let partner = by_service(&format!("{PARTNER}@log.aliyuncs.com"));
    bundle.write("trust-policies/by-partner.json", &partner);
    let reader = trust(&format!(r#"{{"RAM":["acs:ram::{ACCOUNT}:role/reader"]}}"#));
    bundle.write("trust-policies/by-reader.json", &reader);
    let reads = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ecs:Describe*","sts:AssumeRole"],"Resource":"*"}]}"#;
    bundle.write("policies/reads.json", reads);
    bundle.change("directory.yaml", |text| {
        let text = text.replace("roles:\n", &format!("roles:{ROLES}"));
        format!("{text}{WORKLOADS}")
    });
    bundle
}

struct World {
    bundle: Bundle,
    gate: Gate,
    /// The URIs.
    uri: SocketAddr,
    /// Metadata that wants tokens.
    hardened: SocketAddr,
    /// Metadata that does not.
    old: SocketAddr,
    _upstream: Upstream,
}

fn world() -> World {
    let upstream = Upstream::start();
    let bundle = bundle(&upstream);
    let gate = bundle.serve();
    let messages = gate.messages();
    let shown = messages.iter().filter_map(|it| it.split_once("credentials listener on "));
    let found: Vec<SocketAddr> =
        shown.map(|(_, address)| address.trim().parse().unwrap()).collect();
    let [uri, hardened, old] = found[..] else { panic!("{messages:#?}") };
    World { bundle, gate, uri, hardened, old, _upstream: upstream }
}

/// A request as a client of credentials makes it.
fn ask(method: &str, address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> Answer {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut headers: Vec<(String, String)> = headers.iter().map(own).collect();
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        headers.insert(0, ("Host".to_owned(), address.to_string()));
    }
    let call = Call { method: method.into(), target: target.into(), headers, body: Vec::new() };
    call.send(address)
}

fn get(address: SocketAddr, target: &str) -> Answer {
    ask("GET", address, target, &[])
}

fn body(answer: &Answer) -> String {
    answer.text().split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

fn path_of(workload: &str, secret: &str) -> String {
    format!("/v1/credentials/{workload}/{secret}")
}

/// The session in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Session {
    id: String,
    secret: String,
    token: String,
    expires: String,
}

impl Session {
    #[track_caller]
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let json: Value = serde_json::from_str(&body(answer)).unwrap();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(text("Code"), "Success");
        Self {
            id: text("AccessKeyId"),
            secret: text("AccessKeySecret"),
            token: text("SecurityToken"),
            expires: text("Expiration"),
        }
    }

    fn signed(&self, host: &str, operation: &str, version: &str, query: &str) -> Call {
        let headers = [
            ("host", host),
            ("x-acs-action", operation),
            ("x-acs-version", version),
            ("x-acs-security-token", &self.token),
        ];
        let target = format!("/?{query}");
        acs3_at(&self.id, &self.secret, "POST", &target, &headers, b"", caller::now())
    }

    fn ecs(&self, operation: &str) -> Call {
        self.signed(ECS_HOST, operation, "2014-05-26", "RegionId=cn-hangzhou")
    }

    fn assume(&self, role: &str) -> Call {
        let query = format!("RoleArn=acs:ram::{ACCOUNT}:role%2F{role}&RoleSessionName=s1");
        self.signed("sts.aliyuncs.com", "AssumeRole", "2015-04-01", &query)
    }
}

impl World {
    fn reports(&self) -> Answer {
        get(self.uri, &path_of("reports", REPORTS))
    }

    fn mail(&self) -> Answer {
        get(self.uri, &path_of("mail", MAIL))
    }

    fn told(&self, call: &Call) -> (u16, String) {
        let answer = call.send(self.gate.data);
        (answer.status(), answer.code())
    }

    /// Whether the gate lets a session do what its role may.
    fn serves(&self, session: &Session) -> bool {
        self.told(&session.ecs("DescribeInstances")).0 == 200
    }

    fn expires_soon(&self, session: &Session) -> bool {
        let ended =
            || self.told(&session.ecs("DescribeInstances")).1 == "InvalidSecurityToken.Expired";
        wait_for(ONE_SECOND, ended)
    }
}
