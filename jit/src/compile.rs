//! Cranelift, set up, and the two functions that are not regions: the way in, and the end of every way to code that
//! is not there.

use std::sync::Arc;

use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, MemFlagsData, Signature, UserFuncName, types};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use isa_traits::Concrete;

use crate::flow::Flow;
use crate::lower::{Layout, lower};
use crate::region::Region;

/// Why there is no compiled code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CompileError {
    /// Cranelift does not know the host.
    #[error("no code can be generated for this machine: {0}")]
    Host(String),
    /// Cranelift refuses a function.
    #[error("a function cannot be compiled: {0}")]
    Function(String),
}

/// Instructions of a block that is worth optimising wherever it stands.
const LONG: u32 = 64;

/// A compiler, to be used again and again.
pub(crate) struct Compiler {
    /// With optimisation of the code between the blocks' recording and the choice of instructions, and without.
    thorough: Arc<dyn TargetIsa>,
    quick: Arc<dyn TargetIsa>,
    context: Context,
    builder: FunctionBuilderContext,
}

impl std::fmt::Debug for Compiler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiler").finish_non_exhaustive()
    }
}

impl Compiler {
    pub(crate) fn new() -> Result<Self, CompileError> {
        Ok(Self {
            thorough: target("speed")?,
            quick: target("none")?,
            context: Context::new(),
            builder: FunctionBuilderContext::new(),
        })
    }

    /// The code of a region. Optimisation is a third of the work: worth it in loops and in long blocks.
    pub(crate) fn region<W: Concrete>(
        &mut self,
        region: &Region<W>,
        layout: &Layout,
    ) -> Result<Vec<u8>, CompileError> {
        let flow = Flow::new(region);
        let is_long = region.blocks.values().any(|block| block.steps() >= LONG);
        let isa = Arc::clone(if is_long || flow.has_loops() { &self.thorough } else { &self.quick });
        let frontend = isa.frontend_config();
        self.function(&*isa, layout.signature(), |b| lower(region, &flow, layout, b, frontend))
    }

    /// The code of the way in: a C function that takes all that a region may need, and the address of one.
    pub(crate) fn way_in(&mut self, layout: &Layout) -> Result<Vec<u8>, CompileError> {
        let isa = Arc::clone(&self.quick);
        let frontend = isa.frontend_config();
        let mut c = Signature::new(CallConv::triple_default(isa.triple()));
        c.params.extend([AbiParam::new(types::I64); 6]);
        c.returns.push(AbiParam::new(types::I64));
        self.function(&*isa, c, |mut b| {
            let block = b.create_block();
            b.append_block_params_for_function_params(block);
            b.switch_to_block(block);
            let params = b.block_params(block).to_vec();
            let region = b.import_signature(layout.signature());
            let call = b.ins().call_indirect(region, params[5], &params[..layout.arguments()]);
            let left = b.inst_results(call)[0];
            b.ins().return_(&[left]);
            b.seal_all_blocks();
            b.finalize(frontend);
        })
    }

    /// The code that stands for code that is not there: it notes that and the pc, and yields the steps left.
    pub(crate) fn missing(&mut self, layout: &Layout) -> Result<Vec<u8>, CompileError> {
        let isa = Arc::clone(&self.quick);
        let frontend = isa.frontend_config();
        self.function(&*isa, layout.signature(), |mut b| {
            let block = b.create_block();
            b.append_block_params_for_function_params(block);
            b.switch_to_block(block);
            let (left, pc) = (b.block_params(block)[1], b.block_params(block)[2]);
            let one = b.ins().iconst(types::I64, 1);
            for (value, cell) in [(pc, layout.pc_cell), (one, layout.missed_cell)] {
                let cell = b.ins().iconst(types::I64, cell as i64);
                b.ins().store(MemFlagsData::new().with_notrap(), value, cell, 0);
            }
            b.ins().return_(&[left]);
            b.seal_all_blocks();
            b.finalize(frontend);
        })
    }

    fn function(
        &mut self,
        isa: &dyn TargetIsa,
        signature: Signature,
        write: impl FnOnce(FunctionBuilder<'_>),
    ) -> Result<Vec<u8>, CompileError> {
        self.context.clear();
        self.context.func = Function::with_name_signature(UserFuncName::user(0, 0), signature);
        write(FunctionBuilder::new(&mut self.context.func, &mut self.builder));
        let compiled = self.context.compile(isa, &mut ControlPlane::default());
        let code = compiled.map_err(|error| CompileError::Function(format!("{:?}", error.inner)))?;
        if code.buffer.relocs().is_empty() {
            Ok(code.code_buffer().to_vec())
        } else {
            Err(CompileError::Function("it refers to something outside".to_owned()))
        }
    }
}

/// The host as a target, with what its processor has beyond the baseline.
fn target(opt_level: &str) -> Result<Arc<dyn TargetIsa>, CompileError> {
    let mut flags = settings::builder();
    let wanted = [
        ("opt_level", opt_level),
        // Tail calls need them.
        ("preserve_frame_pointers", "true"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        ("unwind_info", "false"),
        ("enable_probestack", "false"),
    ];
    for (name, value) in wanted {
        flags.set(name, value).map_err(|error| CompileError::Host(error.to_string()))?;
    }
    let host = cranelift_native::builder().map_err(|error| CompileError::Host(error.to_owned()))?;
    host.finish(settings::Flags::new(flags)).map_err(|error| CompileError::Host(error.to_string()))
}
