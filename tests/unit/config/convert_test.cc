// SPDX-License-Identifier: Apache-2.0
#include "tidegate/convert.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

using Target = ConvertOptions::Target;
using Format = ConvertOptions::Format;

constexpr const char* kHpa = R"(apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: web
spec:
  scaleTargetRef:
    kind: Deployment
    name: web
    apiVersion: apps/v1
  minReplicas: 1
  maxReplicas: 7
  metrics:
    - type: External
      external:
        metric:
          name: depth
          selector:
            matchLabels:
              queue: high
            matchExpressions:
              - key: tier
                operator: In
                values:
                  - a
                  - b
        target:
          type: AverageValue
          averageValue: "1n"
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 0
      selectPolicy: Max
      policies:
        - type: Pods
          value: 4
          periodSeconds: 15
        - type: Percent
          value: 100
          periodSeconds: 15
    scaleDown:
      selectPolicy: Max
      policies:
        - type: Percent
          value: 100
          periodSeconds: 15
      tolerance: "9m"
)";

std::string Said(const std::vector<ConfigProblem>& problems) {
  std::string out;
  for (const ConfigProblem& problem : problems) out += problem.ToString() + "\n";
  return out;
}

std::string Convert(const std::string& text, Target to, Format format = Format::kYaml) {
  const Converted converted = ConvertManifests(text, "f.yaml", {to, format});
  EXPECT_EQ(Said(converted.problems), "");
  EXPECT_EQ(Said(converted.losses), "");
  return converted.text;
}

TEST(ConvertTest, ThereAndBackLosesNothing) {
  EXPECT_EQ(Convert(kHpa, Target::kV2), kHpa);
  const std::string autoscaler = Convert(kHpa, Target::kAutoscaler);
  EXPECT_EQ(Convert(autoscaler, Target::kV2), kHpa);
  EXPECT_EQ(Convert(autoscaler, Target::kAutoscaler), autoscaler);
  const std::string json = Convert(kHpa, Target::kV2, Format::kJson);
  EXPECT_EQ(Convert(json, Target::kV2), kHpa);
}

TEST(ConvertTest, WhatComesOutLoadsAndIsTheSameWorkload) {
  const ParsedConfig hpa = ParseConfig(kHpa, "hpa.yaml");
  const ParsedConfig autoscaler = ParseConfig(Convert(kHpa, Target::kAutoscaler), "a.yaml");
  EXPECT_EQ(Said(hpa.problems) + Said(autoscaler.problems), "");
  EXPECT_EQ(autoscaler.config.autoscalers.at(0).spec, hpa.config.autoscalers.at(0).spec);
  EXPECT_EQ(autoscaler.config.autoscalers[0].period, hpa.config.autoscalers[0].period);
}

TEST(ConvertTest, V1KeepsTheRestInAnnotations) {
  const std::string v1 = Convert(kHpa, Target::kV1);
  EXPECT_NE(v1.find("autoscaling.alpha.kubernetes.io/behavior"), std::string::npos);
  EXPECT_EQ(Convert(v1, Target::kV2), kHpa);
}

TEST(ConvertTest, SeveralDocumentsAreAListInJson) {
  const std::string two = std::string(kHpa) + "---\n" + kHpa;
  const std::string json = Convert(two, Target::kV2, Format::kJson);
  EXPECT_NE(json.find("\"kind\": \"List\""), std::string::npos);
  EXPECT_EQ(Convert(json, Target::kV2), two);
}

TEST(ConvertTest, NamesWhatHasNoCounterpart) {
  const Converted to_tidegate = ConvertManifests(R"(apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, labels: {a: b}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 2
status: {desiredReplicas: 1, currentMetrics: []}
---
apiVersion: v1
kind: Service
)",
                                                 "f.yaml", {Target::kAutoscaler, Format::kYaml});
  EXPECT_EQ(Said(to_tidegate.problems), "");
  EXPECT_EQ(Said(to_tidegate.losses),
            "f.yaml:3:31: metadata.labels: has no counterpart in an Autoscaler\n"
            "f.yaml:7:9: status: has no counterpart in an Autoscaler\n"
            "f.yaml:9:1: a document of kind \"Service\" has no counterpart in an Autoscaler\n");
  const Converted to_kubernetes = ConvertManifests(R"(apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 2
  missingData: Fill
  period: 2s
)",
                                                   "f.yaml", {Target::kV2, Format::kYaml});
  EXPECT_EQ(Said(to_kubernetes.problems), "");
  EXPECT_EQ(Said(to_kubernetes.losses),
            "f.yaml:8:3: spec.period: has no counterpart in a HorizontalPodAutoscaler\n");
}

// Before 1.37 a gate that is off lets nobody scale to zero.
TEST(ConvertTest, TheReleaseJudges) {
  const std::string hpa = R"(apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 0
  maxReplicas: 2
  metrics:
  - type: External
    external: {metric: {name: depth}, target: {type: Value, value: 1}}
)";
  const std::string refused =
      "f.yaml:6:16: The HorizontalPodAutoscaler \"web\" is invalid: spec.minReplicas: Invalid "
      "value: "
      "0: must be greater than or equal to 1\n";
  EXPECT_EQ(Said(ConvertManifests(hpa, "f.yaml", {}).problems), "");
  const ConvertOptions before{.compatibility = KubernetesVersion::kV136};
  EXPECT_EQ(Said(ConvertManifests(hpa, "f.yaml", before).problems), refused);
  const ConvertOptions later{.compatibility = KubernetesVersion::kV138};
  const std::string autoscaler = ConvertManifests(hpa, "f.yaml", later).text;
  EXPECT_EQ(ParseConfig(autoscaler, "a.yaml").config.autoscalers.at(0).spec.compatibility,
            KubernetesVersion::kV138);

  // An Autoscaler says itself; what is asked for wins.
  const auto judge = [](std::string text, ConvertOptions options) {
    text.replace(text.find("autoscaling/v2"), 14, "tidegate.dev/v1alpha1");
    text.replace(text.find("HorizontalPodAutoscaler"), 23, "Autoscaler");
    options.to = Target::kV2;
    return Said(ConvertManifests(text, "f.yaml", options).problems);
  };
  EXPECT_EQ(judge(hpa, {}), "");
  EXPECT_EQ(judge(hpa + "  compatibility: \"1.36\"\n", {}), refused);
  EXPECT_EQ(judge(hpa + "  compatibility: \"1.36\"\n", later), "");
  EXPECT_EQ(judge(hpa + "  featureGates: {HPAScaleToZero: false}\n", {}), refused);
  EXPECT_EQ(judge(hpa + "  compatibility: \"1.3\"\n", {}).substr(0, 59),
            "f.yaml:11:18: spec.compatibility: unsupported value \"1.3\", ");
}

TEST(ConvertTest, WhatIsInvalidIsNotConverted) {
  const Converted converted = ConvertManifests(R"(apiVersion: tidegate.dev/v1alpha1
kind: Autoscaler
metadata: {name: web}
spec: {maxReplicas: 2}
)",
                                               "f.yaml", {Target::kV2, Format::kYaml});
  EXPECT_EQ(converted.text, "");
  EXPECT_EQ(Said(converted.problems),
            "f.yaml:4:1: The HorizontalPodAutoscaler \"web\" is invalid: spec.scaleTargetRef.kind: "
            "Required value\n"
            "f.yaml:4:1: The HorizontalPodAutoscaler \"web\" is invalid: spec.scaleTargetRef.name: "
            "Required value\n"
            "f.yaml:4:1: The HorizontalPodAutoscaler \"web\" is invalid: "
            "spec.scaleTargetRef.apiVersion: Invalid value: \"\": apiVersion must specify API "
            "group\n");
  EXPECT_EQ(Said(ConvertManifests("", "f.yaml", {}).problems),
            "f.yaml: there is nothing to convert in this file\n");
}

}  // namespace
}  // namespace tidegate
