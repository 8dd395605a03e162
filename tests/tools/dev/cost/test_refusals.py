"""Every bad text is refused before anything is priced, with line, column and what is allowed."""

import time

import pytest
from pydantic import ValidationError

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.cost import TOOL
from studio_magics.tools.dev.cost.tool import CostInput

HEAD = "defaults: {provider: aws, region: us-east-1}\ncomponents:\n"


@pytest.mark.parametrize(
    ("text", "found", "allowed"),
    [
        (HEAD + "  - {kind: vn}\n", "line 3, column 12: kind 'vn' is not known", "vm"),
        (HEAD + "  - {kind: vm, size: m5.lrage}\n", "line 3, column 22: aws vm size 'm5.lrage'", "m5.large"),
        (HEAD + "  - {kind: vm, size: t3.nano, region: eu-west1}\n", "aws region 'eu-west1'", "eu-west-1"),
        (HEAD + "  - {kind: vm, provider: asw}\n", "provider 'asw' is not known", "aws"),
        (HEAD + "  - {kind: vm}\n", "no size for the vm", "m5.large"),
        (HEAD + "  - {kind: egress}\n", "no 'gb' for the egress", "GB sent"),
        (HEAD + "  - {kind: egress, gb: -5}\n", "line 3, column 24: gb is -5", "0 to"),
        (HEAD + "  - {kind: egress, gb: many}\n", "gb 'many' is not a number", "0 to"),
        (HEAD + "  - {kind: egress, gb: .nan}\n", "'.nan' is not a number", "0 to"),
        (HEAD + "  - {kind: egress, gb: 1e9}\n", "'1e9' is not a number", "0 to"),
        (HEAD + "  - {kind: egress, gb: 1:30}\n", "'1:30' is not a number", "0 to"),
        (HEAD + "  - {kind: egress, gb: [1]}\n", "list or mapping", "one value"),
        (HEAD + "  - {kind: vm, size: m5.large, count: 1.5}\n", "not a whole number", "whole"),
        (HEAD + "  - {kind: vm, size: m5.large, hours: 800}\n", "hours is 800", "744"),
        (HEAD + "  - {kind: vm, size: m5.large, gb: 5}\n", "'gb' means nothing for the kind vm", "count"),
        (HEAD + "  - {kind: vm, size: m5.large, colour: 5}\n", "unknown key 'colour'", "count"),
        (HEAD + "  - {kind: kubernetes, commitment: 1y}\n", "cannot be committed", "on-demand"),
        (HEAD + "  - {kind: vm, kind: vm}\n", "'kind' appears twice", "once"),
        (HEAD + "  - {kind: kubernetes}\n  - {kind: kubernetes}\n", "was used on line 3", "unique"),
        (HEAD + "  - {size: m5.large}\n", "without kind", "vm"),
        ("components: [{kind: vm, size: m5.large}]\n", "no provider", "aws"),
        ("components: [{kind: vm, provider: gcp, size: e2-micro}]\n", "no region of gcp", "us-central1"),
        ("components: []\n", "empty list", "at least one"),
        ("components: 5\n", "not a list", "'- '"),
        ("name: x\n", "no components", "components"),
        ("- a\n", "not a mapping", "key: value"),
        ("# nothing\n", "an empty text", "YAML"),
        ("a: 1\n---\nb: 2\n", "found another document", "YAML"),
        ("components: [\n", "line 2, column 1", "YAML"),
        ("components:\n\t- x\n", "line 2, column 1", "YAML"),
        ("components: !!python/object:os.system {}\n", "line 1, column 13: a tag", "plain YAML"),
        (
            "name: !!python/name:os.system x\ncomponents: [{kind: other}]\n",
            "line 1, column 7: a tag",
            "plain YAML",
        ),
        ("name: \x00\n", "special characters", "YAML in UTF-8"),
        (HEAD + "  - &a {kind: kubernetes}\n", "an anchor or alias", "plain YAML"),
        (HEAD + "  - {kind: kubernetes}\nwhat_if: [{change: {size: m5.hug}}]\n", "size 'm5.hug'", "m5.large"),
        (HEAD + "  - {kind: kubernetes}\nwhat_if: [{change: {}}]\n", "an empty change", "commitment"),
        (HEAD + "  - {kind: kubernetes}\nwhat_if: [{change: {usage: a lot}}]\n", "usage 'a lot'", "+20 %"),
        (
            HEAD + "  - {kind: kubernetes}\nwhat_if: [{change: {commitment: 1y}}]\n",
            "changes no component",
            "some",
        ),
    ],
)
def test_a_bad_text_is_refused_with_place_and_what_is_allowed(price, context, text, found, allowed):
    with pytest.raises(InputRejected) as refusal:
        price(text)
    assert found in refusal.value.found
    assert allowed in refusal.value.allowed
    assert context.artefacts == {}


@pytest.mark.measures_time
def test_an_alias_bomb_is_refused_at_once_instead_of_expanded(price):
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    began = time.process_time()
    with pytest.raises(InputRejected, match="anchor or alias"):
        price("\n".join(rows))
    assert time.process_time() - began < 1


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 5000])
def test_deep_nesting_is_refused_instead_of_exhausting_the_stack(price, text):
    with pytest.raises(InputRejected, match="too deep"):
        price(text)


def test_more_components_than_the_limit_are_refused(price):
    many = "".join(f"  - {{name: n{i}, kind: kubernetes}}\n" for i in range(301))
    with pytest.raises(InputRejected, match="301 components"):
        price(HEAD + many)


@pytest.mark.measures_time
def test_three_hundred_components_are_priced_in_a_few_seconds(price):
    many = "".join(f"  - {{name: n{i}, kind: egress, gb: {i}}}\n" for i in range(300))
    began = time.process_time()
    result = price(HEAD + many)
    assert time.process_time() - began < 5
    # 300 x 299 / 2 = 44,850 GB: 10,240 x 0.09 + 34,510 x 0.085
    assert result.summary["monthly"] == "3854.95"


def test_markup_in_names_is_escaped_in_the_pictures(price):
    result = price(f"{HEAD}  - {{name: '<script>alert(1)</script>', kind: kubernetes}}\n")
    assert "<script" not in result.figures[0].svg


@pytest.mark.parametrize(
    "options",
    [{"colour": 1}, {"sensitivity_percent": 0}, {"budget_usd_per_month": -1}, {"what_if_commitment": "2y"}],
)
def test_options_out_of_bounds_are_refused_by_the_model(options):
    with pytest.raises(ValidationError):
        CostInput(architecture="x", **options)


def test_the_tool_runs_in_the_kernel_only_and_takes_the_cell_as_its_text():
    assert TOOL.places == {"kernel"}
    assert TOOL.cell_field == "architecture"
    assert TOOL.forecast(CostInput(architecture=TOOL.example)).cpu_ms < 2_000
