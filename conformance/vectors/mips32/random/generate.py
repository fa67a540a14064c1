"""Makes digests.bin: what model.py makes of random single steps.

Inputs come from a small generator that conformance/tests/mips32_random.rs has as well, so the file holds only
digests of the outcomes. With two arguments, a kind and a chunk, prints the 64 cases of that block.
"""

import hashlib
import pathlib
import sys

import model

KINDS = 128  # 64 functions of SPECIAL, then 64 opcodes
CHUNKS = 32
CASES = 64
WORD = 0xFFFFFFFF

CORNERS = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 0x7FFF, 0xFFFF8000]
HEAPS = [0, 0x05000000, 0x5FFFF000, 0x60000000]
REGIMM = [0x00, 0x01, 0x10, 0x11]
SPECIAL2 = [0x02, 0x20, 0x21, 0x20]
CALLS = [4003, 4004, 4045, 4055, 4090, 4120, 4246]


class SplitMix64:
    """Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014), figure 17."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = 2**64 - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def word(self):
        """A word, often a small one or one from a corner."""
        r = self.next()
        if r >> 61 == 0:
            return CORNERS[r % 8]
        return r % 32 if r >> 61 == 1 else r & WORD

    def bytes32(self):
        return b"".join(self.next().to_bytes(8, "big") for _ in range(4))


def instruction(kind, r):
    if kind < 64:
        return r & 0x03FFFFC0 | kind
    opcode, raw, pick = kind - 64, r & 0x03FFFFFF, r >> 32
    if opcode == 0x01 and pick % 2:
        raw = raw & ~(31 << 16) | REGIMM[pick // 2 % 4] << 16
    if opcode == 0x1C and pick % 2:
        raw = raw & ~63 | SPECIAL2[pick // 2 % 4]
    return opcode << 26 | raw


def case(kind, number):
    """A state as model.py names its parts, with the leaf of data in place of the memory root, and a word."""
    rng = SplitMix64(number)
    raw = instruction(kind, rng.next())
    r = [rng.word() for _ in range(32)]
    if rng.next() % 4 == 0:
        r[raw >> 16 & 31] = r[raw >> 21 & 31]
    if rng.next() % 16 != 0:
        r[0] = 0
    hi, lo = rng.word(), rng.word()
    low = rng.next()
    pc = rng.word() & ~3 | (low >> 8 & 3 if low % 64 == 0 else 0)
    npc = rng.word() if rng.next() % 8 == 0 else (pc + 4) & WORD
    pick = rng.next() % 8
    heap = HEAPS[pick] if pick < 4 else rng.word()
    step, exit_code = rng.next(), rng.next() & 0xFF
    exited = rng.next() % 256 == 0
    key = bytearray(rng.bytes32())
    key[0] %= 8
    offset = rng.next() % 96
    leaf = rng.bytes32()
    if kind == 0x0C:
        pick, fd, small, count = (rng.next() for _ in range(4))
        call = CALLS[pick % 8] if pick % 8 < 7 else r[2]
        r[2] = call
        if fd % 8:
            r[4] = (fd >> 3) % 8
        if call == 4055:
            r[5] = small % 5
        if call == 4090 and small % 2:
            r[4] = 0
        if count % 4:
            r[6] = (count >> 2) % 8
    state = dict(mr=leaf, key=bytes(key), po=offset, pc=pc, npc=npc, lo=lo, hi=hi, heap=heap)
    state.update(ec=exit_code, ex=int(exited), step=step, r=r)
    return state, raw


def oracle(key):
    """A pre-image made from its key, after its length."""
    if key[0] == 0:
        raise model.Rev("Preimage offset out-of-bounds")
    length = key[31] % 64
    return length.to_bytes(8, "big") + bytes(key[i % 32] ^ i for i in range(length))


class OneLeaf:
    """Memory without a tree: the instruction, and one leaf of data that serves every address."""

    def __init__(self):
        self.touched = WORD

    def read(self, root, proof, at):
        if at & 3:
            raise model.Rev("unaligned memory access")
        if len(proof) == 896:
            return int.from_bytes(proof[:4], "big")
        self.touched = at & ~31
        return int.from_bytes(root[at & 31 :][:4], "big")

    def write(self, proof, at, value):
        leaf = bytearray(proof)
        leaf[at & 31 : (at & 31) + 4] = (value & WORD).to_bytes(4, "big")
        return bytes(leaf)


def outcome(state, raw):
    """The witness after the step with the leaf in place of the root, and the address of that leaf; or the message
    of a refusal."""
    memory = OneLeaf()
    model.rd, model.wr = memory.read, memory.write
    proof = raw.to_bytes(4, "big").ljust(896, b"\0") + state["mr"]
    try:
        after = model.step(model.enc(state), proof, oracle, bltzal=True)
    except model.Rev as refusal:
        return str(refusal).encode()
    return after + memory.touched.to_bytes(4, "big")


def block(kind, chunk):
    first = (kind * CHUNKS + chunk) * CASES
    return [(state, raw, outcome(state, raw)) for state, raw in (case(kind, first + i) for i in range(CASES))]


def main():
    if len(sys.argv) == 3:
        for state, raw, result in block(int(sys.argv[1], 0), int(sys.argv[2], 0)):
            refused = len(result) < 226
            print(f"{raw:08x}", model.enc(state).hex(), result.decode() if refused else result.hex())
        return
    digests, made = b"", 0
    for kind in range(KINDS):
        for chunk in range(CHUNKS):
            results = [result for _, _, result in block(kind, chunk)]
            made += sum(len(result) > 226 for result in results)
            digests += hashlib.sha256(b"".join(results)).digest()[:8]
    pathlib.Path(__file__).with_name("digests.bin").write_bytes(digests)
    print(f"{KINDS * CHUNKS * CASES} cases, {made} of them not refused")


main()
