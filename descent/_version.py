"""The installed version, on its own because looking it up takes 20 ms of every process that imports the package."""

from importlib.metadata import version

__version__ = version("descent-ml")
