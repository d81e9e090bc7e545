# SPDX-License-Identifier: Apache-2.0
"""What the tests share."""

import pathlib
import signal

import pytest

import tidegate


@pytest.fixture
def repository():
    return pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def ctrl_c():
    """Python's own handler: what is started in the background inherits that SIGINT is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def spec():
    """One replica for each 10 in the queue, from 1 to 7."""
    return tidegate.ScalingSpec(
        workload="web",
        min_replicas=1,
        max_replicas=7,
        metrics=[
            tidegate.MetricSpec(
                type="Pods", name="queue", target=tidegate.MetricTarget(average_value=10)
            )
        ],
    )


@pytest.fixture
def reading():
    """Makes a reading of one value for each replica of an observation."""

    def make(observation, value, now=15.0):
        return tidegate.Reading(
            replicas=[
                tidegate.ReplicaReading(replica=replica.name, value=value, timestamp=now)
                for replica in observation.replicas
            ]
        )

    return make
