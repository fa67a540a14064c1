//! Shapes of instructions that every instruction set has.

use crate::{Exec, Machine, Operands};

/// Register-register computation: `rd = f(rs1, rs2)`.
///
/// # Errors
/// None.
#[inline(always)]
pub fn reg_reg<M: Machine>(
    m: &mut M,
    o: Operands<M::Word>,
    f: impl FnOnce(M::Word, M::Word) -> M::Word,
) -> Exec {
    let (a, b) = (m.x(o.rs1), m.x(o.rs2));
    m.set_x(o.rd, f(a, b));
    Ok(())
}

/// Register-immediate computation: `rd = f(rs1, imm)`.
///
/// # Errors
/// None.
#[inline(always)]
pub fn reg_imm<M: Machine>(
    m: &mut M,
    o: Operands<M::Word>,
    f: impl FnOnce(M::Word, M::Word) -> M::Word,
) -> Exec {
    let a = m.x(o.rs1);
    m.set_x(o.rd, f(a, o.imm));
    Ok(())
}

/// Declares instructions of one shape: a name, and what the shape takes. `Hart` must be in scope: the machines
/// with the registers of the instruction set.
#[macro_export]
macro_rules! define {
    ($shape:path: $( $(#[$doc:meta])* $name:ident $($arg:expr),+; )*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// The trap of an instruction that is refused.
            #[inline(always)]
            pub fn $name<M: Hart>(m: &mut M, o: $crate::Operands<M::Word>) -> $crate::Exec {
                $shape(m, o, $($arg),+)
            }
        )*
    };
}
