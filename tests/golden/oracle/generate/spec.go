// SPDX-License-Identifier: Apache-2.0

package generate

import "fmt"

// metric is one entry of spec.metrics, with what a reading has to know of it.
type metric struct {
	kind, name, container string
	selector              any
	object                m
	form                  string // utilization, value, average
	goal                  int64  // percent, or milli-units
	spec                  m
}

// spec is the HPA's, as a user wrote it.
type spec struct {
	target   m
	min      any // nil: absent
	max      int
	behavior any
	metrics  []metric
}

func (s *spec) json() m {
	metrics := list{}
	for _, each := range s.metrics {
		metrics = append(metrics, each.spec)
	}
	out := m{"scaleTargetRef": s.target, "maxReplicas": s.max, "metrics": metrics}
	if s.min != nil {
		out["minReplicas"] = s.min
	}
	if s.behavior != nil {
		out["behavior"] = s.behavior
	}
	return out
}

func (s *spec) minimum() int {
	if min, ok := s.min.(int); ok {
		return min
	}
	return 1
}

func (g *G) newSpec() spec {
	s := spec{target: m{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}
	g.bounds(&s)
	if g.chance(g.k.behavior) {
		s.behavior = g.behavior()
	}
	s.metrics = g.metrics()
	return s
}

func (g *G) bounds(s *spec) {
	min := pick(g, 1, 1, 1, 2, 3, g.between(1, 6))
	s.min, s.max = min, min+pick(g, 0, 1, 3, 5, 10, 20, 50, 100, 1000)
	if g.k.crowd {
		s.max = pick(g, 150, 1000)
	}
	if g.k.extreme > 0 {
		s.max = 2147483647
	}
	switch {
	case g.chance(g.k.zero):
		s.min = 0
	case g.chance(0.1) && s.max > 0:
		s.min = nil
	}
}

func (g *G) metrics() []metric {
	out := []metric{}
	for i := g.between(g.k.metrics[0], g.k.metrics[1]); i > 0; i-- {
		out = append(out, g.metric())
	}
	return out
}

func (g *G) metric() metric {
	kinds := g.k.kinds
	if len(kinds) == 0 {
		kinds = []string{"Resource", "ContainerResource", "Pods", "Object", "External"}
	}
	x := metric{kind: pick(g, kinds...), selector: g.metricSelector()}
	switch x.kind {
	case "Resource", "ContainerResource":
		x.name, x.container = pick(g, "cpu", "cpu", "cpu", "memory"), pick(g, "main", "main", "sidecar")
		x.form = pick(g, "utilization", "utilization", "average")
	case "Pods":
		x.name, x.form = pick(g, "rps", "latency"), "average"
	case "Object":
		x.name, x.form = pick(g, "hits", "misses"), pick(g, "value", "average")
		x.object = pick(g, m{"apiVersion": "v1", "kind": "Service", "name": "frontend"},
			m{"apiVersion": "v1", "kind": "Service", "name": "frontend"},
			m{"apiVersion": "v1", "kind": "Namespace", "name": "elsewhere"},
			m{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "main-route"})
	case "External":
		x.name, x.form = pick(g, "depth", "backlog"), pick(g, "value", "average")
	}
	g.target(&x)
	if g.chance(g.k.odd) {
		g.makeOdd(&x)
	}
	return x
}

// target chooses the goal and writes the entry of spec.metrics.
func (g *G) target(x *metric) {
	target := m{"type": "AverageValue"}
	if x.form == "utilization" {
		x.goal = int64(pick(g, 50, 60, 80, 100, 30, 200, g.between(1, 150)))
		target = m{"type": "Utilization", "averageUtilization": x.goal}
	} else {
		x.goal = int64(pick(g, 1000, 10_000, 50_000, 100, 250, g.between(1, 5000), g.between(1, 99)))
		text := g.quantity(x.goal)
		if x.name == "memory" {
			x.goal = int64(g.between(1, 500)) << 20 * 1000
			text = pick(g, fmt.Sprintf("%dMi", x.goal>>20/1000), fmt.Sprintf("%d", x.goal/1000))
		}
		if g.chance(g.k.extreme) {
			text = g.positive()
		}
		target["averageValue"] = text
		if x.form == "value" {
			target = m{"type": "Value", "value": text}
		}
	}
	identifier := m{"name": x.name}
	if x.selector != nil {
		identifier["selector"] = x.selector
	}
	switch x.kind {
	case "Resource":
		x.spec = m{"type": x.kind, "resource": m{"name": x.name, "target": target}}
	case "ContainerResource":
		x.spec = m{"type": x.kind, "containerResource": m{"name": x.name, "container": x.container,
			"target": target}}
	case "Pods":
		x.spec = m{"type": x.kind, "pods": m{"metric": identifier, "target": target}}
	case "Object":
		x.spec = m{"type": x.kind, "object": m{"metric": identifier, "target": target,
			"describedObject": x.object}}
	case "External":
		x.spec = m{"type": x.kind, "external": m{"metric": identifier, "target": target}}
	}
}

// makeOdd turns the entry into one that validation refuses or that only looks odd; the controller
// would meet it if validation changed.
func (g *G) makeOdd(x *metric) {
	badSelector := pick[any](g, m{"matchExpressions": list{m{"key": "k", "operator": "In"}}},
		m{"matchLabels": m{"a": "not a value!"}},
		m{"matchExpressions": list{m{"key": "k", "operator": "Near", "values": list{"x"}}}},
		m{"matchExpressions": list{m{"key": "-", "operator": "Exists"}}})
	switch x.kind {
	case "Resource", "ContainerResource":
		target := pick(g, m{"type": "Utilization"}, m{"type": "AverageValue"},
			m{"type": "Utilization", "averageValue": "100m", "averageUtilization": 50},
			m{"type": "AverageValue", "averageUtilization": 50})
		x.spec[map[string]string{"Resource": "resource",
			"ContainerResource": "containerResource"}[x.kind]].(m)["target"] = target
	case "Pods":
		x.spec["pods"].(m)["metric"].(m)["selector"] = badSelector
	case "Object", "External":
		member := x.spec[map[string]string{"Object": "object", "External": "external"}[x.kind]].(m)
		if g.chance(0.3) {
			member["metric"].(m)["selector"] = badSelector
			return
		}
		member["target"] = pick(g, m{"type": "Value", "averageValue": "10"},
			m{"type": "AverageValue", "value": "10"},
			m{"type": "Value", "value": "10", "averageValue": "3"}, m{"type": "Utilization", "value": "10"},
			m{"type": "Value"}, m{"type": "AverageValue", "averageValue": "0"})
	}
	if g.chance(0.1) {
		x.spec = m{"type": "Bogus"}
	}
}

func (g *G) metricSelector() any {
	switch g.IntN(8) {
	case 0:
		return m{"matchLabels": m{"queue": "high"}}
	case 1:
		return m{"matchLabels": m{"zone": "b", "app": "x"}, "matchExpressions": list{
			m{"key": "tier", "operator": pick(g, "In", "NotIn"), "values": list{"b", "a"}}}}
	case 2:
		return m{"matchExpressions": list{m{"key": "gone", "operator": pick(g, "Exists", "DoesNotExist")}}}
	case 3:
		return m{}
	}
	return nil
}

func (g *G) behavior() m {
	b := m{}
	if g.chance(0.8) {
		b["scaleUp"] = g.rules()
	}
	if g.chance(0.8) {
		b["scaleDown"] = g.rules()
	}
	return b
}

// rules is one direction; parts may be absent, so that defaulting fills them.
func (g *G) rules() m {
	r := m{}
	if g.chance(0.7) {
		r["stabilizationWindowSeconds"] = pick(g, 0, 0, 15, 30, 45, 60, 90, 120, 300, 600, 3600)
	}
	if g.chance(0.6) {
		r["selectPolicy"] = pick(g, "Max", "Max", "Min", "Min", "Disabled")
	}
	if g.chance(0.8) {
		policies := list{}
		for i := g.between(1, 3); i > 0; i-- {
			policies = append(policies, g.policy())
		}
		r["policies"] = policies
	}
	if g.chance(0.2) || g.k.edges {
		r["tolerance"] = g.tolerance()
	}
	return r
}

func (g *G) policy() m {
	period := pick(g, 15, 15, 30, 45, 60, 60, 90, 120, 180, 300, 600, 1800, g.between(1, 1800))
	if g.chance(g.k.extreme) {
		return m{"type": pick(g, "Pods", "Percent"), "value": 2147483647, "periodSeconds": period}
	}
	if g.chance(0.5) {
		return m{"type": "Pods", "value": pick(g, 1, 1, 2, 3, 4, 5, 10, 100, g.between(1, 50)),
			"periodSeconds": period}
	}
	percent := pick(g, 1, 5, 10, 10, 12, 20, 25, 33, 50, 80, 90, 100, 150, 200, 300, g.between(1, 1000))
	return m{"type": "Percent", "value": percent, "periodSeconds": period}
}

// edit changes one thing of the spec; sometimes nothing, and the same content is written again.
func (g *G) edit(s *spec) {
	what := g.IntN(6)
	if g.k.behaviorEdits {
		what = g.IntN(2)
	}
	switch what {
	case 0:
		s.behavior = nil
		if g.chance(0.8) {
			s.behavior = g.behavior()
		}
	case 1:
		if b, ok := s.behavior.(m); ok {
			changed := m{"scaleUp": b["scaleUp"], "scaleDown": b["scaleDown"]}
			changed[pick(g, "scaleUp", "scaleDown")] = g.rules()
			s.behavior = changed
		}
	case 2:
		g.bounds(s)
	case 3:
		s.metrics = g.metrics()
	case 4:
		s.metrics = append([]metric{}, s.metrics...)
		g.Shuffle(len(s.metrics), func(i, j int) { s.metrics[i], s.metrics[j] = s.metrics[j], s.metrics[i] })
	case 5: // the same content
	}
}
