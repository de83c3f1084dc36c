//! Checks the schema in the footer of a Parquet file, which its reader parses by recursion.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::thrift::Compact;

/// The nesting of columns within columns.
pub(super) const MAX_NESTING: usize = 64;

/// The number of a field of `FileMetaData` and of `SchemaElement`.
const SCHEMA: i64 = 2;
const CHILDREN: i64 = 5;

/// The footer is followed by its length and the magic bytes.
const TAIL: usize = 8;

/// Checks the footer of a file. The error says what is wrong with it. A file that does not end like a Parquet file is
/// left to its reader.
pub(super) fn check(file: &mut File, size: u64) -> io::Result<Result<(), String>> {
    let mut tail = [0; TAIL];
    if size < TAIL as u64 {
        return Ok(Ok(()));
    }
    file.seek(SeekFrom::Start(size - TAIL as u64))?;
    file.read_exact(&mut tail)?;
    let [a, b, c, d, magic @ ..] = tail;
    let len = u64::from(u32::from_le_bytes([a, b, c, d]));
    if &magic != b"PAR1" {
        return Ok(Ok(()));
    }
    let Some(start) = (size - TAIL as u64).checked_sub(len) else {
        return Ok(Err("its footer is larger than the file".into()));
    };
    let mut footer = vec![];
    file.seek(SeekFrom::Start(start))?;
    file.take(len).read_to_end(&mut footer)?;
    Ok(schema(&footer))
}

fn schema(footer: &[u8]) -> Result<(), String> {
    let mut children = vec![];
    let walked = Compact::new(footer).structure(&mut |at, field| {
        if field.number != SCHEMA {
            return Some(false);
        }
        for _ in 0..at.structures(field)? {
            let mut count = 0;
            at.structure(&mut |at, field| {
                let is_count = field.number == CHILDREN;
                if is_count {
                    count = at.integer(field)?;
                }
                Some(is_count)
            })?;
            children.push(count);
        }
        Some(true)
    });
    walked.ok_or("its footer is incomplete")?;
    nesting(&children)
}

/// Checks the number of children of each column. Each column is followed by its children.
fn nesting(children: &[i64]) -> Result<(), String> {
    let mut open: Vec<i64> = vec![];
    for &count in children {
        if !(0..children.len() as i64).contains(&count) {
            return Err(format!("a column has {count} nested columns, but the file has {} in all", children.len()));
        }
        open.push(count);
        if open.len() > MAX_NESTING {
            return Err(format!("its columns are nested more than {MAX_NESTING} levels deep"));
        }
        while let Some(0) = open.last() {
            open.pop();
            open.last_mut().into_iter().for_each(|left| *left -= 1);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_columns_are_counted() {
        assert_eq!(nesting(&[]), Ok(()));
        assert_eq!(nesting(&[3, 0, 1, 0, 0]), Ok(()));
        let deep = |levels: usize| [vec![1; levels - 1], vec![0]].concat();
        assert_eq!(nesting(&deep(MAX_NESTING)), Ok(()));
        assert!(nesting(&deep(MAX_NESTING + 1)).is_err_and(|reason| reason.contains("64 levels")));
        for count in [-1, 2, i64::from(i32::MAX)] {
            assert!(nesting(&[count, 0]).is_err_and(|reason| reason.contains(&format!("has {count} nested"))));
        }
    }
}
