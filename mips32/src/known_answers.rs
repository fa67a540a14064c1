//! State hashes computed by an independent model of the contract, which reproduces the vector of optimism
//! d317e96 `packages/contracts-bedrock/test/cannon/MIPS.t.sol:47-61`.

use engine::{Memory, VerifyError, Witness, WitnessError, keccak256, verify};
use isa_traits::{Hash, State, Target};

use crate::testing::{Before, HelloWorld, PC};
use crate::{CannonMips32, Hart32};

fn hash(hex: &str) -> Hash {
    core::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..][..2], 16).unwrap())
}

/// The hash of a state without memory.
fn empty(change: impl FnOnce(&mut State<Hart32>)) -> Hash {
    let mut state = State::default();
    change(&mut state);
    let root = Memory::new(CannonMips32::ADDRESS_BITS).root();
    Witness::encode(&CannonMips32::default(), &state, &root).state_hash(state.status())
}

fn exited(code: u8) -> Hash {
    empty(|state| (state.exited, state.exit_code) = (true, code))
}

#[test]
#[rustfmt::skip]
fn empty_states() {
    assert_eq!(Memory::new(32).root(), hash("838c5655cb21c6cb83313b5a631175dff4963772cce9108188b34ac87c81c41e"));
    assert_eq!(empty(|_| ()), hash("035bfc06cffac3c3e48ae14e308edd2c39314896a680ed3241eb35238e1843a0"));
    assert_eq!(exited(0), hash("0054dc88a2b36652c5881db048b8a67ff634b5fd81b6e493fe7982c56edae775"));
    assert_eq!(exited(1), hash("01883434370764689de916a5acd365319d43dbe1d8fe25bc018a231bbc19ff41"));
    assert_eq!(exited(2), hash("02c3eccc979143a516bc5caec522848df693c471d876ad49bd7d840d641bd421"));
    assert_eq!(exited(3), hash("02b0a65bf0db1764a50e7e93cea4a1460e8f64e43456505e14ce9ca378a52706"));
    assert_eq!(empty(|state| state.heap = 0x0500_0000), hash("036b891e01e6145f78748404cdb95bcb18fe048cbfc69e87f6a64bc3c58cee0c"));
}

/// Reference: `packages/contracts-bedrock/src/cannon/MIPS.sol:101-107,257-263` reverts with `InvalidExitedValue`.
#[test]
fn the_byte_exited_is_0_or_1() {
    const EXITED: usize = 32 + 32 + 4 + 4 + 4 + 4 + 4 + 4 + 1;
    let target = CannonMips32::default();
    let proof = call(4246, 0, 0, 0).vm().prove(&mut HelloWorld, &mut ()).unwrap();
    for byte in 2..=u8::MAX {
        let mut state = proof.state.clone();
        assert_eq!(core::mem::replace(&mut state[EXITED], byte), 0);
        let refused = verify(&target, &state, &proof.proof, None).map(drop).unwrap_err();
        let wanted = WitnessError::Flag { name: "exited", found: byte };
        assert_eq!(refused, VerifyError::Witness(wanted));
    }
}

/// A machine before its step, the state hashes before and after, and the hash of the proof where it is known.
struct Step {
    name: &'static str,
    before: Before,
    pre: &'static str,
    post: &'static str,
    proof: Option<&'static str>,
}

const SYSCALL: u32 = 0x0000_000c;

/// A system call with its number and arguments.
fn call(number: u32, a0: u32, a1: u32, a2: u32) -> Before {
    Before::new(SYSCALL).x(2, number).x(4, a0).x(5, a1).x(6, a2)
}

fn mmap(bytes: u32, heap: u64) -> Before {
    call(4090, 0, bytes, 0).with(|state| state.heap = heap)
}

fn read(at: u32, count: u32, offset: u64) -> Before {
    call(4003, 5, at, count).word(0x2000, 0xaabb_ccdd).with(|state| {
        (state.preimage_key, state.preimage_offset) = (HelloWorld::key(), offset);
    })
}

#[rustfmt::skip]
fn steps() -> [Step; 18] {
    let word_proof = Some("9ec9d22d45d0a008a724b583b3190bd289ec4d7c075cd1664c9e904bfad0351f");
    let counting = core::array::from_fn(|i| i as u8);
    let step = |name, before, pre, post, proof| Step { name, before, pre, post, proof };
    let bltzal = Before::new(0x0490_0004).x(4, 0xffff_ffff);
    [
        step("A: addiu at 0", Before::new(0).word(PC, 0).word(0, 0x2408_0005).at(0, 4),
            "03ffaba1415dc785197fc0c0029db7a97feb8e9fc5e310cd61a5e0bb6e8252d7",
            "03ef01ec2981b0a29545a9757cd4ca197d5dc6c7fa0f86c5d6517f77244a323d",
            Some("9ac679bf635971ccb5048548b852e8311b42aa6a0a66b4e4962439a466308d41")),
        step("B: sw", Before::new(0xad28_fffc).x(8, 0x1122_3344).x(9, 0x4000_0004)
                .with(|state| (state.heap, state.step) = (0x0500_0000, 7)),
            "0359433d31cab41fa06f03a6d28e0bfbdfa3d143c90fb47e7ac9e5387934ee0c",
            "03e1a009102e758678a2dafa8244f158c913ac304d1b8a19985ca5ae36fba964",
            Some("89218263d6d20fcf22152983ed888a004b894ada084d5664802d8b171fa4598e")),
        step("C: swr", Before::new(0xb928_0001).word(0x2000, 0xaabb_ccdd).x(8, 0x1122_3344).x(9, 0x2000),
            "035adca92a049a858099fd13bd8fb9a9aeb84cdb89d2484803b01802bc4fe99e",
            "03393dabec8cc9d42f4f493658755a117ff980adf2a88025833882ad34442d3d",
            Some("fa4f83df739a8d28f7569ae04875ebadbc09fe25f28bce838d738794bc144cbb")),
        step("D: bgezal, not taken", Before::new(0x0491_0004).x(4, 0xffff_ffff),
            "039e4a63f45a64aa9e5c8555f1495007d9b73dfb79e07650912a122dfa7438fa",
            "0390e2a3009f56df15565b86f30e887f9e36b6ff6fff01ecca5efe05a42150cc", None),
        step("D2: bltzal before it came", bltzal.clone().version("1.2.1-beta.6"),
            "03969e54521b071e9699008f8deb3a4898583a2ad23ef6b3041a4e48294f7e35",
            "03445b37dbfc303d37d2769c9332f6eaa19288baa510d51957361ce5b0f236c1", None),
        step("D3: bltzal", bltzal,
            "03969e54521b071e9699008f8deb3a4898583a2ad23ef6b3041a4e48294f7e35",
            "031a89429e1d887233cdc4d9e0c793617c1ce484d1f4423dad93e2880c65b828", None),
        step("E: exit_group", call(4246, 0x103, 0, 0),
            "034569c8dc12ebca149c65e5a963dd3f91d0a65114e155011955413f7d17a3ae",
            "021584e92776d44979f013c36b493e9d55daafc9e71aa2c48a39f8f9dfa45e1c", None),
        step("F: read in the word", read(0x2001, 2, 8),
            "03d6d91ba617452a02a24781269f34d917269a7f968d5f0ab6fbf476f9e57b96",
            "03bff72864059c63ba28028d4031b60c25632882108edb8fa1057ffdc04fccbb", word_proof),
        step("F2: read to the end", read(0x2000, 32, 16),
            "03cdcdf46a2b4a51b8d5f7b8cf125f52f86e3f2330f068816c442eef56aa7ea0",
            "0358d88feaf0ef646f58a73738fb8112f8cbf8b1b967e984682298f71a36c166", word_proof),
        step("F3: read nothing", read(0x2000, 0, 8),
            "031ac9141202e3a4102e272a9e2b0888bb84fb765fdaacda8f3891b914df3eb2",
            "03812b0c0fb815cad2632a9f6bbc9807bf2b6b2871a810bff071ec61f0151b93", word_proof),
        step("G: write a key", call(4004, 6, 0x2001, 9).word(0x2000, 0xaabb_ccdd)
                .with(|state| (state.preimage_key, state.preimage_offset) = (counting, 77)),
            "03d96fb75923a1ee600555c89c4354d172ff61d69ca8a673b4a6e36a18298a95",
            "03095b5aca03e6c948b6f80d772673bacfb5156aaf3d70e99eb244112b61a4c8", word_proof),
        step("H: mmap to the end of the heap", mmap(1, 0x5fff_f000),
            "03e416ab90d956333726a47554989e28651d8882ada9cd367698e69e5c4576f3",
            "03986fe4934696a164fbc8111ece20de12a94c3fa6cad5d24b1d9a01ab1711d7", None),
        step("H2: mmap past it", mmap(0x1001, 0x5fff_f000),
            "03ed1662314cc5a7e73d7756fdace682e7debde96509e5b1b5753f9298e9f8e1",
            "03af574dca32f396383730f025783162416ddbc6ef2a0f5bc341f1cd4a5b6d37", None),
        step("H3: mmap whose rounding wraps", mmap(0xffff_f001, 0x0500_0000),
            "03b89cbbf647707c48a9c44ac0cc8da6f0b8efe26743d055f2d2a68d2096debb",
            "030cc8cfb033add66331454819c47d21a8a4ba6b967e4b090bd5678e76e826d4", None),
        step("I: unknown call", call(4091, 0, 0, 0).x(7, 9),
            "0363457f7d2d4462e61735730929eb26ec7cf01546984126a7f0ba38f867c6bf",
            "03f38f1514524a2c02126f9a85d7cbac3b80955d9c1ff3f52decd1370c784ebf", None),
        step("J: mult with rd", Before::new(0x0109_5018).x(8, 0xffff_ffff).x(9, 2).x(10, 0x55),
            "03366a6fd34bb8b6d927a1a6553dfcda3281568b13c675c39a6bfdf4d1d6ab04",
            "03c2359bd43a71ca3478c44dec14af88abcac29d73a8e84033e8a812ddf7b753", None),
        step("J2: div with overflow", Before::new(0x0109_001a).x(8, 0x8000_0000).x(9, 0xffff_ffff),
            "0336132b99fc4df2ed90e12a13784c2df8c5ddfb71878f41a127dede4fa1d151",
            "039805573405ec0b7c34d884e32edd2fe10355c334608548ca420d4fd34268cc", None),
        step("K: sync moves", Before::new(0x0100_500f).x(8, 0x77),
            "0304ae02e5ceb39c5d95ab7c9f3b9134693c5e3499d34024cd7c909ff00e97bd",
            "03c1454313a7200beb81fc62c6b00943a0a298dddb695d80a3bb597fe0e63767", None),
    ]
}

#[test]
fn single_steps() {
    for Step { name, before, pre, post, proof } in steps() {
        assert_eq!(before.vm().state_hash(), hash(pre), "{name}: before");
        assert_eq!(before.step().unwrap().state_hash(), hash(post), "{name}: after");
        let proven = before.vm().prove(&mut HelloWorld, &mut ()).unwrap();
        assert_eq!(proven.post, hash(post), "{name}: proven");
        if let Some(proof) = proof {
            assert_eq!(keccak256(&proven.proof), hash(proof), "{name}: proof");
        }
    }
}
