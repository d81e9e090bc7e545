// Where Prometheus's own tests of PromQL come from; nothing is built of it.
module tidegate/tests/golden/promqltest

go 1.21

require github.com/prometheus/prometheus v0.316.0
