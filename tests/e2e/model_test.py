# SPDX-License-Identifier: Apache-2.0
"""The flower model: training reproduces the weights, and a server answers as training says."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FLOWER = ROOT / "examples" / "flower"
sys.path.insert(0, str(FLOWER))
sys.dont_write_bytecode = True

from stack import free_port, http, wait_for  # noqa: E402

VENV = ROOT / "build" / "triton"


def answers_rightly(url):
    right = total = 0
    with open(FLOWER / "training" / "answers.csv", newline="") as answers:
        with open(FLOWER / "training" / "iris.csv", newline="") as truth:
            for asked, real in zip(csv.DictReader(answers), csv.DictReader(truth)):
                data = [float(value) for value in list(asked.values())[:4]]
                tensor = {"name": "MEASUREMENTS", "datatype": "FP32", "shape": [4], "data": data}
                status, text = http(url, {"inputs": [tensor]})
                assert status == 200, text
                outputs = {out["name"]: out["data"] for out in json.loads(text)["outputs"]}
                assert outputs["SPECIES"] == [asked["answer"]], (data, outputs, asked)
                assert abs(sum(outputs["SCORES"]) - 1) < 1e-5, outputs
                right += asked["answer"] == real["species"]
                total += 1
    assert total == 150, total
    assert right / total >= 0.95, right
    return right / total


def main():
    subprocess.run([FLOWER / "triton" / "install.sh", VENV], check=True)
    subprocess.run(
        [VENV / "bin" / "python", FLOWER / "training" / "train.py", "--check"], check=True
    )
    ports = [free_port() for _ in range(3)]
    command = [FLOWER / "triton" / "start.sh", VENV, FLOWER / "models"] + ports
    server = subprocess.Popen(
        [str(word) for word in command],
        env={**os.environ, "FLOWER_SERVICE_MS": "0"},
        stderr=subprocess.DEVNULL,
    )
    try:
        url = "http://127.0.0.1:%d/v2/" % ports[0]
        ready = wait_for(lambda: http(url + "health/ready")[0] == 200, 20)
        assert ready, "the server was not ready within 20 s"
        print("accuracy over all flowers: %.3f" % answers_rightly(url + "models/flower/infer"))
    finally:
        server.terminate()
        server.wait(20)
    assert server.returncode == 0, "the server exited with %d" % server.returncode
    left = list(Path("/dev/shm").glob("tgflower_%d_*" % server.pid))
    assert not left, left


main()
