// The operations of fused_activation in plain C++ and the C library's functions: what a user writes
// who does not think of the hardware.
#pragma once

#include "bench/epilogue_problem.h"
#include "bench/rows_problem.h"

namespace podium::bench {

RunRows RunRowsNaively;

// What follows the multiplication, on its result.
void NaiveEpilogue(const EpilogueShape& shape, const EpilogueProblem& p, float* c);

}  // namespace podium::bench
