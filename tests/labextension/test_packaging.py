"""Users need no Node: source distribution and wheel carry the built extension, and JupyterLab accepts it."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "labextension" / "static"
INSTALLED = "share/jupyter/labextensions/studio-labextension"


def build(target: str, source: Path, folder: Path, surroundings: Mapping[str, str]) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)],
        cwd=source,
        env=dict(surroundings),
        check=True,
        capture_output=True,
    )
    (made,) = [path for path in folder.iterdir() if path.suffix == {"sdist": ".gz", "wheel": ".whl"}[target]]
    return made


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source distribution, unpacked, made from the extension as it is built here."""
    assert (BUILT / "package.json").is_file(), "build it first: npm run build:prod in labextension/"
    folder = tmp_path_factory.mktemp("distributions")
    archive = build("sdist", ROOT, folder, os.environ | {"SKIP_JUPYTER_BUILDER": "1"})
    with tarfile.open(archive) as packed:
        # Pythons before 3.11.4 know no filters; the archive is our own.
        filters = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        packed.extractall(folder, **filters)  # noqa: S202  - see above
    (source,) = [path for path in folder.iterdir() if path.is_dir()]
    return source


@pytest.fixture(scope="module")
def installed(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data files of a wheel that was made from the source distribution where there is no Node."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build("wheel", unpacked, folder, {"PATH": str(folder), "HOME": str(folder)})
    shutil.unpack_archive(wheel, folder, "zip")
    (data,) = folder.glob("*.data/data")
    return data


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_source_distribution_carries_sources_and_built_extension_and_no_packages(unpacked: Path) -> None:
    assert files(BUILT) == files(unpacked / "labextension" / "static")
    assert (unpacked / "labextension" / "src" / "contracts.ts").is_file()
    assert not (unpacked / "labextension" / "node_modules").exists()


def test_a_wheel_made_without_node_installs_the_built_extension(installed: Path) -> None:
    assert files(installed / INSTALLED) == files(BUILT) | {"install.json"}


def test_the_wheel_switches_the_server_extension_on(installed: Path) -> None:
    (config,) = (installed / "etc/jupyter/jupyter_server_config.d").iterdir()
    assert '"studio_server.jupyter": true' in config.read_text(encoding="utf-8")


def test_jupyterlab_finds_the_installed_extension_enabled_and_ok(installed: Path, tmp_path: Path) -> None:
    apart = {"JUPYTER_PATH": str(installed / "share/jupyter"), "JUPYTER_CONFIG_DIR": str(tmp_path)}
    listed = subprocess.run(
        [sys.executable, "-m", "jupyterlab.labextensions", "list"],
        env=os.environ | apart,
        check=True,
        capture_output=True,
        text=True,
    )
    lines = [line for line in (listed.stdout + listed.stderr).splitlines() if "studio-labextension" in line]
    assert any("enabled" in line and "OK" in line and "python, studio-magics" in line for line in lines), (
        lines
    )


def test_a_checkout_without_built_extension_is_not_packed(unpacked: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(unpacked, source)
    shutil.rmtree(source / "labextension" / "static")
    with pytest.raises(subprocess.CalledProcessError):
        build("wheel", source, tmp_path / "made", {"PATH": "", "HOME": str(tmp_path)})
