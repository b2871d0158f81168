// The program `podium`.
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tools/cli/command.h"
#include "tools/cli/podium.h"

namespace {

// Of the terminal that standard output is; 0 if it is none.
std::size_t Columns() {
  winsize size{};
  if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  const std::size_t columns = Columns();
  const bool color = columns > 0 && std::getenv("NO_COLOR") == nullptr;  // https://no-color.org
  const int status = podium::report::RunPodium(args, {std::cout, std::cerr, columns, color});
  std::cout.flush();
  if (std::cout.good()) return status;
  std::cerr << "podium: standard output could not be written: is its disk full?\n";
  return podium::report::kBadUsage;
}
