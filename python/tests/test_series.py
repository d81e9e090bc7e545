# SPDX-License-Identifier: Apache-2.0
"""SeriesStore, queries over it, and arrays read in place."""

import sys
import threading
import time

import numpy
import pytest

import tidegate

LABELS = {"replica": "web-0"}


def values(store, query, at, **keywords):
    result = tidegate.Query.compile(query).evaluate(store, at, **keywords)
    return [(dict(sample.labels), sample.value) for sample in result.vector]


def test_samples_are_found_by_queries():
    store = tidegate.SeriesStore()
    store.ingest("queue", LABELS, 3.0, 10.0)
    store.ingest("queue", None, 4, 10_000_000_000)
    assert values(store, "queue", 12.0, matchers=LABELS) == [
        ({"__name__": "queue", "replica": "web-0"}, 3.0)
    ]
    assert values(store, "sum(queue) + 1", 12.0) == [({}, 8.0)]
    assert values(store, "queue", 12.0, lookback=1) == []


def test_a_scalar_and_its_quality():
    store = tidegate.SeriesStore()
    result = tidegate.Query.compile("1 + 2").evaluate(store, 0.0)
    assert (result.type, result.scalar) == ("scalar", 3.0)
    nothing = tidegate.Query.compile("queue").evaluate(store, 0.0)
    assert (nothing.type, nothing.vector) == ("vector", ())
    assert nothing.quality.no_series


def test_answers_over_time_and_texts():
    store = tidegate.SeriesStore()
    for second in range(5):
        store.ingest("queue", LABELS, second, float(second))
    result = tidegate.Query.compile("queue * 2").evaluate_range(store, 1.0, 4.0, 1.5)
    assert result.type == "matrix"
    assert [(point.time, point.value) for point in result.matrix[0].points] == [
        (1_000_000_000, 2.0),
        (2_500_000_000, 4.0),
        (4_000_000_000, 8.0),
    ]
    assert tidegate.Query.compile('"a"').evaluate(store, 0.0).text == "a"


def test_a_query_knows_itself():
    query = tidegate.Query.compile("rate(queue[1m30s])")
    assert query.text == "rate(queue[1m30s])"
    assert query.longest_range == 90.0


def test_a_wrong_query_says_where():
    with pytest.raises(tidegate.InvalidArgumentError, match=r"^1:\d+: parse error: "):
        tidegate.Query.compile("sum(queue")
    with pytest.raises(tidegate.InvalidArgumentError, match="^text: want text, got 3"):
        tidegate.Query.compile(3)


@pytest.mark.parametrize("kind", [str, str.encode])
def test_pages(kind):
    store = tidegate.SeriesStore()
    page = kind('# TYPE queue gauge\nqueue{model="a"} 3\nqueue{model="b"} 4\n')
    summary = store.ingest_page(page, 10.0, target=LABELS)
    assert (summary.samples, summary.series_added) == (2, 2)
    assert values(store, "sum by (replica) (queue)", 11.0) == [(LABELS, 7.0)]
    store.mark_stale(LABELS, 12.0)
    assert values(store, "queue", 13.0) == []


def test_a_wrong_page_leaves_the_store_as_it_was():
    store = tidegate.SeriesStore()
    with pytest.raises(tidegate.InvalidArgumentError, match="2"):
        store.ingest_page("queue 3\nqueue{ 4\n", 10.0)
    assert store.stats().samples == 0
    assert store.stats().parse_errors_total == 1
    with pytest.raises(tidegate.InvalidArgumentError, match="^page: want text or bytes, got 3"):
        store.ingest_page(3, 10.0)


def test_a_lenient_page_lacks_the_wrong_lines():
    store = tidegate.SeriesStore()
    summary = store.ingest_page("queue 3\nload{ 4\n", 10.0, lenient=True)
    assert (summary.samples, summary.skipped_lines) == (1, 1)
    assert summary.first_skipped.startswith("line 2, column 7: ")
    assert store.stats().skipped_lines_total == 1
    assert values(store, "load", 11.0) == []


def test_limits_are_keywords_and_their_refusals_are_counted():
    store = tidegate.SeriesStore(max_series=1, retention="1m")
    store.ingest("a", None, 1.0, 10.0)
    with pytest.raises(tidegate.UnavailableError):
        store.ingest("b", None, 1.0, 10.0)
    assert store.stats().refused_series_total == 1
    with pytest.raises(tidegate.InvalidArgumentError, match='"max_serie".*"max_series"'):
        tidegate.SeriesStore(max_serie=1)


def rows_2d():
    return numpy.array([[1.5, 3.0], [2.5, 4.0], [3.5, 5.0]])


def rows_structured():
    return numpy.array(
        [(1.5, 3.0), (2.5, 4.0), (3.5, 5.0)], dtype=[("time", "f8"), ("value", "f8")]
    )


def rows_of_nanoseconds():
    return numpy.array(
        [(3.0, 1_500_000_000), (4.0, 2_500_000_000), (5.0, 3_500_000_000)],
        dtype=[("value", "f8"), ("time", "i8")],
    )


def rows_strided():
    wide = numpy.zeros((6, 4))
    wide[::2, 1::2] = rows_2d()
    return wide[::2, 1::2]


def rows_fortran():
    return numpy.asfortranarray(rows_2d())


def rows_read_only():
    rows = rows_2d()
    rows.flags.writeable = False
    return rows


def rows_memoryview():
    return memoryview(rows_2d())


@pytest.mark.parametrize(
    "make",
    [
        rows_2d,
        rows_structured,
        rows_of_nanoseconds,
        rows_strided,
        rows_fortran,
        rows_read_only,
        rows_memoryview,
    ],
)
def test_arrays_are_read_in_place(make):
    store = tidegate.SeriesStore()
    assert store.observe_many("queue", LABELS, make()) == 3
    assert store.stats().samples == 3
    at = tidegate.Query.compile("queue")
    for when, value in [(1.5, 3.0), (2.5, 4.0), (3.5, 5.0)]:
        assert at.evaluate(store, when).vector[0].value == value
    assert at.evaluate(store, 1.4).vector == ()


@pytest.mark.parametrize(
    "wrong",
    [
        [[1.0, 2.0]],
        "text",
        b"bytes",
        numpy.zeros((3, 3)),
        numpy.zeros((3, 2), dtype="f4"),
        numpy.zeros((3, 2), dtype=">f8"),
        numpy.zeros(4),
        numpy.zeros((2, 2, 2)),
        numpy.zeros(3, dtype=[("when", "f8"), ("value", "f8")]),
        numpy.zeros(3, dtype=[("time", "f8"), ("value", "i8")]),
        numpy.zeros(3, dtype=[("time", "f8"), ("value", "f8"), ("more", "f8")]),
        numpy.zeros(3, dtype=[("time", "f4"), ("value", "f8"), ("more", "f4")]),
    ],
)
def test_no_arrays_of_samples(wrong):
    with pytest.raises(tidegate.InvalidArgumentError, match="^rows: want a float64 array of"):
        tidegate.SeriesStore().observe_many("queue", LABELS, wrong)


def test_an_empty_array_is_no_sample():
    assert tidegate.SeriesStore().observe_many("queue", LABELS, numpy.zeros((0, 2))) == 0


def test_a_refused_row_is_named_and_those_before_it_stay():
    store = tidegate.SeriesStore()
    rows = numpy.array([[1.0, 3.0], [numpy.nan, 4.0], [3.0, 5.0]])
    with pytest.raises(tidegate.InvalidArgumentError, match=r"^rows\[1\]: time: want seconds"):
        store.observe_many("queue", LABELS, rows)
    assert store.stats().samples == 1


@pytest.fixture
def progress():
    """Counts what another Python thread gets done while this one runs something.

    No thread is ever asked to let go of the interpreter's lock, and the other one offers it after
    each step; so steps are made only while a call here has released it.
    """
    steps = 0
    stop = False
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)

    def step():
        nonlocal steps
        while not stop:
            steps += 1
            time.sleep(0)

    def made_during(call):
        before = steps
        call()
        return steps - before

    thread = threading.Thread(target=step)
    thread.start()
    yield made_during
    stop = True
    sys.setswitchinterval(interval)
    thread.join()


def test_the_lock_is_free_while_an_array_is_read(progress):
    size = 300_000
    rows = numpy.empty((size, 2))
    rows[:, 0] = numpy.arange(1, size + 1)
    rows[:, 1] = 1.0
    store = tidegate.SeriesStore(retention="1h")
    held = progress(lambda: sum(range(300_000)))
    assert held == 0
    assert progress(lambda: store.observe_many("queue", LABELS, rows)) > 0


def test_the_lock_is_free_while_a_tick_is_planned(progress, spec, reading):
    seen = tidegate.Observation.all_ready(20_000, since=-600.0)
    large = tidegate.TickInput(
        now=15.0,
        workloads=[{"spec": spec, "observation": seen, "readings": [reading(seen, 15)]}],
    )
    assert progress(lambda: tidegate.plan_tick(large)) > 0
