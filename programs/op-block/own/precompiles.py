"""Makes precompiles.txt: calls of precompiled contracts and their answers, computed without revm.

    pip install py_ecc pycryptodome cryptography && python3 precompiles.py > precompiles.txt

Layouts of inputs and outputs: Ethereum Yellow Paper, appendix E; EIPs 152, 196, 197, 198, 2537, 4844; RIP-7212.
"""

import hashlib

from Crypto.Hash import RIPEMD160, keccak
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from py_ecc import bls12_381 as bls
from py_ecc import bn128 as bn
from py_ecc import optimized_bls12_381 as fast
from py_ecc.bls import hash_to_curve
from py_ecc.secp256k1 import ecdsa_raw_sign, privtopub


def word(number, size=32):
    return int(number).to_bytes(size, "big")


def keccak256(data):
    return keccak.new(digest_bits=256, data=data).digest()


def bn_g1(point):
    return word(0) * 2 if point is None else word(point[0].n) + word(point[1].n)


def bn_g2(point):
    x, y = point
    return b"".join(word(c) for c in (x.coeffs[1], x.coeffs[0], y.coeffs[1], y.coeffs[0]))


def g1(point):
    return word(point[0].n, 64) + word(point[1].n, 64)


def g2(point):
    return b"".join(word(c, 64) for coordinate in point for c in coordinate.coeffs)


def affine(point):
    """A point of the fast implementation as the plain one has it."""
    x, y = fast.normalize(point)
    if hasattr(x, "coeffs"):
        return bls.FQ2([int(c) for c in x.coeffs]), bls.FQ2([int(c) for c in y.coeffs])
    return bls.FQ(int(x)), bls.FQ(int(y))


def ecrecover():
    key, digest = keccak256(b"a key"), keccak256(b"a message")
    v, r, s = ecdsa_raw_sign(digest, key)
    public = b"".join(map(word, privtopub(key)))
    return digest + word(v) + word(r) + word(s), bytes(12) + keccak256(public)[12:]


def p256verify():
    key = ec.derive_private_key(0xF00D, ec.SECP256R1())
    # A fixed signature would do as well; what is recorded is one that verifies.
    r, s = decode_dss_signature(key.sign(b"a message", ec.ECDSA(hashes.SHA256())))
    public = key.public_key().public_numbers()
    digest = hashlib.sha256(b"a message").digest()
    return b"".join([digest, word(r), word(s), word(public.x), word(public.y)])


def blake2f():
    """One block of BLAKE2b of "abc" is the whole hash: the last and only block, 3 bytes long."""
    start = [0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1]
    start += [0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179]
    start[0] ^= 0x01010040
    state = b"".join(n.to_bytes(8, "little") for n in start)
    data = word(12, 4) + state + b"abc".ljust(128, b"\0") + (3).to_bytes(16, "little") + b"\1"
    return data, hashlib.blake2b(b"abc").digest()


def modexp():
    base, exponent, modulus = 3**150, 65537**4, 2**255 - 19
    sizes = word(32) + word(9) + word(32)
    return sizes + word(base) + word(exponent, 9) + word(modulus), word(pow(base, exponent, modulus))


def kzg():
    """The case of Ethereum's consensus tests that go-ethereum has, too: verify_kzg_proof_case_correct_proof_4_4."""
    commitment = bytes.fromhex(
        "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca25f26936857bc3a7c2539ea8ec3a952b7"
    )
    z = bytes.fromhex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000")
    y = bytes.fromhex("1522a4a7f34e1ea350ae07c29c96c7e79655aa926122e95fe69fcbd932ca49e9")
    proof = bytes.fromhex(
        "a62ad71d14c5719385c0686f1871430475bf3a00f0aa3f7b8dd99a9abc2160744faf0070725e00b60ad9a026a15b1a8c"
    )
    versioned = b"\1" + hashlib.sha256(commitment).digest()[1:]
    return versioned + z + y + commitment + proof, word(4096) + word(bls.curve_order)


def calls():
    message = b"a message of some length, for the hashes"
    yield "ecrecover", 1, *ecrecover()
    yield "sha256", 2, message, hashlib.sha256(message).digest()
    yield "ripemd160", 3, message, bytes(12) + RIPEMD160.new(message).digest()
    yield "identity", 4, message, message
    yield "modexp", 5, *modexp()

    p, q = bn.multiply(bn.G1, 7), bn.multiply(bn.G1, 11)
    yield "bn254 add", 6, bn_g1(p) + bn_g1(q), bn_g1(bn.add(p, q))
    yield "bn254 multiply", 7, bn_g1(p) + word(3**99), bn_g1(bn.multiply(p, 3**99))
    pairs = bn_g1(p) + bn_g2(bn.multiply(bn.G2, 11)) + bn_g1(bn.neg(bn.multiply(bn.G1, 77))) + bn_g2(bn.G2)
    yield "bn254 pairing that holds", 8, pairs, word(1)
    yield "bn254 pairing that does not", 8, bn_g1(p) + bn_g2(bn.G2), word(0)

    yield "blake2f", 9, *blake2f()
    yield "point evaluation", 10, *kzg()

    a, b = bls.multiply(bls.G1, 5), bls.multiply(bls.G1, 13)
    c, d = bls.multiply(bls.G2, 5), bls.multiply(bls.G2, 13)
    yield "bls12-381 G1 add", 11, g1(a) + g1(b), g1(bls.add(a, b))
    sum1 = bls.add(bls.multiply(a, 3**100), bls.multiply(b, 5**60))
    yield "bls12-381 G1 multiply and add", 12, g1(a) + word(3**100) + g1(b) + word(5**60), g1(sum1)
    yield "bls12-381 G2 add", 13, g2(c) + g2(d), g2(bls.add(c, d))
    sum2 = bls.add(bls.multiply(c, 3**100), bls.multiply(d, 5**60))
    yield "bls12-381 G2 multiply and add", 14, g2(c) + word(3**100) + g2(d) + word(5**60), g2(sum2)
    pairs = g1(a) + g2(d) + g1(bls.neg(bls.multiply(bls.G1, 65))) + g2(bls.G2)
    yield "bls12-381 pairing that holds", 15, pairs, word(1)
    yield "bls12-381 pairing that does not", 15, g1(a) + g2(d), word(0)
    one = hash_to_curve.map_to_curve_G1(fast.FQ(3**200))
    point = affine(hash_to_curve.clear_cofactor_G1(one))
    yield "bls12-381 field to G1", 16, word(pow(3, 200, bls.field_modulus), 64), g1(point)
    two = hash_to_curve.map_to_curve_G2(fast.FQ2([7, 9]))
    point = affine(hash_to_curve.clear_cofactor_G2(two))
    yield "bls12-381 field to G2", 17, word(7, 64) + word(9, 64), g2(point)

    valid = p256verify()
    yield "secp256r1 signature that holds", 256, valid, word(1)
    yield "secp256r1 signature that does not", 256, bytes([valid[0] ^ 1]) + valid[1:], b""


for name, address, given, answer in calls():
    print(f"{name}: {address:#x} {given.hex()} {answer.hex() or '-'}")
