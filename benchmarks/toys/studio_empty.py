"""An IPython extension that does nothing: what `%load_ext` costs by itself."""


def load_ipython_extension(shell: object) -> None:
    """Do nothing."""
    del shell
