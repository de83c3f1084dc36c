//! Workbooks of any content: an archive whose sizes and checksums are right, so that its parts are read.

use super::SEPARATOR;

/// Makes a workbook of a text: the rows of its sheet, its styles, and its shared texts.
pub fn workbook(text: &str) -> Vec<u8> {
    const MAIN: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"";
    let mut parts = text.splitn(3, SEPARATOR);
    let mut part = || parts.next().unwrap_or_default();
    let (rows, styles, texts) = (part(), part(), part());
    let relation = |id: &str, kind: &str, target: &str| {
        let relation = format!("<Relationship Id=\"{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>");
        format!("<Relationships {PACKAGE}>{relation}</Relationships>")
    };
    let sheets = format!("<sheets xmlns:r=\"{RELATIONS}\"><sheet name=\"S\" sheetId=\"1\" r:id=\"s\"/></sheets>");
    archive(&[
        ("_rels/.rels", &relation("w", "officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", &format!("<workbook {MAIN}>{sheets}</workbook>")),
        ("xl/_rels/workbook.xml.rels", &relation("s", "worksheet", "worksheets/1.xml")),
        ("xl/sharedStrings.xml", &format!("<sst {MAIN}>{texts}</sst>")),
        ("xl/styles.xml", &format!("<styleSheet {MAIN}>{styles}</styleSheet>")),
        ("xl/worksheets/1.xml", &format!("<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>")),
    ])
}

/// A zip archive of files that are not compressed.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let (mut archive, mut directory) = (vec![], vec![]);
    for (name, text) in files {
        let offset = archive.len() as u32;
        let size = (text.len() as u32).to_le_bytes();
        let checksum = checksum(text.as_bytes()).to_le_bytes();
        let name_len = (name.len() as u16).to_le_bytes();
        let facts = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &checksum, &size, &size, &name_len, &[0, 0]].concat();
        archive.extend([&b"PK\x03\x04"[..], &facts, name.as_bytes(), text.as_bytes()].concat());
        let entry = [&b"PK\x01\x02\x14\x00"[..], &facts, &[0; 10], &offset.to_le_bytes(), name.as_bytes()];
        directory.extend(entry.concat());
    }
    let (start, len, count) = (archive.len() as u32, directory.len() as u32, (files.len() as u16).to_le_bytes());
    let end = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &len.to_le_bytes(), &start.to_le_bytes(), &[0, 0]];
    [&archive[..], &directory, &end.concat()].concat()
}

/// CRC-32, bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}
