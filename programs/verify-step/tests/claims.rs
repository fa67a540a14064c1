//! Claims that hold, and each reason for which one does not.
#![allow(clippy::unwrap_used, reason = "a test may fail anywhere")]

use std::convert::Infallible;
use std::process::Command;
use std::{fs, str};

use engine::{Memory, StepProof, VerifyError, Vm, keccak256};
use fpvm_guest::{Key, hex, sha256};
use isa_traits::{Hart as _, HartOf, Hash, Oracle, Reg, State, Target, W64};
use mips32::CannonMips32;
use rv64::{AsteriscRv64, Hart64};
use verify_step::{AnyTarget, Claim, Refusal};

const RV64: AnyTarget = AnyTarget::Asterisc(AsteriscRv64);
const MIPS32: AnyTarget = AnyTarget::Cannon(CannonMips32::LATEST);
const VALUE: &[u8] = b"the value of a pre-image";

/// Has one pre-image, under every key.
struct Always;

impl Oracle for Always {
    type Error = Infallible;

    fn hint(&mut self, _: &[u8]) -> Result<(), Infallible> {
        Ok(())
    }

    fn get(&mut self, _: &Hash) -> Result<&[u8], Infallible> {
        Ok(VALUE)
    }
}

fn prove<T: Target>(target: T, state: State<HartOf<T>>, code: &[u8]) -> StepProof {
    let mut memory = Memory::new(T::ADDRESS_BITS);
    memory.write(0, code);
    Vm::new(target, state, memory, Vec::new()).prove(&mut Always, &mut ()).unwrap()
}

/// Empty memory, which is a `nop`.
fn nop() -> StepProof {
    prove(CannonMips32::LATEST, State::default(), &[])
}

/// `ecall`, which reads the pre-image of `key`.
fn read(key: Hash) -> StepProof {
    let mut state = State::<Hart64> { preimage_key: key, ..State::default() };
    for (register, value) in [(10, 5), (11, 64), (12, 8), (17, 63)] {
        state.hart.x_mut()[Reg::source(register)] = W64(value);
    }
    prove(AsteriscRv64, state, &[0x73, 0, 0, 0])
}

fn claim(target: AnyTarget, proof: &StepProof) -> Claim<'_> {
    Claim {
        target,
        pre: proof.pre,
        post: proof.post,
        state: &proof.state,
        proof: &proof.proof,
        preimage: proof.preimage.as_ref().map(|(key, value, _)| (*key, value.as_slice())),
    }
}

fn keccak_key() -> Hash {
    *Key::keccak256(&keccak256(VALUE)).as_bytes()
}

#[test]
fn a_step_of_either_target_holds() {
    let sha = *Key::sha256(&sha256(VALUE)).as_bytes();
    for (target, proof, line) in [
        (MIPS32, nop(), "cannon-mips32@1.2.1: "),
        (RV64, read(keccak_key()), "asterisc-rv64@1.3.0: "),
        (RV64, read(sha), "asterisc-rv64@1.3.0: "),
    ] {
        let claim = claim(target, &proof);
        assert_eq!(claim.verify(), Ok(()), "{claim}");
        let steps = format!("{line}0x{} steps to 0x{}", hex(&proof.pre), hex(&proof.post));
        assert_eq!(claim.to_string(), steps);
    }
}

#[test]
fn what_no_hash_decides_is_displayed_as_a_condition() {
    let local = *Key::local(7).as_bytes();
    let proof = read(local);
    let claim = claim(RV64, &proof);
    assert_eq!(claim.verify(), Ok(()));
    let condition =
        format!(", if 0x{} is the key of what hashes to 0x{}", hex(&local), hex(&keccak256(VALUE)));
    assert!(claim.to_string().ends_with(&condition), "{claim}");
}

#[test]
fn a_claim_has_one_encoding() {
    let beta = AnyTarget::Cannon(CannonMips32::VERSIONS[1]);
    for (target, proof) in [(beta, nop()), (RV64, read(keccak_key()))] {
        let claim = claim(target, &proof);
        let bytes = claim.encode();
        assert_eq!(Claim::decode(&bytes), Ok(claim));
        // Cut off anywhere, it is none; but for the pre-image, any part of whose value is a value.
        let preimage = claim.preimage.map_or(0, |(key, value)| key.len() + value.len());
        let end = bytes.len() - preimage;
        for cut in (0..end).chain(end + 1..end + preimage.min(32)) {
            assert!(matches!(Claim::decode(&bytes[..cut]), Err(Refusal::Short(_))), "{cut} bytes");
        }
    }
}

#[test]
fn unknown_targets_are_refused() {
    let proof = nop();
    let bytes = claim(MIPS32, &proof).encode();
    for (target, version) in [(0, 1), (1, 3), (1, 255), (2, 0)] {
        let bytes = [&[target, version], &bytes[2..]].concat();
        assert_eq!(Claim::decode(&bytes), Err(Refusal::Target { target, version }));
    }
}

#[test]
fn what_does_not_hold_is_refused_for_its_reason() {
    let proof = read(keccak_key());
    let good = claim(RV64, &proof);
    assert_eq!(good.verify(), Ok(()));
    let wanted = keccak_key();

    let (mut state, mut path) = (proof.state.clone(), proof.proof.clone());
    state[100] ^= 1;
    path[40] ^= 1;
    let pre = Claim { state: &state, ..good }.verify();
    assert_eq!(pre, Err(Refusal::Pre { found: keccak256(&state), wanted: proof.pre }));
    let unproven = Claim { proof: &path, ..good }.verify();
    assert!(matches!(unproven, Err(Refusal::Step(VerifyError::Proof(_)))), "{unproven:?}");
    let post = Claim { post: proof.pre, ..good }.verify();
    assert_eq!(post, Err(Refusal::Post { found: proof.post, wanted: proof.pre }));
    let other = Claim { preimage: Some((wanted, b"other")), ..good }.verify();
    let found = *Key::keccak256(&keccak256(b"other")).as_bytes();
    assert_eq!(other, Err(Refusal::Preimage { found, wanted }));
    let missing = Claim { preimage: None, ..good }.verify();
    assert_eq!(missing, Err(Refusal::Step(VerifyError::MissingPreimage { key: wanted })));
}

#[test]
fn the_native_program_exits_with_the_verdict() {
    let proof = read(keccak_key());
    let good = claim(RV64, &proof);
    let dir = tempfile::tempdir().unwrap();
    for (claim, code, line) in [
        (good.encode(), 0, format!("{good}\n")),
        (vec![0], 1, "refused: the claim ends within its target\n".to_owned()),
    ] {
        fs::write(dir.path().join(Key::local(1).to_string()), claim).unwrap();
        let program = env!("CARGO_BIN_EXE_verify-step");
        let output = Command::new(program).arg("--preimages").arg(dir.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(str::from_utf8(&output.stdout), Ok(line.as_str()));
    }
}
