// SPDX-License-Identifier: Apache-2.0

// Package generate makes random scenarios and runs them as it makes them, so that a step can
// follow what the controller did in the one before. A seed and an index name a scenario for ever.
package generate

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sort"

	"tidegate/oracle/controller"
	"tidegate/oracle/scenario"
)

var switchable, enabled = controller.Switchable, controller.Enabled

// G builds one scenario. Everything random comes from its Rand.
type G struct {
	*rand.Rand
	k    knobs
	s    *scenario.Scenario
	r    *scenario.Result
	w    *controller.World
	spec spec

	t          float64 // now
	n          int     // replicas that the scale asks for
	demand     float64 // replicas that would run exactly at the target
	startup    float64 // seconds from a pod's creation to its readiness
	created    []float64
	selector   string
	outageLeft int  // steps
	broken     int  // bits: which metrics fail in it
	faulty     bool // the last step had faults
	edges      []float64
}

// One makes and runs the index-th scenario of a family. Call it in a synctest bubble.
func One(family Family, seed uint64, index int) *scenario.Vector {
	hash := fnv.New64a()
	hash.Write([]byte(family.Name))
	g := &G{Rand: rand.New(rand.NewPCG(seed, hash.Sum64()+uint64(index))), k: family.knobs, selector: "app=web"}
	g.s = &scenario.Scenario{ID: fmt.Sprintf("%s/%d-%05d", family.Name, seed, index), Family: family.Name,
		K8sVersion: controller.Version(), HPA: scenario.HPA{Namespace: "default", Name: "hpa"}}
	g.r = &scenario.Result{ID: g.s.ID, Steps: []scenario.StepResult{}}
	g.build()
	return &scenario.Vector{Scenario: g.s, Result: g.r}
}

func (g *G) build() {
	g.s.Flags = g.flags()
	g.s.Gates = g.gates()
	g.s.OtherHPAs = g.otherHPAs()
	g.spec = g.newSpec()
	g.spec.target = g.targetRef()
	g.s.HPA.Spec = raw(g.spec.json())
	g.n = g.replicas()
	g.startup = pick[float64](g, 0, 0, 9, 60)
	g.demand = float64(g.between(1, min(g.spec.max, 40)))
	for i := 0; i < min(g.n, 120); i++ {
		g.created = append(g.created, -3600)
	}
	if g.chance(g.k.initial) {
		g.s.Initial = g.initial()
	}
	undo := controller.SetGates(g.s.Gates)
	defer controller.SetGates(undo)
	g.w = controller.New(g.s)
	defer g.w.Close()
	for i := g.between(g.k.steps[0], g.k.steps[1]); i > 0; i-- {
		g.step()
	}
}

// flags are the controller's: the defaults, mostly.
func (g *G) flags() scenario.Flags {
	f := scenario.Flags{SyncPeriod: 15, Tolerance: 0.1, DownscaleStabilization: 300,
		CPUInitialization: 300, ReadinessDelay: 30}
	if !g.k.loop || g.chance(0.3) {
		f.DownscaleStabilization = pick[float64](g, 0, 0, 300, 60, 30)
	}
	if g.chance(0.2) {
		f.CPUInitialization, f.ReadinessDelay = 120, 10
	}
	if g.chance(0.1) || g.k.edges && g.chance(0.3) {
		f.Tolerance = pick(g, 0, 0.01, 0.05, 0.2, 0.15, 0.33, 1)
	}
	return f
}

// replicas favours small counts within the bounds.
func (g *G) replicas() int {
	if g.k.extreme > 0.1 && g.chance(0.3) {
		return pick(g, 1<<20, 1<<30, 2147483647)
	}
	if g.k.crowd {
		return g.between(30, 120)
	}
	high := pick(g, 5, 12, 12, 30, 60)
	n := g.between(1, min(high, max(1, g.spec.max)))
	if g.chance(0.05) {
		n = pick(g, 0, g.spec.max, min(g.spec.max+1, math.MaxInt32), g.spec.minimum(), max(0,
			g.spec.minimum()-1))
	}
	return n
}

func (g *G) initial() *scenario.Initial {
	in := &scenario.Initial{}
	past := func() float64 { return -float64(pick(g, 1, 10, 60, 299, 300, 301, g.between(1, 4000))) }
	if g.chance(0.8) {
		in.Recommendations = []scenario.Recommendation{}
		for i := g.IntN(5); i > 0; i-- {
			in.Recommendations = append(in.Recommendations,
				scenario.Recommendation{Replicas: int32(g.between(0, 20)), T: past()})
		}
	}
	for i := g.IntN(3); i > 0; i-- {
		in.ScaleUpEvents = append(in.ScaleUpEvents, scenario.ScaleEvent{Change: int32(g.between(1,
			9)), T: past(), Outdated: g.chance(0.2)})
		in.ScaleDownEvents = append(in.ScaleDownEvents,
			scenario.ScaleEvent{Change: int32(g.between(1, 9)), T: past(), Outdated: g.chance(0.2)})
	}
	in.Conditions = g.conditions()
	return in
}

// conditions are some that an earlier controller left, in any order.
func (g *G) conditions() (out []scenario.Condition) {
	add := func(chance float64, kind, status, reason, message string) {
		if g.chance(chance) {
			out = append(out, scenario.Condition{Type: kind, Status: status, Reason: reason, Message: message})
		}
	}
	if g.k.zero > 0 {
		add(0.4, "ScaledToZero", "True", "ScaledToZero", "the HPA controller scaled the workload to zero")
	}
	if len(out) == 0 {
		add(0.15, "ScaledToZero", "False", "NotScaledToZero",
			"the HPA controller did not scale the workload to zero")
	}
	add(0.15, "AbleToScale", "False", "FailedGetScale",
		"the HPA controller was unable to get the target's current scale: gone")
	add(0.15, "ScalingActive", pick(g, "True", "False", "Unknown"), "Elsewhere", "of another controller")
	add(0.15, "ScalingLimited", "True", "TooManyReplicas",
		"the desired replica count is more than the maximum replica count")
	g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func (g *G) step() {
	s := scenario.Step{T: g.t}
	first := len(g.s.Steps) == 0
	if !first && g.chance(g.k.edits) {
		g.edit(&g.spec)
		s.Spec = raw(g.spec.json())
	}
	if !first && g.chance(g.k.restarts) {
		s.Restart, s.Delete = g.chance(0.7), g.chance(0.4)
	}
	if g.k.loop && g.chance(0.25) {
		g.demand = 1.3 * g.Float64() * float64(min(g.spec.max, 60))
	}
	s.Pods = g.pods()
	stat := max(0, g.n+pick(g, 0, 0, 0, 0, 0, 1, 2, -1))
	s.Scale = scenario.Scale{Spec: int32(g.n), Status: int32(min(stat, math.MaxInt32)),
		Selector: g.scaleSelector()}
	s.Metrics = g.readings(s.Pods, stat)
	g.failMetrics(&s.Metrics)
	s.Faults = g.faults()
	g.s.Steps = append(g.s.Steps, s)
	r := g.w.Step(&s)
	g.r.Steps = append(g.r.Steps, r)
	g.after(r)
}

// after lets time pass and the scale follow.
func (g *G) after(r scenario.StepResult) {
	if r.ScaleWritten != nil {
		g.n = int(*r.ScaleWritten)
	}
	if g.chance(g.k.manual) {
		g.n = g.replicas()
	}
	if g.k.zero > 0 && g.chance(0.05) {
		g.n = 0
	}
	g.edges = append(g.edges, g.t)
	g.t += g.pause()
	if g.k.windowEdges && g.chance(0.5) {
		g.t = g.edge()
	}
	g.t = math.Round(g.t*1e9) / 1e9
}

func (g *G) pause() float64 {
	if !g.chance(g.k.gaps) {
		return pick(g, 15, 15, 15, 15, 15.004, 15.031)
	}
	return pick(g, 0.001, 1e-9, 1, 5, 59.999, 60, 61, 299, 300, 300.000000001, 301, 600, 1800, 3600,
		86400, 604800)
}

// edge is the next moment at, just before or just after the end of a window or period that began
// with an earlier step.
func (g *G) edge() float64 {
	off := pick(g, 0, 0, 1e-9, -1e-9, 1e-3, -1e-3)
	ends := []float64{}
	for _, at := range g.edges {
		for _, length := range g.lengths() {
			if end := at + length + off; end > g.edges[len(g.edges)-1] {
				ends = append(ends, end)
			}
		}
	}
	if len(ends) == 0 {
		return g.t
	}
	sort.Float64s(ends)
	return ends[g.IntN(min(len(ends), 4))]
}

// lengths are the windows and periods that count.
func (g *G) lengths() []float64 {
	out := []float64{g.s.Flags.DownscaleStabilization}
	behavior, _ := g.spec.behavior.(m)
	for _, direction := range []string{"scaleUp", "scaleDown"} {
		rules, _ := behavior[direction].(m)
		if window, ok := rules["stabilizationWindowSeconds"].(int); ok {
			out = append(out, float64(window))
		}
		policies, _ := rules["policies"].(list)
		for _, p := range policies {
			out = append(out, float64(p.(m)["periodSeconds"].(int)))
		}
	}
	return out
}
