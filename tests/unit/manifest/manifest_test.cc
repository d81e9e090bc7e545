// SPDX-License-Identifier: Apache-2.0
#include "manifest/manifest.h"

#include <gtest/gtest.h>

#include "manifest/json_text.h"

namespace tidegate::manifest {
namespace {

config::NodePtr Yaml(std::string_view text) {
  const config::ParsedText parsed = config::ParseYaml(text);
  EXPECT_TRUE(parsed.problems.empty());
  return parsed.documents.at(0);
}

/// The NVIDIA post's HorizontalPodAutoscaler.
constexpr const char* kPost = R"(apiVersion: autoscaling/v2beta1
kind: HorizontalPodAutoscaler
metadata:
  name: flower-hpa
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: flower
  minReplicas: 1
  maxReplicas: 7
  metrics:
  - type: Pods
    pods:
      metricName: avg_time_queue_us
      targetAverageValue: 50
)";

TEST(ManifestTest, ThePostsAutoscalerIsReadAsItIs) {
  const DecodedHpa decoded = DecodeHpa(*Yaml(kPost), Syntax::kYaml);
  ASSERT_FALSE(decoded.error);
  EXPECT_TRUE(decoded.strict.empty());
  EXPECT_EQ(EncodeV2(decoded.object),
            R"({"kind":"HorizontalPodAutoscaler","apiVersion":"autoscaling/v2",)"
            R"("metadata":{"name":"flower-hpa"},"spec":{"scaleTargetRef":{"kind":"Deployment",)"
            R"("name":"flower","apiVersion":"apps/v1"},"minReplicas":1,"maxReplicas":7,)"
            R"("metrics":[{"type":"Pods","pods":{"metric":{"name":"avg_time_queue_us"},)"
            R"("target":{"type":"AverageValue","averageValue":"50"}}}]},)"
            R"("status":{"desiredReplicas":0,"currentMetrics":null}})");
}

TEST(ManifestTest, V2beta2KeepsTolerancesInAnnotations) {
  const DecodedHpa decoded = DecodeHpa(*Yaml(R"(apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
metadata: {name: a, annotations: {autoscaling.alpha.kubernetes.io/scale-up-tolerance: 50m}}
spec:
  scaleTargetRef: {kind: Deployment, name: a}
  maxReplicas: 3
  behavior: {scaleDown: {tolerance: 0.2}}
)"),
                                       Syntax::kYaml);
  ASSERT_FALSE(decoded.error);
  EXPECT_TRUE(decoded.object.metadata.annotations.empty());
  ASSERT_TRUE(decoded.object.spec.behavior);
  EXPECT_EQ(decoded.object.spec.behavior->scale_up->tolerance,
            hpa::Quantity::Parse("0.05").value());
  EXPECT_FALSE(decoded.object.spec.behavior->scale_down->tolerance);
}

struct RefusalCase {
  const char* text;
  const char* error;
  int line;
};

TEST(ManifestTest, RefusalsHaveGosWordsAndAPlace) {
  const RefusalCase rows[] = {
      {"kind: HorizontalPodAutoscaler\n", "Object 'apiVersion' is missing", 1},
      {"apiVersion: autoscaling/v2\n", "Object 'Kind' is missing", 1},
      {"apiVersion: autoscaling/v3\nkind: HorizontalPodAutoscaler\n",
       "no kind \"HorizontalPodAutoscaler\" is registered for version \"autoscaling/v3\"", 1},
      {"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nspec:\n  maxReplicas: many\n",
       "json: cannot unmarshal string into Go struct field "
       "HorizontalPodAutoscalerSpec.spec.maxReplicas of type int32",
       4},
      {"apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata:\n  labels:\n    a: "
       "1\n",
       "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type "
       "string",
       5},
      {"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nspec:\n  metrics:\n"
       "  - {type: Pods, pods: {target: {averageValue: 1K}}}\n  maxReplicas: []\n",
       "unable to parse quantity's suffix", 5},
  };
  for (const RefusalCase& row : rows) {
    const DecodedHpa decoded = DecodeHpa(*Yaml(row.text), Syntax::kYaml);
    ASSERT_TRUE(decoded.error) << row.text;
    EXPECT_EQ(decoded.error->message, row.error);
    EXPECT_EQ(decoded.error->at.line, row.line) << row.text;
  }
}

struct PlaceCase {
  Version version;
  const char* field;
  int line;
  int column;
};

TEST(ManifestTest, FieldsOfV2HaveAPlaceInEveryVersion) {
  const config::NodePtr post = Yaml(kPost);
  const config::NodePtr v1 = Yaml(R"(apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec:
  targetCPUUtilizationPercentage: 0
  maxReplicas: 0
)");
  const PlaceCase rows[] = {
      {Version::kV2beta1, "spec.maxReplicas", 11, 16},
      {Version::kV2beta1, "spec.metrics[0].pods.target.averageValue", 16, 27},
      {Version::kV2beta1, "spec.metrics[0].pods.metric.name", 15, 19},
      {Version::kV2beta1, "spec.metrics[3].type", 12, 3},
      {Version::kV2beta1, "spec.behavior.scaleUp", 5, 1},
      {Version::kV1, "spec.metrics[0].resource.target.averageUtilization", 5, 35},
      {Version::kV1, "spec.maxReplicas", 6, 16},
  };
  for (const PlaceCase& row : rows) {
    const config::Position at =
        PositionOf(row.version == Version::kV1 ? *v1 : *post, row.version, row.field);
    EXPECT_EQ(at.line, row.line) << row.field;
    EXPECT_EQ(at.column, row.column) << row.field;
  }
}

TEST(ManifestTest, ARepeatedMemberIsReadIntoWhatIsThere) {
  const config::NodePtr json = ParseJsonText(R"({"apiVersion":"autoscaling/v2",)"
                                             R"("kind":"HorizontalPodAutoscaler",)"
                                             R"("spec":{"minReplicas":2,"maxReplicas":3},)"
                                             R"("spec":{"maxReplicas":5}})")
                                   .value();
  const DecodedHpa decoded = DecodeHpa(*json, Syntax::kJson);
  ASSERT_FALSE(decoded.error);
  EXPECT_EQ(decoded.object.spec.min_replicas, 2);
  EXPECT_EQ(decoded.object.spec.max_replicas, 5);
  EXPECT_EQ(decoded.StrictText(), "strict decoding error: duplicate field \"spec\"");
}

}  // namespace
}  // namespace tidegate::manifest
