//! Files of any bytes: they are read or rejected with a message, whatever format their name claims.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use yardstick::backend::{ColumnId, Scan};
use yardstick::{Declaration, open};

/// Reads any bytes as a workbook: its archive, or the text of the files in it.
pub fn workbook(bytes: &[u8]) {
    match bytes.starts_with(b"PK") {
        true => file("xlsx", bytes),
        false => file("xlsx", &super::archive::workbook(&String::from_utf8_lossy(bytes))),
    }
}

/// Reads any bytes as a Parquet file.
pub fn parquet(bytes: &[u8]) {
    file("parquet", bytes);
}

/// Reads any bytes as an Arrow file or stream.
pub fn arrow(bytes: &[u8]) {
    file("arrow", bytes);
}

/// Writes bytes to a file of this process, and reads every column of it. All columns must have as many rows.
fn file(ending: &str, bytes: &[u8]) {
    static FILES: AtomicUsize = AtomicUsize::new(0);
    let number = FILES.fetch_add(1, Ordering::Relaxed);
    let name = format!("yardstick-fuzz-{}-{number}.{ending}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, bytes).expect("temporary files can be written");
    columns(&path);
    std::fs::remove_file(&path).expect("the file can be removed");
}

fn columns(path: &Path) {
    let dataset = match open("t", path, &Declaration::default()) {
        Ok(dataset) => dataset,
        Err(problems) => return assert!(!problems.is_empty()),
    };
    let mut rows = None;
    for column in 0..dataset.schema().columns.len() as u32 {
        let read = AtomicUsize::new(0);
        let scanned = dataset.scan(&Scan::new(&[ColumnId(column)], 1), &|_, batch| {
            read.fetch_add(batch.rows, Ordering::Relaxed);
            Ok(())
        });
        match scanned {
            Ok(()) => assert_eq!(*rows.get_or_insert(read.load(Ordering::Relaxed)), read.load(Ordering::Relaxed)),
            Err(problem) => assert!(!problem.message.is_empty()),
        }
    }
}
