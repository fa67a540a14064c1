//! What the instructions mean, by extension.

pub mod a;
pub mod i;
pub mod m;

use isa_traits::{Exec, Operands};

use crate::Hart;

/// Register-register computation: `rd = f(rs1, rs2)`.
#[inline(always)]
fn reg_reg<M: Hart>(m: &mut M, o: Operands<M::Word>, f: impl FnOnce(M::Word, M::Word) -> M::Word) -> Exec {
    let (a, b) = (m.x(o.rs1), m.x(o.rs2));
    m.set_x(o.rd, f(a, b));
    Ok(())
}

/// Declares instructions of one shape: a name, and what the shape takes.
macro_rules! define {
    ($shape:path: $( $(#[$doc:meta])* $name:ident $($arg:expr),+; )*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            /// The trap of an instruction that is refused.
            #[inline(always)]
            pub fn $name<M: $crate::Hart>(m: &mut M, o: isa_traits::Operands<M::Word>) -> isa_traits::Exec {
                $shape(m, o, $($arg),+)
            }
        )*
    };
}
use define;
