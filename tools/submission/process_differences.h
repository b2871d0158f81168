// Hardware or flags that were not the same in all processes of a run.
#pragma once

#include <string>
#include <vector>

#include "tools/gbench/run_record.h"
#include "tools/submission/environment.h"

namespace podium::report {

// One line for each entry of the context that some processes have otherwise than the file, with
// their sides and hosts. What must differ is left out: the names of several hosts, the revisions of
// two programs.
std::vector<std::string> ProcessDifferences(const RunRecord& record, const Context& context);

}  // namespace podium::report
