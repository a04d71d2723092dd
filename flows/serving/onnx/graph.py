"""A graph under construction: each call adds a node and gives the name of what comes out of it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

Array = NDArray[Any]

KINDS: dict[str, int] = {
    "double": TensorProto.DOUBLE,
    "float": TensorProto.FLOAT,
    "string": TensorProto.STRING,
    "long": TensorProto.INT64,
    "boolean": TensorProto.BOOL,
}
"""Types of tensors by the names that MLflow gives to those of columns."""


class Graph:
    """Columns in and out are (rows, 1); what is between them has names that begin with ``/``, as no column does."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.inputs: list[ValueInfoProto] = []
        self.outputs: list[ValueInfoProto] = []

    def input(self, name: str, kind: str) -> str:
        """A column that goes in; the same for all who ask for it."""
        if all(known.name != name for known in self.inputs):
            self.inputs.append(helper.make_tensor_value_info(name, KINDS[kind], ["rows", 1]))
        return name

    def output(self, name: str, kind: str, value: str) -> None:
        """A column that comes out."""
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, KINDS[kind], ["rows", 1]))

    def constant(self, values: Any, dtype: Any = None) -> str:
        """Numbers or texts that the graph holds."""
        name = f"/constant {len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """The output of an operator."""
        name = f"/{operator} {len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], domain=domain, **attributes))
        return name

    def cast(self, value: str, dtype: Any) -> str:
        """A tensor as another type of number."""
        return self.add("Cast", value, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def built(self, name: str) -> GraphProto:
        """The finished graph."""
        return helper.make_graph(self.nodes, name, self.inputs, self.outputs, self.constants)
