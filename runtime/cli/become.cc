#include "runtime/cli/become.h"

#include <unistd.h>

#include "runtime/cli/module.h"
#include "runtime/cli/tell.h"

namespace wasmedge::cli {

int become(std::string_view program, std::vector<std::string> words, std::string_view role) {
  const auto path = program_beside(program);
  if (!path) return failure(path.error());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(path->c_str(), argv.data());
  const tl::unexpected<Error> error = fail_errno("cannot execute {}, {}", *path, role);
  return failure(error.value());
}

int become_shim(const std::vector<std::string>& words) {
  std::vector<std::string> argv = {"wasmedge"};
  argv.insert(argv.end(), words.begin(), words.end());
  return become("containerd-shim-wasmedge-v1", std::move(argv), "which knows about containers");
}

}  // namespace wasmedge::cli
