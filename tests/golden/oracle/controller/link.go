// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"reflect"
	"time"
	"unsafe"

	"k8s.io/client-go/tools/record"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
)

// The controller keeps its per-key entry point, its queue handler and its state unexported. They
// are bound by name and by layout; init stops the program if a Kubernetes version changed either.

//go:linkname reconcileKey k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).reconcileKey
func reconcileKey(a *podautoscaler.HorizontalController, ctx context.Context, key string) (bool, error)

//go:linkname enqueueHPA k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).enqueueHPA
func enqueueHPA(a *podautoscaler.HorizontalController, obj interface{})

// recommendation and scaleEvent have the layout of the controller's own element types.
type recommendation struct {
	value int32
	at    time.Time
}

type scaleEvent struct {
	change   int32
	at       time.Time
	outdated bool
}

func field(a *podautoscaler.HorizontalController, name string) reflect.Value {
	f := reflect.ValueOf(a).Elem().FieldByName(name)
	if !f.IsValid() {
		panic("HorizontalController has no field " + name)
	}
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr()))
}

func recommendationsOf(a *podautoscaler.HorizontalController) map[string][]recommendation {
	return *(*map[string][]recommendation)(field(a, "recommendations").UnsafePointer())
}

// scaleEventsOf is the list `name`: scaleUpEvents or scaleDownEvents.
func scaleEventsOf(a *podautoscaler.HorizontalController, name string) map[string][]scaleEvent {
	return *(*map[string][]scaleEvent)(field(a, name).UnsafePointer())
}

func setRecorder(a *podautoscaler.HorizontalController, r record.EventRecorder) {
	*field(a, "eventRecorder").Interface().(*record.EventRecorder) = r
}

func shutDownQueue(a *podautoscaler.HorizontalController) {
	field(a, "queue").Elem().Interface().(interface{ ShutDown() }).ShutDown()
}

func init() {
	checkLayout("recommendations", reflect.TypeOf(recommendation{}))
	checkLayout("scaleUpEvents", reflect.TypeOf(scaleEvent{}))
	checkLayout("scaleDownEvents", reflect.TypeOf(scaleEvent{}))
}

// checkLayout panics unless the field is a map from string to a list of elements like `ours`.
func checkLayout(name string, ours reflect.Type) {
	f, ok := reflect.TypeOf(podautoscaler.HorizontalController{}).FieldByName(name)
	if !ok || f.Type.Kind() != reflect.Map || f.Type.Elem().Kind() != reflect.Slice {
		panic(fmt.Sprintf("unexpected controller field %s: %v", name, f.Type))
	}
	theirs := f.Type.Elem().Elem()
	if theirs.Size() != ours.Size() || theirs.NumField() != ours.NumField() {
		panic(fmt.Sprintf("unexpected element of %s: %v", name, theirs))
	}
	for i := 0; i < theirs.NumField(); i++ {
		t, o := theirs.Field(i), ours.Field(i)
		if t.Type != o.Type || t.Offset != o.Offset {
			panic(fmt.Sprintf("unexpected element of %s: %v", name, theirs))
		}
	}
}
