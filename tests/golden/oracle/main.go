// SPDX-License-Identifier: Apache-2.0

// Command oracle answers scenarios with the real Kubernetes HorizontalPodAutoscaler controller, in
// virtual time, and makes random scenarios. See README.md.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"tidegate/oracle/controller"
	"tidegate/oracle/generate"
	"tidegate/oracle/scenario"
)

const usage = `usage:
  oracle run < SCENARIOS       answers, one a line; a golden line's scenario is taken
  oracle generate [-seed N] [-steps N] [-families A,B]
                               random scenarios with their answers
  oracle families              names for -families
  oracle version               the version of Kubernetes`

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func writeLine(w io.Writer, v any) {
	raw, err := json.Marshal(v)
	fail(err)
	_, err = w.Write(append(raw, '\n'))
	fail(err)
}

// runScenario answers one scenario; a panic of the controller is part of the answer.
func runScenario(s *scenario.Scenario) (r *scenario.Result) {
	r = &scenario.Result{ID: s.ID, Steps: []scenario.StepResult{}}
	undo := controller.SetGates(s.Gates)
	defer controller.SetGates(undo)
	defer func() {
		if p := recover(); p != nil {
			r.Panic = fmt.Sprint(p)
		}
	}()
	w := controller.New(s)
	defer w.Close()
	for i := range s.Steps {
		r.Steps = append(r.Steps, w.Step(&s.Steps[i]))
	}
	return r
}

func run(bubble func(func())) {
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if text := strings.TrimSpace(string(line)); text != "" {
			var v scenario.Vector
			fail(json.Unmarshal(line, &v))
			if v.Scenario == nil {
				v.Scenario = &scenario.Scenario{}
				fail(json.Unmarshal(line, v.Scenario))
			}
			bubble(func() { writeLine(out, runScenario(v.Scenario)) })
			fail(out.Flush())
		}
		if err == io.EOF {
			return
		}
		fail(err)
	}
}

func makeScenarios(bubble func(func()), args []string) {
	fs := flag.NewFlagSet("generate", flag.ExitOnError)
	seed := fs.Uint64("seed", 1, "names the scenarios for ever")
	steps := fs.Int("steps", 1000, "stop after that many steps")
	only := fs.String("families", "", "comma-separated names (default: all)")
	fail(fs.Parse(args))
	families, err := generate.Families(*only)
	fail(err)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for index := 0; *steps > 0; index++ {
		family := families[index%len(families)]
		bubble(func() {
			v := generate.One(family, *seed, index/len(families))
			*steps -= len(v.Scenario.Steps)
			writeLine(out, v)
		})
	}
}

func command(bubble func(func()), name string, args []string) {
	switch name {
	case "run":
		run(bubble)
	case "generate":
		makeScenarios(bubble, args)
	case "families":
		families, _ := generate.Families("")
		for _, f := range families {
			fmt.Println(f.Name)
		}
	case "version":
		fmt.Println(controller.Version())
	default:
		fail(fmt.Errorf("unknown command %q\n%s", name, usage))
	}
}

// main runs as a test, since testing/synctest has virtual time inside of one only.
func main() {
	controller.Quiet()
	if len(os.Args) < 2 {
		fail(fmt.Errorf("no command\n%s", usage))
	}
	all := func(string, string) (bool, error) { return true, nil }
	test := testing.InternalTest{Name: "oracle", F: func(t *testing.T) {
		bubble := func(f func()) { synctest.Test(t, func(*testing.T) { f() }) }
		command(bubble, os.Args[1], os.Args[2:])
		os.Exit(0)
	}}
	testing.Main(all, []testing.InternalTest{test}, nil, nil)
}
