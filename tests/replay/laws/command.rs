//! The command `kpi` over any definitions, any data and any arguments.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::SEPARATOR;

/// The longest time of a run, on a machine that is busy with other things too.
const TIME: Duration = Duration::from_secs(60);

/// A folder of definitions, data, and the arguments of a run in it. It is removed when it is dropped.
struct Case {
    folder: PathBuf,
    arguments: Vec<OsString>,
}

impl Case {
    /// The input contains the arguments, one a line, the definitions and the data.
    fn new(text: &str) -> Self {
        static FOLDERS: AtomicUsize = AtomicUsize::new(0);
        let mut parts = text.splitn(3, SEPARATOR);
        let mut part = || parts.next().unwrap_or_default();
        let (arguments, definitions, data) = (part(), part(), part());
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("yardstick-fuzz-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("temporary folders can be made");
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("files can be written");
        write("fuzz.kpi", definitions);
        write("ads.csv", data);
        write("ads.json", data);
        // No argument names a file outside the folder.
        let is_inside = |argument: &&str| !argument.contains(['\0', '/', '\\']) && !argument.ends_with("..");
        let arguments = arguments.lines().filter(is_inside).map(OsString::from).collect();
        Self { folder, arguments }
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).expect("the folder can be removed");
    }
}

/// Runs the command as a process. It must end by itself, in time, with a status of its own.
pub fn run(command: &Path, text: &str) {
    let case = Case::new(text);
    let errors = case.folder.join("errors.txt");
    let file = std::fs::File::create(&errors).expect("files can be written");
    let mut command = Command::new(command);
    command.args(&case.arguments).current_dir(&case.folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
    let mut process = command.spawn().expect("the command runs");
    let start = Instant::now();
    let status = loop {
        match process.try_wait().expect("the command can be waited for") {
            Some(status) => break status,
            None if start.elapsed() > TIME => {
                process.kill().expect("the command can be stopped");
                process.wait().expect("the command stops");
                panic!("{:?} takes more than {TIME:?}\n{text}", case.arguments);
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let errors = String::from_utf8_lossy(&std::fs::read(errors).expect("the file was written")).into_owned();
    assert!(matches!(status.code(), Some(0..=2)), "{:?}: {status}\n{errors}\n{text}", case.arguments);
    assert!(!errors.contains("panicked"), "{:?}: {errors}\n{text}", case.arguments);
}

/// Runs the command in this process, whose current folder it changes for this time.
#[allow(dead_code, reason = "tests run it as a process")]
pub fn run_here(text: &str) {
    let case = Case::new(text);
    let before = std::env::current_dir().expect("the process has a folder");
    std::env::set_current_dir(&case.folder).expect("the folder exists");
    let words = std::iter::once("kpi".into()).chain(case.arguments.iter().cloned());
    let status = yardstick::internal::cli::run_on(words);
    std::env::set_current_dir(before).expect("the folder exists");
    assert!([0, 1, 2].map(ExitCode::from).contains(&status), "{:?}: {status:?}", case.arguments);
}
