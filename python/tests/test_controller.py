# SPDX-License-Identifier: Apache-2.0
"""The loop: ticks, samples, threads, and who owns what."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import weakref

import numpy
import pytest

import tidegate

FEW = tidegate.Observation.all_ready(2, since=-600.0)


class Caller:
    """A policy that remembers which threads called it."""

    name = "caller"

    def __init__(self):
        self.threads = []

    def propose(self, input):
        self.threads.append(threading.get_ident())
        return tidegate.Proposal(replicas=len(self.threads) % 5 + 1, reason="counting")


@pytest.fixture
def called(spec):
    return spec.replace(policies=[{"name": "caller"}], metrics=[])


def wait_for(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def test_a_tick_decides_from_pushed_samples(spec):
    clock = tidegate.SimClock(1000.0)
    with tidegate.Controller([spec], clock=clock) as controller:
        controller.set_replicas("web", FEW)
        for replica in FEW.replicas:
            controller.ingest("queue", {"workload": "web", "replica": replica.name}, 15.0)
        (output,) = controller.tick().workloads
    assert output.decision.desired == 3
    assert output.command.replicas == 3
    assert output.decision.steps[0].stage == "policy"


def test_no_samples_hold(spec):
    with tidegate.Controller([spec], clock=tidegate.SimClock(1000.0)) as controller:
        controller.set_replicas("web", FEW)
        (output,) = controller.tick().workloads
    assert output.decision.desired == 2
    assert output.command is None
    assert output.decision.error is not None


def test_arrays_and_queries(spec):
    workload = tidegate.Workload(spec=spec, queries={"queue": "max_over_time(depth[10s])"})
    plain = tidegate.Workload(spec=spec, queries={"queue": "depth * 2"})
    assert workload != plain
    with tidegate.Controller([plain], clock=tidegate.SimClock(1000.0)) as controller:
        controller.set_replicas("web", FEW)
        for replica in FEW.replicas:
            rows = numpy.array([[998.0, 1.0], [999.0, 9.0]])
            labels = {"workload": "web", "replica": replica.name}
            assert controller.observe_many("depth", labels, rows) == 2
        assert controller.store.stats().samples == 4
        (output,) = controller.tick().workloads
    assert output.decision.metrics[0].usage == 18.0


def test_a_store_outlives_its_controllers_variable(spec):
    controller = tidegate.Controller([spec], clock=tidegate.SimClock(0.0))
    store = controller.store
    del controller
    gc.collect()
    store.ingest("queue", None, 1.0, 1.0)
    assert store.stats().samples == 1


def test_only_what_is_due_is_decided(spec):
    clock = tidegate.SimClock(1000.0)
    slow = tidegate.Workload(spec=spec.replace(workload="slow"), period=15)
    quick = tidegate.Workload(spec=spec.replace(workload="quick"), period=1)
    with tidegate.Controller([slow, quick], clock=clock) as controller:
        assert [item.decision.workload for item in controller.tick().workloads] == ["quick", "slow"]
        clock.advance(1)
        assert [item.decision.workload for item in controller.tick().workloads] == ["quick"]
        clock.advance(14)
        assert len(controller.tick().workloads) == 2


def test_histories_can_be_handed_over(spec, called):
    reports = []
    clock = tidegate.SimClock(1000.0)
    caller = Caller()
    arguments = {"policies": {"caller": caller}, "clock": clock}
    with tidegate.Controller([called], on_tick=reports.append, **arguments) as first:
        first.set_replicas("web", FEW)
        first.tick()
    (report,) = reports
    assert report.input.now == 1_000_000_000_000
    assert report.output.workloads[0].next.recommendations
    (history,) = report.histories
    clock.advance(1)
    with tidegate.Controller(
        [called], on_tick=reports.append, histories={"web": history}, **arguments
    ) as second:
        second.set_replicas("web", FEW)
        second.tick()
    assert reports[1].input.workloads[0].history == history


def test_what_controllers_refuse(spec, called):
    with pytest.raises(tidegate.InvalidArgumentError, match="^workloads: want a list"):
        tidegate.Controller(spec)
    with pytest.raises(tidegate.InvalidArgumentError, match=r"^workloads\[0\]: want a Workload"):
        tidegate.Controller([3])
    with pytest.raises(tidegate.InvalidArgumentError, match='two workloads are named "web"'):
        tidegate.Controller([spec, spec])
    with pytest.raises(tidegate.InvalidArgumentError, match="^clock: want a SimClock"):
        tidegate.Controller([spec], clock=time)
    with pytest.raises(tidegate.NotFoundError, match='no policy named "caller"'):
        tidegate.Controller([called])
    with pytest.raises(tidegate.InvalidArgumentError, match="query of metric queue: 1:"):
        tidegate.Controller([tidegate.Workload(spec=spec, queries={"queue": "sum("})])
    with tidegate.Controller([spec]) as controller:
        with pytest.raises(tidegate.NotFoundError, match='no workload named "wob"'):
            controller.set_replicas("wob", FEW)


def test_replace(spec):
    with tidegate.Controller([spec], clock=tidegate.SimClock(0.0)) as controller:
        controller.replace([spec.replace(workload="other")])
        assert controller.tick().workloads[0].decision.workload == "other"
        with pytest.raises(tidegate.InvalidArgumentError):
            controller.replace([spec.replace(workload="")])
        with pytest.raises(tidegate.NotFoundError):
            controller.set_replicas("web", FEW)


def test_sim_clock():
    clock = tidegate.SimClock(10.0)
    assert clock.now() == 10_000_000_000
    clock.advance("1m")
    clock.move_to(100.0)
    assert clock.now() == 100_000_000_000
    with pytest.raises(tidegate.InvalidArgumentError, match="time does not go back"):
        clock.move_to(99.0)
    with pytest.raises(tidegate.InvalidArgumentError, match="time does not go back"):
        clock.advance(-1)


def test_a_policy_is_called_from_the_controllers_thread(called):
    caller = Caller()
    workload = tidegate.Workload(spec=called, period=0.005)
    with tidegate.Controller([workload], policies={"caller": caller}) as controller:
        controller.set_replicas("web", FEW)
        assert not controller.running
        controller.run_in_thread()
        assert controller.running
        wait_for(lambda: len(caller.threads) >= 5)
    assert not controller.running
    assert threading.get_ident() not in caller.threads
    calls = len(caller.threads)
    time.sleep(0.05)
    assert len(caller.threads) == calls


def test_a_simulated_clock_drives_the_thread(called):
    caller = Caller()
    clock = tidegate.SimClock(0.0)
    with tidegate.Controller([called], policies={"caller": caller}, clock=clock) as controller:
        controller.set_replicas("web", FEW)
        controller.run_in_thread()
        wait_for(lambda: len(caller.threads) == 1)
        time.sleep(0.05)
        assert len(caller.threads) == 1
        clock.advance(1)
        wait_for(lambda: len(caller.threads) == 2)


def test_samples_come_from_many_threads_while_it_runs(spec, called):
    each, count = 2000, 4
    caller = Caller()
    workload = tidegate.Workload(spec=called, period=0.002)
    with tidegate.Controller([workload], policies={"caller": caller}) as controller:
        controller.set_replicas("web", FEW)
        controller.run_in_thread()

        def push(index):
            for i in range(each):
                controller.ingest("queue", {"replica": f"web-{index}"}, float(i), float(i + 1))

        threads = [threading.Thread(target=push, args=(i,)) for i in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_for(lambda: len(caller.threads) >= 3)
        assert controller.store.stats().ingested_total == each * count


def test_only_one_may_tick(called):
    with tidegate.Controller([called], policies={"caller": Caller()}) as controller:
        controller.run_in_thread()
        with pytest.raises(tidegate.ConflictError, match="ticking already"):
            controller.tick()
        with pytest.raises(tidegate.ConflictError, match="ticking already"):
            controller.run_in_thread()
        controller.stop()
        controller.stop()
        controller.tick()
        controller.run_in_thread()


def test_threads_may_stop_it_at_once(called):
    for _ in range(20):
        controller = tidegate.Controller([called], policies={"caller": Caller()})
        controller.run_in_thread()
        threads = [threading.Thread(target=controller.stop) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not controller.running


def test_a_callback_may_stop_it(called):
    controllers = []
    workload = tidegate.Workload(spec=called, period=0.005)
    controller = tidegate.Controller(
        [workload],
        policies={"caller": Caller()},
        on_tick=lambda report: controllers[0].stop(),
    )
    controllers.append(controller)
    controller.run_in_thread()
    wait_for(lambda: not controller.running)
    controller.run()  # ends at its first tick, too
    controllers.clear()


def test_calls_that_wait_for_the_tick_are_refused_inside_of_it(spec, called):
    refused = []

    def on_tick(report):
        for call in (
            lambda: controller.set_replicas("web", FEW),
            lambda: controller.replace([spec]),
            lambda: controller.tick(),
        ):
            with pytest.raises(tidegate.ConflictError) as raised:
                call()
            refused.append(str(raised.value))

    controller = tidegate.Controller([called], policies={"caller": Caller()}, on_tick=on_tick)
    controller.tick()
    assert refused == [
        "controller: set_replicas() is called from inside a tick",
        "controller: replace() is called from inside a tick",
        "controller: it is ticking already",
    ]
    controller.set_replicas("web", FEW)


def test_a_callback_that_raises_does_not_fail_the_tick(called, monkeypatch):
    unraisable = []
    monkeypatch.setattr(sys, "unraisablehook", lambda hook: unraisable.append(hook.exc_value))

    def on_tick(report):
        raise ValueError("in the callback")

    controller = tidegate.Controller([called], policies={"caller": Caller()}, on_tick=on_tick)
    assert len(controller.tick().workloads) == 1
    assert [str(error) for error in unraisable] == ["in the callback"]


def test_run_ends_at_ctrl_c(called, ctrl_c):
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    with tidegate.Controller([called], policies={"caller": Caller()}) as controller:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            controller.run()
        assert not controller.running
    timer.join()


def test_run_leaves_other_threads_alone(called):
    caller = Caller()
    workload = tidegate.Workload(spec=called, period=0.005)
    controller = tidegate.Controller([workload], policies={"caller": caller})
    controller.set_replicas("web", FEW)

    def stop_later():
        wait_for(lambda: len(caller.threads) >= 3)
        controller.stop()

    thread = threading.Thread(target=stop_later)
    thread.start()
    controller.run()
    thread.join()
    assert len(caller.threads) >= 3


def test_a_running_controller_is_stopped_when_it_is_dropped(called):
    caller = Caller()
    workload = tidegate.Workload(spec=called, period=0.002)
    controller = tidegate.Controller([workload], policies={"caller": caller})
    controller.run_in_thread()
    del controller
    gc.collect()
    calls = len(caller.threads)
    time.sleep(0.03)
    assert len(caller.threads) == calls


def test_a_controller_may_be_dropped_by_its_own_thread(called):
    caller = Caller()
    alive = weakref.ref(caller)
    dropped = threading.Event()

    def on_tick(report):
        holder.clear()
        dropped.set()

    workload = tidegate.Workload(spec=called, period=0.005)
    holder = [tidegate.Controller([workload], policies={"caller": caller}, on_tick=on_tick)]
    holder[0].run_in_thread()
    assert dropped.wait(10)
    del caller

    def buried():
        tidegate.Controller([workload], policies={"caller": Caller()})
        return alive() is None

    wait_for(buried)


EXIT_SCRIPT = """
import sys, time, tidegate

class Slow:
    def propose(self, input):
        time.sleep(0.002)
        return tidegate.Proposal(replicas=1, reason="slow")

def on_tick(report):
    global ticks
    ticks += 1
    if drop:
        controllers.clear()
        globals().pop("controller", None)

ticks = 0
drop = False
spec = tidegate.ScalingSpec(workload="web", max_replicas=3, policies=[{"name": "slow"}])
controllers = [
    tidegate.Controller(
        [tidegate.Workload(spec=spec, period=0.001)], policies={"slow": Slow()}, on_tick=on_tick
    )
    for _ in range(4)
]
for controller in controllers:
    controller.set_replicas("web", tidegate.Observation.all_ready(2))
    controller.run_in_thread()
while ticks < 20:
    time.sleep(0.001)
"""


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("", 0),
        ("sys.exit(3)", 3),
        ("del controllers, controller", 0),
        ("drop = True", 0),
        ("1 / 0", 1),
    ],
)
def test_the_interpreter_exits_cleanly_with_running_controllers(ending, code):
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-X", "dev", "-c", EXIT_SCRIPT + ending],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stderr
        assert done.stderr.splitlines()[-1:] == (
            ["ZeroDivisionError: division by zero"] if code == 1 else []
        )
