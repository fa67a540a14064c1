//! A report as JUnit XML, which continuous integration reads.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use crate::report::{Outcome, Report};

/// The text of the JUnit file of a report.
///
/// A case that is refused by design is a skipped one. Where too few cases were executed, a case that fails says so.
///
/// # Errors
/// Where the XML writer fails.
pub fn text(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new(report.suite);
    for case in &report.cases {
        let status = match &case.outcome {
            Outcome::Passed => TestCaseStatus::success(),
            Outcome::Failed(reason) => failure(reason),
            Outcome::Refused(reason) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(reason.as_str());
                status
            }
        };
        let mut test = TestCase::new(case.name.as_str(), status);
        test.set_classname(report.suite);
        if let Some(trace) = case.trace {
            test.set_system_out(format!("{} steps, trace digest {}", trace.steps, trace.digest));
        }
        suite.add_test_case(test);
    }
    if let Some(reason) = report.too_few() {
        suite.add_test_case(TestCase::new("enough cases", failure(&reason)));
    }
    let mut file = quick_junit::Report::new("fpvm conformance");
    file.add_test_suite(suite);
    file.to_string()
}

fn failure(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(reason);
    status
}
