"""Where chunks are trained: processes here, or a Dask cluster."""
