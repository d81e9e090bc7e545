// SPDX-License-Identifier: Apache-2.0

// Command peer measures Prometheus's own engine over its own head storage:
//
//	peer KIND REPLICAS QUERY MILLISECONDS
//
// KIND is instant (one time, another one each time) or slide (60 times, a second apart, in one range
// query). Prints operations, CPU time of the process, and the answer, which the other side has to
// give as well.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/teststorage"
)

const seconds = 600

// world is what the other side has too: counters, a gauge and a histogram of each replica, a sample
// a second.
func world(replicas int) storage.Storage {
	st, err := teststorage.NewWithError()
	if err != nil {
		panic(err)
	}
	app := st.Appender(context.Background())
	for r := range replicas {
		add := func(name, le string, value func(s int) float64) {
			l := []string{"__name__", name, "replica", fmt.Sprintf("r%04d", r), "zone", string(rune('a' + r%3))}
			if le != "" {
				l = append(l, "le", le)
			}
			series := labels.FromStrings(l...)
			for s := range seconds {
				if _, err := app.Append(0, series, int64(s)*1000, value(s)); err != nil {
					panic(err)
				}
			}
		}
		rate := float64(50 + r%7)
		add("nv_inference_request_success", "", func(s int) float64 { return rate * float64(s) })
		add("nv_inference_queue_duration_us", "", func(s int) float64 {
			return rate * float64(s) * float64(900+(s*7+r)%200)
		})
		add("nv_inference_pending_request_count", "", func(s int) float64 { return float64((s*13 + r*5) % 17) })
		add("nv_gpu_utilization", "", func(s int) float64 { return float64((s*31+r*17)%100) / 100 })
		for i, le := range []string{"100", "500", "2000", "+Inf"} {
			add("nv_inference_first_response_histogram_ms_bucket", le, func(s int) float64 {
				return float64(s*(i+1)*10 + r%5)
			})
		}
	}
	if err := app.Commit(); err != nil {
		panic(err)
	}
	return st
}

func cpuNanoseconds() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func measure(span time.Duration, operation func() int64) {
	var answer, count, took int64
	loop := func(spanNs int64) {
		begin := cpuNanoseconds()
		count, took = 0, 0
		for block := int64(1); took < spanNs; block *= 2 {
			for range block {
				answer = operation()
			}
			count += block
			took = cpuNanoseconds() - begin
		}
	}
	loop(int64(span) / 4)
	loop(int64(span))
	line, err := json.Marshal(map[string]int64{"operations": count, "cpu_ns": took, "answer": answer})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func total(value parser.Value) (sum float64) {
	add := func(v float64) {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			sum += v
		}
	}
	switch v := value.(type) {
	case promql.Vector:
		for _, s := range v {
			add(s.F)
		}
	case promql.Matrix:
		for _, s := range v {
			for _, p := range s.Floats {
				add(p.F)
			}
		}
	case promql.Scalar:
		add(v.V)
	}
	return sum
}

func main() {
	kind, text := os.Args[1], os.Args[3]
	replicas, _ := strconv.Atoi(os.Args[2])
	span, _ := strconv.Atoi(os.Args[4])
	st := world(replicas)
	engine := promql.NewEngine(promql.EngineOpts{
		Logger:                   promslog.NewNopLogger(),
		MaxSamples:               50_000_000,
		Timeout:                  100 * time.Second,
		NoStepSubqueryIntervalFn: func(int64) int64 { return 60_000 },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   parser.NewParser(parser.Options{}),
	})
	ctx := context.Background()
	run := func(query promql.Query, err error) float64 {
		if err != nil {
			panic(err)
		}
		defer query.Close()
		result := query.Exec(ctx)
		if result.Err != nil {
			panic(result.Err)
		}
		return total(result.Value)
	}
	var answers [240]float64
	at := 0
	measure(time.Duration(span)*time.Millisecond, func() int64 {
		at = (at + 1) % 240
		start := time.Unix(int64(300+at), 0)
		if kind == "instant" {
			answers[at] = run(engine.NewInstantQuery(ctx, st, nil, text, start))
		} else {
			answers[at] = run(engine.NewRangeQuery(ctx, st, nil, text, start, start.Add(59*time.Second), time.Second))
		}
		return int64(math.Round(answers[1] * 100))
	})
}
