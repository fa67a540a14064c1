//! What a profile is written as.

use std::io::Write;

use anyhow::Result;
use inferno::flamegraph::{self, Options};
use serde::Serialize;
use serde_json::json;

use super::stacks::{Function, Stacks};

/// Steps by stack, and what that makes for each function.
#[derive(Debug)]
pub(super) struct Profile {
    names: Vec<String>,
    /// Stacks, the outermost function first, and the steps made in the innermost.
    folded: Vec<(Vec<Function>, u64)>,
    steps: u64,
}

/// The steps of a function.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) function: String,
    /// Made in it.
    #[serde(rename = "self")]
    pub(super) own: u64,
    /// Made in it or in what it called.
    pub(super) total: u64,
}

impl Profile {
    pub(super) fn new(names: &[String], stacks: &Stacks) -> Self {
        let mut folded: Vec<_> = stacks.folded().collect();
        let steps = folded.iter().map(|(_, steps)| steps).sum();
        folded.sort_by_cached_key(|(stack, _)| text(names, stack));
        Self { names: names.to_vec(), folded, steps }
    }

    /// All steps.
    pub(super) const fn steps(&self) -> u64 {
        self.steps
    }

    /// The functions, by descending steps of their own.
    pub(super) fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<_> =
            self.names.iter().map(|name| Row { function: name.clone(), own: 0, total: 0 }).collect();
        for (stack, steps) in &self.folded {
            // A function that calls itself counts once.
            let mut active = stack.clone();
            active.sort_unstable();
            active.dedup();
            active.iter().for_each(|&function| rows[function as usize].total += steps);
            if let Some(&innermost) = stack.last() {
                rows[innermost as usize].own += steps;
            }
        }
        rows.retain(|row| row.total > 0);
        rows.sort_by(|a, b| (b.own, b.total, &a.function).cmp(&(a.own, a.total, &b.function)));
        rows
    }

    /// One stack a line: names with semicolons between, and the steps.
    pub(super) fn folded(&self, to: &mut dyn Write) -> Result<()> {
        Ok(self.lines().try_for_each(|line| writeln!(to, "{line}"))?)
    }

    /// A picture that can be searched and zoomed in a browser.
    pub(super) fn flamegraph(&self, title: &str, to: &mut dyn Write) -> Result<()> {
        let mut options = Options::default();
        options.title = title.to_owned();
        options.count_name = "steps".to_owned();
        // One colour a function, in every picture.
        options.hash = true;
        options.no_sort = true;
        let lines: Vec<_> = self.lines().collect();
        Ok(flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), to)?)
    }

    /// The file format of speedscope.app, for its viewer and others.
    pub(super) fn speedscope(&self, title: &str, to: &mut dyn Write) -> Result<()> {
        let (samples, weights): (Vec<&[Function]>, Vec<u64>) =
            self.folded.iter().map(|(stack, steps)| (stack.as_slice(), *steps)).unzip();
        let frames: Vec<_> = self.names.iter().map(|name| json!({ "name": name })).collect();
        let profile = json!({
            "type": "sampled", "name": title, "unit": "none", "startValue": 0, "endValue": self.steps,
            "samples": samples, "weights": weights,
        });
        let file = json!({
            "$schema": "https://www.speedscope.app/file-format-schema.json",
            "exporter": concat!("fpvm@", env!("CARGO_PKG_VERSION")),
            "name": title,
            "activeProfileIndex": 0,
            "shared": { "frames": frames },
            "profiles": [profile],
        });
        Ok(serde_json::to_writer(to, &file)?)
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        self.folded.iter().map(|(stack, steps)| format!("{} {steps}", text(&self.names, stack)))
    }
}

/// A stack in a line. The semicolon is what separates functions, and a line end what separates stacks.
fn text(names: &[String], stack: &[Function]) -> String {
    let names = stack.iter().map(|&function| names[function as usize].replace([';', '\n', '\r'], ":"));
    names.collect::<Vec<_>>().join(";")
}
