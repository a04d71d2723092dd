"""What an experiment is: its configuration, strict and frozen, its variants, and its result.

Names are imported on first use (they stand in ``__init__.pyi``): a program that only might need a configuration does
not load pydantic.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
