// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"fmt"

	"tidegate/oracle/scenario"
)

// podName is the name of the i-th pod of a workload.
func podName(i int) string { return fmt.Sprintf("web-%d", i) }

// base is what a container requests of each resource, in milli-units.
var base = map[string]int64{"cpu": 500, "memory": 256 << 20 * 1000}

// pods are the pods of the namespace: those that the scale asks for, roughly, by age, some of
// them in an odd state. Ages follow the scale: a pod that appears is young.
func (g *G) pods() []scenario.Pod {
	limit := 12
	if g.k.crowd {
		limit = 120
	}
	listed := max(0, min(g.n, limit)) // extreme arithmetic writes negative scales
	if g.chance(0.2) {
		listed = max(0, listed+g.between(-2, 3))
	}
	for len(g.created) < listed {
		g.created = append(g.created, g.t-pick[float64](g, 0, 0, 1, 5))
	}
	g.created = g.created[:listed]
	style := 0
	if g.chance(g.k.requests) {
		style = g.between(1, 8)
	}
	out := []scenario.Pod{}
	for i := 0; i < listed; i++ {
		p := g.pod(i)
		if g.chance(g.k.pods) {
			g.makeOddPod(&p)
		}
		g.dress(&p, style)
		if g.chance(g.k.selectors / 2) {
			p.Labels = map[string]string{"app": pick(g, "web", "web", "db"), "track": pick(g,
				"canary", "stable"),
				"tier": pick(g, "gold", "silver")}
		}
		out = append(out, p)
	}
	return out
}

// pod is in the state that its age gives it.
func (g *G) pod(i int) scenario.Pod {
	start := int64(g.created[i] + g.startup/3)
	ready := int64(g.created[i] + g.startup)
	p := scenario.Pod{Name: podName(i), Phase: "Running", StartTime: ptr(start),
		Conditions: []scenario.PodCondition{{Type: "Ready", Status: "True", LastTransitionTime: ready}}}
	switch {
	case g.t < float64(start):
		p.Phase, p.StartTime, p.Conditions = "Pending", nil, []scenario.PodCondition{}
	case g.t < float64(ready):
		p.Conditions[0] = scenario.PodCondition{Type: "Ready", Status: "False", LastTransitionTime: start}
	}
	return p
}

// makeOddPod puts the pod into another state of life.
func (g *G) makeOddPod(p *scenario.Pod) {
	now := int64(g.t)
	start := now - int64(pick(g, 3, 20, 60, 119, 200, 299, 300, 301, 400, 3600))
	ready := scenario.PodCondition{Type: "Ready", Status: "True",
		LastTransitionTime: start + int64(pick(g, 0, 5, 29, 30, 31, 40))}
	p.Phase, p.StartTime, p.Conditions = "Running", ptr(start), []scenario.PodCondition{ready}
	switch g.IntN(14) {
	case 0:
		p.Phase, p.StartTime, p.Conditions = "Pending", nil, []scenario.PodCondition{}
	case 1:
		p.Phase = "Pending"
		p.Conditions[0].Status = "False"
	case 2, 3:
		p.Conditions[0].Status = "False"
	case 4, 5:
		p.Conditions[0] = scenario.PodCondition{Type: "Ready", Status: pick(g, "False", "Unknown", "True"),
			LastTransitionTime: now - int64(g.IntN(60))}
	case 6:
		p.Phase = pick(g, "Failed", "Succeeded")
		p.Conditions[0].Status = "False"
	case 7:
		p.DeletionTimestamp = ptr(now + 20)
	case 8:
		p.DeletionTimestamp = ptr(now - 5)
		p.Phase = pick(g, "Pending", "Running", "Failed")
	case 9:
		p.Phase = pick(g, "Unknown", "")
	case 10:
		p.StartTime = nil
	case 11:
		p.Conditions = []scenario.PodCondition{{Type: "PodScheduled", Status: "True",
			LastTransitionTime: start}}
	case 12:
		p.Conditions = []scenario.PodCondition{{Type: "Initialized", Status: "True", LastTransitionTime: start},
			{Type: "Ready", Status: pick(g, "True", "False"), LastTransitionTime: start + 30},
			{Type: "ContainersReady", Status: "True", LastTransitionTime: start}}
	}
}

// requests asks for cpu and memory; odd styles vary the amounts and leave some out.
func (g *G) requests(style int) map[string]string {
	if style == 0 {
		return map[string]string{"cpu": milli(base["cpu"]), "memory": fmt.Sprintf("%d", base["memory"]/1000)}
	}
	out := map[string]string{"cpu": pick(g, "100m", "250m", "1", "0.5", "2", milli(int64(g.between(1, 2000)))),
		"memory": pick(g, "64Mi", "128Mi", "1Gi", "100M", "1500Ki", "1e9", fmt.Sprintf("%d",
			g.between(1, 1<<30)))}
	if g.chance(g.k.extreme) {
		out["cpu"], out["memory"] = g.positive(), g.positive()
	}
	if style == 5 && g.chance(0.3) {
		delete(out, pick(g, "cpu", "memory"))
	}
	return out
}

// dress gives the pod containers; the style is that of all pods of a step.
func (g *G) dress(p *scenario.Pod, style int) {
	p.Containers = []scenario.Container{{Name: "main", Requests: g.requests(style)}}
	if style > 0 {
		p.Containers = append(p.Containers, scenario.Container{Name: "sidecar", Requests: g.requests(style)})
	}
	init := scenario.Container{Name: "init", Requests: g.requests(style)}
	proxy := scenario.Container{Name: "proxy", RestartPolicy: "Always", Requests: g.requests(style)}
	switch style {
	case 1: // a restartable init container counts, an ordinary one does not
		p.InitContainers = []scenario.Container{init, proxy}
	case 2:
		p.PodRequests = g.requests(style)
	case 3: // of one resource only
		name := pick(g, "cpu", "memory")
		p.PodRequests, p.Overhead = map[string]string{name: g.requests(style)[name]}, g.requests(style)
	case 4:
		p.PodRequests, p.Overhead = g.requests(style), g.requests(style)
		p.InitContainers = []scenario.Container{init}
	case 6:
		proxy.Requests = nil
		p.InitContainers = []scenario.Container{proxy, init, {Name: "late", RestartPolicy: "Always",
			Requests: g.requests(style)}}
		if g.chance(0.6) {
			p.PodRequests = map[string]string{"memory": "1Gi"}
		}
	case 7:
		p.PodRequests = map[string]string{pick(g, "example.com/gpu", "hugepages-2Mi"): "4Mi"}
	}
}
