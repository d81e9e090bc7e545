// SPDX-License-Identifier: Apache-2.0
//
// One function a golden set: reads JSON Lines, writes one result line each. A scenario that
// needs what is not there is answered {"id": …, "unsupported": "why"}, so that counts are honest.
#pragma once

#include <iosfwd>

namespace tidegate::golden {

int RunHpaSet(std::istream& in, std::ostream& out);

/// Rules of Prometheus Adapter and what it makes of them over the series of a Prometheus (lines
/// with "series"): names (lines with "found"), or a metric's query and values. With a `url` the
/// values are asked of the Prometheus there.
int RunAdapterSet(std::istream& in, std::ostream& out);

/// Manifests as the API server decodes, defaults, converts and validates them. Lines with "spec"
/// are those of the set `hpa`'s validation and are answered in their form; `k8sVersion` picks the
/// release.
int RunHpaValidationSet(std::istream& in, std::ostream& out);

/// Quantities as apimachinery parses, prints, compares and adds them. Lines with "in" are those of
/// the set `hpa`'s quantities and are answered in their form.
int RunQuantitySet(std::istream& in, std::ostream& out);

/// Pages in text format and OpenMetrics as Prometheus's own parsers read them.
int RunExpositionSet(std::istream& in, std::ostream& out);

/// Packing, placing and repacking MIG slices, against proven optima.
int RunMigSet(std::istream& in, std::ostream& out);

/// Queries as Prometheus's own engine answers them. The data sets (`{"dataset",…,"series"}`) come
/// before the cases that use them: `zcat datasets.jsonl.gz cases.jsonl.gz`.
int RunPromqlSet(std::istream& in, std::ostream& out);

/// Relabelling rules (YAML) and what they make of labels, as Prometheus applies them.
int RunRelabelSet(std::istream& in, std::ostream& out);

}  // namespace tidegate::golden
