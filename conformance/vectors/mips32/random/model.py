"""One step of single-threaded Cannon: witness and proof in, witness out.

An independent model of MIPS.sol (optimism d317e96), written from a description of its behaviour before the Rust
machine and without it. It reproduces the vector of packages/contracts-bedrock/test/cannon/MIPS.t.sol:47-61.
Needs pycryptodome.
"""

from Crypto.Hash import keccak


def H(b):
    k = keccak.new(digest_bits=256)
    k.update(b)
    return k.digest()


M = 0xFFFFFFFF


def sx(v, b):
    v &= (1 << b) - 1
    return (v | (M << b)) & M if v >> (b - 1) else v


def s32(v):
    return v - (1 << 32) if v >> 31 else v


class Rev(Exception):
    pass


F = ["po", "pc", "npc", "lo", "hi", "heap"]


def dec(w):
    assert len(w) == 226
    s = dict(mr=w[:32], key=w[32:64])
    for i, f in enumerate(F):
        s[f] = int.from_bytes(w[64 + 4 * i : 68 + 4 * i], "big")
    s["ec"] = w[88]
    s["ex"] = w[89]
    s["step"] = int.from_bytes(w[90:98], "big")
    s["r"] = [int.from_bytes(w[98 + 4 * i : 102 + 4 * i], "big") for i in range(32)]
    if s["ex"] > 1:
        raise Rev("InvalidExitedValue()")
    return s


def enc(s):
    o = s["mr"] + s["key"]
    for f in F:
        o += s[f].to_bytes(4, "big")
    o += bytes([s["ec"], s["ex"]]) + s["step"].to_bytes(8, "big")
    for r in s["r"]:
        o += r.to_bytes(4, "big")
    return o


def sh(w):
    st = 3 if w[89] == 0 else (w[88] if w[88] < 2 else 2)
    return bytes([st]) + H(w)[1:]


def walk(leaf, p, addr):
    n = leaf
    for d in range(27):
        sib = p[32 * (d + 1) : 32 * (d + 2)]
        n = H(sib + n) if (addr >> (5 + d)) & 1 else H(n + sib)
    return n


def rd(mr, p, addr):
    if addr & 3 or len(p) < 896:
        raise Rev("unaligned memory access")
    if walk(p[:32], p, addr) != mr:
        raise Rev("InvalidMemoryProof")
    return int.from_bytes(p[addr & 31 : (addr & 31) + 4], "big")


def wr(p, addr, v):
    l = bytearray(p[:32])
    l[addr & 31 : (addr & 31) + 4] = (v & M).to_bytes(4, "big")
    return walk(bytes(l), p, addr)


def sub(va, mem, n, signed):
    off = (4 - n - ((va & 3) & ~(n - 1))) * 8
    v = (mem >> off) & ((1 << (8 * n)) - 1)
    return sx(v, 8 * n) if signed else v


def upd(va, mem, n, val):
    off = (4 - n - ((va & 3) & ~(n - 1))) * 8
    m = ((1 << (8 * n)) - 1) << off
    return (mem & ~m & M) | ((val << off) & m)


def step(w, proof, oracle=None, bltzal=False):
    s = dec(w)
    if s["ex"]:
        return w
    s["step"] = (s["step"] + 1) & (2**64 - 1)
    ip, mp = proof[:896], proof[896:]
    r = s["r"]
    insn = rd(s["mr"], ip, s["pc"])
    op = insn >> 26
    fun = insn & 63

    def adv():
        s["pc"], s["npc"] = s["npc"], (s["npc"] + 4) & M

    def setr(i, v):
        if i:
            r[i] = v & M

    def fin():
        return enc(s)

    imm = sx(insn & 0xFFFF, 16)
    RS = (insn >> 21) & 31
    RT = (insn >> 16) & 31
    RD = (insn >> 11) & 31
    if op == 0 and fun == 0xC:
        n, a0, a1, a2 = r[2], r[4], r[5], r[6]
        v0 = v1 = 0
        if n == 4090:
            sz = a1 if a1 & 4095 == 0 else (a1 + 4096 - (a1 & 4095)) & M
            if a0:
                v0 = a0
            else:
                nh = (s["heap"] + sz) & M
                if nh > 0x60000000 or nh < s["heap"] or sz < a1:
                    v0, v1 = M, 0x16
                else:
                    v0 = s["heap"]
                    s["heap"] = nh
        elif n == 4045:
            v0 = 0x40000000
        elif n == 4120:
            v0 = 1
        elif n == 4246:
            s["ex"] = 1
            s["ec"] = a0 & 255
            return fin()
        elif n == 4003:
            if a0 == 0:
                pass
            elif a0 == 3:
                v0 = a2
            elif a0 == 5:
                ea = a1 & ~3 & M
                mem = bytearray(rd(s["mr"], mp, ea).to_bytes(4, "big"))
                val = oracle(s["key"])
                d = val[s["po"] : s["po"] + 32]
                if not d:
                    raise Rev("Preimage offset out-of-bounds")
                c = min(len(d), 4 - (a1 & 3), a2)
                mem[a1 & 3 : (a1 & 3) + c] = d[:c]
                s["mr"] = wr(mp, ea, int.from_bytes(mem, "big"))
                s["po"] = (s["po"] + c) & M
                v0 = c
            else:
                v0, v1 = M, 9
        elif n == 4004:
            if a0 in (1, 2, 4):
                v0 = a2
            elif a0 == 6:
                mem = rd(s["mr"], mp, a1 & ~3 & M).to_bytes(4, "big")
                c = min(a2, 4 - (a1 & 3))
                s["key"] = s["key"][c:] + mem[a1 & 3 : (a1 & 3) + c]
                s["po"] = 0
                v0 = c
            else:
                v0, v1 = M, 9
        elif n == 4055:
            if a1 == 1:
                v0, v1 = (0, 0) if a0 < 7 else (M, 9)
            elif a1 == 3:
                v0, v1 = (0, 0) if a0 in (0, 3, 5) else ((1, 0) if a0 in (1, 2, 4, 6) else (M, 9))
            else:
                v0, v1 = M, 0x16
        r[2] = v0
        r[7] = v1
        adv()
        return fin()
    if op in (0x30, 0x38):
        ea = (r[RS] + imm) & ~3 & M
        mem = rd(s["mr"], mp, ea)
        if op == 0x30:
            setr(RT, mem)
        else:
            s["mr"] = wr(mp, ea, r[RT])
            setr(RT, 1)
        adv()
        return fin()
    slot = s["npc"] != (s["pc"] + 4) & M

    def jump(link, dst):
        if slot:
            raise Rev("jump in delay slot")
        p = s["pc"]
        s["pc"] = s["npc"]
        s["npc"] = dst & M
        setr(link, p + 8)
        return fin()

    if op in (2, 3):
        return jump(31 if op == 3 else 0, (s["npc"] & 0xF0000000) | ((insn & 0x3FFFFFF) << 2))
    rs = r[RS]
    if op == 1 or 4 <= op < 8:
        if slot:
            raise Rev("branch in delay slot")
        t = False
        if op == 4:
            t = rs == r[RT]
        elif op == 5:
            t = rs != r[RT]
        elif op == 6:
            t = s32(rs) <= 0
        elif op == 7:
            t = s32(rs) > 0
        elif RT in (0, 0x10):
            t = s32(rs) < 0 and (RT == 0 or bltzal)
        elif RT in (1, 0x11):
            t = s32(rs) >= 0
        if op == 1 and (RT == 0x11 or (RT == 0x10 and bltzal)):
            r[31] = (s["pc"] + 8) & M
        p = s["pc"]
        s["pc"] = s["npc"]
        s["npc"] = (p + 4 + (imm << 2)) & M if t else (s["npc"] + 4) & M
        return fin()
    if op in (0, 0x1C):
        rt = r[RT]
        rd_ = RD
    elif op < 0x20:
        rt = insn & 0xFFFF if op in (12, 13, 14) else imm
        rd_ = RT
    else:
        rt = r[RT] if (op >= 0x28 or op in (0x22, 0x26)) else 0
        rd_ = RT
    st = None
    mem = 0
    if op >= 0x20:
        rs = (rs + imm) & M
        ea = rs & ~3 & M
        mem = rd(s["mr"], mp, ea)
        if op >= 0x28:
            st = ea
            rd_ = 0
    f = fun
    if 8 <= op < 0xF:
        f = {8: 0x20, 9: 0x21, 10: 0x2A, 11: 0x2B, 12: 0x24, 13: 0x25, 14: 0x26}[op]
    sa = (insn >> 6) & 31
    n = rs & 3
    if op == 0 or 8 <= op < 0xF:
        if f == 0:
            v = rt << sa
        elif f == 2:
            v = rt >> sa
        elif f == 3:
            v = s32(rt) >> sa
        elif f == 4:
            v = rt << (rs & 31)
        elif f == 6:
            v = rt >> (rs & 31)
        elif f == 7:
            v = s32(rt) >> (rs & 31)
        elif f in (8, 9, 10, 11, 12, 15, 16, 17, 18, 19, 24, 25, 26, 27):
            v = rs
        elif f in (0x20, 0x21):
            v = rs + rt
        elif f in (0x22, 0x23):
            v = rs - rt
        elif f == 0x24:
            v = rs & rt
        elif f == 0x25:
            v = rs | rt
        elif f == 0x26:
            v = rs ^ rt
        elif f == 0x27:
            v = ~(rs | rt)
        elif f == 0x2A:
            v = int(s32(rs) < s32(rt))
        elif f == 0x2B:
            v = int(rs < rt)
        else:
            raise Rev("invalid instruction")
    elif op == 0x1C:
        if f == 2:
            v = s32(rs) * s32(rt)
        elif f in (0x20, 0x21):
            x = rs if f == 0x21 else ~rs & M
            v = 0
            while x >> 31:
                v += 1
                x = (x << 1) & M
        else:
            raise Rev("invalid instruction")
    elif op == 0xF:
        v = rt << 16
    elif op == 0x20:
        v = sub(rs, mem, 1, True)
    elif op == 0x21:
        v = sub(rs, mem, 2, True)
    elif op == 0x22:
        v = (rt & ~(M << 8 * n) & M) | ((mem << 8 * n) & M)
    elif op == 0x23:
        v = mem
    elif op == 0x24:
        v = sub(rs, mem, 1, False)
    elif op == 0x25:
        v = sub(rs, mem, 2, False)
    elif op == 0x26:
        v = (rt & ~(M >> (24 - 8 * n)) & M) | (mem >> (24 - 8 * n))
    elif op == 0x28:
        v = upd(rs, mem, 1, rt)
    elif op == 0x29:
        v = upd(rs, mem, 2, rt)
    elif op == 0x2A:
        v = (mem & ~(M >> 8 * n) & M) | (rt >> 8 * n)
    elif op == 0x2B:
        v = rt
    elif op == 0x2E:
        v = (mem & ~((M << (24 - 8 * n)) & M) & M) | ((rt << (24 - 8 * n)) & M)
    else:
        raise Rev("invalid instruction")
    v &= M
    if op == 0 and 8 <= fun < 0x1C:
        if fun in (8, 9):
            return jump(rd_ if fun == 9 else 0, rs)
        if fun == 10:
            if rt == 0:
                setr(rd_, rs)
            adv()
            return fin()
        if fun == 11:
            if rt:
                setr(rd_, rs)
            adv()
            return fin()
        if fun >= 0x10:
            val = 0
            if fun == 0x10:
                val = s["hi"]
            elif fun == 0x11:
                s["hi"] = rs
            elif fun == 0x12:
                val = s["lo"]
            elif fun == 0x13:
                s["lo"] = rs
            elif fun == 0x18:
                a = (s32(rs) * s32(rt)) & (2**64 - 1)
                s["hi"], s["lo"] = a >> 32, a & M
            elif fun == 0x19:
                a = rs * rt
                s["hi"], s["lo"] = a >> 32, a & M
            elif fun in (0x1A, 0x1B):
                if rt == 0:
                    raise Rev("instruction divide by zero")
                a, b = (s32(rs), s32(rt)) if fun == 0x1A else (rs, rt)
                q = abs(a) // abs(b)
                q = -q if (a < 0) != (b < 0) else q
                s["lo"] = q & M
                s["hi"] = (a - q * b) & M
            setr(rd_, val)
            adv()
            return fin()
    if st is not None:
        s["mr"] = wr(mp, st, v)
    setr(rd_, v)
    adv()
    return fin()
