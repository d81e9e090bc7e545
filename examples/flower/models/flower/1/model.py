# SPDX-License-Identifier: Apache-2.0
"""Tells the species of an iris from four measurements, as slowly as asked.

The answer is a real one: a softmax over a product with trained weights (weights.json, made by
training/train.py). It takes microseconds. Each request then takes service_ms of wall time in
all, which stands for the GPU; the cores stay free meanwhile. The time is read from the server's
environment (FLOWER_SERVICE_MS) or from config.pbtxt.
"""

import asyncio  # noqa: F401 (the stub imports it with the first request: slow there)
import json
import os
import time

import numpy as np
import triton_python_backend_utils as pb_utils


def service_seconds(config):
    text = os.environ.get("FLOWER_SERVICE_MS")
    if not text:
        text = config["parameters"]["service_ms"]["string_value"]
    milliseconds = float(text)
    if not 0 <= milliseconds <= 60000:
        raise ValueError("service_ms: want 0 to 60000, got " + text)
    return milliseconds / 1e3


class TritonPythonModel:
    def initialize(self, args):
        self.service_s = service_seconds(json.loads(args["model_config"]))
        folder = os.path.join(args["model_repository"], args["model_version"])
        with open(os.path.join(folder, "weights.json")) as file:
            model = json.load(file)
        self.weights = np.array(model["weights"], np.float32)
        self.classes = np.array([name.encode() for name in model["classes"]], np.object_)
        self.classify(np.ones(4, np.float32))  # the first product is slow: not in a request

    def classify(self, measurements):
        logits = np.append(measurements, np.float32(1)) @ self.weights
        scores = np.exp(logits - logits.max())
        return (scores / scores.sum()).astype(np.float32)

    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        end = time.monotonic() + self.service_s
        flower = pb_utils.get_input_tensor_by_name(request, "MEASUREMENTS").as_numpy()
        scores = self.classify(flower)
        species = self.classes[[int(scores.argmax())]]
        response = pb_utils.InferenceResponse(
            output_tensors=[
                pb_utils.Tensor("SCORES", scores),
                pb_utils.Tensor("SPECIES", species),
            ]
        )
        time.sleep(max(0.0, end - time.monotonic()))
        return response
