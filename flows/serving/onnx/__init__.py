"""A model as one ONNX graph, features and network, for programs that have no Python.

Graphs are built with onnx's own helper: the steps are few, and converters (skl2onnx) know neither our network nor how
a table's cells are read.
"""
