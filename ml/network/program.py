"""Cost and gradient of a whole stack of parameters, with buffers kept from call to call."""

from collections.abc import Iterable

import numpy as np

from descent.ml.network.blocks import BLOCK, Batch, slices, spans
from descent.ml.network.layers.dropout import Noise
from descent.ml.network.layout import Array, LayerViews
from descent.ml.network.losses import ClassLoss
from descent.ml.network.model import Model
from descent.ml.network.passes import PassBuffers
from descent.ml.network.rows import Rows


class Program:
    """One architecture for ``variants`` stacked parameters; workspaces are made when a number of rows first comes.

    ``noise`` and ``smoothing`` (V, 1, 1), the shares of label smoothing, act on gradients alone: costs and outputs are
    those of the model as it predicts.
    """

    def __init__(
        self, model: Model, variants: int, dtype: str, noise: Noise | None = None, smoothing: Array | None = None
    ):
        self.model, self.variants, self.dtype = model, variants, dtype
        self.noise, self.smoothing = noise, smoothing
        self.workspaces: dict[int, PassBuffers] = {}
        self.training = self.workspaces if self.noise is None else dict[int, PassBuffers]()
        self.part = np.empty(variants, dtype)
        self._more: tuple[Array, LayerViews] | None = None

    def workspace(self, rows: int) -> PassBuffers:
        """The buffers for a number of rows."""
        if rows not in self.workspaces:
            self.workspaces[rows] = PassBuffers(self.model, self.variants, rows, self.dtype)
        return self.workspaces[rows]

    def outputs(self, parameters: Array, x: Array) -> Array:
        """What the models say of x (m, n + 1), (V, m, K): numbers on the targets' scale, logits of classes."""
        matrices = LayerViews(self.model.layout, parameters)
        z = np.empty((self.variants, len(x), self.model.outputs), self.dtype)
        for start, stop in spans(len(x), BLOCK):
            block = self.workspace(stop - start).predict(matrices, x[None, start:stop])
            z[:, start:stop] = block.transpose(0, 2, 1)
        return z

    def cost(self, parameters: Array, rows: Rows | list[Batch]) -> Array:
        """Unregularised J (V,) in float64: the mean over rows of w·loss, without gradients."""
        blocks = slices(rows) if isinstance(rows, Rows) else rows
        matrices = LayerViews(self.model.layout, parameters)
        total, count = np.zeros(self.variants), 0
        for x, t, w in blocks:
            workspace = self.workspace(x.shape[1])
            workspace.loss(workspace.forward(matrices, x), t, w, self.part)
            total += self.part
            count += x.shape[1]
        return total / count

    def gradient(
        self, parameters: LayerViews, blocks: list[Batch], flat: Array, gradients: LayerViews, total: Array
    ) -> None:
        """Write the gradient of the mean loss over the blocks' rows into ``flat`` (V, P), its sum to ``total`` (V,).

        ``gradients`` are the views of ``flat``.
        """
        first = blocks[0]
        rows = sum(block.x.shape[1] for block in blocks) if len(blocks) > 1 else first.x.shape[1]
        self._pass(parameters, first, rows, gradients, total)
        if len(blocks) > 1:
            self._add(parameters, blocks[1:], rows, flat, total)

    def _pass(self, parameters: LayerViews, block: Batch, rows: int, gradients: LayerViews, total: Array) -> None:
        x, t, w = block
        workspace = self.training.get(x.shape[1]) or self._for_training(x.shape[1])
        z = workspace.forward(parameters, x)
        workspace.loss(z, t, w, total)
        if self.smoothing is not None:
            assert isinstance(workspace.loss, ClassLoss)  # see check_regularisers
            workspace.loss.smooth(z, t, w, self.smoothing)
        z /= workspace.divisor(rows)
        workspace.backward(parameters, z, gradients)

    def _for_training(self, rows: int) -> PassBuffers:
        if self.noise is None:
            return self.workspace(rows)
        self.training[rows] = PassBuffers(self.model, self.variants, rows, self.dtype, self.noise)
        return self.training[rows]

    def _add(self, parameters: LayerViews, blocks: Iterable[Batch], rows: int, flat: Array, total: Array) -> None:
        if self._more is None:
            more = np.empty_like(flat)
            self._more = more, LayerViews(self.model.layout, more)
        extra, views = self._more
        for block in blocks:
            self._pass(parameters, block, rows, views, self.part)
            flat += extra
            total += self.part
