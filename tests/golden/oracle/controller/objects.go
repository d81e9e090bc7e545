// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"encoding/json"
	"fmt"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/restmapper"
	autoscalingdefaults "k8s.io/kubernetes/pkg/apis/autoscaling/v2"

	"tidegate/oracle/scenario"
)

// From the scenario's words to API objects, and back.

func decodeSpec(raw []byte) autoscalingv2.HorizontalPodAutoscalerSpec {
	hpa := autoscalingv2.HorizontalPodAutoscaler{}
	if err := json.Unmarshal(raw, &hpa.Spec); err != nil {
		panic(fmt.Sprintf("bad HPA spec: %v", err))
	}
	autoscalingdefaults.SetObjectDefaults_HorizontalPodAutoscaler(&hpa)
	return throughAPI(&hpa).Spec
}

// throughAPI is what storing an object in the API server does to it.
func throughAPI(hpa *autoscalingv2.HorizontalPodAutoscaler) *autoscalingv2.HorizontalPodAutoscaler {
	out := &autoscalingv2.HorizontalPodAutoscaler{}
	raw, err := json.Marshal(hpa)
	if err == nil {
		err = json.Unmarshal(raw, out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

func initialConditions(in []scenario.Condition) (out []autoscalingv2.HorizontalPodAutoscalerCondition) {
	for _, c := range in {
		out = append(out, autoscalingv2.HorizontalPodAutoscalerCondition{
			Type:   autoscalingv2.HorizontalPodAutoscalerConditionType(c.Type),
			Status: v1.ConditionStatus(c.Status), Reason: c.Reason, Message: c.Message})
	}
	return out
}

// shown is the part of a status that is read as JSON: older API types lack the first field, and
// the metrics are wanted as a user sees them.
type shown struct {
	ObservedGeneration *int64            `json:"observedGeneration"`
	CurrentMetrics     []json.RawMessage `json:"currentMetrics"`
}

func shownStatus(status autoscalingv2.HorizontalPodAutoscalerStatus) (out shown) {
	raw, err := json.Marshal(status)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic(err)
	}
	return out
}

// discoveredKinds is the mapper that a controller manager builds from discovery documents.
func discoveredKinds() meta.RESTMapper {
	group := func(name string, kinds ...string) *restmapper.APIGroupResources {
		gv := schema.GroupVersion{Group: name, Version: "v1"}
		v := metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: "v1"}
		resources := []metav1.APIResource{}
		for _, kind := range kinds {
			resources = append(resources, metav1.APIResource{Name: strings.ToLower(kind) + "s",
				Kind: kind, Namespaced: true})
		}
		return &restmapper.APIGroupResources{
			Group: metav1.APIGroup{Name: name,
				Versions: []metav1.GroupVersionForDiscovery{v}, PreferredVersion: v},
			VersionedResources: map[string][]metav1.APIResource{"v1": resources}}
	}
	return restmapper.NewDiscoveryRESTMapper([]*restmapper.APIGroupResources{
		group("", "ReplicationController"), group("apps", "Deployment", "ReplicaSet", "StatefulSet")})
}

func quantities(m map[string]string) v1.ResourceList {
	if m == nil {
		return nil
	}
	out := v1.ResourceList{}
	for k, v := range m {
		out[v1.ResourceName(k)] = quantity(v)
	}
	return out
}

// quantity parses as a JSON client does.
func quantity(s string) (q resource.Quantity) {
	raw, _ := json.Marshal(s)
	if err := q.UnmarshalJSON(raw); err != nil {
		panic(fmt.Sprintf("quantity %q: %v", s, err))
	}
	return q
}

func (w *World) pod(p *scenario.Pod) *v1.Pod {
	pod := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.scenario.HPA.Namespace, Name: p.Name, Labels: p.Labels},
		Spec: v1.PodSpec{Containers: containers(p.Containers), InitContainers: containers(p.InitContainers),
			Overhead: quantities(p.Overhead)},
		Status: v1.PodStatus{Phase: v1.PodPhase(p.Phase)}}
	if p.Labels == nil {
		pod.Labels = map[string]string{"app": "web"}
	}
	if p.DeletionTimestamp != nil {
		t := w.apiTime(*p.DeletionTimestamp)
		pod.DeletionTimestamp = &t
	}
	if p.StartTime != nil {
		t := w.apiTime(*p.StartTime)
		pod.Status.StartTime = &t
	}
	for _, c := range p.Conditions {
		pod.Status.Conditions = append(pod.Status.Conditions, v1.PodCondition{Type: v1.PodConditionType(c.Type),
			Status: v1.ConditionStatus(c.Status), LastTransitionTime: w.apiTime(c.LastTransitionTime)})
	}
	if p.PodRequests != nil {
		pod.Spec.Resources = &v1.ResourceRequirements{Requests: quantities(p.PodRequests)}
	}
	return pod
}

func containers(in []scenario.Container) (out []v1.Container) {
	for _, c := range in {
		k := v1.Container{Name: c.Name, Resources: v1.ResourceRequirements{Requests: quantities(c.Requests)}}
		if c.RestartPolicy != "" {
			policy := v1.ContainerRestartPolicy(c.RestartPolicy)
			k.RestartPolicy = &policy
		}
		out = append(out, k)
	}
	return out
}
