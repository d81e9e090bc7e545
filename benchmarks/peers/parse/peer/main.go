// SPDX-License-Identifier: Apache-2.0

// Command peer measures how Go's two parsers of the text format read a page:
//
//	peer KIND FILE MILLISECONDS
//
// KIND is victoria or again (VictoriaMetrics: labels as slices of the page, lenient, no TYPE) or prometheus
// (textparse with labels made and hashed, as a scrape does for each series that is new). Prints
// operations, CPU time of the process, and the answer: samples and labels of the page.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"

	victoria "github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// answer is the same for a page on both sides.
func answer(samples, labels int) int64 { return int64(samples)*1_000_000 + int64(labels) }

func parseVictoria(page string) func() int64 {
	var rows victoria.Rows
	return func() int64 {
		rows.UnmarshalWithErrLogger(page, nil)
		count := 0
		for i := range rows.Rows {
			count += len(rows.Rows[i].Tags)
		}
		return answer(len(rows.Rows), count)
	}
}

func parsePrometheus(page []byte) func() int64 {
	var sink uint64
	return func() int64 {
		symbols := labels.NewSymbolTable()
		parser, err := textparse.New(page, "text/plain; version=0.0.4", symbols, textparse.ParserOptions{})
		if err != nil {
			panic(err)
		}
		samples, count := 0, 0
		for {
			entry, err := parser.Next()
			if errors.Is(err, io.EOF) {
				return answer(samples, count)
			}
			if err != nil {
				panic(err)
			}
			if entry != textparse.EntrySeries {
				continue
			}
			var set labels.Labels
			parser.Labels(&set)
			sink += set.Hash()
			samples++
			count += set.Len() - 1 // without the name
		}
	}
}

func cpuNanoseconds() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// measure repeats the operation for a span of CPU time, after a quarter of it as a warm-up.
func measure(span int64, operation func() int64) {
	var result, count, took int64
	loop := func(span int64) {
		begin := cpuNanoseconds()
		count, took = 0, 0
		for block := int64(1); took < span; block *= 2 {
			for i := int64(0); i < block; i++ {
				result = operation()
			}
			count += block
			took = cpuNanoseconds() - begin
		}
	}
	loop(span / 4)
	loop(span)
	fmt.Printf("{\"operations\": %d, \"cpu_ns\": %d, \"answer\": %d}\n", count, took, result)
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: peer KIND FILE MILLISECONDS")
		os.Exit(2)
	}
	page, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	milliseconds, err := strconv.ParseInt(os.Args[3], 10, 64)
	if err != nil {
		panic(err)
	}
	operation := parseVictoria(string(page))
	if os.Args[1] == "prometheus" {
		operation = parsePrometheus(page)
	}
	measure(milliseconds*1_000_000, operation)
}
