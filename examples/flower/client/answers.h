// SPDX-License-Identifier: Apache-2.0
//
// What is asked of the flower model, and whether an answer is right. KServe v2 JSON.
//
// Thread safety: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/result.h"

namespace flower {

struct Question {
  std::string body;    ///< of POST /v2/models/flower/infer
  std::string answer;  ///< the species that the model says
};

/// From training/answers.csv: four measurements and the answer in each line, after a header.
tidegate::Result<std::vector<Question>> ParseQuestions(std::string_view csv, std::string_view name);

enum class Verdict { kRight, kWrongClass, kBadBody };

Verdict CheckAnswer(std::string_view body, std::string_view answer);

}  // namespace flower
