"""A trained network for the browser: its layers, and their weights in 16 bits.

A file of ours, little-endian: the length of its header as uint32; the header as JSON, which names
the version, its preprocessing and its threshold, and lists the layers in the order in which they
run; for each layer with weights the scales of its outputs and its biases as float32; then all
kernels as int16, of which a scale makes weights: all low bytes before all high ones, which
compresses better. Half precision would take as much, and be ten times as far from the network.
"""

import json
import struct
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from ml.arrays import FloatArray, IntArray

# Of LiteRT's operators those that the browser knows, and the only options that it knows of each.
_UNDILATED = {"strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1}
_HALVING = {"strideW": 2, "strideH": 2, "filterWidth": 2, "filterHeight": 2}
_LAYERS: dict[int, tuple[str, dict[str, float]]] = {
    schema.BuiltinOperator.CONV_2D: ("conv2d", {"padding": schema.Padding.SAME, **_UNDILATED}),
    schema.BuiltinOperator.DEPTHWISE_CONV_2D: (
        "depthwise_conv2d",
        {"padding": schema.Padding.VALID, **_UNDILATED},
    ),
    schema.BuiltinOperator.MAX_POOL_2D: (
        "max_pooling2d",
        {"padding": schema.Padding.VALID, **_HALVING},
    ),
    schema.BuiltinOperator.FULLY_CONNECTED: ("dense", {"weightsFormat": 0}),
    schema.BuiltinOperator.SOFTMAX: ("softmax", {"beta": 1}),
    schema.BuiltinOperator.LOGISTIC: ("sigmoid", {}),
    schema.BuiltinOperator.CONCATENATION: ("concatenate", {"axis": -1}),
}
# From LiteRT's order of a kernel's axes to one with the outputs last.
_OUTPUTS_LAST = {"conv2d": (1, 2, 3, 0), "depthwise_conv2d": (0, 1, 2, 3), "dense": (1, 0)}
_LARGEST = 2**15 - 1  # of int16
_ACTIVATIONS = {
    schema.ActivationFunctionType.NONE: "linear",
    schema.ActivationFunctionType.RELU: "relu",
}


class UnsupportedLayer(ValueError):
    """A network that the browser can't run. Its text says why."""


def pack(model: bytes, metadata: dict[str, Any]) -> bytes:
    """Make the file for the browser.

    model: a LiteRT file's bytes. metadata: as training wrote it. Raises UnsupportedLayer.
    """
    graph = _Graph(model)
    layers, weights = graph.layers()
    floats, kernels = [], []
    for kernel, bias in weights:
        scales, integers = _quantize(kernel)
        floats += [scales, bias]
        kernels.append(integers.ravel())
    planes = np.concatenate(kernels).astype("<i2").view(np.uint8).reshape(-1, 2).T
    header = json.dumps(
        {
            "version": metadata["version"],
            "preprocessing": metadata["preprocessing"],
            "digit_threshold": metadata["digit_threshold"],
            "input": graph.input,
            "layers": layers,
        }
    ).encode()
    return b"".join(
        [
            struct.pack("<I", len(header)),
            header,
            np.concatenate(floats).astype("<f4").tobytes(),
            planes.tobytes(),
        ]
    )


def _quantize(kernel: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return scales (outputs,) and integers in the kernel's shape, whose product it is."""
    largest = np.abs(kernel).reshape(-1, kernel.shape[-1]).max(axis=0)
    scales = np.where(largest > 0, largest / _LARGEST, 1)
    return scales, np.rint(kernel / scales).astype(np.int64)


class _Graph:
    """What a LiteRT file computes, its tensors by their numbers."""

    def __init__(self, model: bytes) -> None:
        parsed = schema.ModelT.InitFromPackedBuf(model, 0)
        [graph] = parsed.subgraphs
        self._codes = [code.builtinCode for code in parsed.operatorCodes]
        self._buffers = parsed.buffers
        self._tensors = graph.tensors
        self._operators = graph.operators
        self._same: dict[int, int] = {}  # of a reshaped tensor: which one it was
        [self.input] = map(int, graph.inputs)

    def layers(self) -> tuple[list[dict[str, Any]], list[tuple[FloatArray, FloatArray]]]:
        """Return the layers, and kernels and biases of those that have them.

        Raises UnsupportedLayer.
        """
        layers: list[dict[str, Any]] = []
        weights: list[tuple[FloatArray, FloatArray]] = []
        for operator in self._operators:
            code = self._codes[operator.opcodeIndex]
            if not self._is_float(operator):
                continue  # works out a shape, which is known here
            if code == schema.BuiltinOperator.RESHAPE:
                self._reshape(operator)
                continue
            if code == schema.BuiltinOperator.RELU:
                self._fuse(operator, layers)
                continue
            layer, own = self._layer(code, operator)
            layers.append(layer)
            weights += own
        return layers, weights

    def _fuse(self, operator: Any, layers: list[dict[str, Any]]) -> None:
        """Make a ReLU that the converter left by itself part of the layer before it."""
        source, output = operator.inputs[0], operator.outputs[0]
        layer = layers[-1] if layers else {}
        others = [one for one in self._operators if source in one.inputs and self._is_float(one)]
        if layer.get("output") != source or layer["activation"] != "linear" or len(others) > 1:
            raise UnsupportedLayer("A ReLU stands by itself.")
        layer["activation"] = "relu"
        self._same[output] = source

    def _is_float(self, operator: Any) -> bool:
        return bool(self._tensors[operator.outputs[0]].type == schema.TensorType.FLOAT32)

    def _reshape(self, operator: Any) -> None:
        source, output = operator.inputs[0], operator.outputs[0]
        # Else the browser, which has channels first, would flatten in another order.
        if max(self._shape(source)[1:], default=1) > 1:
            raise UnsupportedLayer("What is flattened has more than one place.")
        self._same[output] = self._same.get(source, source)

    def _layer(
        self, code: int, operator: Any
    ) -> tuple[dict[str, Any], list[tuple[FloatArray, FloatArray]]]:
        if code not in _LAYERS:
            raise UnsupportedLayer(f"The browser does not know LiteRT's operator {code}.")
        kind, known = _LAYERS[code]
        options = vars(operator.builtinOptions) if operator.builtinOptions else {}
        if any(options.get(name) != value for name, value in known.items()):
            raise UnsupportedLayer(f"The browser does not know a {kind} with {options}.")
        inputs = [int(self._same.get(tensor, tensor)) for tensor in operator.inputs]
        weights: list[tuple[FloatArray, FloatArray]] = []
        if kind in _OUTPUTS_LAST:
            inputs, weights = inputs[:1], [self._weights(kind, inputs)]
        layer = {
            "type": kind,
            "inputs": inputs,
            "output": int(operator.outputs[0]),
            "shape": self._shape(operator.outputs[0]),
            "activation": _activation(options),
            "kernel": list(weights[0][0].shape) if weights else None,
        }
        return layer, weights

    def _weights(self, kind: str, inputs: list[int]) -> tuple[FloatArray, FloatArray]:
        source, kernel, bias = inputs
        values = self._values(kernel)
        size, place = values.shape[1:3], tuple(self._shape(source)[1:])
        if (kind == "conv2d" and size != (3, 3)) or (kind == "depthwise_conv2d" and size != place):
            raise UnsupportedLayer(f"The browser does not know a {kind} of {size} over {place}.")
        return values.transpose(_OUTPUTS_LAST[kind]), self._values(bias)

    def _values(self, tensor: int) -> FloatArray:
        found = self._tensors[tensor]
        if found.type != schema.TensorType.FLOAT32:
            raise UnsupportedLayer("Weights that are no float32 are not known here.")
        data = bytes(self._buffers[found.buffer].data)
        values = np.frombuffer(data, "<f4").reshape(found.shape)
        if not np.isfinite(values).all():
            raise UnsupportedLayer("A weight is no number.")
        return values

    def _shape(self, tensor: int) -> list[int]:
        """Of one drawing: channels, height, width; or how many numbers."""
        _, *places, channels = map(int, self._tensors[tensor].shape)
        return [channels, *places]


def _activation(options: dict[str, Any]) -> str:
    code = options.get("fusedActivationFunction", schema.ActivationFunctionType.NONE)
    if code not in _ACTIVATIONS:
        raise UnsupportedLayer(f"The browser does not know LiteRT's activation {code}.")
    return _ACTIVATIONS[code]
