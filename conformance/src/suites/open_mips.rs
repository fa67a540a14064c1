//! `open-mips`: Cannon's open MIPS tests (optimism d317e96 `cannon/mipsevm/testutil/vmtests.go:36-112`).

use std::path::Path;

use alloy_primitives::hex;
use engine::{Memory, Vm};
use isa_traits::{Hart, Isa, State, Target, W32};
use mips32::{CannonMips32, Hart32, Mips32};
use oracle::{Key, Verified};

use super::{Judged, Limit, SuiteError, files, judge, unfinished, without_run};
use crate::report::Outcome;

/// Where a test returns to (`constants.go:7`).
const END: u32 = 0xa7ef_00d0;
/// Where it writes 1 when it is done, and where if it went well (`constants.go:4`, `vmtests.go:91`).
const DONE: u64 = 0xbfff_fff4;
const RESULT: u64 = 0xbfff_fff8;
/// The longest code that is loaded; the tests have less than a thousandth of it.
const MAX_BYTES: usize = 1 << 20;

/// What a test of this name should come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// It returns, after reporting.
    Report,
    /// It exits with code 1.
    Exit,
    /// The machine refuses it.
    Trap,
}

pub(super) fn run(target: CannonMips32, path: &Path, limit: Limit<'_>) -> Result<Judged, SuiteError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let code = files::read(path)?;
    if code.len() > MAX_BYTES {
        let reason = format!("{} bytes of code, wanted at most {MAX_BYTES}", code.len());
        return Ok(without_run(Outcome::Failed(reason)));
    }
    let wanted = match &*name {
        "exit_group.bin" => Wanted::Exit,
        name if name.ends_with("panic.bin") => Wanted::Trap,
        _ => Wanted::Report,
    };
    let mut memory = Memory::new(CannonMips32::ADDRESS_BITS);
    memory.write(0, &code);
    let mut state = State::<Hart32>::default();
    state.hart.x_mut()[Mips32::RETURN_ADDRESS] = W32(END);
    let vm = Vm::new(target, state, memory, Vec::new());
    let mut oracle = Verified::new(preimages(&name));
    Ok(judge(vm, &mut oracle, limit, returned, |ran| {
        let (state, trapped) = (ran.vm.state(), matches!(ran.error, Some(engine::RunError::Trap { .. })));
        let returned = returned(&ran.vm);
        match wanted {
            Wanted::Report if returned => report(&ran.vm),
            Wanted::Exit if state.exited && state.exit_code == 1 => Outcome::Passed,
            Wanted::Trap if trapped => Outcome::Passed,
            _ if state.exited => Outcome::Failed(format!("exited with code {}", state.exit_code)),
            _ if returned => Outcome::Failed("returned".to_owned()),
            _ => unfinished(ran),
        }
    }))
}

fn returned(vm: &Vm<CannonMips32>) -> bool {
    vm.state().hart.pc() == W32(END)
}

fn report(vm: &Vm<CannonMips32>) -> Outcome {
    match (vm.instruction_at(DONE), vm.instruction_at(RESULT)) {
        (1, 1) => Outcome::Passed,
        (done, result) => {
            Outcome::Failed(format!("reports {done} for done and {result} for its result; wanted: 1 and 1"))
        }
    }
}

/// What a test of this name reads (`testutil/oracle.go:31-66,140-152`).
fn preimages(name: &str) -> oracle::Memory {
    let mut memory = oracle::Memory::default();
    if name.starts_with("oracle_kzg") {
        // Point evaluation: its address, the gas it needs, and its input.
        let call = [&POINT_EVALUATION[..], &GAS.to_be_bytes(), &POINT_INPUT].concat();
        let mut key = *memory.insert_keccak256(call).as_bytes();
        key[0] = PRECOMPILE;
        memory.insert(Key::from(key), [&[SUCCESS][..], &POINT_OUTPUT].concat());
    } else if name.starts_with("oracle") {
        memory.insert_keccak256(b"hello world".to_vec());
    }
    memory
}

/// The type of a key of a precompiled contract's output, and the status before that of a call that went well (OP
/// Stack fault-proof spec, «Type 6: Precompile key»).
const PRECOMPILE: u8 = 6;
const SUCCESS: u8 = 1;
/// The address of point evaluation (EIP-4844, `POINT_EVALUATION_PRECOMPILE_ADDRESS`), and its gas.
const POINT_EVALUATION: [u8; 20] = hex!("000000000000000000000000000000000000000a");
const GAS: u64 = 50_000;
#[rustfmt::skip]
const POINT_INPUT: [u8; 192] = hex!(
    "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b"
    "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
    "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
    "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"
    "5f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253"
    "fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a"
);
/// The number of field elements in a blob, and the modulus of the field (EIP-4844).
const POINT_OUTPUT: [u8; 64] = hex!(
    "0000000000000000000000000000000000000000000000000000000000001000"
    "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
);
