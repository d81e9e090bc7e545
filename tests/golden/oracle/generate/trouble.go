// SPDX-License-Identifier: Apache-2.0

package generate

import "tidegate/oracle/scenario"

// What goes wrong: metrics that are gone, API calls that fail, selectors that do not fit.

var metricErrors = []string{"the server is currently unable to handle the request (get pods.metrics.k8s.io)",
	"etcdserver: request timed out, 100% of retries used", "context deadline exceeded", "%d%s%"}

// fail breaks some or all of the metrics of a step. An outage lasts for several steps, and what
// fails in it stays the same.
func (g *G) failMetrics(metrics *scenario.Metrics) {
	if g.outageLeft == 0 && g.chance(g.k.outages) {
		g.outageLeft, g.broken = g.between(1, 8), g.IntN(1<<5-1)+1
	}
	if g.outageLeft == 0 {
		return
	}
	g.outageLeft--
	text := pick(g, metricErrors...)
	errors := &scenario.MetricErrors{Pods: map[string]string{}, Object: map[string]string{},
		External: map[string]string{}}
	absent := g.chance(0.4)
	if g.broken&1 != 0 {
		errors.Resource = text
		if absent {
			errors.Resource, metrics.Resource = "", nil
		}
	}
	if g.broken&2 != 0 {
		fails(metrics.Pods, errors.Pods, text, absent)
	}
	if g.broken&4 != 0 {
		fails(metrics.Object, errors.Object, text, absent)
	}
	if g.broken&8 != 0 {
		fails(metrics.External, errors.External, text, absent)
	}
	if g.broken&16 != 0 && len(metrics.External) > 0 && !absent { // one name only
		fails(metrics.External, errors.External, text, false)
		delete(errors.External, "backlog")
	}
	metrics.Errors = errors
}

// fails makes each metric an error or absent.
func fails[T any](values map[string]T, errors map[string]string, text string, absent bool) {
	for name := range values {
		if absent {
			delete(values, name)
		} else {
			errors[name] = text
		}
	}
}

// faults are failures of the API server, one or several at once, often in a row.
func (g *G) faults() *scenario.Faults {
	if !g.chance(g.k.faults) && !(g.faulty && g.chance(0.5)) {
		g.faulty = false
		return nil
	}
	g.faulty = true
	f := &scenario.Faults{}
	for i := g.between(1, 3); i > 0; i-- {
		switch g.IntN(6) {
		case 0:
			f.GetScale = pick(g, "deployments.apps \"web\" not found", "connection refused", "boom 100%")
		case 1, 2:
			for k := g.between(1, 6); k > 0; k-- {
				f.UpdateScale = append(f.UpdateScale, scenario.Conflict)
			}
			if g.chance(0.5) {
				f.RereadScaleSpec = ptr(int32(g.between(0, 9)))
			}
		case 3:
			f.UpdateScale = append(f.UpdateScale, pick(g, "",
				"admission webhook denied the request: quota 100%s",
				"etcdserver: leader changed"))
		case 4:
			f.RereadScale = "the server is busy"
		case 5:
			f.UpdateStatus = pick(g, "Operation cannot be fulfilled", "timeout 50% elapsed")
		}
	}
	return f
}

// scaleSelector is the selector that the scale subresource shows; it may change between steps.
func (g *G) scaleSelector() string {
	if g.chance(g.k.selectors) {
		g.selector = pick(g, "app=web", "app==web", "app in (web,db)", "app,tier notin (gold)",
			"!gone", "tier=gold,track!=canary",
			"app=web,track", "", "app in", "app=web,=", "!!", "a b", "app in (web", "app=web;x",
			"app notin ()", "app=none",
			"app in (web, db ),track", "x>1", "app = web")
	}
	return g.selector
}

// otherHPAs are at most one that may overlap: of more, 1.37 names two at random.
func (g *G) otherHPAs() (out []scenario.OtherHPA) {
	if !g.chance(g.k.selectors) {
		return nil
	}
	out = append(out, scenario.OtherHPA{Name: pick(g, "another", "other", "zebra"), Selector: pick(g, "app=web",
		"app in (web,db)", "tier=gold", "app=db", "track=canary", "!app", "broken in (")})
	if g.chance(0.3) {
		out = append(out, scenario.OtherHPA{Name: "beside", Selector: "app=elsewhere"})
	}
	return out
}

// gates switches those that change what a controller does.
func (g *G) gates() map[string]bool {
	out := map[string]bool{}
	for _, gate := range []string{"HPAScaleToZero", "HPAConfigurableTolerance", "PodLevelResources",
		"HPAGeneration"} {
		if switchable(gate) && g.chance(g.k.gates) {
			out[gate] = !enabled(gate)
		}
	}
	return out
}

// targetRef is now and then not a kind that has a scale.
func (g *G) targetRef() m {
	if !g.chance(g.k.badTarget) {
		return m{"apiVersion": "apps/v1", "kind": pick(g, "Deployment", "Deployment", "ReplicaSet",
			"StatefulSet"), "name": "web"}
	}
	return pick(g, m{"apiVersion": "a/b/c", "kind": "Deployment", "name": "web"},
		m{"apiVersion": "apps/v1", "kind": "Widget", "name": "web"},
		m{"apiVersion": "apps/v1beta2", "kind": "StatefulSet", "name": "web"},
		m{"apiVersion": "v1", "kind": "ReplicationController", "name": "web"},
		m{"apiVersion": "example.com/v1", "kind": "Widget", "name": "w"},
		m{"apiVersion": "v1", "kind": "Deployment", "name": "web"})
}
