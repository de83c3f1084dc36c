use yardstick::{source::FileId, syntax};
fn main() {
    for text in std::env::args().skip(1) {
        let (_, problems) = syntax::parse(FileId(0), &text.replace("\\n", "\n"));
        println!("--- {text}");
        for p in problems {
            println!(
                "{:?} {} {:?} hints {:?} fix {:?}",
                p.code,
                p.message,
                p.labels.iter().map(|l| (l.span.start, l.span.end, &l.text)).collect::<Vec<_>>(),
                p.hints,
                p.fix.map(|f| (f.span.start, f.span.end, f.replacement))
            );
        }
    }
}
