"""The forecast against what a server meters."""

import random
from pathlib import Path

import pytest
from fakes.measuring import assert_near, warm_run

from studio_magics.contracts.inputs import InputFile
from studio_magics.tools.data.quality import TOOL


def _write(path: Path, rows: int) -> None:
    print(f"seed {rows}")
    rng = random.Random(rows)  # noqa: S311  - repeatable test data
    lines: list[str] = []
    for place in range(rows):
        day = f"2025-{place % 12 + 1:02d}-{place % 28 + 1:02d}"
        note = f"customer {rng.getrandbits(40)} of {rng.getrandbits(40)}"
        lines.append(f"{place},{rng.choice(['new', 'paid'])},{rng.gauss(50, 9):.4f},{day},{note}\n")
    path.write_text("id,status,amount,day,note\n" + "".join(lines))


@pytest.mark.measures_time
@pytest.mark.parametrize(("rows", "suffix"), [(3, "csv"), (40_000, "csv"), (40_000, "parquet")])
def test_the_forecast_is_near_what_a_metered_run_uses(
    context, tmp_path: Path, rows: int, suffix: str
) -> None:
    import duckdb

    path = tmp_path / "orders.csv"
    _write(path, rows)
    if suffix == "parquet":
        duckdb.connect().execute(f"COPY (SELECT * FROM '{path}') TO '{tmp_path}/orders.parquet'")
        path = tmp_path / "orders.parquet"
    inputs = TOOL.input_model(data=context.put(path.name, path.read_bytes()))
    cpu_ms, peak_bytes = warm_run(TOOL.id, inputs, context.path)
    expected = TOOL.forecast(inputs)
    print(f"measured {cpu_ms} ms, {peak_bytes / 1e6:.0f} MB; forecast {expected}")
    assert_near(expected, cpu_ms, peak_bytes)
    assert cpu_ms < 4_000
    assert peak_bytes < 384_000_000


def test_a_hundred_megabytes_fit_the_limits_of_the_catalogue() -> None:
    data = InputFile(digest="sha256:" + "0" * 64, name="big.csv", size_bytes=100_000_000)
    expected = TOOL.forecast(TOOL.input_model(data=data))
    assert expected.cpu_ms < 15_000
    assert expected.peak_bytes < 400_000_000


def test_a_larger_file_never_needs_less() -> None:
    def needs(size: int, name: str):
        data = InputFile(digest="sha256:" + "0" * 64, name=name, size_bytes=size)
        return TOOL.forecast(TOOL.input_model(data=data))

    for name in ("a.csv", "a.csv.gz", "a.parquet"):
        found = [needs(size, name) for size in (0, 10_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000)]
        assert [one.cpu_ms for one in found] == sorted(one.cpu_ms for one in found)
        assert [one.peak_bytes for one in found] == sorted(one.peak_bytes for one in found)
        assert all(one.wall_ms >= one.cpu_ms for one in found)
