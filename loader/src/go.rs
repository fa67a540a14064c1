//! What makes a Go program run on a machine without threads, signals and floating point.

/// Functions that return at once: they start threads, or need what the machine does not have.
///
/// The names are those of Go up to [`NEWEST_MINOR`] (Asterisc 52519dc `rvgo/fast/elf.go:66-92`, optimism
/// d317e96 `cannon/mipsevm/program/patch.go:18-56`; both have the same list).
pub(crate) const RETURNING: [&str; 14] = [
    "runtime.gcenable",
    "runtime.init.5",
    "runtime.main.func1",
    "runtime.deductSweepCredit",
    "runtime.(*gcControllerState).commit",
    "github.com/prometheus/client_golang/prometheus.init",
    "github.com/prometheus/client_golang/prometheus.init.0",
    "github.com/prometheus/procfs.init",
    "github.com/prometheus/common/model.init",
    "github.com/prometheus/client_model/go.init",
    "github.com/prometheus/client_model/go.init.0",
    "github.com/prometheus/client_model/go.init.1",
    "flag.init",
    "runtime.check",
];

/// Go 1.22: the newest version in which the names mean what the patches take them for. In Go 1.23
/// `runtime.init.5` is another function, which a program needs to exit.
pub(crate) const NEWEST_MINOR: u32 = 22;

/// The section that tells by which Go a program was built.
pub(crate) const BUILD_INFO: &str = ".go.buildinfo";

/// The version in the content of [`BUILD_INFO`]: `go1.22.10`. None in the layout before Go 1.18.
///
/// Go's `debug/buildinfo/buildinfo.go` has the layout: a magic, the size of a pointer, flags, padding to 32
/// bytes, then strings after their lengths as varints; the first is the version.
pub(crate) fn version(info: &[u8]) -> Option<&str> {
    const STRINGS: usize = 32;
    const FLAGS: usize = 15;
    const INLINE: u8 = 2;
    if !info.starts_with(b"\xff Go buildinf:") || info.get(FLAGS)? & INLINE == 0 {
        return None;
    }
    let (bytes, rest) = varint(info.get(STRINGS..)?)?;
    core::str::from_utf8(rest.get(..bytes)?).ok()
}

/// A number in seven bits a byte, the lowest first, and what follows it.
fn varint(mut bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        bytes = rest;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, bytes));
        }
    }
    None
}

/// Whether the patches were made for an older Go: whether `version`, perhaps `devel go1.27-2c37f4`, is 1.23
/// or later.
pub(crate) fn too_new(version: &str) -> bool {
    let minor = version.split_once("go1.").and_then(|(_, rest)| {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse::<u32>().ok()
    });
    minor.is_some_and(|minor| minor > NEWEST_MINOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        let info = |flags: u8, strings: &[u8]| {
            let mut info = b"\xff Go buildinf:\x08".to_vec();
            info.push(flags);
            info.resize(32, 0);
            info.extend(strings);
            info
        };
        assert_eq!(version(&info(2, b"\x09go1.22.10\x00")), Some("go1.22.10"));
        let long = "x".repeat(200);
        assert_eq!(version(&info(3, b"\x48go1.22")), None, "shorter than it says");
        assert_eq!(version(&info(2, &[b"\xc8\x01", long.as_bytes()].concat())), Some(long.as_str()));
        assert_eq!(version(&info(0, b"\x09go1.22.10")), None, "the layout before 1.18");
        assert_eq!(version(&info(2, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")), None);
        assert_eq!(version(&info(2, b"\xff\xff\xff\xff\x7f")), None);
        assert_eq!(version(b"\xff Go buildinf:"), None);

        for (version, new) in [
            ("go1.22.10", false),
            ("go1.23", true),
            ("go1.23rc1", true),
            ("go1.26.8 X:nocoverageredesign", true),
            ("devel go1.27-2c37f4", true),
            ("go1.9", false),
            ("devel", false),
            ("go1.", false),
        ] {
            assert_eq!(too_new(version), new, "{version}");
        }
    }
}
