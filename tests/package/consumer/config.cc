// SPDX-License-Identifier: Apache-2.0
#include <tidegate/config.h>

#include <cstdio>

int main() {
  const auto parsed = tidegate::ParseConfig(
      "apiVersion: tidegate.dev/v1alpha1\nkind: Autoscaler\nmetadata: {name: web}\n"
      "spec: {maxReplica: 3}\n",
      "web.yaml");
  for (const auto& problem : parsed.problems) std::printf("%s\n", problem.ToString().c_str());
  return parsed.problems.empty() ? 1 : 0;
}
