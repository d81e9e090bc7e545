// SPDX-License-Identifier: Apache-2.0
//
// What is generated from the field lists, and that no field is missing from them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "tidegate/describe.h"

namespace tidegate {
namespace {

std::string Read(const std::string& file) {
  std::ifstream stream(file);
  std::ostringstream out;
  out << stream.rdbuf();
  return out.str();
}

void ExpectCommitted(const std::string& name, const std::string& generated) {
  const std::string file = std::string(TIDEGATE_SOURCE_DIR) + "/docs/" + name;
  if (std::getenv("GOLDEN_UPDATE") != nullptr) {
    std::ofstream(file) << generated;
  }
  EXPECT_EQ(Read(file), generated) << "run this test with GOLDEN_UPDATE=1 and commit " << file;
}

TEST(ReferenceTest, TheCommittedPageIsCurrent) {
  ExpectCommitted("config-reference.md", ConfigReference());
}

TEST(ReferenceTest, TheCommittedSchemaIsCurrent) {
  ExpectCommitted("config-schema.json", ConfigSchema());
}

TEST(ReferenceTest, TheCommittedProfilesAreCurrent) {
  ExpectCommitted("profiles.md", ProfileReference());
}

TEST(ReferenceTest, FullYamlNamesEveryKeyOfThePage) {
  const std::string examples = std::string(TIDEGATE_SOURCE_DIR) + "/examples/";
  std::string full = Read(examples + "config/full.yaml") + Read(examples + "mig/nvml.yaml") +
                     Read(examples + "config/moldable.yaml");
  for (const char* file : {"dgx", "cluster", "demand", "rates"}) {
    full += Read(examples + "pack/" + file + ".yaml");
  }
  std::istringstream page(ConfigReference());
  std::string line;
  int keys = 0;
  while (std::getline(page, line)) {
    if (line.rfind("| `spec.", 0) != 0) continue;
    const std::string path = line.substr(3, line.find('`', 3) - 3);
    const std::string key = path.substr(path.rfind('.') + 1);
    EXPECT_NE(full.find(key + ":"), std::string::npos) << path;
    ++keys;
  }
  EXPECT_GT(keys, 100);
}

/// Counts the keys that a struct's own field list names, at its top level.
class KeyCounter : public FieldVisitor {
 public:
  std::size_t count() const { return keys_.size(); }

 protected:
  bool Enter(std::string_view key, const FieldInfo& /*info*/) override {
    EXPECT_TRUE(keys_.insert(std::string(key)).second) << key << " is named twice";
    return false;
  }
  void Leave() override {}
  void Value(bool& /*v*/, const FieldInfo& /*i*/) override {}
  void Value(std::int64_t& /*v*/, const FieldInfo& /*i*/) override {}
  void Value(double& /*v*/, const FieldInfo& /*i*/) override {}
  void Value(std::string& /*v*/, const FieldInfo& /*i*/) override {}
  void Value(Duration& /*v*/, const FieldInfo& /*i*/) override {}
  void Value(TimePoint& /*v*/, const FieldInfo& /*i*/) override {}
  void QuantityValue(MilliValue& /*v*/, const FieldInfo& /*i*/) override {}
  void SecondsValue(Duration& /*v*/, const FieldInfo& /*i*/) override {}
  void RatioValue(double& /*v*/, const FieldInfo& /*i*/) override {}
  void EnumValue(std::size_t& /*v*/, std::span<const std::string_view> /*n*/,
                 const FieldInfo& /*i*/) override {}
  void BeginStruct() override {}
  void EndStruct() override {}
  void BeginOptional(bool& /*p*/) override {}
  void BeginList(std::size_t& /*s*/) override {}
  void Element(std::size_t /*i*/) override {}
  void EndList() override {}
  void BeginMap(std::vector<std::string>& /*k*/) override {}
  void Entry(const std::string& /*k*/) override {}
  void EndMap() override {}

 private:
  std::set<std::string> keys_;
};

template <typename T>
std::size_t Keys() {
  T value{};
  KeyCounter counter;
  Describe(counter, value);
  return counter.count();
}

// A structured binding names every field, so that a struct that gets a new one does not compile
// here until it is counted, and then fails until it is described.
#define EXPECT_FIELDS(T, count, ...)                    \
  {                                                     \
    T value{};                                          \
    [[maybe_unused]] const auto& [__VA_ARGS__] = value; \
    EXPECT_EQ(Keys<T>(), std::size_t{count}) << #T;     \
  }

TEST(ReferenceTest, EveryFieldOfTheSpecIsDescribed) {
  EXPECT_FIELDS(ObjectReference, 3, a, b, c);
  EXPECT_FIELDS(MetricTarget, 4, a, b, c, d);
  EXPECT_FIELDS(ScalingPolicy, 3, a, b, c);
  EXPECT_FIELDS(ScalingRules, 4, a, b, c, d);
  EXPECT_FIELDS(Behavior, 2, a, b);
  EXPECT_FIELDS(PolicySpec, 2, a, b);
  EXPECT_FIELDS(HpaOptions, 4, a, b, c, d);
  EXPECT_FIELDS(LabelSelectorRequirement, 3, a, b, c);
  EXPECT_FIELDS(LabelSelector, 2, a, b);
  EXPECT_FIELDS(ScalingSpec, 14, a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  EXPECT_FIELDS(SliceSize, 2, a, b);
  EXPECT_FIELDS(SliceSpec, 5, a, b, c, d, e);
  EXPECT_FIELDS(MissingReplicas, 2, a, b);
  EXPECT_FIELDS(Fallback, 5, a, b, c, d, e);
  EXPECT_FIELDS(MetricQuery, 6, a, b, c, d, e, f);
  EXPECT_FIELDS(AveragingWindow, 4, a, b, c, d);
  EXPECT_FIELDS(ScrapeOptions, 7, a, b, c, d, e, f, g);
  EXPECT_FIELDS(TritonStatsOptions, 6, a, b, c, d, e, f);
  EXPECT_FIELDS(ProcessOptions, 3, a, b, c);
  EXPECT_FIELDS(BasicAuth, 2, a, b);
  EXPECT_FIELDS(TlsFiles, 3, a, b, c);
  EXPECT_FIELDS(PrometheusOptions, 11, a, b, c, d, e, f, g, h, i, j, k);
  EXPECT_FIELDS(HttpProbe, 6, a, b, c, d, e, f);
  // Two fields more than keys: on_slices, which spec.slice says, and two make `requests`.
  EXPECT_FIELDS(ProcessPoolOptions, 21, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t,
                u, w, x);
  EXPECT_FIELDS(NginxOptions, 9, a, b, c, d, e, f, g, h, i);
  EXPECT_FIELDS(AdminOptions, 2, a, b);
  EXPECT_FIELDS(PushOptions, 3, a, b, c);
  EXPECT_FIELDS(JournalOptions, 3, a, b, c);
  EXPECT_FIELDS(LogOptions, 2, a, b);
  EXPECT_FIELDS(SimulatedDevices, 3, a, b, c);
  EXPECT_FIELDS(NvmlDevicesOptions, 7, a, b, c, d, e, f, g);
  EXPECT_FIELDS(DevicesOptions, 4, a, b, c, d);
  EXPECT_FIELDS(StoreOptions, 1, a);
  EXPECT_FIELDS(ScalerOptions, 6, a, b, c, d, e, f);
}

TEST(ReferenceTest, EveryFieldOfATickIsDescribed) {
  EXPECT_FIELDS(Error, 2, a, b);
  EXPECT_FIELDS(Container, 3, a, b, c);
  // One more key than fields: whether there is an (empty) list of the pod's own requests.
  EXPECT_FIELDS(Replica, 15, a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  EXPECT_FIELDS(ProcessId, 2, a, b);
  EXPECT_FIELDS(SelectorProblem, 2, a, b);
  EXPECT_FIELDS(ReplicaSlice, 6, a, b, c, d, e, f);
  EXPECT_FIELDS(Observation, 5, a, b, c, d, e);
  EXPECT_FIELDS(Doubt, 3, a, b, c);
  EXPECT_FIELDS(ReplicaReading, 4, a, b, c, d);
  EXPECT_FIELDS(Reading, 7, a, b, c, d, e, f, g);
  EXPECT_FIELDS(Step, 7, a, b, c, d, e, f, g);
  EXPECT_FIELDS(MetricTrace, 11, a, b, c, d, e, f, g, h, i, j, k);
  EXPECT_FIELDS(Proposal, 5, a, b, c, d, e);
  EXPECT_FIELDS(Recommendation, 2, a, b);
  EXPECT_FIELDS(ScaleEvent, 3, a, b, c);
  EXPECT_FIELDS(MissingReplica, 2, a, b);
  EXPECT_FIELDS(MetricMemory, 6, a, b, c, d, e, f);
  EXPECT_FIELDS(SliceRequests, 2, a, b);
  EXPECT_FIELDS(History, 7, a, b, c, d, e, f, g);
  EXPECT_FIELDS(Decision, 9, a, b, c, d, e, f, g, h, i);
  EXPECT_FIELDS(ScaleCommand, 4, a, b, c, d);
  EXPECT_FIELDS(WorkloadInput, 5, a, b, c, d, e);
  EXPECT_FIELDS(Device, 5, a, b, c, d, e);
  EXPECT_FIELDS(DeviceLimit, 2, a, b);
  EXPECT_FIELDS(DeviceSlice, 6, a, b, c, d, e, f);
  EXPECT_FIELDS(RefusedLayout, 2, a, b);
  EXPECT_FIELDS(DriverSlices, 4, a, b, c, d);
  EXPECT_FIELDS(Inventory, 4, a, b, c, d);
  EXPECT_FIELDS(TickInput, 4, a, b, c, d);
  EXPECT_FIELDS(WorkloadOutput, 3, a, b, c);
  EXPECT_FIELDS(TickOutput, 1, a);
  EXPECT_FIELDS(Applied, 2, a, b);
  // One more key than fields: `workloads`, for readers that look for one.
  EXPECT_FIELDS(TickRecord, 6, a, b, c, d, e);
}

}  // namespace
}  // namespace tidegate
