"""Cost and gradient of a whole stack of parameters, with buffers kept from call to call."""

from collections.abc import Iterable

import numpy as np

from descent.ml.network.blocks import BLOCK, Batch, slices, spans
from descent.ml.network.layout import Array
from descent.ml.network.model import Model
from descent.ml.network.passes import Matrices, Workspace
from descent.ml.network.rows import Rows


class Program:
    """One architecture for ``variants`` stacked parameters; workspaces are made when a number of rows first comes."""

    def __init__(self, model: Model, variants: int, dtype: str):
        self.model, self.variants, self.dtype = model, variants, dtype
        self.workspaces: dict[int, Workspace] = {}
        self.part = np.empty(variants, dtype)
        self._more: tuple[Array, Matrices] | None = None

    def workspace(self, rows: int) -> Workspace:
        """The buffers for a number of rows."""
        if rows not in self.workspaces:
            self.workspaces[rows] = Workspace(self.model, self.variants, rows, self.dtype)
        return self.workspaces[rows]

    def outputs(self, parameters: Array, x: Array) -> Array:
        """Outputs z (V, m, K) for x (m, n + 1)."""
        matrices = Matrices(self.model.layout, parameters)
        z = np.empty((self.variants, len(x), self.model.outputs), self.dtype)
        for start, stop in spans(len(x), BLOCK):
            block = self.workspace(stop - start).forward(matrices, x[None, start:stop])
            z[:, start:stop] = block.transpose(0, 2, 1)
        return z

    def cost(self, parameters: Array, rows: Rows | list[Batch]) -> Array:
        """Unregularised J (V,) in float64: the mean over rows of w·loss, without gradients."""
        blocks = slices(rows) if isinstance(rows, Rows) else rows
        matrices = Matrices(self.model.layout, parameters)
        total, count = np.zeros(self.variants), 0
        for x, t, w in blocks:
            workspace = self.workspace(x.shape[1])
            workspace.loss(workspace.forward(matrices, x), t, w, self.part)
            total += self.part
            count += x.shape[1]
        return total / count

    def gradient(
        self, parameters: Matrices, blocks: list[Batch], flat: Array, gradients: Matrices, total: Array
    ) -> None:
        """Write the gradient of the mean loss over the blocks' rows into ``flat`` (V, P), its sum to ``total`` (V,).

        ``gradients`` are the views of ``flat``.
        """
        first = blocks[0]
        rows = sum(block.x.shape[1] for block in blocks) if len(blocks) > 1 else first.x.shape[1]
        self._pass(parameters, first, rows, gradients, total)
        if len(blocks) > 1:
            self._add(parameters, blocks[1:], rows, flat, total)

    def _pass(self, parameters: Matrices, block: Batch, rows: int, gradients: Matrices, total: Array) -> None:
        x, t, w = block
        workspace = self.workspaces.get(x.shape[1]) or self.workspace(x.shape[1])
        z = workspace.forward(parameters, x)
        workspace.loss(z, t, w, total)
        z /= workspace.divisor(rows)
        workspace.backward(parameters, x, z, gradients)

    def _add(self, parameters: Matrices, blocks: Iterable[Batch], rows: int, flat: Array, total: Array) -> None:
        if self._more is None:
            more = np.empty_like(flat)
            self._more = more, Matrices(self.model.layout, more)
        extra, views = self._more
        for block in blocks:
            self._pass(parameters, block, rows, views, self.part)
            flat += extra
            total += self.part
