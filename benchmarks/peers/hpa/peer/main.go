// SPDX-License-Identifier: Apache-2.0

// Command peer measures the Kubernetes controller's own ReplicaCalculator, with everything that it
// asks for in memory:
//
//	peer KIND PODS MILLISECONDS
//
// KIND is resource (cpu by utilization, readiness looked at), average (a Pods metric) or controller (a
// whole decision about the first). Prints operations, CPU time of the process, and the answer, which
// the other side has to give as well.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
)

// memory answers the calculator's questions with the same prepared values each time, which is
// less work than a real client and cache do.
type memory struct {
	corelisters.PodLister
	corelisters.PodNamespaceLister
	pods    []*v1.Pod
	metrics metrics.PodMetricsInfo
}

func (m *memory) Pods(string) corelisters.PodNamespaceLister { return m }
func (m *memory) List(labels.Selector) ([]*v1.Pod, error)    { return m.pods, nil }
func (m *memory) GetResourceMetric(context.Context, v1.ResourceName, string, labels.Selector, string) (
	metrics.PodMetricsInfo, time.Time, error) {
	return m.metrics, time.Time{}, nil
}
func (m *memory) GetRawMetric(string, string, labels.Selector,
	labels.Selector) (metrics.PodMetricsInfo, time.Time, error) {
	return m.metrics, time.Time{}, nil
}
func (m *memory) GetObjectMetric(string, string, *autoscalingv2.CrossVersionObjectReference, labels.Selector) (
	int64, time.Time, error) {
	panic("not asked for")
}
func (m *memory) GetExternalMetric(string, string, labels.Selector) ([]int64, time.Time, error) {
	panic("not asked for")
}

// world has pods that became ready long ago; each requests 1 cpu and uses 900m and 37m more than
// the one before it, in cycles of 10.
func world(pods int) *memory {
	m := &memory{metrics: metrics.PodMetricsInfo{}}
	now := time.Now()
	start := metav1.NewTime(now.Add(-time.Hour))
	for i := 0; i < pods; i++ {
		name := fmt.Sprintf("web-%d", i)
		requests := v1.ResourceList{v1.ResourceCPU: resource.MustParse("1")}
		m.pods = append(m.pods, &v1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
			Spec: v1.PodSpec{Containers: []v1.Container{{Name: "main",
				Resources: v1.ResourceRequirements{Requests: requests}}}},
			Status: v1.PodStatus{Phase: v1.PodRunning, StartTime: &start,
				Conditions: []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionTrue,
					LastTransitionTime: start}}}})
		m.metrics[name] = metrics.PodMetric{Timestamp: now, Window: 30 * time.Second,
			Value: int64(900 + 37*(i%10))}
	}
	return m
}

// tolerances are the controller's default of 10 % both ways; the members are unexported.
func tolerances() (t podautoscaler.Tolerances) {
	*(*[2]float64)(unsafe.Pointer(&t)) = [2]float64{0.1, 0.1}
	return t
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// measure repeats the operation for a span of CPU time, after a quarter of it as a warm-up.
func measure(span time.Duration, operation func() int32) {
	var answer int32
	loop := func(span time.Duration) (count int64, took time.Duration) {
		begin := cpuTime()
		for block := int64(1); took < span; block *= 2 {
			for i := int64(0); i < block; i++ {
				answer = operation()
			}
			count += block
			took = cpuTime() - begin
		}
		return count, took
	}
	loop(span / 4)
	count, took := loop(span)
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"operations": count,
		"cpu_ns": took.Nanoseconds(), "answer": answer})
}

func main() {
	pods, _ := strconv.Atoi(os.Args[2])
	milliseconds, _ := strconv.Atoi(os.Args[3])
	m := world(pods)
	calculator := podautoscaler.NewReplicaCalculator(m, m, 5*time.Minute, 30*time.Second)
	all, within, ctx := labels.Everything(), tolerances(), context.Background()
	kinds := map[string]func() (int32, error){
		"resource": func() (int32, error) {
			n, _, _, _, err := calculator.GetResourceReplicas(ctx, int32(pods), 60, v1.ResourceCPU,
				within, "default", all, "")
			return n, err
		},
		"average": func() (int32, error) {
			n, _, _, err := calculator.GetMetricReplicas(int32(pods), 600, "rps", within, "default", all, all)
			return n, err
		},
	}
	kinds["replicas"] = kinds["resource"]
	if os.Args[1] == "controller" {
		kinds["controller"] = decisions(m, int32(pods))
	}
	operation := kinds[os.Args[1]]
	measure(time.Duration(milliseconds)*time.Millisecond, func() int32 {
		n, err := operation()
		if err != nil {
			panic(err)
		}
		return n
	})
}
