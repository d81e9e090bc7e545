// SPDX-License-Identifier: Apache-2.0
//
// What files say wrong about GPUs and profiles, in words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidegate/config.h"
#include "tidegate/mig.h"

namespace tidegate::config {

/// "; did you mean …", else what there is.
std::string Suggest(const std::string& word, const std::vector<std::string_view>& known);

/// Says that there is no such model, and what there is.
std::string UnknownModel(const std::string& name);

std::vector<std::string_view> ProfileNames(const DeviceModel& model);

/// "" if a model of the devices has the profile. Models that are not known are left out.
std::string ProfileProblem(const DevicesOptions& devices, const std::string& profile);

/// "" if the models that have the profile call it so.
std::string SpellingProblem(const DevicesOptions& devices, const std::string& profile);

}  // namespace tidegate::config
