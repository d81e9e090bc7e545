// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"fmt"
	"strings"
)

// span is a range of counts, both ends included.
type span [2]int

// knobs say how likely each kind of thing is in the scenarios of a family.
type knobs struct {
	steps   span
	metrics span     // how many
	kinds   []string // of metrics; none: all

	loop          bool    // the load follows a demand, else each step has a ratio of its own
	edges         bool    // ratios on and next to the tolerance
	exact         bool    // quotients without a remainder
	crowd         bool    // up to 120 pods
	behavior      float64 // the HPA has one
	behaviorEdits bool    // an edit changes that only
	windowEdges   bool    // steps at, 1 ns and 1 ms around the ends of windows and periods
	gaps          float64 // long and short pauses between steps
	extreme       float64 // a quantity is at the limits of the arithmetic
	pods          float64 // a pod is in an odd state
	requests      float64 // the pods of a step request in an odd way
	missing       float64 // a pod has no reading
	outages       float64 // an outage of metrics begins
	faults        float64 // API calls fail
	selectors     float64 // selectors change, labels vary, other autoscalers overlap
	edits         float64 // the spec is edited
	manual        float64 // someone else changes the scale
	restarts      float64 // the controller restarts or the HPA is created again
	zero          float64 // minReplicas is 0
	initial       float64 // history from before
	gates         float64 // each feature gate is switched
	odd           float64 // a metric is one that validation refuses
	badTarget     float64 // the target is not a kind with a scale
}

// Family is a name with its knobs.
type Family struct {
	Name string
	knobs
}

var global = []string{"Object", "External"}
var resources = []string{"Resource", "Resource", "ContainerResource"}

var families = []Family{
	{"single-metric", knobs{steps: span{6, 8}, metrics: span{1, 1}, missing: 0.03, manual: 1}},
	{"mixed-metrics", knobs{steps: span{6, 10}, metrics: span{3, 6}, missing: 0.05,
		outages: 0.2, behavior: 0.3, manual: 0.3}},
	{"pod-states", knobs{steps: span{4, 6}, metrics: span{1, 2}, pods: 0.5, missing: 0.15, manual: 1}},
	{"crowd", knobs{steps: span{2, 3}, metrics: span{1, 3}, crowd: true, pods: 0.4,
		missing: 0.1, manual: 1}},
	{"pod-requests", knobs{steps: span{4, 6}, metrics: span{1, 2}, kinds: resources,
		requests: 0.9, missing: 0.1, gates: 0.05}},
	{"tolerance", knobs{steps: span{8, 10}, metrics: span{1, 1}, edges: true, behavior: 0.6, manual: 1}},
	{"floating-point", knobs{steps: span{8, 10}, metrics: span{1, 1}, exact: true,
		behavior: 0.5, manual: 1}},
	{"extremes", knobs{steps: span{5, 7}, metrics: span{1, 2}, extreme: 0.6, behavior: 0.5, manual: 0.7}},
	{"behavior", knobs{steps: span{16, 30}, metrics: span{1, 1}, kinds: global, loop: true, behavior: 1}},
	{"behavior-edits", knobs{steps: span{16, 30}, metrics: span{1, 1}, kinds: global,
		loop: true, behavior: 0.9, edits: 0.25, behaviorEdits: true}},
	{"window-edges", knobs{steps: span{14, 20}, metrics: span{1, 1}, kinds: global, loop: true,
		behavior: 0.8, windowEdges: true, initial: 0.2}},
	{"clock-gaps", knobs{steps: span{14, 20}, metrics: span{1, 2}, loop: true, behavior: 0.6,
		gaps: 0.5, restarts: 0.1, initial: 0.5}},
	{"outages", knobs{steps: span{14, 24}, metrics: span{1, 4}, loop: true, behavior: 0.5, outages: 0.3}},
	{"scale-to-zero", knobs{steps: span{10, 14}, metrics: span{1, 2},
		kinds: append([]string{"Resource"}, append(global, global...)...),
		zero:  0.8, behavior: 0.3, manual: 0.1, edits: 0.08, outages: 0.05, initial: 0.3, gates: 0.3}},
	{"selectors", knobs{steps: span{8, 12}, metrics: span{1, 2}, selectors: 0.4, behavior: 0.2,
		restarts: 0.1}},
	{"faults", knobs{steps: span{8, 14}, metrics: span{1, 2}, faults: 0.4, outages: 0.1,
		behavior: 0.4, manual: 0.2, badTarget: 0.15, restarts: 0.05}},
	{"gates", knobs{steps: span{6, 10}, metrics: span{1, 2}, gates: 0.5, requests: 0.5,
		zero: 0.3, edges: true, behavior: 0.6, edits: 0.1}},
	{"spec-edits", knobs{steps: span{12, 20}, metrics: span{1, 3}, loop: true, edits: 0.3,
		behavior: 0.5, restarts: 0.05}},
	{"odd-specs", knobs{steps: span{4, 6}, metrics: span{1, 3}, odd: 0.7, behavior: 0.1}},
	{"wild", knobs{steps: span{10, 20}, metrics: span{1, 5}, behavior: 0.5, pods: 0.2,
		requests: 0.2, missing: 0.05, outages: 0.1,
		faults: 0.1, selectors: 0.05, edits: 0.1, manual: 0.1, restarts: 0.05, zero: 0.3,
		initial: 0.3, gates: 0.1, gaps: 0.1, extreme: 0.02,
		odd: 0.03}},
}

// Families are those with the given comma-separated names, or all.
func Families(names string) ([]Family, error) {
	if names == "" {
		return families, nil
	}
	out := []Family{}
	for _, name := range strings.Split(names, ",") {
		before := len(out)
		for _, f := range families {
			if f.Name == name {
				out = append(out, f)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("no family %q", name)
		}
	}
	return out, nil
}
