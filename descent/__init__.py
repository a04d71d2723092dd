"""descent turns a table into a model that can be trusted.

``run_experiment`` starts what it needs and gives the result; the bare flow, for a Prefect deployment, is
`descent.flows.experiment.run_experiment`. ``load_model`` gives a model to predict with. Names are imported on first use
(they stand in ``__init__.pyi``): ``descent --help`` needs none of them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
