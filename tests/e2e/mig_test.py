#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demonstration of slices, quickly: what it checks itself is what is tested."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main():
    demo = ROOT / "examples" / "mig" / "demo.py"
    done = subprocess.run(
        [sys.executable, demo, "--quick", *sys.argv[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout)
    for line in ("no room: ", "at rest: ", " 0 different", "passed"):
        if line not in done.stdout:
            print("FAILED: the demonstration does not say %r" % line)
            return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
