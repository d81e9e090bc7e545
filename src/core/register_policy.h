// SPDX-License-Identifier: Apache-2.0
//
// TIDEGATE_REGISTER_POLICY(file_name, Class): makes the class known under the file's name.
//
// The class is made from its options: `static Result<std::unique_ptr<Policy>> Make(const
// PolicyOptions&)`.
#pragma once

#include "tidegate/policy_registry.h"

#define TIDEGATE_REGISTER_POLICY(file_name, Class)            \
  void RegisterPolicy_##file_name(PolicyRegistry& registry);  \
  void RegisterPolicy_##file_name(PolicyRegistry& registry) { \
    registry.Add(#file_name, &Class::Make);                   \
  }
