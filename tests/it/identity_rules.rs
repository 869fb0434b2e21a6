//! The table of what must hold of identities and sessions names tests that exist.

use std::path::Path;

use ramgate::strict::yaml;

const TABLE: &str = include_str!("../vectors/identity-rules.yaml");

#[test]
fn every_test_of_the_table_is_there() {
    let table = yaml(TABLE).unwrap();
    let mut seen = 0;
    for entry in table.root.items() {
        let what = entry.get("what").and_then(|it| it.text()).unwrap();
        assert!(!entry.get("rules").unwrap().items().is_empty(), "{what}");
        for (file, names) in entry.get("tests").unwrap().entries() {
            let code =
                std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file.name));
            let code = code.unwrap_or_else(|error| panic!("{}: {error}", file.name));
            for name in names.items() {
                let name = name.text().unwrap();
                let test = format!("#[test]\nfn {name}(");
                let unindented = code.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
                assert!(unindented.contains(&test), "{what}: no `{name}` in {}", file.name);
                seen += 1;
            }
        }
    }
    assert!(seen > 60, "{seen}");
}
