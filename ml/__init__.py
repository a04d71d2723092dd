"""The mathematics: linear, logistic and softmax regression and dense networks as one program, trained as fleets."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
