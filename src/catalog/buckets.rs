//! The file of buckets: in which region each lies and whose it is, which no request tells (section 4).

use std::collections::HashMap;

use crate::ident::AccountId;
use crate::signature::is_bucket;
use crate::strict::{Node, Problem, Reader};

/// The buckets that a deployment knows.
#[derive(Debug, Default)]
pub struct Buckets(HashMap<String, Bucket>);

/// One bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Where it lies, if the file says so.
    pub region: Option<String>,
    /// Whose it is.
    pub owner: AccountId,
}

impl Buckets {
    /// Reads the file. A bucket without an owner is that of `own`, the account behind the gate.
    pub fn parse(file: &str, text: &str, own: AccountId) -> (Self, Vec<Problem>) {
        let mut reader = Reader::new(file);
        let mut buckets = HashMap::new();
        let mut lines: HashMap<String, u32> = HashMap::new();
        if let Some(root) = reader.parse(text)
            && let Some(fields) = reader.fields(&root, "", &["buckets"])
        {
            for (index, node) in reader.list(&fields, "buckets").iter().enumerate() {
                let path = format!("buckets[{index}]");
                let Some((name, bucket)) = bucket(&mut reader, node, &path, own) else { continue };
                if let Some(line) = lines.insert(name.clone(), node.at.line) {
                    let message = format!("the bucket `{name}` stands on line {line} already");
                    reader.error(node.at, &path, message, "keep one of the two");
                }
                buckets.insert(name, bucket);
            }
        }
        (Self(buckets), reader.into_problems())
    }

    /// What is known about the bucket with this name.
    pub fn find(&self, name: &str) -> Option<&Bucket> {
        self.0.get(name)
    }
}

fn bucket(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
    own: AccountId,
) -> Option<(String, Bucket)> {
    let fields = reader.fields(node, path, &["name", "region", "owner"])?;
    let name: String = reader.required_parsed(&fields, "name")?;
    if !is_bucket(&name) {
        let help = "3 to 63 lower-case letters, digits and dashes";
        let message = format!("`{name}` is no name of a bucket");
        reader.error(node.at, &fields.path("name"), message, help);
    }
    let region: Option<String> = reader.parsed(&fields, "region");
    if region.as_deref().is_some_and(|region| !is_region(region)) {
        let help = "write it like `cn-hangzhou`, or leave it out where nobody knows";
        reader.error(node.at, &fields.path("region"), "this is no region", help);
    }
    let owner = match fields.get("owner") {
        Some(node) => reader.parsed_of(node, &fields.path("owner"))?,
        None => own,
    };
    Some((name, Bucket { region, owner }))
}

fn is_region(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strict::count_errors;

    fn parse(text: &str) -> (Buckets, Vec<Problem>) {
        Buckets::parse("buckets.yaml", text, "1234567890123456".parse().unwrap())
    }

    #[test]
    fn a_bucket_has_an_owner_and_perhaps_a_region() {
        let (buckets, problems) = parse(
            "buckets:\n- {name: photos, region: oss-cn-hangzhou}\n- {name: drop, owner: \"7\"}\n",
        );
        assert_eq!(count_errors(&problems), 0, "{problems:?}");
        let found = |name: &str| {
            let bucket = buckets.find(name)?;
            Some((bucket.region.as_deref(), bucket.owner.to_string()))
        };
        assert_eq!(found("photos"), Some((Some("oss-cn-hangzhou"), "1234567890123456".to_owned())));
        assert_eq!(found("drop"), Some((None, "7".to_owned())));
        assert_eq!(found("other"), None);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, expected) in [
            ("buckets:\n- {name: P}\n", "buckets.yaml:2:3: error: `P` is no name of a bucket"),
            ("buckets:\n- {region: cn-hangzhou}\n", "buckets.yaml:2:3: error: the field `name`"),
            ("buckets:\n- {name: abc, region: '*'}\n", "this is no region"),
            ("buckets:\n- {name: abc, owner: me}\n", "`me` cannot be read"),
            ("buckets:\n- {name: abc}\n- {name: abc}\n", "the bucket `abc` stands on line 2"),
            ("bucket: []\n", "did you mean `buckets`?"),
            ("buckets: {abc: {}}\n", "a list (`- item`) is wanted here"),
        ] {
            let (_, problems) = parse(text);
            let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(count_errors(&problems), 1, "{text}: {shown:?}");
            assert!(shown.iter().any(|line| line.contains(expected)), "{text}: {shown:?}");
        }
    }
}
