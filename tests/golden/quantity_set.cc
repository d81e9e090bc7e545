// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "hpa/quantity.h"
#include "tests/golden/numbers.h"
#include "tests/golden/sets.h"

namespace tidegate::golden {
namespace {

using Json = nlohmann::json;
using hpa::Quantity;
using hpa::QuantityFormat;

std::string Bits(double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(bits));
  return text;
}

Json Describe(const Quantity& q) {
  const auto int64 = q.Int64();
  return {{"text", q.ToString()},
          {"canon", q.Canonical()},
          {"format", ToString(q.format())},
          {"value", std::to_string(q.Value())},
          {"milli", std::to_string(q.Milli())},
          {"bits", Bits(q.ApproximateFloat())},
          {"int64", int64 ? std::to_string(*int64) : ""},
          {"sign", q.Sign()},
          {"zero", q.Sign() == 0},
          {"json", "\"" + q.ToString() + "\""}};
}

Json Answer(const Result<Quantity>& q) {
  if (!q) return {{"error", q.error().message}};
  return {{"q", Describe(*q)}};
}

QuantityFormat FormatOf(const std::string& name) {
  for (const QuantityFormat format :
       {QuantityFormat::kDecimalSi, QuantityFormat::kBinarySi, QuantityFormat::kDecimalExponent}) {
    if (name == ToString(format)) return format;
  }
  return QuantityFormat::kNone;
}

Json RunCase(const Json& test) {
  const std::string op = test.at("op");
  if (op == "json") return Answer(Quantity::FromJson(test.at("json").get<std::string>()));
  if (op == "new" || op == "newmilli") {
    const std::int64_t value = std::stoll(test.at("value").get<std::string>());
    return Answer(Quantity::Of(value, op == "new" ? 0 : -3, FormatOf(test.at("format"))));
  }
  const Result<Quantity> a = Quantity::Parse(test.at("a").get<std::string>());
  if (!a || op == "parse") return Answer(a);
  if (op == "scaled") return {{"n", std::to_string(a->Scaled(test.at("scale")))}};
  const Result<Quantity> b = Quantity::Parse(test.at("b").get<std::string>());
  if (!b) return Answer(b);
  if (op == "cmp") return {{"cmp", a->Compare(*b)}, {"equal", *a == *b}};
  if (op == "add") return Answer(a->Plus(*b));
  if (op == "sub") return Answer(a->Minus(*b));
  return {{"unsupported", "operation " + op}};
}

/// A line of the set `hpa`'s quantities.jsonl, answered in its own form.
Json RunText(const std::string& in) {
  const Result<Quantity> decoded = Quantity::FromJson("\"" + in + "\"");
  const Result<Quantity> q = Quantity::Parse(in);
  Json out = {{"in", in}, {"error", nullptr}, {"jsonError", nullptr}};
  if (!decoded) out["jsonError"] = decoded.error().message;
  if (!q) {
    out["error"] = q.error().message;
    for (const char* none : {"milliValue", "value", "approximateFloat", "sign"})
      out[none] = nullptr;
    return out;
  }
  out["milliValue"] = q->Milli();
  out["value"] = q->Value();
  out["approximateFloat"] = NumberText(q->ApproximateFloat());
  out["sign"] = q->Sign();
  out["format"] = ToString(q->format());
  out["text"] = q->ToString();
  out["canonical"] = q->Plus(Quantity{}).value().ToString();
  return out;
}

}  // namespace

int RunQuantitySet(std::istream& in, std::ostream& out) {
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    const Json test = Json::parse(line, nullptr, false);
    if (!test.is_object()) return 1;
    const Json result = test.contains("in")
                            ? RunText(test["in"])
                            : Json{{"id", test.at("id")}, {"result", RunCase(test)}};
    out << result.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
  return 0;
}

}  // namespace tidegate::golden
