//! ckb-vm's assembler mode as a process, for `cargo xtask compare`: runs a static RV64IMA program that writes and
//! exits by Linux' calls, and ends with its exit status. Its memory is 4 MiB.

use std::io::Write as _;

use ckb_vm::machine::asm::{AsmCoreMachine, AsmMachine};
use ckb_vm::registers::{A0, A1, A2, A7};
use ckb_vm::{
    Bytes, DefaultMachineBuilder, DefaultMachineRunner as _, Error, ISA_A, ISA_IMC, Memory as _,
    Register as _, SupportMachine, Syscalls,
};

/// Linux' number of `write`; `exit`, 93, is ckb-vm's own.
const WRITE: u64 = 64;

struct Output;

impl<M: SupportMachine> Syscalls<M> for Output {
    fn initialize(&mut self, _: &mut M) -> Result<(), Error> {
        Ok(())
    }

    fn ecall(&mut self, machine: &mut M) -> Result<bool, Error> {
        let [call, at, len] = [A7, A1, A2].map(|register| machine.registers()[register].to_u64());
        if call == WRITE {
            let bytes = machine.memory_mut().load_bytes(at, len)?;
            let written = std::io::stdout().write(&bytes).unwrap_or_default();
            machine.set_register(A0, M::REG::from_u64(written as u64));
        }
        Ok(call == WRITE)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: ckb-vm-peer ELF")?;
    if path == "--version" {
        println!("ckb-vm 0.24, assembler mode");
        return Ok(());
    }
    let program = Bytes::from(std::fs::read(path)?);
    let core =
        <Box<AsmCoreMachine> as SupportMachine>::new(ISA_IMC | ISA_A, ckb_vm::machine::VERSION2, u64::MAX);
    let core = DefaultMachineBuilder::new(core)
        .instruction_cycle_func(Box::new(|_| 1))
        .syscall(Box::new(Output))
        .build();
    let mut machine = AsmMachine::new(core);
    machine.load_program(&program, std::iter::empty())?;
    let status = machine.run()?;
    std::process::exit(i32::from(status))
}
