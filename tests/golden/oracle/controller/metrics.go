// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"sort"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	customapi "k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	externalapi "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
	metricsapi "k8s.io/metrics/pkg/apis/metrics/v1beta1"
	resourceclient "k8s.io/metrics/pkg/client/clientset/versioned/typed/metrics/v1beta1"
	customclient "k8s.io/metrics/pkg/client/custom_metrics"
	externalclient "k8s.io/metrics/pkg/client/external_metrics"

	"tidegate/oracle/scenario"
)

// The three metrics APIs.

type resourceMetrics struct{ w *World }

func (m resourceMetrics) PodMetricses(string) resourceclient.PodMetricsInterface {
	return podMetricses{w: m.w}
}

type podMetricses struct {
	resourceclient.PodMetricsInterface
	w *World
}

func (m podMetricses) List(context.Context, metav1.ListOptions) (*metricsapi.PodMetricsList, error) {
	in := &m.w.step.Metrics
	if in.Errors != nil && in.Errors.Resource != "" {
		return nil, errors.New(in.Errors.Resource)
	}
	list := &metricsapi.PodMetricsList{}
	for _, name := range sortedKeys(in.Resource) {
		p := in.Resource[name]
		item := metricsapi.PodMetrics{ObjectMeta: metav1.ObjectMeta{Name: name,
			Namespace: m.w.scenario.HPA.Namespace},
			Timestamp: m.w.apiTime(p.Timestamp), Window: metav1.Duration{Duration: seconds(p.Window)}}
		for _, c := range sortedKeys(p.Containers) {
			item.Containers = append(item.Containers,
				metricsapi.ContainerMetrics{Name: c, Usage: quantities(p.Containers[c])})
		}
		list.Items = append(list.Items, item)
	}
	return list, nil
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// series picks the entry of a metric with a selector, "name{selector}", or else of the bare name.
func series[T any](m map[string]T, name string, selector labels.Selector) (value T, ok bool) {
	if selector != nil && !selector.Empty() {
		if value, ok = m[name+"{"+selector.String()+"}"]; ok {
			return value, true
		}
	}
	value, ok = m[name]
	return value, ok
}

// failure is the error that an API answers with for a metric, if any.
func (w *World) failure(of func(*scenario.MetricErrors) map[string]string, name string,
	selector labels.Selector) error {
	if w.step.Metrics.Errors == nil {
		return nil
	}
	if text, ok := series(of(w.step.Metrics.Errors), name, selector); ok {
		return errors.New(text)
	}
	return nil
}

type customMetrics struct{ w *World }

func (m customMetrics) RootScopedMetrics() customclient.MetricsInterface { return customReader{m.w} }
func (m customMetrics) NamespacedMetrics(string) customclient.MetricsInterface {
	return customReader{m.w}
}

type customReader struct{ w *World }

func (m customReader) GetForObjects(_ schema.GroupKind, _ labels.Selector, name string,
	selector labels.Selector) (
	*customapi.MetricValueList, error) {
	pods := func(e *scenario.MetricErrors) map[string]string { return e.Pods }
	if err := m.w.failure(pods, name, selector); err != nil {
		return nil, err
	}
	list := &customapi.MetricValueList{}
	values, _ := series(m.w.step.Metrics.Pods, name, selector)
	for _, pod := range sortedKeys(values) {
		list.Items = append(list.Items, customapi.MetricValue{
			DescribedObject: v1.ObjectReference{Kind: "Pod", Name: pod, Namespace: m.w.scenario.HPA.Namespace},
			Metric:          customapi.MetricIdentifier{Name: name}, Timestamp: metav1.Now(),
			Value: quantity(values[pod])})
	}
	return list, nil
}

func (m customReader) GetForObject(kind schema.GroupKind, object string, name string,
	selector labels.Selector) (
	*customapi.MetricValue, error) {
	objects := func(e *scenario.MetricErrors) map[string]string { return e.Object }
	if err := m.w.failure(objects, name, selector); err != nil {
		return nil, err
	}
	values, _ := series(m.w.step.Metrics.Object, name, selector)
	value, ok := values[kind.String()+"/"+object]
	if !ok {
		return nil, fmt.Errorf("the server could not find the metric %s for %s %s", name, kind.String(), object)
	}
	return &customapi.MetricValue{Timestamp: metav1.Now(), Value: quantity(value)}, nil
}

type externalMetrics struct{ w *World }

func (m externalMetrics) NamespacedMetrics(string) externalclient.MetricsInterface {
	return externalReader{m.w}
}

type externalReader struct{ w *World }

func (m externalReader) List(name string,
	selector labels.Selector) (*externalapi.ExternalMetricValueList, error) {
	external := func(e *scenario.MetricErrors) map[string]string { return e.External }
	if err := m.w.failure(external, name, selector); err != nil {
		return nil, err
	}
	list := &externalapi.ExternalMetricValueList{}
	values, _ := series(m.w.step.Metrics.External, name, selector)
	for _, v := range values {
		list.Items = append(list.Items,
			externalapi.ExternalMetricValue{MetricName: name, Timestamp: metav1.Now(), Value: quantity(v)})
	}
	return list, nil
}
