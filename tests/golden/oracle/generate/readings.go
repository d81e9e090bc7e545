// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"fmt"
	"math"

	"tidegate/oracle/scenario"
)

// readings is what the metrics APIs answer in a step, so that each metric shows about the ratio
// that the step wants.
func (g *G) readings(pods []scenario.Pod, stat int) scenario.Metrics {
	out := scenario.Metrics{Resource: map[string]scenario.PodMetrics{}, Pods: map[string]map[string]string{},
		Object: map[string]map[string]string{}, External: map[string][]string{}}
	for i := range g.spec.metrics {
		x := &g.spec.metrics[i]
		ratio, key := g.wanted(), g.key(x)
		switch x.kind {
		case "Resource", "ContainerResource":
			g.readResource(&out, x, pods, ratio)
		case "Pods":
			out.Pods[key] = g.readPods(x, pods, ratio)
		case "Object":
			object := g.objectKey(x.object)
			if out.Object[key] == nil {
				out.Object[key] = map[string]string{}
			}
			out.Object[key][object] = g.readTotal(x, stat, ratio, 1)[0]
		case "External":
			out.External[key] = g.readTotal(x, stat, ratio, pick(g, 1, 1, 1, 2, 3))
		}
	}
	return out
}

// wanted is usage over target in this step.
func (g *G) wanted() float64 {
	if g.k.edges {
		tolerance := g.s.Flags.Tolerance
		return pick(g, 0.9, 1.1, 1-tolerance, 1+tolerance, 1, 0.99, 1.01, 1.05, 0.95, 1.2, 0.8, 0.67, 1.33)
	}
	if g.k.loop && g.n > 0 {
		return g.demand / float64(g.n) * (0.97 + 0.06*g.Float64())
	}
	return g.ratio()
}

// key is the name under which an API has the metric: with or without the selector.
func (g *G) key(x *metric) string {
	if labels, ok := x.selector.(m); ok && g.chance(0.5) {
		if match, ok := labels["matchLabels"].(m); ok && labels["matchExpressions"] == nil {
			return fmt.Sprintf("%s{queue=%s}", x.name, match["queue"])
		}
	}
	return x.name
}

func (g *G) objectKey(object m) string {
	switch object["kind"] {
	case "Namespace":
		return "Namespace/" + g.s.HPA.Namespace
	case "Ingress":
		return "Ingress.networking.k8s.io/main-route"
	}
	return "Service/frontend"
}

// amount writes milli-units of a resource.
func (g *G) amount(resource string, v int64) string {
	if g.chance(g.k.extreme) {
		return g.positive()
	}
	if resource != "memory" {
		return g.quantity(v)
	}
	if g.chance(0.3) {
		return fmt.Sprintf("%dKi", v/1000/1024)
	}
	return fmt.Sprintf("%d", v/1000)
}

func (g *G) readResource(out *scenario.Metrics, x *metric, pods []scenario.Pod, ratio float64) {
	mean := ratio * float64(x.goal)
	if x.form == "utilization" {
		mean = ratio * float64(base[x.name]) * float64(x.goal) / 100
		if g.k.exact {
			mean = float64(g.exact(int(x.goal), len(pods))) * float64(base[x.name]) / 100
		}
	}
	values := g.scatter(len(pods)+1, mean)
	for i, v := range values {
		name := "gone-0" // a pod that is not listed any more
		if i < len(pods) {
			name = pods[i].Name
		} else if !g.chance(0.05) {
			continue
		}
		if g.chance(g.k.missing) {
			continue
		}
		p, ok := out.Resource[name]
		if !ok {
			p = scenario.PodMetrics{Timestamp: int64(g.t) - int64(g.IntN(60)),
				Window:     float64(pick(g, 15, 30, 30, 60)),
				Containers: map[string]map[string]string{}}
		}
		for _, c := range g.metered(i, pods) {
			if p.Containers[c] == nil {
				p.Containers[c] = map[string]string{}
			}
			p.Containers[c][x.name] = g.amount(x.name, v)
		}
		out.Resource[name] = p
	}
}

// metered names the containers that report usage; now and then one is absent or unknown.
func (g *G) metered(i int, pods []scenario.Pod) []string {
	names := []string{"main"}
	if i < len(pods) {
		names = names[:0]
		for _, c := range pods[i].Containers {
			names = append(names, c.Name)
		}
		for _, c := range pods[i].InitContainers {
			if c.RestartPolicy == "Always" {
				names = append(names, c.Name)
			}
		}
	}
	if g.chance(g.k.missing / 2) {
		return pick(g, names[:len(names)-1], append(names, "ghost"))
	}
	return names
}

// exact prefers quotients without a remainder, where rounding decides.
func (g *G) exact(target, n int) int {
	u := g.between(1, 3*target)
	for try := 0; try < 100 && (u*n)%target != 0; try++ {
		u = g.between(1, 3*target)
	}
	return u
}

func (g *G) readPods(x *metric, pods []scenario.Pod, ratio float64) map[string]string {
	out := map[string]string{}
	for i, v := range g.scatter(len(pods)+1, ratio*float64(x.goal)) {
		switch {
		case i < len(pods) && !g.chance(g.k.missing):
			out[pods[i].Name] = g.quantity(v)
		case i == len(pods) && g.chance(0.05):
			out["gone-0"] = g.quantity(v)
		}
	}
	return out
}

// readTotal is a value of an object, or the parts of an external one.
func (g *G) readTotal(x *metric, stat int, ratio float64, parts int) []string {
	total := ratio * float64(x.goal)
	if x.form == "average" {
		total *= float64(max(1, stat))
	}
	if g.k.exact && x.form == "value" {
		total = float64(g.exact(int(min(x.goal, 99)), g.n)) * float64(x.goal) / math.Max(1,
			float64(min(x.goal, 99)))
	}
	if g.chance(g.k.zero * 0.6) {
		total = pick(g, 0, 0, 1, float64(x.goal))
	}
	out := []string{}
	for _, v := range g.scatter(parts, total/float64(parts)) {
		out = append(out, g.quantity(v))
	}
	return out
}
