// The program without its process: what tests call.
#pragma once

#include "tools/cli/command.h"

namespace podium::report {

// `args` without the program's name. Returns an ExitStatus.
int RunPodium(Arguments args, Streams streams);

}  // namespace podium::report
