// SPDX-License-Identifier: Apache-2.0

// Command relabel answers cases of the set relabel with Prometheus's own code: whether the rules are
// refused, and what they make of the labels.
package main

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"go.yaml.in/yaml/v2"
)

type expect struct {
	Error  string            `json:"error,omitempty"`
	Keep   bool              `json:"keep"`
	Labels map[string]string `json:"labels,omitempty"`
}

type scenario struct {
	ID     string            `json:"id"`
	Family string            `json:"family"`
	Rules  string            `json:"rules"` // YAML
	Labels map[string]string `json:"labels"`
	Expect expect            `json:"expect"`
}

func (s *scenario) answer() (out expect) {
	var rules []*relabel.Config
	if err := yaml.UnmarshalStrict([]byte(s.Rules), &rules); err != nil {
		return expect{Error: err.Error()}
	}
	for _, rule := range rules {
		if err := rule.Validate(model.UTF8Validation); err != nil {
			return expect{Error: err.Error()}
		}
	}
	builder := labels.NewBuilder(labels.FromMap(s.Labels))
	if !relabel.ProcessBuilder(builder, rules...) {
		return expect{}
	}
	return expect{Keep: true, Labels: builder.Labels().Map()}
}

func main() {
	in, out := bufio.NewScanner(os.Stdin), bufio.NewWriter(os.Stdout)
	in.Buffer(nil, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		var s scenario
		if err := json.Unmarshal(in.Bytes(), &s); err != nil {
			panic(err)
		}
		s.Expect = s.answer()
		if err := encoder.Encode(&s); err != nil {
			panic(err)
		}
	}
	if err := out.Flush(); err != nil {
		panic(err)
	}
}
