//! Damaged workbooks, Arrow and Parquet files: whatever their bytes are, they are read or rejected with a message.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{WriterProperties, WriterVersion};
use yardstick::backend::{ColumnId, Scan};
use yardstick::{Declaration, Diagnostic, open};

use super::csv::file;
use super::message;
use super::workbook::{row, workbook, workbook_with};

/// The number of mutants of each file. Set the variable `MUTANTS` for a longer run.
const MUTANTS: u64 = 60;

/// A sequence of numbers that is the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    /// Changes a few bytes, or the length.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(8) {
                0 => bytes[at] = 0xff,
                1 => bytes[at] = 0,
                2 => bytes[at] ^= 1 << self.below(8),
                3 => bytes[at] = bytes[at].wrapping_add(1),
                4 => bytes.truncate(at.max(1)),
                5 => drop(bytes.splice(at..at, [0xff; 4])),
                6 => bytes[at..].iter_mut().take(8).for_each(|byte| *byte = 0x7f),
                _ => bytes[at] = self.below(256) as u8,
            }
        }
    }
}

fn batch() -> RecordBatch {
    const ROWS: i64 = 200;
    let texts: Vec<Option<String>> = (0..ROWS).map(|at| (at % 7 > 0).then(|| format!("text {}", at % 20))).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(StringArray::from(texts))),
        ("whole", Arc::new(Int64Array::from_iter_values(0..ROWS))),
        ("part", Arc::new((0..ROWS).map(|at| (at % 3 > 0).then_some(at as f64 / 4.0)).collect::<Float64Array>())),
        ("day", Arc::new(Date32Array::from_iter_values((0..ROWS).map(|at| at as i32)))),
        ("flag", Arc::new(BooleanArray::from_iter((0..ROWS).map(|at| Some(at % 2 > 0))))),
        (
            "price",
            Arc::new(
                Decimal128Array::from_iter_values((0..ROWS).map(i128::from)).with_precision_and_scale(12, 2).unwrap(),
            ),
        ),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn arrow(compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let mut writer = FileWriter::try_new_with_options(vec![], &batch().schema(), options).unwrap();
    (0..2).for_each(|_| writer.write(&batch()).unwrap());
    writer.into_inner().unwrap()
}

fn stream() -> Vec<u8> {
    let mut writer = StreamWriter::try_new(vec![], &batch().schema()).unwrap();
    (0..2).for_each(|_| writer.write(&batch()).unwrap());
    writer.into_inner().unwrap()
}

fn parquet(compression: Compression, version: WriterVersion, texts: Option<Encoding>) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_writer_version(version)
        .set_max_row_group_row_count(Some(120))
        .set_dictionary_enabled(texts.is_none());
    let properties = match texts {
        Some(encoding) => properties.set_column_encoding("text".into(), encoding),
        None => properties,
    };
    let mut writer = ArrowWriter::try_new(vec![], batch().schema(), Some(properties.build())).unwrap();
    writer.write(&batch()).unwrap();
    writer.into_inner().unwrap()
}

fn sheet() -> Vec<u8> {
    let rows: String = (2..40).map(|at| row(at, &["d46112", "tweb &amp; mail", "n1.5", "b1", "p0.2"])).collect();
    workbook(&[(
        "S",
        &(row(1, &["tday", "tchannel", "tspend", "tok", "tshare"]) + &rows + "<mergeCell ref=\"A2:A3\"/>"),
    )])
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let (v1, v2) = (WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0);
    vec![
        ("plain.arrow", arrow(None)),
        ("lz4.arrow", arrow(Some(CompressionType::LZ4_FRAME))),
        ("zstd.arrow", arrow(Some(CompressionType::ZSTD))),
        ("stream.arrows", stream()),
        ("plain.parquet", parquet(Compression::UNCOMPRESSED, v1, None)),
        ("snappy.parquet", parquet(Compression::SNAPPY, v1, Some(Encoding::DELTA_LENGTH_BYTE_ARRAY))),
        ("gzip.parquet", parquet(Compression::GZIP(Default::default()), v2, Some(Encoding::DELTA_BYTE_ARRAY))),
        ("zstd.parquet", parquet(Compression::ZSTD(Default::default()), v2, None)),
        ("lz4.parquet", parquet(Compression::LZ4_RAW, v1, Some(Encoding::PLAIN))),
        ("sheet.xlsx", sheet()),
    ]
}

/// What a file that is changed after it was opened gives, on one thread and on three.
fn changed(name: &str, bytes: &[u8], change: impl Fn(&std::path::Path)) -> Result<(), Diagnostic> {
    let path = file(name, bytes);
    let dataset = open("t", &path, &Declaration::default()).unwrap_or_else(|errors| panic!("{}", errors[0].message));
    change(&path);
    let [one, three] = [1, 3].map(|threads| dataset.scan(&Scan::new(&[ColumnId(0)], threads), &|_, _| Ok(())));
    assert_eq!(one, three);
    let _ = std::fs::remove_file(path);
    one
}

#[test]
fn files_that_change_after_they_were_opened_are_rejected() {
    for (name, bytes) in files().into_iter().filter(|(name, _)| name.starts_with("plain")) {
        let reason =
            |change: &dyn Fn(&std::path::Path)| changed(name, &bytes, change).map_err(|problem| problem.message);
        assert_eq!(reason(&|_| ()), Ok(()));
        assert!(
            reason(&|path| std::fs::remove_file(path).unwrap()).is_err_and(|it| it.ends_with("there is no such file"))
        );
        for other in [&bytes[..bytes.len() / 2], b"", &[&*bytes, b"more"].concat()] {
            let problem = reason(&|path| std::fs::write(path, other).unwrap());
            assert!(
                problem.as_ref().is_err_and(|it| it.ends_with("it was changed after it was opened")),
                "{problem:?}"
            );
        }
    }
}

/// Checks the message about a file that declares or unpacks to too much.
#[track_caller]
fn rejects(name: &str, bytes: &[u8], code: &str, expected: &str) {
    let problem = read(name, bytes).expect_err("it is rejected");
    assert_eq!(problem.code.name(), code, "{}", problem.message);
    assert!(problem.message.contains(expected), "{}", problem.message);
}

#[test]
fn workbooks_that_need_much_more_memory_than_their_size_are_rejected() {
    let with = |sheet: &str, styles: &str, texts: &str| workbook_with(&[("S", sheet)], styles, texts);
    let sheet = row(1, &["ta", "tb"]) + &row(2, &["n1", "n2"]);
    let declared = "<sst uniqueCount = '4294967295'><si><t>q</t></si></sst>";
    rejects("declared.xlsx", &with(&sheet, "", declared), "limit-reached", "the texts of");
    let bomb = format!("{sheet}{}", " ".repeat(65 << 20));
    rejects("bomb.xlsx", &with(&bomb, "", ""), "limit-reached", "the unpacked files of");
    let long = format!("<numFmts><numFmt numFmtId='200' formatCode='{}'/></numFmts>", "0".repeat(8000));
    let formats = long + "<cellXfs>" + &"<xf numFmtId='200'/>".repeat(9000) + "</cellXfs>";
    rejects("formats.xlsx", &with(&sheet, &formats, ""), "limit-reached", "the cell formats of");
    let tag = format!("<numFmts><numFmt formatCode='{}'/></numFmts>", "0".repeat(9000));
    rejects("tag.xlsx", &with(&sheet, &tag, ""), "unreadable", "a tag of more than 8192 bytes");
    // 2,000 columns with one value in each of 3,000 rows.
    let name = |at: usize| format!("<c><is><t>c{at}</t></is></c>").replace("<c>", "<c t='inlineStr'>");
    let names: String = (0..2000).map(name).collect();
    let rows = "<row><c><v>1</v></c></row>".repeat(3000);
    let sparse = format!("<row>{names}</row>{rows}");
    rejects("sparse.xlsx", &with(&sparse, "", ""), "limit-reached", "the cells of");
    let repeated = "<row><c t='s'><v>0</v></c><c><v>1</v></c></row>".repeat(3000);
    let shared = format!("<sst><si><t>{}</t></si></sst>", "long ".repeat(6000));
    let sheet = row(1, &["ta", "tb"]) + &repeated;
    rejects("texts.xlsx", &with(&sheet, "", &shared), "limit-reached", "the cells of");
    let wide = format!("{}<row r='2'>{}</row>", row(1, &["ta", "tb"]), "<c r='A2'><v>1</v></c>".repeat(16_385));
    rejects("wide.xlsx", &with(&wide, "", ""), "limit-reached", "at most 16384 cells in a row");
}

#[test]
fn compressed_columns_that_need_much_more_memory_than_their_file_are_rejected() {
    let zeros: ArrayRef = Arc::new(Int64Array::from(vec![0; 9 << 20]));
    let text: ArrayRef = Arc::new(StringArray::from(vec![" ".repeat(65 << 20)]));
    let batch = |column: &ArrayRef| RecordBatch::try_from_iter([("a", column.clone())]).unwrap();
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::ZSTD)).unwrap();
    let mut file = FileWriter::try_new_with_options(vec![], &batch(&zeros).schema(), options.clone()).unwrap();
    file.write(&batch(&zeros)).unwrap();
    rejects("bomb.arrow", &file.into_inner().unwrap(), "limit-reached", "the record batches of");
    let mut stream = StreamWriter::try_new_with_options(vec![], &batch(&zeros).schema(), options).unwrap();
    stream.write(&batch(&zeros)).unwrap();
    rejects("bomb.arrows", &stream.into_inner().unwrap(), "limit-reached", "the record batches of");
    for compression in [Compression::ZSTD(Default::default()), Compression::GZIP(Default::default())] {
        let properties = WriterProperties::builder().set_compression(compression).set_dictionary_enabled(false).build();
        let mut file = ArrowWriter::try_new(vec![], batch(&text).schema(), Some(properties)).unwrap();
        file.write(&batch(&text)).unwrap();
        rejects("bomb.parquet", &file.into_inner().unwrap(), "limit-reached", "a page of");
    }
}

/// The footer says where a message ends and its columns start. The reader parses a message beyond that end, so what the
/// check finds must not depend on it.
#[test]
fn a_footer_cannot_hide_the_columns_of_a_message() {
    let mut bytes = arrow(Some(CompressionType::LZ4_FRAME));
    let end = bytes.len() - 10;
    let len = u32::from_le_bytes(bytes[end..end + 4].try_into().unwrap()) as usize;
    let footer = arrow_ipc::root_as_footer(&bytes[end - len..end]).unwrap();
    let block = *footer.recordBatches().unwrap().get(0);
    let place = bytes.windows(block.0.len()).rposition(|bytes| bytes == block.0).unwrap() + 8;
    let heads = (8..block.metaDataLength()).step_by(8);
    let rejected = heads.clone().filter(|head| {
        bytes[place..place + 4].copy_from_slice(&head.to_le_bytes());
        read("head.arrow", &bytes).is_err()
    });
    assert_eq!(rejected.count(), heads.count());
}

/// The largest number of rows that are read at a time from a Parquet file of these texts, each with its number of rows.
fn rows_at_a_time(properties: WriterProperties, texts: &[(&str, usize)]) -> usize {
    let batch = |text: &str, rows: usize| {
        RecordBatch::try_from_iter([("a", Arc::new(StringArray::from(vec![text; rows])) as ArrayRef)]).unwrap()
    };
    let mut writer = ArrowWriter::try_new(vec![], batch("", 0).schema(), Some(properties)).unwrap();
    for (text, rows) in texts {
        (0..*rows).step_by(100).for_each(|_| writer.write(&batch(text, 100)).unwrap());
    }
    let path = file("texts.parquet", &writer.into_inner().unwrap());
    let dataset = open("t", &path, &Declaration::default()).unwrap_or_else(|errors| panic!("{}", errors[0].message));
    let sizes = std::sync::Mutex::new(vec![]);
    let scanned = dataset.scan(&Scan::new(&[ColumnId(0)], 1), &|_, batch| {
        sizes.lock().unwrap().push(batch.rows);
        Ok(())
    });
    assert_eq!(scanned, Ok(()));
    std::fs::remove_file(path).unwrap();
    let sizes = sizes.into_inner().unwrap();
    assert_eq!(sizes.iter().sum::<usize>(), texts.iter().map(|(_, rows)| *rows).sum::<usize>());
    sizes.into_iter().max().unwrap()
}

/// Few bytes of a page can stand for many copies of a long text.
#[test]
fn long_texts_of_a_column_are_read_a_few_rows_at_a_time() {
    let (long, other) = ("a".repeat(100_000), "b".repeat(100_000));
    let plain = WriterProperties::builder().set_compression(Compression::SNAPPY);
    // Each text has the whole text before it in common.
    let delta = plain.clone().set_dictionary_enabled(false).set_encoding(Encoding::DELTA_BYTE_ARRAY).build();
    assert_eq!(rows_at_a_time(delta, &[(&long, 600)]), (16 << 20) / 100_000);
    // A page of other texts follows the pages of places in a dictionary.
    let dictionary = plain.clone().set_dictionary_page_size_limit(150_000).build();
    assert_eq!(rows_at_a_time(dictionary, &[(&long, 600), (&other, 100), ("c", 100)]), (16 << 20) / 100_000);
    // A dictionary alone is not copied.
    assert_eq!(rows_at_a_time(plain.build(), &[(&long, 600)]), 600);
}

/// A Parquet file whose columns have these numbers of nested columns.
fn nested(children: &[u64]) -> Vec<u8> {
    let varint = |mut number: u64| {
        let mut bytes = vec![];
        while number >= 0x80 {
            bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        bytes.push(number as u8);
        bytes
    };
    let mut footer = vec![0x15, 2, 0x19, 0xfc];
    footer.extend(varint(children.len() as u64));
    for count in children {
        footer.extend([0x35, 2, 0x18, 1, b'a', 0x15]);
        footer.extend(varint(count * 2));
        footer.push(0);
    }
    footer.extend([0x16, 0, 0x19, 0x0c, 0]);
    let len = footer.len() as u32;
    [b"PAR1", &*footer, &len.to_le_bytes(), b"PAR1"].concat()
}

#[test]
fn deeply_nested_columns_of_a_file_are_rejected() {
    rejects("deep.parquet", &nested(&vec![1; 200_000]), "unreadable", "nested more than 64 levels deep");
    rejects("many.parquet", &nested(&[i32::MAX as u64, 0]), "unreadable", "has 2147483647 nested columns");
}

/// The number of rows of a file, or why it or one of its columns cannot be read.
fn read(name: &str, bytes: &[u8]) -> Result<usize, Diagnostic> {
    let path = file(name, bytes);
    let dataset = open("t", &path, &Declaration::default()).map_err(|mut errors| errors.remove(0));
    let rows = dataset.and_then(|dataset| {
        let columns = (0..dataset.schema().columns.len() as u32).map(ColumnId);
        let rows = std::sync::atomic::AtomicUsize::new(0);
        for column in columns {
            rows.store(0, std::sync::atomic::Ordering::Relaxed);
            dataset.scan(&Scan::new(&[column], 1), &|_, batch| {
                rows.fetch_add(batch.rows, std::sync::atomic::Ordering::Relaxed);
                Ok(())
            })?;
        }
        Ok(rows.into_inner())
    });
    std::fs::remove_file(&path).unwrap();
    rows
}

fn mutant(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)).mutate(&mut mutant);
    mutant
}

#[test]
fn mutants_are_read_or_rejected() {
    let mutants = std::env::var("MUTANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(MUTANTS);
    for (name, bytes) in files() {
        let rows = read(name, &bytes);
        assert!(matches!(rows, Ok(38 | 200 | 400)) || name.ends_with("xlsx"), "{name}: {rows:?}");
        for seed in 1..=mutants {
            if let Err(problem) = read(name, &mutant(&bytes, seed)) {
                assert!(!problem.message.is_empty(), "{name} {seed}");
                if std::env::var_os("MUTANTS").is_some() {
                    println!("{name} {seed}: {}", message(&problem).replace('\n', " "));
                }
            }
        }
    }
}

/// As [`mutants_are_read_or_rejected`] for longer, in a process of its own: `cargo test --test it mutants -- --ignored`.
/// No file needs more memory than 300 MB.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "it takes minutes"]
fn two_thousand_mutants_of_each_file_need_little_memory() {
    for (name, bytes) in files() {
        (1..=2000).for_each(|seed| drop(read(name, &mutant(&bytes, seed))));
        println!("{name}: {} MiB at most so far", peak() >> 20);
    }
    assert!(peak() < 300_000_000, "{} bytes", peak());
}

/// The most memory that this process had so far.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}

/// Writes seeds for the fuzz targets of formats that are not text: see `fuzz/run`.
#[test]
#[ignore = "it writes files"]
fn seeds_are_written() {
    for (name, bytes) in files() {
        let target = match name.rsplit_once('.').unwrap().1 {
            "parquet" => "parquet",
            "xlsx" => "workbook",
            _ => "arrow",
        };
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
