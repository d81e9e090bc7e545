// SPDX-License-Identifier: Apache-2.0
//
// Prometheus Adapter's rules: which metric a rule is about, and the query that its template makes.
//
// The Adapter asks Prometheus about all pods at once and groups by pod. So does a workload that
// asks a Prometheus; one that scrapes sees the series of one replica at a time, so that grouping
// and the matchers of pods and namespace have nothing left to do and are taken out.
//
// Thread safety: pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/name_mapping.h"
#include "config/reader.h"
#include "tidegate/result.h"
#include "tidegate/spec.h"

namespace tidegate::config {

/// How the labels of series name Kubernetes' objects.
struct AdapterResources {
  std::map<std::string, std::string> overrides;  ///< label -> resource, singular: "pod"
  std::string name_template;                     ///< "kube_<<.Group>>_<<.Resource>>"
  bool namespaced = true;                        ///< whether external metrics are
};

struct AdapterRule {
  bool external = false;        ///< of externalRules: about External metrics
  std::string resource;         ///< of resourceRules: "cpu" or "memory"
  std::string container_label;  ///< likewise
  std::string series_query;
  std::vector<std::pair<Regex, bool>> filters;  ///< and whether a series has to match it
  AdapterResources resources;
  std::optional<NameMapping> name;  ///< absent: reported
  std::string metrics_query;
  Position at;
  Position query_at;
  std::string path;
};

/// What is asked, and of whom.
struct AdapterQueryForm {
  MetricSourceType type = MetricSourceType::kPods;
  std::optional<LabelSelector> selector;  ///< the metric's
  std::string container;                  ///< ContainerResource only
  ObjectReference object;                 ///< Object only
  bool per_replica = false;  ///< the query sees the series of one replica, and none of others
  std::string replica_label = "pod";  ///< by which the answer is told apart
  std::string name_space;             ///< "": any
  std::vector<std::string> names;     ///< of the pods; none: any
};

/// Reads `rules`, `externalRules` and `resourceRules`. Problems get paths below `path`.
std::vector<AdapterRule> ReadAdapterRules(const Node& root, const std::string& path,
                                          std::vector<Problem>& problems);

/// The metric name of `name{…}` or `{__name__="name"}`; empty if a query names none.
std::string SeriesName(const std::string& query);

/// The metric that a rule is about, whatever the series are; absent: any of several.
std::optional<std::string> OnlyMetricOf(const AdapterRule& rule);

/// The series that the metric is made of by this rule, "" if the rule's template names none.
/// Absent: the rule is not about the metric.
std::optional<std::string> SeriesOf(const AdapterRule& rule, const MetricSpec& metric);

/// The query for a series. kInvalidArgument: what of the template has no counterpart.
Result<std::string> AdapterQuery(const AdapterRule& rule, const std::string& series,
                                 const AdapterQueryForm& form);

/// The query of AdapterQuery(), held to the object of an Object metric. A template that groups by
/// objects without asking for one gives a value for each, of which the Adapter takes the object's.
std::string OfObjectAlone(const AdapterRule& rule, const AdapterQueryForm& form, std::string query);

}  // namespace tidegate::config
