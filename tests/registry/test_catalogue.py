import copy
import tomllib
from importlib.resources import files

import pytest
from studio_server.pricing.burn import burnt_credits
from studio_server.registry import catalogue
from studio_server.registry.catalogue import RegistryInvalid, ToolComingSoon, ToolNotFound, ToolRunsElsewhere

from studio_magics.tools import catalog

PACKAGE = files("studio_server.registry")
TOOLS = tomllib.loads(PACKAGE.joinpath("tools.toml").read_text("utf-8"))
PLANS = tomllib.loads(PACKAGE.joinpath("plans.toml").read_text("utf-8"))


def changed(**values: object) -> dict:
    data = copy.deepcopy(TOOLS)
    data["tool"][0] |= values
    return data


def test_the_catalogue_has_24_tools_and_every_maximum_can_be_reached_and_not_passed() -> None:
    registry = catalogue.load()
    assert len(registry.tools) == 24
    for entry in registry.tools.values():
        if entry.limits is not None:
            assert burnt_credits(registry.burn, entry.limits.usage) == entry.maximum_credits


def test_the_tools_that_have_code_are_ready_and_the_others_refuse_politely() -> None:
    registry = catalogue.load()
    ready = {entry.id for entry in registry.tools.values() if entry.availability == "available"}
    assert ready == set(catalog.BUILT_IN) & set(registry.tools)
    for waiting in sorted(set(registry.tools) - ready):
        with pytest.raises(ToolComingSoon, match="is not available yet"):
            registry.metered(waiting)
    with pytest.raises(ToolRunsElsewhere):
        registry.metered("cost")


def test_short_names_and_identifiers_find_the_same_tool() -> None:
    registry = catalogue.load(with_code=False)
    assert registry.find("quality") is registry.find("data-studio-quality")


def test_a_misspelt_name_comes_with_near_ones() -> None:
    with pytest.raises(ToolNotFound) as refused:
        catalogue.load(with_code=False).find("qualty")
    assert refused.value.suggestions[0] == "quality"


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"maximum_credits": 100}, "burns 5 credits at its limits, its maximum says 100"),
        ({"maximum_credits": 0}, "has no price"),
        ({"mode": "client"}, "is client and has limits"),
        ({"mode": "cloud"}, "unknown mode"),
        (
            {"id": "data-studio-quality", "network": ["a.example.org:443"]},
            "a.example.org:443 here, its code wants nobody",
        ),
        ({"network": ["127.0.0.1:443"]}, "'127.0.0.1:443' is neither 'loopback' nor a name and a port"),
        ({"id": "dev-studio-cicd"}, "is listed twice"),
        ({"id": "data-studio-quality", "mode": "hybrid"}, "its code runs in server"),
    ],
)
def test_a_catalogue_that_contradicts_itself_is_refused_with_the_reason(values: dict, fault: str) -> None:
    with pytest.raises(RegistryInvalid, match=fault):
        catalogue.assemble(changed(**values), PLANS)


def test_every_change_of_a_price_is_a_new_price_version() -> None:
    original = catalogue.assemble(TOOLS, PLANS, with_code=False).price_version
    dearer = copy.deepcopy(TOOLS)
    dearer["burn"]["minimum_credits"] = 4
    assert catalogue.assemble(dearer, PLANS, with_code=False).price_version != original
    assert catalogue.assemble(copy.deepcopy(TOOLS), PLANS, with_code=False).price_version == original


@pytest.mark.parametrize(
    ("plans", "fault"),
    [
        ([{"id": "pro"}], "there is no plan 'free'"),
        ([{"id": "free"}, {"id": "free"}], "the plan free is listed twice"),
        (
            [{"id": "free"}, {"id": "pro", "roll_over_credits": 101}],
            "pro carries 101 credits over and gives 100",
        ),
        (
            [{"id": "free", "roll_over_credits": 1}],
            "free follows the calendar month and carries nothing over",
        ),
        ([{"id": "free", "price_minor": 1}], "the plan free has a price"),
        ([{"id": "free"}, {"id": "pro", "price_minor": -5}], "pro has no usable price"),
        ([{"id": "free"}, {"id": "pro", "price_minor": 5, "currency": "jpy"}], "pro has no usable price"),
        (
            [
                {"id": "free"},
                {"id": "plus", "price_minor": 500},
                {"id": "pro", "price_minor": 400, "monthly_credits": 200},
            ],
            "pro gives more than plus and does not cost more",
        ),
        (
            [
                {"id": "free"},
                {"id": "plus", "price_minor": 500},
                {"id": "pro", "price_minor": 600, "currency": "usd", "monthly_credits": 200},
            ],
            "plus and pro are sold in two currencies",
        ),
    ],
)
def test_plans_that_contradict_themselves_are_refused(plans: list[dict], fault: str) -> None:
    whole = [{"title": "Plan", "monthly_credits": 100, "daily_cap_credits": 10} | plan for plan in plans]
    with pytest.raises(RegistryInvalid, match=fault):
        catalogue.assemble(TOOLS, {"plan": whole})
