#include "tools/runner/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/gbench/scalar.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

extern char** environ;

namespace podium::report {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kMostOutput = std::size_t{64} << 20;
constexpr std::size_t kMostErrorTail = 4096;
constexpr Seconds kGrace(2);

// A handler can do little more than write to a pipe, which then wakes poll().
volatile std::sig_atomic_t g_interrupted = 0;
int g_wake[2] = {-1, -1};

void OnSignal(int signal) {
  const int error = errno;
  if (signal != SIGCHLD) g_interrupted = 1;
  [[maybe_unused]] const ssize_t written = write(g_wake[1], "", 1);
  errno = error;
}

struct sigaction Handle(int signal) {
  struct sigaction action = {}, previous = {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, &previous);
  return previous;
}

// A pipe that no child inherits and no reader waits for.
bool MakePipe(int ends[2]) {
  if (pipe(ends) != 0) return false;
  for (const int end : {ends[0], ends[1]}) fcntl(end, F_SETFD, FD_CLOEXEC);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return true;
}

void Close(int& file) {
  if (file >= 0) close(file);
  file = -1;
}

// What is there to read, up to 1 MiB: more than a pipe holds, and an end for a child that never
// stops writing. False at the end of the stream.
bool Drain(int file, std::string& text) {
  char block[1 << 16];
  for (int i = 0; i < 16; ++i) {
    const ssize_t n = read(file, block, sizeof(block));
    if (n > 0) {
      text.append(block, static_cast<std::size_t>(n));
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
      return false;
    } else if (errno == EAGAIN) {
      return true;
    }
  }
  return true;
}

struct sigaction g_previous_int, g_previous_term;

class Child {
 public:
  explicit Child(const ChildCommand& command) : command_(command) {}
  ~Child() {
    for (int* file :
         {&out_[0], &out_[1], &err_[0], &err_[1], &exec_[0], &exec_[1], &g_wake[0], &g_wake[1]}) {
      Close(*file);
    }
  }

  absl::StatusOr<ChildOutcome> Run() {
    if (!MakePipe(out_) || !MakePipe(err_) || !MakePipe(exec_) || !MakePipe(g_wake)) {
      return CannotStart(errno);
    }
    fcntl(g_wake[1], F_SETFL, O_NONBLOCK);
    const struct sigaction previous = Handle(SIGCHLD);
    const Clock::time_point start = Clock::now();
    const int error = Start();
    if (error == 0) Watch(start);
    outcome_.wall_s = Seconds(Clock::now() - start).count();
    sigaction(SIGCHLD, &previous, nullptr);
    if (error != 0) return CannotStart(error);
    return std::move(outcome_);
  }

 private:
  absl::Status CannotStart(int error) const {
    return absl::InvalidArgumentError(absl::StrCat(
        command_.argv[0], ": cannot be started: ", std::strerror(error), ": check the path"));
  }

  // Of two entries of one name, some programs take the first and some the last.
  bool IsReplaced(absl::string_view entry) const {
    const absl::string_view name = entry.substr(0, entry.find('=') + 1);
    return std::any_of(command_.environment.begin(), command_.environment.end(),
                       [&](const std::string& other) { return absl::StartsWith(other, name); });
  }

  // 0, or the errno of fork or exec.
  int Start() {
    std::vector<char*> argv, envp;
    for (const std::string& arg : command_.argv) argv.push_back(const_cast<char*>(arg.c_str()));
    argv.push_back(nullptr);
    for (char** entry = environ; *entry != nullptr; ++entry) {
      if (!IsReplaced(*entry)) envp.push_back(*entry);
    }
    for (const std::string& entry : command_.environment) {
      envp.push_back(const_cast<char*>(entry.c_str()));
    }
    envp.push_back(nullptr);

    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) return errno;
    if (pid_ == 0) Exec(argv.data(), envp.data(), parent);
    setpgid(pid_, pid_);  // as the child does: whichever comes first
    for (int* file : {&out_[1], &err_[1], &exec_[1]}) Close(*file);
    fcntl(exec_[0], F_SETFL, 0);  // the one pipe to wait for: exec closes it
    int error = 0;
    if (read(exec_[0], &error, sizeof(error)) != sizeof(error)) return 0;
    waitpid(pid_, nullptr, 0);
    return error;
  }

  [[noreturn]] void Exec(char** argv, char** envp, pid_t parent) {
    setpgid(0, 0);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // whatever becomes of this program, no child outlives it
    if (getppid() != parent) _exit(127);
#else
    (void)parent;
#endif
    for (const int signal : {SIGINT, SIGTERM, SIGCHLD, SIGPIPE}) std::signal(signal, SIG_DFL);
    const int null = open("/dev/null", O_RDONLY);
    dup2(null, STDIN_FILENO);
    dup2(out_[1], STDOUT_FILENO);
    dup2(err_[1], STDERR_FILENO);
    environ = envp;
    execvp(argv[0], argv);
    const int error = errno;
    [[maybe_unused]] const ssize_t written = write(exec_[1], &error, sizeof(error));
    _exit(127);
  }

  void Watch(Clock::time_point start) {
    std::optional<Clock::time_point> kill_at;
    bool out_open = true, err_open = true, killed = false;
    while (true) {
      if (out_open) out_open = Drain(out_[0], outcome_.output);
      if (err_open) err_open = Drain(err_[0], errors_);
      if (outcome_.output.size() > kMostOutput) outcome_.output.resize(kMostOutput);
      if (errors_.size() > kMostErrorTail) errors_.erase(0, errors_.size() - kMostErrorTail);
      std::string wakes;
      Drain(g_wake[0], wakes);

      // WNOWAIT: until it is reaped, its number is not given to another process or group.
      siginfo_t ended = {};
      if (waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          ended.si_pid == pid_) {
        break;
      }
      const Clock::time_point now = Clock::now();
      if (!kill_at && InterruptGuard::Interrupted()) {
        outcome_.interrupted = true;
      } else if (!kill_at && command_.timeout_s > 0 && now - start >= Seconds(command_.timeout_s)) {
        outcome_.status = ProcessStatus::kTimeout;
      }
      if (!kill_at && (outcome_.interrupted || outcome_.status == ProcessStatus::kTimeout)) {
        kill(-pid_, SIGTERM);
        kill_at = now + std::chrono::duration_cast<Clock::duration>(kGrace);
      }
      if (kill_at && !killed && now >= *kill_at) {
        kill(-pid_, SIGKILL);
        killed = true;
      }
      struct pollfd files[] = {{g_wake[0], POLLIN, 0},
                               {out_open ? out_[0] : -1, POLLIN, 0},
                               {err_open ? err_[0] : -1, POLLIN, 0}};
      poll(files, 3, killed ? -1 : WaitMs(kill_at, start, now));
    }
    Drain(out_[0], outcome_.output);
    Drain(err_[0], errors_);
    kill(-pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    Describe(status);
  }

  int WaitMs(std::optional<Clock::time_point> kill_at, Clock::time_point start,
             Clock::time_point now) const {
    if (!kill_at && command_.timeout_s <= 0) return -1;
    const Seconds left =
        kill_at ? Seconds(*kill_at - now) : Seconds(command_.timeout_s) - Seconds(now - start);
    const double ms = std::clamp(left.count() * 1e3 + 1, 0.0, 1e9);
    return static_cast<int>(ms);
  }

  void Describe(int status) {
    if (outcome_.interrupted) {
      outcome_.message = "interrupted";
    } else if (outcome_.status == ProcessStatus::kTimeout) {
      outcome_.message = absl::StrFormat("still running after %g s: stopped", command_.timeout_s);
    } else if (WIFSIGNALED(status)) {
      outcome_.status = ProcessStatus::kCrashed;
      outcome_.message = absl::StrCat("signal ", WTERMSIG(status), " (",
                                      strsignal(WTERMSIG(status)), ")", LastErrorLine());
    } else if (WEXITSTATUS(status) != 0) {
      outcome_.status = ProcessStatus::kCrashed;
      outcome_.message = absl::StrCat("exit status ", WEXITSTATUS(status), LastErrorLine());
    }
  }

  // What a program says last on standard error is often why it gave up.
  std::string LastErrorLine() const {
    absl::string_view text = absl::StripAsciiWhitespace(errors_);
    text = text.substr(text.rfind('\n') == absl::string_view::npos ? 0 : text.rfind('\n') + 1);
    Repairs ignored;
    return text.empty()
               ? ""
               : ": " + Printable({text.data(), std::min<std::size_t>(text.size(), 200)}, ignored);
  }

  const ChildCommand& command_;
  ChildOutcome outcome_;
  std::string errors_;  // the end of its standard error
  pid_t pid_ = -1;
  int out_[2] = {-1, -1}, err_[2] = {-1, -1};
  int exec_[2] = {-1, -1};  // carries the errno of an exec that fails
};

}  // namespace

InterruptGuard::InterruptGuard() {
  g_interrupted = 0;
  g_previous_int = Handle(SIGINT);
  g_previous_term = Handle(SIGTERM);
}

InterruptGuard::~InterruptGuard() {
  sigaction(SIGINT, &g_previous_int, nullptr);
  sigaction(SIGTERM, &g_previous_term, nullptr);
  g_interrupted = 0;
}

bool InterruptGuard::Interrupted() { return g_interrupted != 0; }

absl::StatusOr<ChildOutcome> RunChild(const ChildCommand& command) { return Child(command).Run(); }

}  // namespace podium::report
