//! `conformance/REPORT.md`: what was measured, section by section, each written by the task that measures it.

use crate::root;
use anyhow::{Context, Result, ensure};
use std::{fs, process::Command};

const HEAD: &str = "# What fpvm was held against\n\n\
    Generated; each section names the task that writes it. [CONTRIBUTING.md](../CONTRIBUTING.md) tells how to run them.\n";

/// The sections in the order of the report.
const SECTIONS: [&str; 2] = ["fuzz", "coverage"];

/// Replaces a section of the report, or adds it at its place.
pub(crate) fn write(section: &str, text: &str) -> Result<()> {
    let path = root().join("conformance/REPORT.md");
    let old = fs::read_to_string(&path).unwrap_or_default();
    let mut new = HEAD.to_owned();
    for name in SECTIONS {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->\n"));
        let kept = old.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map(|(kept, _)| kept);
        let body = if name == section { Some(text) } else { kept };
        if let Some(body) = body {
            new += &format!("\n{begin}{}\n{end}", body.trim_end());
        }
    }
    fs::write(&path, new).with_context(|| path.display().to_string())
}

/// The commit of the repository, and the day.
pub(crate) fn origin() -> Result<String> {
    let says = |program: &str, args: &[&str]| -> Result<String> {
        let output =
            Command::new(program).args(args).current_dir(root()).output().context(program.to_owned())?;
        ensure!(output.status.success(), "{program} {args:?} failed");
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    let commit = says("git", &["describe", "--always", "--dirty", "--abbrev=7"])?;
    Ok(format!("fpvm {commit}, {}", says("date", &["-u", "+%F"])?))
}

/// A number with spaces between thousands.
pub(crate) fn spaced(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_apart() {
        assert_eq!(super::spaced(0), "0");
        assert_eq!(super::spaced(123), "123");
        assert_eq!(super::spaced(1_234_567), "1 234 567");
    }
}
