#include <iostream>
#include <string>
#include <vector>

#include "tools/cli/command.h"
#include "tools/cli/podium.h"

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  const int status = podium::report::RunPodium(args, {std::cout, std::cerr});
  std::cout.flush();
  if (std::cout.good()) return status;
  std::cerr << "podium: standard output could not be written: is its disk full?\n";
  return podium::report::kBadUsage;
}
