"""A stored model: what it consists of, loading, predicting, HTTP, ONNX."""
