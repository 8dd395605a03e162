"""Licences as metadata name them."""

from collections.abc import Callable
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from studio_server.toolcheck import licences
from studio_server.toolcheck.subject import Subject


@pytest.mark.parametrize(
    ("licence", "kind"),
    [
        ("MIT", "free"),
        ("BSD-3-Clause", "free"),
        ("Apache Software License", "free"),
        ("PSF-2.0", "free"),
        ("ISC License (ISCL)", "free"),
        ("GPL-3.0-or-later", "strong"),
        ("AGPL-3.0-only", "strong"),
        ("GNU General Public License v2 (GPLv2)", "strong"),
        ("GNU Affero General Public License v3", "strong"),
        ("SSPL-1.0", "strong"),
        ("CC-BY-NC-4.0", "strong"),
        ("LGPL-3.0-only", "weak"),
        ("GNU Lesser General Public License v3 (LGPLv3)", "weak"),
        ("MPL-2.0", "weak"),
        ("Mozilla Public License 2.0 (MPL 2.0)", "weak"),
        ("GPL-2.0-only OR MIT", "free"),
        ("LGPL-3.0-only AND GPL-3.0-only", "strong"),
        ("Proprietary", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_words_of_a_licence_are_sorted_and_the_freest_choice_counts(licence: str, kind: str) -> None:
    assert licences.kind_of(licence) == kind


def installed(folder: Path, name: str, *lines: str) -> None:
    """What pip leaves of a library: a module and its metadata."""
    (folder / f"{name}.py").write_text("")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "\n".join(["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *lines, ""])
    )
    (info / "top_level.txt").write_text(f"{name}\n")
    (info / "RECORD").write_text(f"{name}.py,,\n")


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        (["License-Expression: MIT", "License: something else"], "MIT"),
        (["Classifier: License :: OSI Approved :: BSD License", "License: long text"], "BSD License"),
        (["License: Apache-2.0", "Classifier: License :: OSI Approved"], "Apache-2.0"),
        ([], ""),
    ],
)
def test_the_licence_is_the_expression_then_the_classifiers_then_the_text(
    lines: list[str], licence: str, tmp_path: Path
) -> None:
    installed(tmp_path, "somelib", *lines)
    assert licences.licence_of(PathDistribution(tmp_path / "somelib-1.0.dist-info")) == licence


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        (["License-Expression: MIT"], "passed"),
        (["License-Expression: MPL-2.0"], "noted"),
        (["License-Expression: AGPL-3.0-only"], "failed"),
        ([], "failed"),
        (["License-Expression: MIT", "Requires-Dist: below (>=1)"], "failed"),
        (["License-Expression: MIT", "Requires-Dist: below; extra == 'more'"], "passed"),
        (["License-Expression: MIT", "Requires-Dist: not-installed-anywhere"], "passed"),
    ],
)
def test_a_library_is_judged_with_all_that_it_needs_and_a_person_may_accept_it(
    lines: list[str], verdict: str, spoiled: Callable[..., Subject], tool_folder: Path
) -> None:
    installed(tool_folder, "above", *lines)
    installed(tool_folder, "below", "License-Expression: GPL-3.0-only")
    subject = spoiled("import csv\n", "import csv\n\nimport above\n")
    found = licences.check(subject, frozenset())
    assert found.verdict == verdict, found
    assert licences.check(subject, frozenset({"Above", "below"})).verdict == "passed"
