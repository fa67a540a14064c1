//! Smaller programs that still fail.

use super::{Expr, Program, Stmt, Type, U8, U32, U64};

/// Leaves out of a program whatever it fails without. The result fails, and no single simplification of it does.
pub fn shrink(program: &Program, fails: impl Fn(&Program) -> bool) -> Program {
    let mut smallest = program.clone();
    let mut edit = 0;
    loop {
        let mut candidate = smallest.clone();
        let mut left = edit;
        let applied = candidate.functions.iter_mut().any(|function| {
            block(&mut function.body, &mut left) || expr(&mut function.result, U64, &mut left)
        });
        if !applied {
            return smallest;
        }
        if candidate != smallest && fails(&candidate) {
            smallest = candidate;
        } else {
            edit += 1;
        }
    }
}

/// Counts down to the edit that is wanted: whether it is this one.
fn chosen(left: &mut usize) -> bool {
    let found = *left == 0;
    *left = left.wrapping_sub(1);
    found
}

/// Makes one of the edits of a block, counted in `left`: leaves a statement out, replaces it by one of its blocks, or
/// simplifies a part of it. Yields whether it did.
fn block(stmts: &mut Vec<Stmt>, left: &mut usize) -> bool {
    for i in 0..stmts.len() {
        if chosen(left) {
            stmts.remove(i);
            return true;
        }
        let blocks = match &stmts[i] {
            Stmt::If(_, then, other) => vec![then.clone(), other.clone()],
            Stmt::Loop(_, _, body) => vec![body.clone()],
            _ => Vec::new(),
        };
        for inner in blocks {
            if chosen(left) {
                stmts.splice(i..=i, inner);
                return true;
            }
        }
        let done = match &mut stmts[i] {
            Stmt::Assign(_, value) | Stmt::Print(value) => inside(value, left),
            Stmt::Store(_, index, value) => expr(index, U32, left) || inside(value, left),
            Stmt::If(condition, then, other) => {
                expr(condition, U8, left) || block(then, left) || block(other, left)
            }
            Stmt::Loop(_, _, body) => block(body, left),
            Stmt::Read(_) | Stmt::Hint(_) => false,
        };
        if done {
            return true;
        }
    }
    false
}

/// Makes one of the edits of an expression: replaces it by zero or by a part of its type, or simplifies a part.
fn expr(value: &mut Expr, of: Type, left: &mut usize) -> bool {
    let zero = Expr::Const(of, 0);
    if *value != zero && chosen(left) {
        *value = zero;
        return true;
    }
    let parts = match value {
        Expr::Op(_, operands_of, operands) if *operands_of == of => operands.to_vec(),
        Expr::Cast(from, _, inner) if *from == of => vec![(**inner).clone()],
        _ => Vec::new(),
    };
    for part in parts {
        if chosen(left) {
            *value = part;
            return true;
        }
    }
    inside(value, left)
}

/// Makes one of the edits of the parts of an expression.
fn inside(value: &mut Expr, left: &mut usize) -> bool {
    match value {
        Expr::Const(..) | Expr::Local(_) => false,
        Expr::Op(_, of, operands) => operands.iter_mut().any(|operand| expr(operand, *of, left)),
        Expr::Cast(from, _, inner) => expr(inner, *from, left),
        Expr::Element(_, index) | Expr::Buffer(index) => expr(index, U32, left),
        // The types of parameters are told elsewhere, so arguments are only simplified inside.
        Expr::Call(_, arguments) => arguments.iter_mut().any(|argument| inside(argument, left)),
    }
}
