// SPDX-License-Identifier: Apache-2.0

// Command adapter answers cases of the set adapter with Prometheus Adapter's own code: the name
// that a rule gives a series, and the query that its template makes.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
	"sigs.k8s.io/yaml"
)

type scenario struct {
	Rule      string                `json:"rule"`
	Series    string                `json:"series"`
	Kind      string                `json:"kind"`
	Namespace string                `json:"namespace"`
	Names     []string              `json:"names,omitempty"`
	Selector  *metav1.LabelSelector `json:"selector,omitempty"`
	Object    map[string]string     `json:"object,omitempty"`
	Name      string                `json:"name"`
	Passes    bool                  `json:"passes"`
	Query     string                `json:"query"`
	Error     string                `json:"error,omitempty"`
}

func mapper() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	for _, kind := range []schema.GroupVersionKind{
		{Version: "v1", Kind: "Pod"}, {Version: "v1", Kind: "Namespace"}, {Version: "v1", Kind: "Service"},
		{Group: "apps", Version: "v1", Kind: "Deployment"}, {Group: "networking.k8s.io", Version: "v1", Kind: "Ingress"},
	} {
		m.Add(kind, meta.RESTScopeNamespace)
	}
	return m
}

func (s *scenario) answer() error {
	var rule config.DiscoveryRule
	if err := yaml.Unmarshal([]byte(s.Rule), &rule); err != nil {
		return err
	}
	namers, err := naming.NamersFromConfig([]config.DiscoveryRule{rule}, mapper())
	if err != nil {
		return err
	}
	namer := namers[0]
	series := prom.Series{Name: s.Series}
	s.Passes = len(namer.FilterSeries([]prom.Series{series})) == 1
	if s.Name, err = namer.MetricNameForSeries(series); err != nil {
		return err
	}
	selector, err := metav1.LabelSelectorAsSelector(s.Selector)
	if err != nil {
		return err
	}
	if s.Selector == nil {
		selector, _ = metav1.LabelSelectorAsSelector(&metav1.LabelSelector{})
	}
	var query prom.Selector
	switch s.Kind {
	case "External":
		query, err = namer.QueryForExternalSeries(s.Series, s.Namespace, selector)
	case "Object":
		resource := schema.GroupResource{Group: s.Object["group"], Resource: s.Object["resource"]}
		query, err = namer.QueryForSeries(s.Series, resource, s.Namespace, selector, s.Object["name"])
	default:
		query, err = namer.QueryForSeries(s.Series, schema.GroupResource{Resource: "pods"}, s.Namespace, selector, s.Names...)
	}
	s.Query = string(query)
	return err
}

func main() {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for in.More() {
		var s scenario
		if err := in.Decode(&s); err != nil {
			panic(err)
		}
		if err := s.answer(); err != nil {
			s.Error = err.Error()
		}
		if err := out.Encode(s); err != nil {
			panic(err)
		}
	}
}
