#include "test/spec/pool.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>

#include "runtime/base/fd.h"
#include "test/spec/fill.h"
#include "test/spec/runner.h"

namespace wasmedge::spec {

namespace {

constexpr unsigned kSecondsAScript = 300;
constexpr size_t kReportBytes = size_t{64} << 20;

/// A script's process. Its report goes through a file, so that it never waits for the parent.
struct Child {
  pid_t pid;
  Fd report;
  std::string name;
  std::atomic<uint32_t>* line;  // shared with the child: where it is
};

std::atomic<uint32_t>* shared_line() {
  void* page = mmap(nullptr, sizeof(std::atomic<uint32_t>), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    std::perror("mmap");
    std::exit(2);
  }
  return new (page) std::atomic<uint32_t>(0);
}

[[noreturn]] void run_child(const Script& script, const BuildOptions& options, int report,
                            std::atomic<uint32_t>* line) {
  alarm(kSecondsAScript);
  Tally tally;
  try {
    auto artifacts = Artifacts::make(options);
    if (artifacts && options.target != kThisArchitecture) {
      tally = fill_cache(script, std::move(*artifacts));
    } else if (artifacts) {
      Runner runner(script.path, script.name, std::move(*artifacts),
                    [line](uint32_t now) { *line = now; });
      tally = runner.run();
    } else {
      tally.failures.push_back(fmt::format("{}: {}", script.name, artifacts.error().message));
    }
  } catch (const nlohmann::json::exception& error) {
    tally.failures.push_back(fmt::format("{}:{}: {}", script.name, line->load(), error.what()));
  }
  const auto written = write_all(report, to_json(tally), "report");
  _exit(written ? 0 : 1);
}

Child start(const Script& script, const BuildOptions& options) {
  std::atomic<uint32_t>* line = shared_line();
  Fd report(memfd_create("report", MFD_CLOEXEC));
  const pid_t pid = report ? fork() : -1;
  if (pid < 0) {
    std::perror("cannot start a script's process");
    std::exit(2);
  }
  if (pid == 0) run_child(script, options, report.get(), line);
  return {pid, std::move(report), script.name, line};
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    return fmt::format("took more than {} s", kSecondsAScript);
  }
  if (WIFSIGNALED(status)) return fmt::format("killed by {}", strsignal(WTERMSIG(status)));
  return fmt::format("exited with status {}", WEXITSTATUS(status));
}

Tally finish(Child& child, int status) {
  Tally tally;
  lseek(child.report.get(), 0, SEEK_SET);
  const auto report = read_all(child.report.get(), kReportBytes, child.name);
  const uint32_t line = *child.line;
  munmap(child.line, sizeof(*child.line));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !report) {
    const std::string why = report ? how_it_ended(status) : report.error().message;
    tally.failures.push_back(fmt::format("{}:{}: {}", child.name, line, why));
    return tally;
  }
  try {
    return tally_from_json(*report);
  } catch (const nlohmann::json::exception& error) {
    tally.failures.push_back(fmt::format("{}:{}: no report: {}", child.name, line, error.what()));
    return tally;
  }
}

}  // namespace

Tally run_all(const std::vector<Script>& scripts, unsigned jobs, const BuildOptions& options) {
  Tally total;
  std::list<Child> running;
  auto next = scripts.begin();
  while (next != scripts.end() || !running.empty()) {
    if (next != scripts.end() && running.size() < jobs) {
      running.push_back(start(*next++, options));
      continue;
    }
    int status = 0;
    const pid_t pid = waitpid(-1, &status, 0);
    for (auto child = running.begin(); child != running.end(); ++child) {
      if (child->pid != pid) continue;
      total.add(finish(*child, status));
      running.erase(child);
      break;
    }
  }
  return total;
}

}  // namespace wasmedge::spec
