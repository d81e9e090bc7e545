# SPDX-License-Identifier: Apache-2.0
"""The shortened demonstration, what it leaves behind, and what Ctrl-C and kill -9 leave."""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "examples" / "flower"))
sys.dont_write_bytecode = True

from stack import marked_processes, ownerless_memory, wait_for  # noqa: E402


def demo(arguments, *options, **keywords):
    command = ["/usr/bin/python3", str(ROOT / "examples" / "flower" / "demo.py"), "--quick"]
    command += ["--run", arguments.run, "--build", arguments.build] + list(options)
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **keywords
    )


def servers(run):
    return {pid for pid, c in marked_processes(run).items() if "/bin/tritonserver " in c}


def check_nothing_left(run):
    left = wait_for(lambda: not marked_processes(run) and not ownerless_memory(), 3)
    assert left, (marked_processes(run), ownerless_memory())


def whole(arguments):
    run = Path(arguments.run)
    process = demo(arguments)
    output, _ = process.communicate(timeout=150)
    print(output)
    assert process.returncode == 0, "exit status %d" % process.returncode
    summary = json.loads((run / "summary.json").read_text())
    assert summary["ok"] and summary["failed"] == 0 and summary["requests"] > 1000, summary
    assert summary["answered"] == summary["requests"], summary
    assert summary["replicas_peak"] >= 3 and summary["replicas_end"] == 1, summary
    assert summary["replay_identical"] and len(summary["steps"]) >= 4, summary
    assert 0 < summary["reaction_s"]["to_request"] <= summary["reaction_s"]["to_ready"], summary
    page = (run / "report.html").read_text()
    assert page.count("<svg") == 4 and "http://" not in page and "https://" not in page
    for step in summary["steps"]:
        assert step["stages"], step
    check_nothing_left(run)


def interrupted(arguments):
    process = demo(arguments)
    assert wait_for(lambda: servers(arguments.run), 20), "no server"
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in output, output
    check_nothing_left(arguments.run)


def killed(arguments):
    process = demo(arguments)
    assert wait_for(lambda: servers(arguments.run), 20), "no server"
    process.kill()
    process.communicate()
    left = servers(arguments.run)
    assert left, "nothing was left: the next part would show nothing"
    process = demo(arguments)
    assert wait_for(lambda: servers(arguments.run) - left, 30), "no server"
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert "an earlier run left behind" in output, output
    check_nothing_left(arguments.run)


def messages(arguments):
    """What cannot work says why, with status 2, before anything is started."""
    process = demo(arguments, "--build", "/nonexistent")
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 2 and "/nonexistent/bin/tidegate is missing" in output, output
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        process = demo(arguments, "--port", str(port))
        output, _ = process.communicate(timeout=20)
        assert process.returncode == 2 and "port %d on 127.0.0.1 is in use" % port in output, output
    process = demo(arguments, "--run", "/proc/no/such")
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 2 and "cannot write to /proc/no/such" in output, output
    assert not marked_processes(arguments.run)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--run", default=str(ROOT / "build" / "e2e" / "demo"))
    parser.add_argument("--part", choices=["whole", "stopping"], default="whole")
    arguments = parser.parse_args()
    arguments.run = os.path.abspath(arguments.run)
    if arguments.part == "whole":
        whole(arguments)
    else:
        for part in (messages, interrupted, killed):
            part(arguments)
            print("passed", part.__name__)


main()
