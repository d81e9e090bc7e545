// SPDX-License-Identifier: Apache-2.0
//
// tidegate-golden SET < scenarios.jsonl > results.jsonl
#include <iostream>
#include <map>
#include <string>

#include "tests/golden/sets.h"

int main(int argc, char** argv) {
  using namespace tidegate::golden;
  const std::map<std::string, int (*)(std::istream&, std::ostream&)> sets = {
      {"adapter", RunAdapterSet},   {"exposition", RunExpositionSet},
      {"hpa", RunHpaSet},           {"hpa-validation", RunHpaValidationSet},
      {"mig", RunMigSet},           {"promql", RunPromqlSet},
      {"quantity", RunQuantitySet}, {"relabel", RunRelabelSet},
  };
  const auto found = argc == 2 ? sets.find(argv[1]) : sets.end();
  if (found == sets.end()) {
    std::cerr << "usage: tidegate-golden SET < scenarios.jsonl > results.jsonl\nsets:";
    for (const auto& [name, run] : sets) std::cerr << " " << name;
    std::cerr << "\n";
    return 2;
  }
  std::ios::sync_with_stdio(false);
  return found->second(std::cin, std::cout);
}
