"""YAML that stands in a cell, and not in a file, meets the same guards in each tool that reads it."""

from collections.abc import Callable

import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.quality.yaml_text import YamlRefused, load_yaml
from studio_magics.tools.dev.cost.yaml_text import read_document
from tests.hostile_files import texts
from tests.hostile_files.case import Case

AS_TEXT = [case for case in texts.YAML if not case.id.endswith("UTF-16")]


@pytest.mark.parametrize("case", AS_TEXT, ids=lambda case: case.id)
@pytest.mark.parametrize("read", [load_yaml, read_document])
def test_hostile_yaml_in_a_cell_is_refused(case: Case, read: Callable[[str], object]) -> None:
    with pytest.raises((YamlRefused, InputRejected)) as caught:
        read(case.bytes().decode())
    assert caught.value.found
    assert caught.value.allowed
