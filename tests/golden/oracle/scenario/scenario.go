// SPDX-License-Identifier: Apache-2.0

// Package scenario is the schema of a scenario and of its answer. Times are seconds from the
// scenario's start, which is a whole second; quantities are Kubernetes quantity strings. A member
// that is absent is empty, zero, null or false.
package scenario

import "encoding/json"

// Scenario is one HorizontalPodAutoscaler and what it sees, step by step. It is open-loop: every
// step says its whole input.
type Scenario struct {
	ID         string          `json:"id"`
	Family     string          `json:"family"`
	K8sVersion string          `json:"k8sVersion"`
	Flags      Flags           `json:"flags"`
	Gates      map[string]bool `json:"gates,omitempty"` // those that differ from the defaults
	HPA        HPA             `json:"hpa"`
	OtherHPAs  []OtherHPA      `json:"otherHpas,omitempty"`
	Initial    *Initial        `json:"initial,omitempty"`
	Steps      []Step          `json:"steps"`
}

// Flags are the controller's; periods in seconds.
type Flags struct {
	SyncPeriod             float64 `json:"syncPeriod"`
	Tolerance              float64 `json:"tolerance"`
	DownscaleStabilization float64 `json:"downscaleStabilization"`
	CPUInitialization      float64 `json:"cpuInitializationPeriod"`
	ReadinessDelay         float64 `json:"initialReadinessDelay"`
}

// HPA holds an autoscaling/v2 spec as a user wrote it: to be defaulted.
type HPA struct {
	Namespace string          `json:"namespace"`
	Name      string          `json:"name"`
	Spec      json.RawMessage `json:"spec"`
}

// OtherHPA is another autoscaler of the namespace, reconciled once just before the first step and
// after a restart, so that its selector is known.
type OtherHPA struct {
	Name     string `json:"name"`
	Selector string `json:"selector"`
}

// Initial is state before the first step. An absent list of recommendations is absent, an empty
// one exists.
type Initial struct {
	Recommendations []Recommendation `json:"recommendations,omitzero"`
	ScaleUpEvents   []ScaleEvent     `json:"scaleUpEvents,omitempty"`
	ScaleDownEvents []ScaleEvent     `json:"scaleDownEvents,omitempty"`
	Conditions      []Condition      `json:"conditions,omitempty"`
}

// Step is one reconcile, at T. Before it, in this order: Restart (a new controller: memory lost,
// status kept), Spec (the HPA is edited), Delete (the HPA is deleted, noticed, created again).
type Step struct {
	T       float64         `json:"t"`
	Restart bool            `json:"restart,omitempty"`
	Delete  bool            `json:"delete,omitempty"`
	Spec    json.RawMessage `json:"spec,omitempty"`
	Scale   Scale           `json:"scale"`
	Pods    []Pod           `json:"pods"`
	Metrics Metrics         `json:"metrics"`
	Faults  *Faults         `json:"faults,omitempty"`
}

// Scale is the scale subresource as read in this step.
type Scale struct {
	Spec     int32  `json:"specReplicas"`
	Status   int32  `json:"statusReplicas"`
	Selector string `json:"selector"`
}

// Pod is a pod of the namespace; without labels it has app=web.
type Pod struct {
	Name              string            `json:"name"`
	Labels            map[string]string `json:"labels,omitempty"`
	Phase             string            `json:"phase"`
	DeletionTimestamp *int64            `json:"deletionTimestamp,omitempty"`
	StartTime         *int64            `json:"startTime,omitempty"`
	Conditions        []PodCondition    `json:"conditions"`
	Containers        []Container       `json:"containers"`
	InitContainers    []Container       `json:"initContainers,omitempty"`
	PodRequests       map[string]string `json:"podLevelRequests,omitempty"`
	Overhead          map[string]string `json:"overhead,omitempty"`
}

type PodCondition struct {
	Type               string `json:"type"`
	Status             string `json:"status"`
	LastTransitionTime int64  `json:"lastTransitionTime"`
}

type Container struct {
	Name          string            `json:"name"`
	RestartPolicy string            `json:"restartPolicy,omitempty"`
	Requests      map[string]string `json:"requests,omitempty"`
}

// Metrics is what the three metrics APIs answer: per pod and container; metric and pod; metric
// and KIND[.GROUP]/NAME; metric. A metric with a selector is looked up as name{selector} first.
type Metrics struct {
	Resource map[string]PodMetrics        `json:"resource,omitempty"`
	Pods     map[string]map[string]string `json:"pods,omitempty"`
	Object   map[string]map[string]string `json:"object,omitempty"`
	External map[string][]string          `json:"external,omitempty"`
	Errors   *MetricErrors                `json:"errors,omitempty"`
}

type PodMetrics struct {
	Timestamp  int64                        `json:"timestamp"`
	Window     float64                      `json:"window"`
	Containers map[string]map[string]string `json:"containers"`
}

// MetricErrors are texts that an API answers with, by metric where it matters.
type MetricErrors struct {
	Resource string            `json:"resource,omitempty"`
	Pods     map[string]string `json:"pods,omitempty"`
	Object   map[string]string `json:"object,omitempty"`
	External map[string]string `json:"external,omitempty"`
}

// Faults are failures of the API server. UpdateScale answers the PUTs of the scale in order: ""
// is success, Conflict a conflict, else that error; further PUTs succeed.
type Faults struct {
	GetScale        string   `json:"getScale,omitempty"`
	UpdateScale     []string `json:"updateScale,omitempty"`
	RereadScaleSpec *int32   `json:"rereadScaleSpec,omitempty"` // spec.replicas after a conflict
	RereadScale     string   `json:"rereadScale,omitempty"`     // the GET after a failed PUT fails
	UpdateStatus    string   `json:"updateStatus,omitempty"`
}

// Conflict in Faults.UpdateScale asks for a conflict, as an API server words it.
const Conflict = "Conflict"

// Result is the answer to a scenario. Panic is set if the controller panicked.
type Result struct {
	ID    string       `json:"id"`
	Panic string       `json:"panic,omitempty"`
	Steps []StepResult `json:"steps"`
}

// StepResult is the state after a reconcile and what the reconcile did.
type StepResult struct {
	T                  float64           `json:"t"`
	DesiredReplicas    int32             `json:"desiredReplicas"`
	CurrentReplicas    int32             `json:"currentReplicas"`
	ScaleWritten       *int32            `json:"scaleWritten"`
	ScaleUpdates       int               `json:"scaleUpdateAttempts"`
	StatusWritten      bool              `json:"statusWritten"`
	LastScaleTime      *int64            `json:"lastScaleTime"`
	ObservedGeneration *int64            `json:"observedGeneration"`
	CurrentMetrics     []json.RawMessage `json:"currentMetrics"`
	Conditions         []Condition       `json:"conditions"`
	Events             []Event           `json:"events"`
	Error              *string           `json:"error"`
	Recommendations    []Recommendation  `json:"recommendations"`
	ScaleUpEvents      []ScaleEvent      `json:"scaleUpEvents"`
	ScaleDownEvents    []ScaleEvent      `json:"scaleDownEvents"`
}

type Condition struct {
	Type               string `json:"type"`
	Status             string `json:"status"`
	Reason             string `json:"reason"`
	Message            string `json:"message"`
	LastTransitionTime *int64 `json:"lastTransitionTime"`
}

type Event struct {
	Type    string `json:"type"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

type Recommendation struct {
	Replicas int32   `json:"replicas"`
	T        float64 `json:"t"`
}

type ScaleEvent struct {
	Change   int32   `json:"change"`
	T        float64 `json:"t"`
	Outdated bool    `json:"outdated"`
}

// Vector is one line of a golden file.
type Vector struct {
	Scenario *Scenario `json:"scenario"`
	Result   *Result   `json:"result"`
}
