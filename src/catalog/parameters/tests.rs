//! The quick filter against a search that looks at every name.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::Catalog;
use super::*;

/// Operations that read lists, lists in lists, names with dots, and a path.
static READ: LazyLock<Vec<ReadNames>> = LazyLock::new(|| {
    let catalog = Catalog::compile(Catalog::builtin_files()).unwrap();
    let names =
        ["RunInstances", "StopInstances", "AuthorizeSecurityGroup", "GetLogStoreLogs", "GetLogs"];
    let operations = catalog.products.iter().flat_map(|product| &product.operations);
    operations.filter(|it| names.contains(&&*it.name)).map(ReadNames::of).collect()
});

/// Names that are nearly one of those that are read.
fn near(read: &'static ReadNames) -> impl Strategy<Value = String> {
    let known = read.single.iter().chain(&read.lists).map(ToString::to_string);
    let names: Vec<String> = known.chain(["Arn.1.X".to_owned()]).collect();
    let index = select(vec!["1", "01", "0", "N", "n", "", "x"]);
    let piece = select(vec!["", ".", " ", "[]", "[", "]", "\u{a0}", ".1", "[1]", "1", " .", "x"]);
    let edits = proptest::collection::vec((any::<Index>(), piece), 0..3);
    let folds = proptest::collection::vec(any::<bool>(), 1..8);
    (select(names), index, edits, folds).prop_map(|(name, index, edits, folds)| {
        let mut name = name.replace(".N", &format!(".{index}"));
        for (place, piece) in edits {
            let places: Vec<usize> = name.char_indices().map(|(at, _)| at).collect();
            name.insert_str(
                places.get(place.index(places.len() + 1)).copied().unwrap_or(name.len()),
                piece,
            );
        }
        let fold = |(c, fold): (char, &bool)| if *fold { c.to_ascii_lowercase() } else { c };
        name.chars().zip(folds.iter().cycle()).map(fold).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn the_quick_filter_loses_nothing(
        (read, name) in (0..READ.len())
            .prop_map(|place| READ.get(place).unwrap())
            .prop_flat_map(|read| (Just(read), near(read)))
    ) {
        let meant = !read.has(&name) && (read.is_look_alike(&name) || read.broken_list(&name).is_some());
        prop_assert!(!meant || read.may_be_meant(&name), "{:?}", name);
    }
}

#[test]
fn a_list_is_no_name_by_itself() {
    let stop = READ.iter().find(|read| read.lists == ["InstanceId.N"]).unwrap();
    for (name, has, alike, broken) in [
        ("InstanceId.1", true, false, false),
        ("InstanceId.N", false, false, true),
        ("instanceId.1", false, true, false),
        ("InstanceId .", false, true, false),
        ("arn.1.RoleArn", false, true, false),
        ("Arn[1].RoleArn", false, true, false),
        ("Arn.1.RoleArn", false, false, false), // which the check of the account refuses
    ] {
        let alike_or_broken = (stop.is_look_alike(name), stop.broken_list(name).is_some());
        let found = if stop.has(name) {
            (true, false, false)
        } else {
            (false, alike_or_broken.0, alike_or_broken.1)
        };
        assert_eq!(found, (has, alike, broken), "{name}");
        assert!(has || stop.may_be_meant(name), "{name}");
    }
}
