#include <iostream>
#include <string>
#include <vector>

#include "tools/cli/podium.h"

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  return podium::report::RunPodium(args, {std::cout, std::cerr});
}
