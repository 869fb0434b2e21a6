//! What the fuzzers found worth keeping, run through the checks of the fuzz targets.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/checks/mod.rs"]
mod checks;

#[test]
fn every_file_of_every_corpus() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for check in checks::ALL {
        let mut files = 0_usize;
        for entry in fs::read_dir(corpora.join(check.name)).unwrap() {
            let path = entry.unwrap().path();
            let input = fs::read(&path).unwrap();
            let checked = std::panic::catch_unwind(|| checks::run(check.name, &input));
            assert!(checked.is_ok(), "{}", path.display());
            files += 1;
        }
        assert!(files > 0, "{} has no corpus", check.name);
    }
}
