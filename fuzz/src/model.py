"""Runs cases on Unicorn: read from standard input, answered on standard output.

Arguments: the instruction set, and the regions of memory as ADDRESS:BYTES in hexadecimal. `case.rs` and
`model.rs` describe the messages; all numbers are little-endian. A batch is answered as a whole.
"""

import os
import signal
import struct
import sys

import unicorn
from unicorn import mips_const, riscv_const

SECONDS_PER_BATCH = 20
REACHED, EXCEPTION, MEMORY_ERROR = 0, 1, 2
FETCH_ERRORS = (unicorn.UC_ERR_FETCH_UNMAPPED, unicorn.UC_ERR_FETCH_PROT)


class Rv64:
    byte_order = "<"
    registers = [riscv_const.UC_RISCV_REG_X0 + i for i in range(32)]
    written = registers[1:]
    pc = riscv_const.UC_RISCV_REG_PC
    # Unicorn leaves the pc behind the instruction that raised the exception.
    pc_after_exception = 4
    illegal_instruction = 2
    breakpoint = 3

    @staticmethod
    def physical(at):
        return at

    @staticmethod
    def engine():
        return unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV64)


class Mips32:
    byte_order = ">"
    registers = [mips_const.UC_MIPS_REG_0 + i for i in range(32)]
    registers += [mips_const.UC_MIPS_REG_HI, mips_const.UC_MIPS_REG_LO]
    written = registers[1:]
    # Unicorn does not keep the pc of MIPS.
    pc = None
    illegal_instruction = 20
    breakpoint = 18

    @staticmethod
    def physical(at):
        """kseg0 and kseg1 are the first 512 MiB again."""
        return at & 0x1FFFFFFF if at >> 31 else at

    @staticmethod
    def engine():
        engine = unicorn.Uc(unicorn.UC_ARCH_MIPS, unicorn.UC_MODE_MIPS32 | unicorn.UC_MODE_BIG_ENDIAN)
        # The first release of MIPS32, without floating point and DSP.
        engine.ctl_set_cpu_model(mips_const.UC_CPU_MIPS32_4KC)
        return engine


class Model:
    def __init__(self, isa, regions):
        self.isa = isa
        self.engine = isa.engine()
        for at, size in regions:
            self.engine.mem_map(at, size)
        self.count = len(isa.registers)
        self.exception = None
        self.engine.hook_add(unicorn.UC_HOOK_INTR, self.interrupted)
        # The state as it is after a reset, reservations and modes included.
        self.pristine = self.engine.context_save()

    def interrupted(self, engine, number, _data):
        self.exception = number
        engine.emu_stop()

    def run(self, case, at):
        """Runs the case that begins at `at`; yields where the next one begins, and the answer."""
        isa, engine = self.isa, self.engine
        start, end = struct.unpack_from("<QQ", case, at)
        at += 16
        values = struct.unpack_from(f"<{self.count}Q", case, at)
        at += 8 * self.count
        engine.context_restore(self.pristine)
        # Neither writing nor restoring forgets code that was translated.
        engine.ctl_flush_tb()
        (blocks,) = struct.unpack_from("<I", case, at)
        at += 4
        for _ in range(blocks):
            address, size = struct.unpack_from("<QI", case, at)
            at += 12
            engine.mem_write(isa.physical(address), case[at : at + size])
            at += size
        engine.reg_write_batch(list(zip(isa.written, values[1:])))
        self.exception = None
        kind, cause = REACHED, 0
        try:
            engine.emu_start(start, end)
        except unicorn.UcError as error:
            if error.errno in FETCH_ERRORS and isa.pc is not None:
                # Where there is no memory there is no instruction.
                kind, cause = EXCEPTION, isa.illegal_instruction
            elif error.errno == unicorn.UC_ERR_INSN_INVALID:
                kind, cause = EXCEPTION, isa.breakpoint
            else:
                kind, cause = MEMORY_ERROR, error.errno
        pc = end
        if isa.pc is not None:
            pc = engine.reg_read(isa.pc)
        if self.exception is not None:
            kind, cause = EXCEPTION, self.exception
            if isa.pc is not None:
                pc = (pc - isa.pc_after_exception) % 2**64
        answer = [struct.pack("<BIQ", kind, cause, pc)]
        answer.append(struct.pack(f"<{self.count}Q", *engine.reg_read_batch(isa.registers)))
        (windows,) = struct.unpack_from("<I", case, at)
        at += 4
        for _ in range(windows):
            address, size = struct.unpack_from("<QI", case, at)
            at += 12
            answer.append(bytes(engine.mem_read(isa.physical(address), size)))
        return at, b"".join(answer)


def main():
    isa = {"rv64": Rv64, "mips32": Mips32}[sys.argv[1]]
    regions = [tuple(int(part, 16) for part in region.split(":")) for region in sys.argv[2:]]
    model = Model(isa, regions)
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    # Calls of its monitor make the library print.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    name = f"Unicorn {unicorn.__version__}".encode()
    answers.write(struct.pack("<I", len(name)) + name)
    answers.flush()
    while header := requests.read(8):
        cases, size = struct.unpack("<II", header)
        batch = requests.read(size)
        # A case without an end kills the process; whoever asked finds out which one it was.
        signal.alarm(SECONDS_PER_BATCH)
        at, parts = 0, []
        for _ in range(cases):
            at, answer = model.run(batch, at)
            parts.append(answer)
        signal.alarm(0)
        answers.write(b"".join(parts))
        answers.flush()


main()
