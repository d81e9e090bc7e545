// SPDX-License-Identifier: Apache-2.0

// Package controller runs the real HorizontalPodAutoscaler controller against a scenario.
//
// What is real: the controller and its per-key reconcile, ReplicaCalculator, normalization,
// state, the metrics client's reading of the three metrics APIs, v2 defaulting, feature gates.
// What is ours: the stores and API servers around it, with these simplifications:
//
//   - time stands still during a reconcile (a testing/synctest bubble); retries take no time;
//   - pods are listed in the scenario's order (the real cache has a random one);
//   - autoscalers that a message lists are sorted (their real order is random);
//   - queue and informers are bypassed: a step is one reconcile;
//   - storing is a JSON round trip: quantities become canonical, times lose their fraction; an
//     object is not validated.
package controller

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	controllermetrics "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"

	"tidegate/oracle/scenario"
)

// World is the cluster as one scenario sees it. It lives inside a testing/synctest bubble, where
// time.Now is virtual.
type World struct {
	scenario *scenario.Scenario
	start    time.Time
	ctx      context.Context
	cancel   context.CancelFunc

	controller *podautoscaler.HorizontalController
	hpas       cache.SharedIndexInformer
	pods       []*v1.Pod
	step       *scenario.Step
	scale      autoscalingv1.Scale
	others     map[string]string // selectors of the other autoscalers
	stepsRun   int

	// What the reconcile of this step did.
	events        []scenario.Event
	scaleWritten  *int32
	scaleUpdates  int
	statusWritten bool
}

// New makes the world before the first step.
func New(s *scenario.Scenario) *World {
	w := &World{scenario: s, start: time.Now(), others: map[string]string{}}
	w.hpas = cache.NewSharedIndexInformer(&cache.ListWatch{}, &autoscalingv2.HorizontalPodAutoscaler{}, 0,
		cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	hpa := w.newHPA(s.HPA.Name, s.HPA.Spec)
	if s.Initial != nil {
		hpa.Status.Conditions = initialConditions(s.Initial.Conditions)
	}
	w.putHPA(hpa)
	for _, o := range s.OtherHPAs {
		w.others[o.Name] = o.Selector
		w.putHPA(w.newHPA(o.Name, []byte(fmt.Sprintf(`{"scaleTargetRef":{"apiVersion":"apps/v1",
			"kind":"Deployment","name":%q},"maxReplicas":10,"metrics":[{"type":"External","external":
			{"metric":{"name":"none"},"target":{"type":"AverageValue","averageValue":"1"}}}]}`, o.Name))))
	}
	w.startController()
	w.seedHistory()
	return w
}

// Close ends the controller's goroutines; a bubble waits for them.
func (w *World) Close() {
	shutDownQueue(w.controller)
	w.cancel()
}

func (w *World) startController() {
	if w.controller != nil {
		w.Close()
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	f := w.scenario.Flags
	w.controller = podautoscaler.NewHorizontalController(w.ctx, noEvents{}, scales{w}, hpaWriter{w: w},
		discoveredKinds(), controllermetrics.NewRESTMetricsClient(resourceMetrics{w},
			customMetrics{w}, externalMetrics{w}),
		hpaInformer{w}, podInformer{w}, seconds(f.SyncPeriod), seconds(f.DownscaleStabilization), f.Tolerance,
		seconds(f.CPUInitialization), seconds(f.ReadinessDelay))
	setRecorder(w.controller, recorder{w})
	for _, obj := range w.hpas.GetIndexer().List() {
		enqueueHPA(w.controller, obj)
	}
}

func (w *World) seedHistory() {
	in := w.scenario.Initial
	if in == nil {
		return
	}
	if in.Recommendations != nil {
		list := []recommendation{}
		for _, r := range in.Recommendations {
			list = append(list, recommendation{r.Replicas, w.at(r.T)})
		}
		recommendationsOf(w.controller)[w.key()] = list
	}
	seed := func(name string, events []scenario.ScaleEvent) {
		lists := scaleEventsOf(w.controller, name)
		for _, e := range events {
			lists[w.key()] = append(lists[w.key()], scaleEvent{e.Change, w.at(e.T), e.Outdated})
		}
	}
	seed("scaleUpEvents", in.ScaleUpEvents)
	seed("scaleDownEvents", in.ScaleDownEvents)
}

func (w *World) key() string { return w.scenario.HPA.Namespace + "/" + w.scenario.HPA.Name }

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

func (w *World) at(offset float64) time.Time { return w.start.Add(seconds(offset)) }

func (w *World) offset(t time.Time) float64 { return float64(t.Sub(w.start)) / 1e9 }

func (w *World) apiTime(offset int64) metav1.Time {
	return metav1.NewTime(w.start.Add(time.Duration(offset) * time.Second))
}

func (w *World) newHPA(name string, spec []byte) *autoscalingv2.HorizontalPodAutoscaler {
	return &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.scenario.HPA.Namespace, Name: name,
			UID: types.UID("uid-" + name), ResourceVersion: "1", Generation: 1},
		Spec: decodeSpec(spec),
	}
}

func (w *World) putHPA(hpa *autoscalingv2.HorizontalPodAutoscaler) {
	if err := w.hpas.GetIndexer().Add(hpa); err != nil {
		panic(err)
	}
}

func (w *World) getHPA() *autoscalingv2.HorizontalPodAutoscaler {
	obj, _, _ := w.hpas.GetIndexer().GetByKey(w.key())
	return obj.(*autoscalingv2.HorizontalPodAutoscaler)
}

// Step runs one reconcile.
func (w *World) Step(step *scenario.Step) scenario.StepResult {
	if d := time.Until(w.at(step.T)); d > 0 {
		time.Sleep(d)
	}
	w.step = step
	if step.Restart {
		w.startController()
	}
	if step.Spec != nil {
		w.edit(step.Spec)
	}
	w.observe(step)
	w.stepsRun++
	if w.stepsRun == 1 || step.Restart {
		for _, o := range w.scenario.OtherHPAs {
			_, _ = reconcileKey(w.controller, w.ctx, w.scenario.HPA.Namespace+"/"+o.Name)
		}
	}
	if step.Delete {
		w.recreate()
	}
	w.events, w.scaleWritten, w.scaleUpdates, w.statusWritten = []scenario.Event{}, nil, 0, false
	_, err := reconcileKey(w.controller, w.ctx, w.key())
	return w.result(step, err)
}

func (w *World) edit(spec json.RawMessage) {
	old := w.getHPA()
	hpa := old.DeepCopy()
	hpa.Spec = decodeSpec(spec)
	if !apiequality.Semantic.DeepEqual(hpa.Spec, old.Spec) {
		hpa.Generation++
	}
	w.putHPA(hpa)
}

func (w *World) observe(step *scenario.Step) {
	w.pods = nil
	for i := range step.Pods {
		w.pods = append(w.pods, w.pod(&step.Pods[i]))
	}
	w.scale = autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.scenario.HPA.Namespace,
			Name: w.getHPA().Spec.ScaleTargetRef.Name, ResourceVersion: "1"},
		Spec:   autoscalingv1.ScaleSpec{Replicas: step.Scale.Spec},
		Status: autoscalingv1.ScaleStatus{Replicas: step.Scale.Status, Selector: step.Scale.Selector},
	}
}

// recreate deletes the HPA, lets the controller notice, and creates it again with the same spec.
func (w *World) recreate() {
	hpa := w.getHPA().DeepCopy()
	_ = w.hpas.GetIndexer().Delete(hpa)
	_, _ = reconcileKey(w.controller, w.ctx, w.key())
	hpa.Status = autoscalingv2.HorizontalPodAutoscalerStatus{}
	hpa.Generation = 1
	w.putHPA(hpa)
}

func (w *World) result(step *scenario.Step, err error) scenario.StepResult {
	status := w.getHPA().Status
	r := scenario.StepResult{T: step.T, ScaleWritten: w.scaleWritten, ScaleUpdates: w.scaleUpdates,
		StatusWritten: w.statusWritten, Events: w.events,
		CurrentReplicas: status.CurrentReplicas, DesiredReplicas: status.DesiredReplicas,
		CurrentMetrics: []json.RawMessage{}, Conditions: []scenario.Condition{},
		Recommendations: []scenario.Recommendation{},
		ScaleUpEvents:   w.scaleEvents("scaleUpEvents"), ScaleDownEvents: w.scaleEvents("scaleDownEvents")}
	if status.LastScaleTime != nil {
		r.LastScaleTime = w.since(*status.LastScaleTime)
	}
	shown := shownStatus(status)
	r.ObservedGeneration = shown.ObservedGeneration
	r.CurrentMetrics = append(r.CurrentMetrics, shown.CurrentMetrics...)
	for _, c := range status.Conditions {
		r.Conditions = append(r.Conditions, scenario.Condition{Type: string(c.Type), Status: string(c.Status),
			Reason: c.Reason, Message: c.Message, LastTransitionTime: w.since(c.LastTransitionTime)})
	}
	if err != nil {
		text := inOrder(err.Error())
		r.Error = &text
	}
	for _, x := range recommendationsOf(w.controller)[w.key()] {
		r.Recommendations = append(r.Recommendations, scenario.Recommendation{Replicas: x.value,
			T: w.offset(x.at)})
	}
	return r
}

func (w *World) scaleEvents(name string) []scenario.ScaleEvent {
	list := []scenario.ScaleEvent{}
	for _, x := range scaleEventsOf(w.controller, name)[w.key()] {
		list = append(list, scenario.ScaleEvent{Change: x.change, T: w.offset(x.at), Outdated: x.outdated})
	}
	return list
}

// since is an API time in seconds from the start, or nil.
func (w *World) since(t metav1.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	s := int64(t.Sub(w.start) / time.Second)
	return &s
}
