// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"flag"
	"io"
	"runtime/debug"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/util/retry"
	"k8s.io/component-base/featuregate"
	"k8s.io/klog/v2"
)

// Version is the Kubernetes version that this program was built with.
func Version() string {
	info, _ := debug.ReadBuildInfo()
	for _, d := range info.Deps {
		if d.Path == "k8s.io/kubernetes" {
			return d.Version
		}
	}
	return "unknown"
}

// Quiet removes what would perturb virtual time or fill the screen: logs, the back-off of the
// error handler, the random waits of the conflict retry, the stale-cache guard (which only skips
// whole syncs).
func Quiet() {
	fs := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(fs)
	_ = fs.Parse([]string{"-logtostderr=false", "-alsologtostderr=false", "-stderrthreshold=FATAL", "-v=0"})
	klog.SetOutput(io.Discard)
	utilruntime.ErrorHandlers = nil
	retry.DefaultRetry.Duration, retry.DefaultRetry.Jitter = 0, 0
	SetGates(map[string]bool{"StaleControllerConsistencyHPA": false})
}

// dependents are the gates that cannot stay on when another one is off.
var dependents = map[string][]string{
	"PodLevelResources": {"InPlacePodLevelResourcesVerticalScaling", "PodLevelResourcesFixDefaulting",
		"PodLevelResourcesFixKubeletQOSClass", "PodLevelResourceManagers"},
}

// Switchable says whether this version knows the gate and lets it be switched.
func Switchable(gate string) bool {
	spec, known := utilfeature.DefaultMutableFeatureGate.GetAll()[featuregate.Feature(gate)]
	return known && !spec.LockToDefault
}

// Enabled says whether a known gate is on.
func Enabled(gate string) bool {
	return utilfeature.DefaultFeatureGate.Enabled(featuregate.Feature(gate))
}

// SetGates sets the gates that this version knows, and returns what to set to undo it.
func SetGates(gates map[string]bool) (undo map[string]bool) {
	wanted, undo, change := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for gate, on := range gates {
		wanted[gate] = on
		for _, d := range dependents[gate] {
			if !on {
				wanted[d] = false
			}
		}
	}
	for gate, on := range wanted {
		if Switchable(gate) && Enabled(gate) != on {
			undo[gate], change[gate] = !on, on
		}
	}
	if len(change) > 0 {
		if err := utilfeature.DefaultMutableFeatureGate.SetFromMap(change); err != nil {
			panic(err)
		}
	}
	return undo
}
