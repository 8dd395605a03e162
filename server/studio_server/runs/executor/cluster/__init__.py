"""Runs jobs on the workers of an existing Dask cluster; see README.md."""
