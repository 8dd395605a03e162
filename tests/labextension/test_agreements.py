"""What the lab extension and the Python side must write the same way."""

import json
import re
from pathlib import Path
from typing import Any

from studio_magics import __version__
from studio_magics.display import bundle

LABEXTENSION = Path(__file__).parents[2] / "labextension"


def read(name: str) -> str:
    return (LABEXTENSION / name).read_text(encoding="utf-8")


def manifest() -> dict[str, Any]:
    return json.loads(read("package.json"))


def test_the_kernel_and_the_renderers_name_the_same_mime_types() -> None:
    drawn = set(re.findall(r"'(application/vnd\.studio\.[a-z.]+\+json)'", read("src/widgets/renderer.ts")))
    assert drawn == {bundle.ESTIMATE_MIME, bundle.RECEIPT_MIME, bundle.PROGRESS_MIME}


def test_the_extension_has_the_version_and_licence_of_the_distribution() -> None:
    assert manifest()["version"] == __version__
    assert manifest()["license"] == "BSD-3-Clause"
    assert json.loads(read("package-lock.json"))["version"] == __version__


def test_uninstalling_is_explained_with_the_name_of_the_distribution() -> None:
    assert json.loads(read("install.json"))["packageName"] == "studio-magics"


def test_menu_and_shortcut_name_commands_that_exist() -> None:
    commands = set(re.findall(r"'(studio:[a-z-]+)'", read("src/plugins/commands.ts")))
    schema = read("schema/panel.json")
    named = set(re.findall(r'"command": "([^"]+)"', schema))
    assert "studio:open-panel" in named
    assert named <= commands


def test_the_settings_schema_belongs_to_a_plugin() -> None:
    plugins = re.findall(r"id: 'studio-labextension:(\w+)'", read("src/plugins/panel.ts"))
    assert [path.stem for path in (LABEXTENSION / "schema").glob("*.json")] == plugins


def test_one_bundle_serves_every_jupyterlab_4() -> None:
    ranges = {
        name: wanted for name, wanted in manifest()["dependencies"].items() if name.startswith("@jupyterlab/")
    }
    assert ranges
    assert all(re.fullmatch(r"\^\d+\.\d+\.0", wanted) for wanted in ranges.values()), ranges
    assert ranges["@jupyterlab/application"] == "^4.0.0"


def test_the_lock_file_holds_digests_and_no_download_addresses() -> None:
    packages = json.loads(read("package-lock.json"))["packages"]
    installed = {name: entry for name, entry in packages.items() if name}
    assert len(installed) > 100
    assert not [name for name, entry in installed.items() if "resolved" in entry]
    assert not [
        name for name, entry in installed.items() if not entry.get("integrity", "").startswith("sha512-")
    ]


def test_colours_come_from_the_theme() -> None:
    styles = "\n".join(path.read_text(encoding="utf-8") for path in (LABEXTENSION / "style").glob("*.css"))
    assert "var(--jp-layout-color1)" in styles
    named = r":\s*(?:white|black|red|green|orange)\b"
    numbered = r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\([^)]*\)"
    assert re.findall(f"{named}|{numbered}", styles) == []


def test_every_style_sheet_is_bundled() -> None:
    sheets = {path.name for path in (LABEXTENSION / "style").glob("*.css")} - {"index.css"}
    assert set(re.findall(r"import '\./(\w+\.css)'", read("style/index.js"))) == sheets
    assert set(re.findall(r"@import url\('(\w+\.css)'\)", read("style/index.css"))) == sheets
