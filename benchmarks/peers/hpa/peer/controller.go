// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"reflect"
	"time"
	"unsafe"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
)

// What the controller does for one metric, status included, and to the number that comes out:
// stabilization, limits, conditions. Its look at the API, its logs and its writes stay out.

//go:linkname computeReplicasForMetric k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).computeReplicasForMetric
func computeReplicasForMetric(a *podautoscaler.HorizontalController, ctx context.Context,
	hpa *autoscalingv2.HorizontalPodAutoscaler, spec autoscalingv2.MetricSpec, specReplicas, statusReplicas int32,
	selector labels.Selector, status *autoscalingv2.MetricStatus) (int32, string, time.Time,
	autoscalingv2.HorizontalPodAutoscalerCondition, error)

//go:linkname normalizeDesiredReplicas k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).normalizeDesiredReplicas
func normalizeDesiredReplicas(a *podautoscaler.HorizontalController, hpa *autoscalingv2.HorizontalPodAutoscaler,
	key string, currentReplicas, proposed, minReplicas int32) int32

// recommendation mirrors the controller's own.
type recommendation struct {
	replicas int32
	time     time.Time
}

// recommendationsOf is the controller's memory, which is unexported.
func recommendationsOf(a *podautoscaler.HorizontalController) map[string][]recommendation {
	field := reflect.ValueOf(a).Elem().FieldByName("recommendations")
	return *(*map[string][]recommendation)(unsafe.Pointer(field.UnsafeAddr()))
}

// decisions is the controller over the world, asked for a whole decision each time. Its pods come
// from memory instead of its cache, as the calculator's do.
func decisions(m *memory, pods int32) func() (int32, error) {
	ctx, client := context.Background(), fake.NewClientset()
	factory := informers.NewSharedInformerFactory(client, 0)
	a := podautoscaler.NewHorizontalController(ctx, client.CoreV1(), nil, nil, nil, m,
		factory.Autoscaling().V2().HorizontalPodAutoscalers(), factory.Core().V1().Pods(),
		0, 5*time.Minute, 0.1, 5*time.Minute, 30*time.Second)
	calculator := podautoscaler.NewReplicaCalculator(m, m, 5*time.Minute, 30*time.Second)
	field := reflect.ValueOf(a).Elem().FieldByName("replicaCalc")
	*(**podautoscaler.ReplicaCalculator)(unsafe.Pointer(field.UnsafeAddr())) = calculator

	utilization, key, memory := int32(60), "default/web", recommendationsOf(a)
	hpa := &autoscalingv2.HorizontalPodAutoscaler{}
	hpa.Namespace, hpa.Name, hpa.Spec.MaxReplicas = "default", "web", 1_000_000
	hpa.Spec.Metrics = []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType,
		Resource: &autoscalingv2.ResourceMetricSource{Name: v1.ResourceCPU, Target: autoscalingv2.MetricTarget{
			Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &utilization}}}}
	hpa.Status.CurrentReplicas = pods
	memory[key] = append(make([]recommendation, 0, 2), recommendation{pods, time.Now()})
	all := labels.Everything()
	return func() (int32, error) {
		memory[key] = memory[key][:1] // each decision starts from the same one
		var status autoscalingv2.MetricStatus
		n, _, _, _, err := computeReplicasForMetric(a, ctx, hpa, hpa.Spec.Metrics[0], pods, pods, all, &status)
		if err != nil {
			return 0, err
		}
		return normalizeDesiredReplicas(a, hpa, key, pods, n, 1), nil
	}
}
