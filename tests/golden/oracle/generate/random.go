// SPDX-License-Identifier: Apache-2.0

package generate

import (
	"encoding/json"
	"fmt"
	"math"
)

// Random building blocks: numbers, ratios, quantities.

type m = map[string]any
type list = []any

func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func ptr[T any](v T) *T { return &v }

func (g *G) chance(p float64) bool  { return g.Float64() < p }
func (g *G) between(lo, hi int) int { return lo + g.IntN(hi-lo+1) }

func pick[T any](g *G, xs ...T) T { return xs[g.IntN(len(xs))] }

// ratio favours the neighbourhood of 1 and of the default tolerance's edges.
func (g *G) ratio() float64 {
	switch g.IntN(8) {
	case 0:
		return 0.88 + 0.04*g.Float64()
	case 1:
		return 1.08 + 0.04*g.Float64()
	case 2:
		return pick(g, 0, 0.5, 0.9, 1, 1.1, 1.5, 2, 3)
	case 3:
		return 4 * g.Float64()
	case 4:
		return 20 * g.Float64()
	}
	return 0.3 + 1.6*g.Float64()
}

// scatter is n milli-values around a mean.
func (g *G) scatter(n int, mean float64) []int64 {
	width := pick(g, 0, 0.02, 0.2, 0.6)
	if g.k.edges || g.k.exact {
		width = 0
	}
	out := make([]int64, n)
	for i := range out {
		v := math.Round(mean * (1 + width*(2*g.Float64()-1)))
		if g.k.edges && i == 0 {
			v += float64(g.between(-1, 1))
		}
		out[i] = int64(math.Max(0, math.Min(v, math.MaxInt64/2)))
	}
	return out
}

func milli(v int64) string { return fmt.Sprintf("%dm", v) }

// quantity writes milli-units in one of the forms that mean the same; rarely something extreme.
func (g *G) quantity(v int64) string {
	if g.chance(g.k.extreme) {
		return g.extreme()
	}
	switch g.IntN(12) {
	case 0:
		return fmt.Sprintf("%d.%03d", v/1000, v%1000)
	case 1:
		if v%1000 == 0 {
			return fmt.Sprintf("%d", v/1000)
		}
	case 2:
		if v%1_000_000 == 0 {
			return fmt.Sprintf("%dk", v/1_000_000)
		}
	case 3:
		if v < 1e15 {
			return fmt.Sprintf("%du", v*1000)
		}
	case 4:
		return fmt.Sprintf("%de-3", v)
	}
	return milli(v)
}

// extreme is a quantity at the limits of 32 and 64 bits, of the formats and of the signs.
func (g *G) extreme() string {
	return pick(g, "9223372036854775807", "9223372036854775807m", "9223372036854775", "9223372036854776",
		"10P", "9P", "1E", "8E", "9E", "100E", "1e30", "0", "1", "1m", "1n", "1u", "1500n", "2147483647",
		"2147483648", "4294967296", "2147483647m", "-1", "-1m", "-5", "-1n", "-9P", "-10P",
		"999999999999999999", "1Ei", "7Ei", "8Ei", "123456789012345678901234567890", "0.1n", "1e-9",
		"3e18", "4611686018427387904m", "92233720368547758.07",
		fmt.Sprintf("%d", g.Int64()), milli(g.Int64()), fmt.Sprintf("%dk", g.between(1, 1<<40)))
}

// positive is an extreme that validation lets pass as a target.
func (g *G) positive() string {
	for {
		if q := g.extreme(); q[0] != '-' && q != "0" {
			return q
		}
	}
}

func (g *G) tolerance() string {
	return pick(g, "0", "0.01", "0.05", "50m", "0.1", "100m", "0.009", "0.015", "0.2", "0.5", "1", "1.5",
		"33m", milli(int64(g.between(0, 999))), fmt.Sprintf("0.%03d", g.between(0, 999)))
}
