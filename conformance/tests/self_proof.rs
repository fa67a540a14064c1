//! The verifier as a guest: inside our own machines the program `verify-step` verifies the steps that the references
//! proved, refuses them where a bit is changed, and verifies steps of its own run.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests as well")]

use std::collections::BTreeMap;

use engine::{StepProof, Vm};
use fpvm_conformance::vectors::{Program, Proof};
use isa_traits::{Console, Stream, Target};
use mips32::CannonMips32;
use oracle::{Memory, Verified};
use rv64::AsteriscRv64;
use verify_step::{AnyTarget, Claim, Refusal};

const RV64: AnyTarget = AnyTarget::Asterisc(AsteriscRv64);
/// The version the vectors were made by.
const MIPS32: AnyTarget = AnyTarget::Cannon(CannonMips32::VERSIONS[1]);

const RV64_ELF: &[u8] = include_bytes!("../../programs/prebuilt/verify-step.rv64.elf");
const MIPS32_ELF: &[u8] = include_bytes!("../../programs/prebuilt/verify-step.mips32.elf");

/// What the guest wrote to standard output; to standard error it writes only where it panics.
#[derive(Default)]
struct Output(Vec<u8>);

impl Console for Output {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        assert_eq!(stream, Stream::Output, "{}", String::from_utf8_lossy(bytes));
        self.0.extend_from_slice(bytes);
    }
}

/// The program about to verify a claim.
struct Guest<T: Target> {
    vm: Vm<T>,
    oracle: Verified<Memory>,
}

impl<T: Target> Guest<T> {
    fn new(target: T, elf: &[u8], claim: &Claim<'_>) -> Self {
        let loaded = loader::load(&target, elf, loader::Options::default()).unwrap();
        let mut memory = Memory::default();
        memory.insert_local(1, claim.encode());
        let vm = Vm::new(target, loaded.state, loaded.memory, Vec::new());
        Self { vm, oracle: Verified::new(memory) }
    }

    /// The exit code, what was printed, and the steps it took.
    fn run(mut self) -> (u8, String, u64) {
        let mut output = Output::default();
        self.vm.run(u64::MAX, &mut self.oracle, &mut output).unwrap();
        let state = self.vm.state();
        (state.exit_code, String::from_utf8(output.0).unwrap(), state.step)
    }

    /// Proofs of three steps: the first that reads the claim, the one in the middle and the one that exits.
    fn prove(mut self, steps: u64) -> [StepProof; 3] {
        let read = self.vm.clone().run_to_contact(steps, &mut self.oracle, &mut ()).unwrap().unwrap();
        [read.step, steps / 2, steps - 1].map(|step| {
            self.vm.run(step, &mut self.oracle, &mut ()).unwrap();
            self.vm.prove(&mut self.oracle, &mut ()).unwrap()
        })
    }
}

/// Verifies a claim natively and in a machine, which must agree to the letter. Gives the verdict and the machine's
/// steps.
fn verify(machine: AnyTarget, claim: &Claim<'_>) -> (Result<(), Refusal>, u64) {
    let (code, output, steps) = match machine {
        AnyTarget::Asterisc(target) => Guest::new(target, RV64_ELF, claim).run(),
        AnyTarget::Cannon(target) => Guest::new(target, MIPS32_ELF, claim).run(),
    };
    let native = claim.verify();
    let line = match native {
        Ok(()) => format!("{claim}\n"),
        Err(refusal) => format!("refused: {refusal}\n"),
    };
    assert_eq!((code, output), (u8::from(native.is_err()), line), "on {machine}");
    (native, steps)
}

/// The steps that the reference of an instruction set proved: of each instruction, of loads and stores that cross a
/// leaf, of calls that read a pre-image.
fn proofs(isa: &str) -> Vec<Proof> {
    ["isa", "preimg", "exit1"].into_iter().flat_map(|name| Program::read(isa, name).unwrap().proofs).collect()
}

fn claim(target: AnyTarget, proof: &Proof) -> Claim<'_> {
    let value = proof.oracle_value.as_ref().map(|value| &value[8..]);
    Claim {
        target,
        pre: proof.pre.0,
        post: proof.post.0,
        state: &proof.state_data,
        proof: &proof.proof_data,
        preimage: proof.oracle_key.map(|key| key.0).zip(value),
    }
}

#[test]
fn every_proven_step_is_verified_in_both_machines() {
    let mut costs = BTreeMap::new();
    for (target, isa) in [(RV64, "rv64"), (MIPS32, "mips32")] {
        for proof in &proofs(isa) {
            let claim = claim(target, proof);
            for machine in [RV64, MIPS32] {
                let (verdict, steps) = verify(machine, &claim);
                assert_eq!(verdict, Ok(()), "{isa} step {}", proof.step);
                let row = (machine.to_string(), target.to_string(), proof.proof_data.len());
                let (least, most) = costs.entry(row).or_insert((steps, steps));
                (*least, *most) = (steps.min(*least), steps.max(*most));
            }
        }
    }
    for ((machine, target, bytes), (least, most)) in &costs {
        println!(
            "{machine} verifies a step of {target} with {bytes} bytes of proof in {least} to {most} steps"
        );
    }
    // An RV64 step touches one, two or three leaves, the proof of a MIPS32 step has room for two.
    assert_eq!(costs.len(), 2 * (3 + 1));
}

#[test]
fn a_changed_bit_is_refused_in_the_machine() {
    // All of the first path matters, and it has at least 896 bytes.
    const PATH_BYTES: usize = 896;
    for (target, isa) in [(RV64, "rv64"), (MIPS32, "mips32")] {
        for (index, proof) in proofs(isa).iter().enumerate() {
            let flip = |bytes: &mut [u8]| bytes[index * 31 % bytes.len()] ^= 1 << (index % 8);
            let good = claim(target, proof);
            let (mut post, mut state, mut path) = (good.post, good.state.to_vec(), good.proof.to_vec());
            flip(&mut post);
            flip(&mut state);
            flip(&mut path[..PATH_BYTES]);
            let mut bad = vec![
                ("post", Claim { post, ..good }),
                ("state", Claim { state: &state, ..good }),
                ("proof", Claim { proof: &path, ..good }),
            ];
            let mut changed = Vec::new();
            if let Some((mut key, value)) = good.preimage {
                flip(&mut key);
                bad.push(("key", Claim { preimage: Some((key, value)), ..good }));
                bad.push(("no pre-image", Claim { preimage: None, ..good }));
                // The first byte that is read. Offsets count the 8 bytes of the length.
                if let Some(at) = proof.oracle_offset.checked_sub(8) {
                    changed.extend_from_slice(value);
                    changed[at as usize] ^= 1;
                    bad.push((
                        "value",
                        Claim { preimage: Some((proof.oracle_key.unwrap().0, &changed)), ..good },
                    ));
                }
            }
            for (name, claim) in &bad {
                assert!(verify(RV64, claim).0.is_err(), "{isa} step {}: {name}", proof.step);
            }
        }
    }
}

/// One level of recursion, in both machines: the step that exits with the verdict is proven, and so is a step that
/// reads the claim.
#[test]
fn the_program_verifies_steps_of_its_own_run() {
    let proof = &proofs("mips32")[0];
    let inner = claim(MIPS32, proof);
    for machine in [RV64, MIPS32] {
        let (_, steps) = verify(machine, &inner);
        let own = match machine {
            AnyTarget::Asterisc(target) => Guest::new(target, RV64_ELF, &inner).prove(steps),
            AnyTarget::Cannon(target) => Guest::new(target, MIPS32_ELF, &inner).prove(steps),
        };
        assert_eq!(
            own[0].preimage.as_ref().map(|(_, value, offset)| (value, *offset)),
            Some((&inner.encode(), 0))
        );
        assert_eq!(own[2].post[0], 0, "exited, and the claim is valid");
        for StepProof { pre, post, state, proof, preimage, .. } in &own {
            let preimage = preimage.as_ref().map(|(key, value, _)| (*key, value.as_slice()));
            let outer = Claim { target: machine, pre: *pre, post: *post, state, proof, preimage };
            for outer_machine in [RV64, MIPS32] {
                assert_eq!(verify(outer_machine, &outer).0, Ok(()), "{machine} in {outer_machine}");
            }
        }
    }
}
