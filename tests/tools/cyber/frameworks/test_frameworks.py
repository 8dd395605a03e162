"""The frameworks are whole, by the counts of their publishers, and an operator can renew them."""

from collections import Counter

import pytest

from studio_magics.tools.cyber.frameworks import FRAMEWORKS, framework, practices
from studio_magics.tools.cyber.frameworks.__main__ import main, refresh
from studio_magics.tools.cyber.frameworks.catalogue import (
    SHIPPED,
    DataMisfit,
    read_framework,
    read_practices,
)


def heads(name, split):
    return Counter(control.id.split(split)[0] for control in framework(name).controls)


def test_csf_has_the_106_subcategories_of_its_six_functions():
    # NIST CSWP 29: 31, 21, 22, 11, 13, 8
    assert heads("nist-csf-2.0", ".") == {"GV": 31, "ID": 21, "PR": 22, "DE": 11, "RS": 13, "RC": 8}


def test_annex_a_has_37_8_14_and_34_controls_numbered_without_holes():
    ids = [control.id for control in framework("iso-27001").controls]
    assert ids == [
        f"A.{part}.{n}" for part, most in ((5, 37), (6, 8), (7, 14), (8, 34)) for n in range(1, most + 1)
    ]


def test_the_trust_services_criteria_have_33_common_and_28_further_ones():
    found = Counter(
        control.id.rstrip("0123456789").rstrip(".").rstrip("0123456789")
        for control in framework("soc-2").controls
    )
    assert found == {"CC": 33, "A": 3, "C": 2, "PI": 5, "P": 18}


def test_cis_has_153_safeguards_in_groups_of_56_74_and_23():
    controls = framework("cis-8.1").controls
    assert len(controls) == 153
    assert Counter(control.group for control in controls) == {1: 56, 2: 74, 3: 23}


def test_every_practice_belongs_to_a_control_and_every_control_to_a_practice():
    used = {name for one in FRAMEWORKS for control in framework(one).controls for name in control.practices}
    assert used == set(practices())


def test_the_practice_of_a_second_factor_relates_the_controls_that_ask_for_it():
    related = {c.id for one in FRAMEWORKS for c in framework(one).controls if "mfa" in c.practices}
    assert related == {"PR.AA-03", "A.8.5", "CC6.6", "CIS-6.3", "CIS-6.4", "CIS-6.5"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("# as of 2026-01-01\n[X One]\nX-1 | words | mfa\nX-1 | words | mfa\n", "id twice"),
        ("# as of 2026-01-01\n[X One]\nX-1 | words | no-such\n", "unknown practice 'no-such'"),
        ("# as of 2026-01-01\nX-1 | words | mfa\n", "in a family"),
        ("[X One]\nX-1 | words | mfa\n", "no line '# as of DATE'"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_as_a_whole(tmp_path, text, fault):
    (tmp_path / "csf.txt").write_text(text)
    with pytest.raises(DataMisfit, match=fault):
        read_framework("nist-csf-2.0", tmp_path / "csf.txt", tuple(practices()))


def test_an_operator_takes_over_a_newer_edition_and_hears_what_came(tmp_path):
    source, target = tmp_path / "new", tmp_path / "refreshed"
    source.mkdir()
    text = (SHIPPED / "csf.txt").read_text().replace("as of 2024-02-26", "as of 2027-01-01")
    (source / "csf.txt").write_text(text.replace("GV.OC-05 |", "GV.OC-06 |"))
    (told,) = refresh(source, target)
    assert "2027-01-01: 106 controls, new: GV.OC-06, gone: GV.OC-05" in told
    assert (target / "csf.txt").is_file()


def test_a_folder_that_does_not_fit_changes_nothing(tmp_path, capsys):
    (tmp_path / "practices.txt").write_text("[A]\nonly | one | 3 | 1\n")
    assert main([str(tmp_path)]) == 1
    assert "nothing was changed" in capsys.readouterr().err


def test_ranks_of_practices_are_one_two_or_three(tmp_path):
    (tmp_path / "practices.txt").write_text("[A]\none | words | 4 | 1\n")
    with pytest.raises(DataMisfit, match="importance and effort"):
        read_practices(tmp_path / "practices.txt")
