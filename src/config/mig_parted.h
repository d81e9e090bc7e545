// SPDX-License-Identifier: Apache-2.0
//
// mig-parted's file, v1: `version: v1` and `mig-configs`, strict as the tool itself is.
#pragma once

#include <string>
#include <vector>

#include "config/node.h"
#include "config/reader.h"
#include "tidegate/mig_parted.h"

namespace tidegate::config {

/// A configuration, and where it was written.
struct MigPartedDocument {
  struct Entry {
    MigPartedEntry entry;
    Position at;
    std::string path;
  };
  std::string name;
  Position at;
  std::string path;
  std::vector<Entry> entries;
};

/// What could be read; the problems say what could not.
std::vector<MigPartedDocument> ReadMigParted(const Node& root, std::vector<Problem>& problems);

}  // namespace tidegate::config
