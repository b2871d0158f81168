// What a reader must know to trust or repeat a run; goes into the "context" of the JSON.
#pragma once

#include <functional>
#include <span>
#include <string>

namespace podium::bench {

// Registers everything below with Google Benchmark, under names that begin with `podium.`:
//
//   version git_sha compiler build_type flags isa_flags command
//   cpu_model cpu_features memory_bytes governor kernel     what Google Benchmark does not say
//   isa                       the strongest ISA this CPU (or PODIUM_ISA) allows
//   seed                      of all generated inputs and weights
//   cache_state               warm: a row runs over and over on the same operands; weights:cold ones
//                             go round copies of the weights that no cache holds
//   clock timer_overhead_ns   the observer's own cost: median of one reading of the clock
//   energy_source             what counted the rows' energy_j; where nothing could, instead of it
//                             energy_source_reason, and no row has energy_j
//   library.<name>            version of each library that is timed or times
//   baseline.<family>         the variant that the others of its family are compared with
//   technique.<family>.<v>    what variant v does
//   peer.<family>.<v>         the other library that variant v is, as in library.<name>
//
// What this machine does not tell is "unknown".
void AddContext(std::span<const std::string> command);

// Adds library.<name>, what `describe` returns when AddContext calls it: the version, and what else
// decides how fast the library is. Call it from a static initializer.
void AddLibrary(const std::string& name, const std::function<std::string()>& describe);

}  // namespace podium::bench
