// One child process: started without a shell, watched, stopped when it hangs, never left behind.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/gbench/run_record.h"

namespace podium::report {

// While one of these lives, SIGINT and SIGTERM no longer end this program: they end the child that
// runs, and are remembered. One at a time; what held before is restored.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  static bool Interrupted();
};

struct ChildCommand {
  std::vector<std::string> argv;         // argv[0] is looked up in PATH
  std::vector<std::string> environment;  // "NAME=value", beside this process's own
  double timeout_s = 0;                  // 0: none
};

struct ChildOutcome {
  ProcessStatus status = ProcessStatus::kOk;
  bool interrupted = false;  // stopped because this process was told to stop
  std::string message;       // one line: how it failed; empty if it did not
  std::string output;        // of its standard output, the first 64 MiB
  double wall_s = 0;
};

// Runs the command in a process group of its own, standard input empty, and waits. After the
// timeout, or an interrupt while an InterruptGuard lives, the group gets SIGTERM and two seconds
// later SIGKILL; so does what the command leaves running when it ends. InvalidArgument, one line,
// if it cannot be started.
absl::StatusOr<ChildOutcome> RunChild(const ChildCommand& command);

}  // namespace podium::report
