#include "runtime/cli/become.h"
#include "runtime/cli/command.h"

namespace wasmedge::cli {

/// Images are what this program does not know.
int pack_command(Arguments arguments) {
  std::vector<std::string> words = {"wasmedge"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return become("wasmedge-pack", std::move(words), "which makes images");
}

}  // namespace wasmedge::cli
