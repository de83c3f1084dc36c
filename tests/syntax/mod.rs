//! Texts in, trees and messages out.

use yardstick::source::FileId;
use yardstick::syntax;

#[test]
fn good_programs_parse() {
    insta::glob!("../suite/syntax/good", "*.kpi", |path| {
        let text = std::fs::read_to_string(path).unwrap();
        let (file, problems) = syntax::parse(FileId(0), &text);
        assert!(problems.is_empty(), "{problems:#?}");
        assert!(!file.items.is_empty());
    });
}
