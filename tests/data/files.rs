//! Tests that files that are damaged, change or vanish give an error on any number of threads.

use std::io::Write;
use std::path::Path;

use yardstick::backend::{ColumnId, Scan};
use yardstick::{Dataset, Diagnostic, open};

use super::csv::file;
use super::{message, messages, plain, temporary};

/// A file that is larger than the inspected part.
fn large() -> String {
    let row = |row: u32| format!("2026-01-{:02},channel {},{}.50\n", row % 28 + 1, row % 7, row * 7919 % 100_003);
    "day,channel,spend\n".to_string() + &(0..250_000).map(row).collect::<String>()
}

fn read(dataset: &dyn Dataset, threads: usize) -> Result<u64, Diagnostic> {
    let rows = std::sync::atomic::AtomicU64::new(0);
    let count = |_, batch: &yardstick::backend::Batch| {
        rows.fetch_add(batch.rows as u64, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    };
    dataset.scan(&Scan::new(&[ColumnId(2)], threads), &count).map(|()| rows.into_inner())
}

/// The error for a file that is opened, changed, and then read.
fn changed(name: &str, bytes: &[u8], change: impl Fn(&Path)) -> String {
    let path = file(name, bytes);
    let dataset = open("t", &path, &plain()).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
    change(&path);
    let [one, three] = [1, 3].map(|threads| match read(&*dataset, threads) {
        Ok(rows) => format!("{rows} rows"),
        Err(error) => message(&error).replace(&*path.display().to_string(), name),
    });
    assert_eq!(one, three);
    let _ = std::fs::remove_file(path);
    one
}

#[test]
fn rejects_files_that_change_after_they_were_opened() {
    let text = large();
    let reports = [
        changed("same.csv", text.as_bytes(), |_| ()),
        changed("gone.csv", text.as_bytes(), |path| std::fs::remove_file(path).unwrap()),
        changed("short.csv", text.as_bytes(), |path| std::fs::write(path, &text[..text.len() / 2]).unwrap()),
        changed("empty.csv", text.as_bytes(), |path| std::fs::write(path, "").unwrap()),
        changed("other.csv", text.as_bytes(), |path| {
            std::fs::write(path, text.replacen("day,channel,spend", "spend,channel,day", 1) + "\n").unwrap();
        }),
        changed("longer.csv", text.as_bytes(), |path| {
            let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(b"2026-02-01,web,1\n").unwrap();
        }),
    ];
    insta::assert_snapshot!(reports.join("\n"));
}

#[test]
fn a_folder_is_not_a_table() {
    for name in ["folder", "folder.csv", "folder.json", "folder.csv.gz", "folder.xlsx", "folder.parquet"] {
        let path = temporary(name);
        std::fs::create_dir_all(&path).unwrap();
        let errors = open("t", &path, &plain()).err().unwrap();
        assert!(errors[0].message.ends_with(": it is a folder"), "{name}: {}", messages(&errors));
        std::fs::remove_dir(path).unwrap();
    }
}

#[cfg(all(feature = "gzip", feature = "zstd"))]
#[test]
fn rejects_damaged_compressed_files() {
    let text = large();
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let mut reports = vec![];
    for (name, bytes) in [("t.csv.gz", gzip), ("t.csv.zst", zstd)] {
        let cut = &bytes[..bytes.len() * 9 / 10];
        let mut flipped = bytes.clone();
        flipped[bytes.len() * 9 / 10] ^= 0xff;
        for (kind, broken) in [("cut", cut), ("flipped", &flipped[..]), ("not compressed", b"day,n\n")] {
            let path = file(name, broken);
            let error = match open("t", &path, &plain()) {
                Ok(dataset) => {
                    let [one, three] = [1, 3].map(|threads| read(&*dataset, threads).unwrap_err());
                    assert_eq!(message(&one), message(&three));
                    one
                }
                Err(errors) => errors[0].clone(),
            };
            reports.push(format!("{kind}\n{}", message(&error).replace(&*path.display().to_string(), name)));
            std::fs::remove_file(path).unwrap();
        }
    }
    insta::assert_snapshot!(reports.join("\n"));
}

/// Tools that compress in parallel write several parts one after the other.
#[cfg(all(feature = "gzip", feature = "zstd"))]
#[test]
fn compressed_files_of_several_parts_are_read_to_the_end() {
    let text = large();
    let (first, second) = text.split_at(text.find("\n2026").unwrap() + 1000);
    let gzip = |text: &str| {
        let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let zstd =
        |text: &str| ruzstd::encoding::compress_to_vec(text.as_bytes(), ruzstd::encoding::CompressionLevel::Fastest);
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let files = [
        ("parts.csv.gz", [gzip(first), gzip(second)].concat()),
        ("parts.csv.zst", [zstd(first), skipped, zstd(second)].concat()),
    ];
    for (name, bytes) in files {
        let path = file(name, &bytes);
        let dataset = open("t", &path, &plain()).unwrap_or_else(|errors| panic!("{}", messages(&errors)));
        assert_eq!(read(&*dataset, 2).map_err(|error| message(&error)), Ok(250_000), "{name}");
        std::fs::remove_file(path).unwrap();
    }
}
