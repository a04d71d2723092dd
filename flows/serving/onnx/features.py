"""The features of a model as part of a graph."""

from functools import singledispatch

import numpy as np

from descent.data.cells import numbers_among
from descent.data.features.compiled.categories import Category
from descent.data.features.compiled.features import CompiledFeatures
from descent.data.features.compiled.steps import Bend, Cut, Impute, Normalise, Operation, Products, Standardise, Stretch
from descent.data.features.raw import MISSING
from descent.flows.serving.manifest import ModelError
from descent.flows.serving.onnx.graph import Graph


def add_features(graph: Graph, features: CompiledFeatures) -> str:
    """(rows, features) float32 from a column of doubles for each number and a column of texts for each category.

    Raises:
        ModelError: the features need a date or a quantile scaling, for which ONNX has no operators.
    """
    columns = features.columns
    if columns.calendar:
        raise ModelError(
            f"column {columns.calendar[0][0]!r} holds dates, for which ONNX has no operators: leave it out "
            "(data.exclude), or make columns of numbers from it before training"
        )
    parts = []
    if columns.numeric:
        tokens = numbers_among(tuple(columns.missing))
        values = graph.add("Concat", *(graph.input(name, "double") for name in columns.numeric), axis=1)
        unknown = graph.add("Or", graph.add("IsNaN", values), graph.add("IsInf", values))
        for token in tokens:
            unknown = graph.add("Or", unknown, graph.add("Equal", values, graph.constant(token, np.float64)))
        values = graph.add("Where", unknown, graph.constant(np.nan, np.float64), values)
        if columns.sparse:
            empty = graph.add("Gather", unknown, graph.constant(list(columns.sparse_at), np.int64), axis=1)
            values = graph.add("Concat", values, graph.cast(graph.add("Not", empty), np.float64), axis=1)
        for step in features.steps:
            values = add_step(step, graph, values)
        parts.append(graph.cast(values, np.float32))
    names = (*columns.categorical, *columns.coded)
    for name, category in zip(names, features.categories, strict=True):
        parts.append(_category(graph, graph.input(name, "string"), category, columns.none))
    matrix = graph.add("Concat", *parts, axis=1)
    if features.farthest is None:
        return matrix
    return graph.add(
        "Clip", matrix, *(graph.constant(bound, np.float32) for bound in (-features.farthest, features.farthest))
    )


def _category(graph: Graph, column: str, category: Category, none: tuple[str, ...]) -> str:
    """(rows, width) rows of the category's table; a text that means no value is never a level."""
    unknown = len(category.levels)
    places = category.places | dict.fromkeys(("", *none), category.places.get(MISSING, unknown))
    code = graph.add(
        "LabelEncoder",
        column,
        domain="ai.onnx.ml",
        keys_strings=[*places],
        values_int64s=[*places.values()],
        default_int64=unknown,
    )
    found = graph.add("Gather", graph.constant(category.table), code)
    return graph.add("Squeeze", found, graph.constant([1], np.int64))


@singledispatch
def add_step(step: Operation, graph: Graph, values: str) -> str:
    """(rows, terms) after a step, from (rows, columns), both double.

    Raises:
        ModelError: ONNX has no operators for it.
    """
    raise TypeError(f"no operators are known for {type(step).__name__}")


@add_step.register
def _(step: Impute, graph: Graph, values: str) -> str:
    return graph.add("Where", graph.add("IsNaN", values), graph.constant(step.values), values)


@add_step.register
def _(step: Standardise, graph: Graph, values: str) -> str:
    return graph.add("Div", graph.add("Sub", values, graph.constant(step.shift)), graph.constant(step.scale))


@add_step.register
def _(step: Stretch, graph: Graph, values: str) -> str:
    return graph.add("Add", graph.add("Mul", values, graph.constant(step.factor)), graph.constant(step.shift))


@add_step.register
def _(step: Cut, graph: Graph, values: str) -> str:
    (farthest,) = step.farthest
    return graph.add("Clip", values, graph.constant(-farthest), graph.constant(farthest))


@add_step.register
def _(step: Bend, graph: Graph, values: str) -> str:
    share = graph.add("Div", values, graph.constant(step.limit))
    bend = graph.add("Add", graph.add("Mul", share, share), graph.constant(1, np.float64))
    return graph.add("Div", values, graph.add("Sqrt", bend))


@add_step.register
def _(step: Normalise, graph: Graph, values: str) -> str:
    raise ModelError(
        "the numbers are scaled by quantiles, for which ONNX has no operators: choose another features.scale, such as "
        "standard or robust"
    )


@add_step.register
def _(step: Products, graph: Graph, values: str) -> str:
    found: list[str] = []
    for start, stop in step.spans:
        factors = graph.add("Gather", values, graph.constant(step.first[start:stop], np.int64), axis=1)
        if step.rest[start] >= 0:
            terms = found[0] if len(found) == 1 else graph.add("Concat", *found, axis=1)
            rest = graph.add("Gather", terms, graph.constant(step.rest[start:stop], np.int64), axis=1)
            factors = graph.add("Mul", factors, rest)
        found.append(factors)
    return graph.add("Concat", *found, axis=1)
