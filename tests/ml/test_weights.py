import gzip
import json
import struct
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from ml import runtime
from ml.weights import UnsupportedLayer, pack

METADATA = {"version": "v", "preprocessing": "1", "digit_threshold": 0.5}
LIMIT = 800_000  # bytes, as they are sent


@pytest.fixture(scope="module")
def model() -> bytes:
    return (runtime.bundled() / runtime.MODEL_FILE).read_bytes()


def unpacked(packed: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    """The header, and the kernels by their order."""
    (length,) = struct.unpack_from("<I", packed)
    header = json.loads(packed[4 : 4 + length])
    shapes = [layer["kernel"] for layer in header["layers"] if layer["kernel"]]
    sizes = [np.prod(shape) for shape in shapes]
    outputs = [shape[-1] for shape in shapes]
    start = 4 + length
    floats = np.frombuffer(packed, "<f4", 2 * sum(outputs), start)
    low, high = np.frombuffer(packed, np.uint8, offset=start + floats.nbytes).reshape(2, -1)
    integers = np.split(high.view(np.int8).astype(int) * 256 + low, np.cumsum(sizes)[:-1])
    scales = [part[: len(part) // 2] for part in np.split(floats, 2 * np.cumsum(outputs)[:-1])]
    return header, [
        part.reshape(shape) * scale
        for part, shape, scale in zip(integers, shapes, scales, strict=True)
    ]


def changed(model: bytes, change: Any) -> bytes:
    """The LiteRT file after something was done to what it holds."""
    parsed = schema.ModelT.InitFromPackedBuf(model, 0)
    change(parsed, parsed.subgraphs[0].operators)
    builder = flatbuffers.Builder(len(model))
    builder.Finish(parsed.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def test_it_lists_the_layers_in_order_and_what_the_browser_needs_to_know(model):
    header, _ = unpacked(pack(model, METADATA | {"epochs": 48}))
    assert {name: header[name] for name in METADATA} == METADATA
    assert "epochs" not in header
    known: set[int] = {header["input"]}
    for layer in header["layers"]:
        assert known.issuperset(layer["inputs"])
        known.add(layer["output"])
    first, last = header["layers"][0], header["layers"][-1]
    assert (first["type"], first["shape"], first["activation"]) == ("conv2d", [32, 28, 28], "relu")
    assert (last["type"], last["shape"]) == ("concatenate", [11])


def test_its_weights_are_those_of_the_network_but_for_a_rounding(model):
    _, weights = unpacked(pack(model, METADATA))
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    tensors = [
        interpreter.get_tensor(tensor["index"])
        for tensor in interpreter.get_tensor_details()
        if tensor["dtype"] == np.float32 and tensor["shape"].tolist() == [48, 3, 3, 32]
    ]
    kernel = next(values for values in weights if values.shape == (3, 3, 32, 48))
    expected = next(values for values in tensors if np.any(values))
    assert np.allclose(
        kernel, expected.transpose(1, 2, 3, 0), rtol=0, atol=np.abs(expected).max() / 60_000
    )


def test_it_is_small_enough_to_be_sent(model):
    assert len(gzip.compress(pack(model, METADATA), 6)) < LIMIT


def stride(parsed: Any, operators: Any) -> None:
    operators[0].builtinOptions.strideW = 2


def activation(parsed: Any, operators: Any) -> None:
    operators[0].builtinOptions.fusedActivationFunction = schema.ActivationFunctionType.TANH


def kind(parsed: Any, operators: Any) -> None:
    parsed.operatorCodes[operators[1].opcodeIndex].builtinCode = schema.BuiltinOperator.ADD


def precision(parsed: Any, operators: Any) -> None:
    parsed.subgraphs[0].tensors[operators[0].inputs[1]].type = schema.TensorType.FLOAT16


def size(parsed: Any, operators: Any) -> None:
    parsed.subgraphs[0].tensors[operators[0].inputs[1]].shape = [32, 1, 9, 1]


def infinite(parsed: Any, operators: Any) -> None:
    weights = parsed.subgraphs[0].tensors[operators[0].inputs[1]].buffer
    parsed.buffers[weights].data = np.full(32 * 9, np.inf, "<f4").view(np.uint8)


@pytest.mark.parametrize("change", [stride, activation, kind, precision, size, infinite])
def test_it_refuses_what_the_browser_could_not_run(model, change):
    pack(changed(model, lambda parsed, operators: None), METADATA)
    with pytest.raises(UnsupportedLayer):
        pack(changed(model, change), METADATA)


@pytest.mark.parametrize("where", ["after another layer", "where a layer needs what is below 0"])
def test_a_relu_by_itself_is_only_known_as_the_end_of_the_layer_before_it(model, where):
    def change(parsed: Any, operators: Any) -> None:
        codes = [parsed.operatorCodes[one.opcodeIndex].builtinCode for one in operators]
        relu = operators[codes.index(schema.BuiltinOperator.RELU)]
        dense = operators[codes.index(schema.BuiltinOperator.FULLY_CONNECTED)]
        if where == "after another layer":
            relu.inputs = operators[0].outputs
        else:
            dense.inputs = [*relu.inputs, *dense.inputs[1:]]

    assert unpacked(pack(model, METADATA))[0]["layers"][8]["activation"] == "relu"
    with pytest.raises(UnsupportedLayer, match="ReLU"):
        pack(changed(model, change), METADATA)
