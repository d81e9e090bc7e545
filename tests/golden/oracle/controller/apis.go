// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	autoscalingclient "k8s.io/client-go/kubernetes/typed/autoscaling/v2"
	v1core "k8s.io/client-go/kubernetes/typed/core/v1"
	autoscalinglisters "k8s.io/client-go/listers/autoscaling/v2"
	corelisters "k8s.io/client-go/listers/core/v1"
	scaleclient "k8s.io/client-go/scale"
	"k8s.io/client-go/tools/cache"

	"tidegate/oracle/scenario"
)

// The API server as the controller sees it: events, caches, scale, status.

type noEvents struct{ v1core.EventsGetter }

func (noEvents) Events(string) v1core.EventInterface { return nil }

// recorder keeps the events of the scenario's HPA.
type recorder struct{ w *World }

func (r recorder) Event(object runtime.Object, kind, reason, message string) {
	if object.(*autoscalingv2.HorizontalPodAutoscaler).Name == r.w.scenario.HPA.Name {
		event := scenario.Event{Type: kind, Reason: reason, Message: inOrder(message)}
		r.w.events = append(r.w.events, event)
	}
}

func (r recorder) Eventf(object runtime.Object, kind, reason, format string, args ...interface{}) {
	r.Event(object, kind, reason, fmt.Sprintf(format, args...))
}

func (r recorder) AnnotatedEventf(object runtime.Object, _ map[string]string, kind, reason, format string,
	args ...interface{}) {
	r.Eventf(object, kind, reason, format, args...)
}

var overlapping = regexp.MustCompile(`(controlled by (?:more than one HPA \(e\.g\. |multiple HPAs: ))\[([^\]]*)\]`)

// inOrder sorts the autoscalers that a message lists; upstream their order is a hash table's.
func inOrder(text string) string {
	return overlapping.ReplaceAllStringFunc(text, func(m string) string {
		parts := overlapping.FindStringSubmatch(m)
		names := strings.Split(parts[2], " ")
		sort.Strings(names)
		return parts[1] + "[" + strings.Join(names, " ") + "]"
	})
}

type hpaInformer struct{ w *World }

func (i hpaInformer) Informer() cache.SharedIndexInformer { return i.w.hpas }
func (i hpaInformer) Lister() autoscalinglisters.HorizontalPodAutoscalerLister {
	return autoscalinglisters.NewHorizontalPodAutoscalerLister(i.w.hpas.GetIndexer())
}

type podInformer struct{ w *World }

func (i podInformer) Informer() cache.SharedIndexInformer {
	return cache.NewSharedIndexInformer(&cache.ListWatch{}, &v1.Pod{}, 0, cache.Indexers{})
}
func (i podInformer) Lister() corelisters.PodLister { return podLister{i.w} }

type podLister struct{ w *World }

func (l podLister) List(selector labels.Selector) (out []*v1.Pod, err error) {
	for _, p := range l.w.pods {
		if selector.Matches(labels.Set(p.Labels)) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (l podLister) Pods(string) corelisters.PodNamespaceLister { return podNamespaceLister{l} }

type podNamespaceLister struct{ podLister }

func (l podNamespaceLister) Get(name string) (*v1.Pod, error) {
	return nil, apierrors.NewNotFound(v1.Resource("pods"), name)
}

type scales struct{ w *World }

func (s scales) Scales(string) scaleclient.ScaleInterface { return scaleInterface{w: s.w} }

type scaleInterface struct {
	scaleclient.ScaleInterface
	w *World
}

func (s scaleInterface) Get(_ context.Context, _ schema.GroupResource, name string, _ metav1.GetOptions) (
	*autoscalingv1.Scale, error) {
	if selector, ok := s.w.others[name]; ok {
		return &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec:   autoscalingv1.ScaleSpec{Replicas: 1},
			Status: autoscalingv1.ScaleStatus{Replicas: 1, Selector: selector}}, nil
	}
	if f := s.w.step.Faults; f != nil && f.GetScale != "" {
		return nil, errors.New(f.GetScale)
	} else if f != nil && f.RereadScale != "" && s.w.scaleUpdates > 0 {
		return nil, errors.New(f.RereadScale)
	}
	return s.w.scale.DeepCopy(), nil
}

func (s scaleInterface) Update(_ context.Context, gr schema.GroupResource, scale *autoscalingv1.Scale,
	_ metav1.UpdateOptions) (*autoscalingv1.Scale, error) {
	w := s.w
	w.scaleUpdates++
	if f := w.step.Faults; f != nil && w.scaleUpdates <= len(f.UpdateScale) {
		switch text := f.UpdateScale[w.scaleUpdates-1]; text {
		case "":
		case scenario.Conflict:
			if f.RereadScaleSpec != nil {
				w.scale.Spec.Replicas = *f.RereadScaleSpec
			}
			return nil, apierrors.NewConflict(gr, scale.Name, errors.New("the object has been modified; "+
				"please apply your changes to the latest version and try again"))
		default:
			return nil, errors.New(text)
		}
	}
	n := scale.Spec.Replicas
	w.scaleWritten = &n
	w.scale.Spec.Replicas = n
	return scale, nil
}

type hpaWriter struct {
	autoscalingclient.HorizontalPodAutoscalerInterface
	w *World
}

func (h hpaWriter) HorizontalPodAutoscalers(string) autoscalingclient.HorizontalPodAutoscalerInterface {
	return h
}

func (h hpaWriter) UpdateStatus(_ context.Context, hpa *autoscalingv2.HorizontalPodAutoscaler,
	_ metav1.UpdateOptions) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	w := h.w
	if hpa.Name != w.scenario.HPA.Name {
		return hpa, nil
	}
	stored := w.getHPA().DeepCopy()
	stored.Status = throughAPI(hpa).Status
	for i := range stored.Status.Conditions {
		stored.Status.Conditions[i].Message = inOrder(stored.Status.Conditions[i].Message)
	}
	if apiequality.Semantic.DeepEqual(stored.Status, w.getHPA().Status) {
		return hpa, nil // only the order differs in which a message lists autoscalers
	}
	if f := w.step.Faults; f != nil && f.UpdateStatus != "" {
		return nil, errors.New(f.UpdateStatus)
	}
	w.statusWritten = true
	w.putHPA(stored)
	return stored, nil
}
