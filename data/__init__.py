"""Tables in, arrays out: reading, roles, checks, honest splits, features fitted on training rows only.

Names are imported on first use (they stand in ``__init__.pyi``): pandas and scikit-learn take seconds.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
