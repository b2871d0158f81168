// The subcommands; each has a file of its name.
#pragma once

#include "tools/cli/command.h"

namespace podium::report {

int Ablate(Arguments args, Streams streams);
int Compare(Arguments args, Streams streams);
int Comply(Arguments args, Streams streams);
int Fit(Arguments args, Streams streams);
int Pareto(Arguments args, Streams streams);
int Plan(Arguments args, Streams streams);
int Profile(Arguments args, Streams streams);
int Rank(Arguments args, Streams streams);
int Replicate(Arguments args, Streams streams);
int Run(Arguments args, Streams streams);
int Selfcheck(Arguments args, Streams streams);
int Stat(Arguments args, Streams streams);
int Submit(Arguments args, Streams streams);
int Validate(Arguments args, Streams streams);

}  // namespace podium::report
