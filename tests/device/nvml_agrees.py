#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `tidegate devices` reads through NVML equals what nvidia-smi prints. Needs an NVIDIA GPU; changes nothing.

    nvml_agrees.py TIDEGATE
"""
import json
import re
import subprocess
import sys


def output(*command, may_fail=False):
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode != 0 and not may_fail:
        sys.exit(f"{' '.join(command)}: {run.stdout.strip()}")
    return run.stdout


def smi_devices():
    """{uuid: (name, bus id, MIG mode, driver)}, in nvidia-smi's order."""
    query = "uuid,name,pci.bus_id,mig.mode.current,driver_version"
    rows = output("nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader").strip().splitlines()
    modes = {"Enabled": "on", "Disabled": "off", "[N/A]": "none"}
    devices = {}
    for row in rows:
        uuid, name, bus, mode, driver = [part.strip() for part in row.split(",")]
        devices[uuid] = (name, bus.lower(), modes[mode], driver)
    return devices


def smi_profiles():
    """{(GPU index, profile id): (name, instances, GiB, SMs, DEC, ENC, CE, JPEG, OFA)}"""
    first = re.compile(r"\|\s+(\d+)\s+MIG (\S+)\s+(\d+)\s+\d+/(\d+)\s+([\d.]+)\s+\S+\s+(\d+)\s+(\d+)\s+(\d+)\s*\|")
    second = re.compile(r"\|\s+(\d+)\s+(\d+)\s+(\d+)\s*\|")
    profiles, key = {}, None
    for line in output("nvidia-smi", "mig", "-lgip", may_fail=True).splitlines():
        if found := first.match(line):
            gpu, name, ident, instances, gib, sms, dec, enc = found.groups()
            key = (int(gpu), int(ident))
            profiles[key] = [name, int(instances), float(gib), int(sms), int(dec), int(enc)]
        elif key and (found := second.match(line)):
            profiles[key] += [int(number) for number in found.groups()]
            key = None
    return {key: tuple(value) for key, value in profiles.items()}


def smi_placements():
    """{(GPU index, profile id): ([starts], size)}"""
    row = re.compile(r"GPU\s+(\d+) Profile ID\s+(\d+) Placements?\s*: \{([\d,]*)\}:(\d+)")
    found = row.findall(output("nvidia-smi", "mig", "-lgipp", may_fail=True))
    return {(int(g), int(i)): ([int(s) for s in starts.split(",") if s], int(size)) for g, i, starts, size in found}


def smi_slices():
    """{(GPU index, GPU instance): (profile id, start, size)}"""
    row = re.compile(r"\|\s+(\d+)\s+MIG \S+\s+(\d+)\s+(\d+)\s+(\d+):(\d+)\s*\|")
    found = row.findall(output("nvidia-smi", "mig", "-lgi", may_fail=True))
    return {(int(g), int(gi)): (int(profile), int(start), int(size)) for g, profile, gi, start, size in found}


def ours(tidegate):
    read = json.loads(output(tidegate, "devices", "-o", "json"))
    devices, profiles, placements, slices = {}, {}, {}, {}
    for index, device in enumerate(read["devices"]):
        devices[device["uuid"]] = (device["name"], device["busId"].lower(), device["mig"].split(",")[0], read["driver"])
        for profile in device["profiles"]:
            key, engines = (index, profile["id"]), profile["engines"]
            profiles[key] = (profile["name"], profile["maxInstances"], round(profile["memoryMiB"] / 1024, 2), profile["smCount"],
                             engines["nvdec"], engines["nvenc"], engines["copy"], engines["nvjpg"], engines["ofa"])
            spans = profile["placements"]
            placements[key] = ([span["start"] for span in spans], spans[0]["size"] if spans else 0)
        for each in device["slices"]:
            slices[(index, each["gpuInstance"])] = (each["profileId"], each["span"]["start"], each["span"]["size"])
    return devices, profiles, placements, slices


def main():
    tidegate = sys.argv[1]
    names = ("GPUs", "profiles", "placements", "GPU instances")
    theirs = smi_devices(), smi_profiles(), smi_placements(), smi_slices()
    failed = not theirs[0]
    for name, a, b in zip(names, ours(tidegate), theirs):
        differing = sorted(key for key in a.keys() | b.keys() if a.get(key) != b.get(key))
        print(f"{name}: {len(a)} read, {len(b)} of nvidia-smi, {len(differing)} differ")
        for key in differing:
            print(f"  {key}: {a.get(key)}, nvidia-smi: {b.get(key)}")
        failed |= bool(differing)
    sys.exit(failed)


if __name__ == "__main__":
    main()
