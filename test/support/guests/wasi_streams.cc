// The C++ library over WASI: containers, streams, chrono, files; arguments are summed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

namespace {

// Made before main and destroyed after it.
struct Announcer {
  Announcer() { std::cout << "constructed\n"; }
  ~Announcer() { std::cout << "destroyed\n"; }
} announcer;

bool files_hold_what_was_written() {
  {
    std::ofstream out("/data/numbers");
    for (int i = 0; i < 1000; ++i) out << i << '\n';
  }
  std::ifstream in("/data/numbers");
  std::vector<int> numbers;
  for (int number; in >> number;) numbers.push_back(number);
  return numbers.size() == 1000 && std::accumulate(numbers.begin(), numbers.end(), 0) == 499500 &&
         !std::ifstream("/data/none").is_open() && std::remove("/data/numbers") == 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, int> words;
  for (std::string word; std::cin >> word;) ++words[word];
  for (const auto& [word, count] : words) std::cout << word << ' ' << count << '\n';
  long sum = 0;
  for (int i = 1; i < argc; ++i) sum += std::stol(argv[i]);
  std::cout << "sum " << sum << '\n';
  const auto before = std::chrono::steady_clock::now();
  auto table = std::make_unique<std::vector<double>>(1 << 20);
  std::iota(table->begin(), table->end(), 0.5);
  std::sort(table->begin(), table->end(), std::greater<>());
  if (table->front() != (1 << 20) - 0.5 || std::chrono::steady_clock::now() < before) return 1;
  if (!files_hold_what_was_written()) return 2;
  std::cout << "streams ok" << std::endl;
}
