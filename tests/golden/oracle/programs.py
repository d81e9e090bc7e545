# SPDX-License-Identifier: Apache-2.0
"""The two programs that answer scenarios: the oracle, which is built here, and Tidegate's driver."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = ROOT / "build" / "oracle"


class Program:
    """A command that reads scenarios, one a line, and writes answers with the same ids."""

    def __init__(self, command):
        self.command = [str(part) for part in command]

    def answers(self, scenarios):
        """One answer a scenario, in order; {"crash": why} where the program died of it."""
        answers, rest = [], list(scenarios)
        while rest:
            lines = "".join(json.dumps(s, separators=(",", ":")) + "\n" for s in rest)
            run = subprocess.run(self.command, input=lines, capture_output=True, text=True, check=False)
            got = [json.loads(line) for line in run.stdout.splitlines() if line.endswith("}")]
            answers += got[:len(rest)]
            rest = rest[len(got):]
            if rest:  # it died of the next one
                answers.append({"crash": f"status {run.returncode}: {run.stderr[-300:]}"})
                rest = rest[1:]
        return answers


def json_lines(command):
    """What a command prints, line by line."""
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as process:
        yield from map(json.loads, process.stdout)
    if process.returncode != 0:
        sys.exit(f"{' '.join(process.args)}: status {process.returncode}")


def versions():
    """Minor versions and their go.mod files; the files are the one place that names releases."""
    out = {}
    for path in sorted(HERE.glob("go*.mod")):
        release = re.search(r"k8s\.io/kubernetes v(\d+\.\d+)", path.read_text(encoding="utf-8"))
        out[release[1]] = path
    return out


def oracle(version):
    """The path of the oracle of a minor version of Kubernetes, built unless it is there."""
    modfile = versions()[version]
    sources = [modfile, *sorted(HERE.rglob("*.go")), *sorted(HERE.rglob("*.s"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    binary = BUILD / f"oracle-{version}-{digest}"
    if not binary.exists():
        go = subprocess.run([ROOT / ".ci" / "find-go"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        print(f"oracle: building for Kubernetes {version} (some minutes the first time)", flush=True)
        BUILD.mkdir(parents=True, exist_ok=True)
        for old in BUILD.glob(f"oracle-{version}-*"):
            old.unlink()
        subprocess.run([go, "build", f"-modfile={modfile.name}", "-o", binary, "."], cwd=HERE, check=True,
                       env={**os.environ, "GOFLAGS": "-buildvcs=false"})
    return binary
