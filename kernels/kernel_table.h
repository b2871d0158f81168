// Run-time dispatch: one table of kernels per ISA. Take the table of an ISA once, then pack and
// compute with its functions; packed forms of different ISAs do not mix.
#pragma once

#include <span>

#include "kernels/dense/gemm_f32.h"
#include "kernels/int8_matmul/gemm_u8s8.h"
#include "kernels/int8_matmul/quantize_u8.h"
#include "kernels/isa.h"

namespace podium {

struct KernelTable {
  Isa isa;
  // dense/
  PackedF32SizeFn* packed_f32_size;
  PackF32Fn* pack_f32;
  GemmF32Fn* gemm_f32;
  // int8_matmul/
  QuantizeU8Fn* quantize_u8;
  PackedS8SizeFn* packed_s8_size;
  PackS8Fn* pack_s8;
  GemmU8S8S32Fn* gemm_u8s8s32;
  GemmU8S8F32Fn* gemm_u8s8f32;
};

// Plain scalar C++: the definition of each kernel's result.
const KernelTable& ReferenceKernels();

// All tables in this build, weakest first; front() is the reference. This CPU may lack some.
std::span<const KernelTable* const> BuiltKernels();

// Those of BuiltKernels() that this CPU can run and that the environment variable PODIUM_ISA, if
// set to the name of an ISA, does not rule out: it caps the list at that ISA. An unknown name caps
// at the reference, so that a slip of the pen cannot pass for a fast result.
std::span<const KernelTable* const> SupportedKernels();

// The strongest of SupportedKernels().
const KernelTable& BestKernels();

}  // namespace podium
