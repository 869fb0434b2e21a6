//! Documents to load: two statements each, of four actions, two resources and two conditions.

use crate::workload::{ACCOUNT, Document, SERVICES, Statement, condition};

pub fn texts(count: usize) -> Vec<String> {
    let text = |number| {
        let statement = vec![statement(number, 0), statement(number, 1)];
        let document = Document { version: "1".to_owned(), statement };
        serde_json::to_string(&document).expect("structs are JSON")
    };
    (0..count).map(text).collect()
}

fn statement(number: usize, place: usize) -> Statement {
    let service = SERVICES[(number + place) % SERVICES.len()];
    let own_block = format!("10.{}.0.0/16", number % 256);
    Statement {
        effect: if (number + place) % 20 == 19 { "Deny" } else { "Allow" }.to_owned(),
        action: vec![
            format!("{service}:Get*"),
            format!("{service}:List{number}"),
            format!("{service}:Describe{place}"),
            format!("{service}:Put{}", number % 50),
        ],
        resource: vec![
            format!("acs:{service}:*:{ACCOUNT}:res-{number}/data/*"),
            format!("acs:{service}:cn-hangzhou:{ACCOUNT}:res-{number}"),
        ],
        condition: condition(&[
            ("IpAddress", "acs:SourceIp", &[&own_block, "192.168.0.0/16"]),
            ("StringEquals", "ecs:tag/env", &["prod"]),
        ]),
    }
}
