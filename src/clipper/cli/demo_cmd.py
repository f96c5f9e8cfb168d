"""``clipper demo``: the whole job on a small bundled news site, offline."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from clipper.cli.output import data, lines, tell
from clipper.errors import CANNOT, DONE, CannotWork

CONFIG = """\
# The demo's project: one source, a small news site on this machine.
[clipper]
archive = "data/archive"
codebook = "data/codebook.toml"

[fetch]
delay = 0.0
allow_hosts = ["127.0.0.1"]  # private and local hosts are refused unless they are named

[[source]]
name = "lantern"
url = "{base}/feed.xml"
"""

STEPS = (
    ("init",),
    ("fetch",),
    ("fetch",),
    ("tag",),
    ("search", "-n", "3", "surgeons"),
    ("search", "--theme", "contract-failure"),
    ("digest", "--theme", "contract-failure"),
    ("export", "--theme", "contract-failure", "--format", "ris"),
    ("publish", "site"),
)


@click.command("demo")
@click.option("--keep", metavar="DIR", type=click.Path(path_type=Path), help="Make the project in DIR, and keep it.")
def command(keep: Path | None) -> int:
    """Run the whole job on a small bundled news site: fetch, tag, search, give out.

    It needs no network and leaves nothing behind.
    """
    from clipper.places import shipped

    site = shipped("demo")
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise CannotWork(f"{keep}: not empty; name a new folder for --keep")
        keep.mkdir(parents=True, exist_ok=True)
        return _demo(site, keep, dict(os.environ), keep=True)
    with tempfile.TemporaryDirectory(prefix="clipper-demo-") as folder:
        # What the commands would keep for the user goes too; a model that is there already is made use of.
        from clipper.places import CACHE_VARIABLE, user_cache

        cache = Path(folder) / "cache"
        if (user_cache() / "models").is_dir():
            shutil.copytree(user_cache() / "models", cache / "models")
        project = Path(folder) / "project"
        project.mkdir()
        return _demo(site, project, {**os.environ, CACHE_VARIABLE: str(cache)}, keep=False)


def _demo(site: Path, project: Path, environment: dict[str, str], *, keep: bool) -> int:
    from clipper.cli.demo_site import serve
    from clipper.config import VARIABLE

    environment = {name: value for name, value in environment.items() if name != VARIABLE}
    with serve(site) as base:
        data(f"# A small news site is being served at {base}")
        data(f"# The project is in {project}")
        for step in STEPS:
            lines(f"\n$ clipper {shlex.join(step)}")
            sys.stdout.flush()
            code = subprocess.run(
                [sys.executable, "-m", "clipper", *step], cwd=project, env=environment, check=False
            ).returncode
            if code != DONE:
                tell(f"the demo stopped: 'clipper {step[0]}' ended with exit code {code}")
                return CANNOT
            if step[0] == "init":
                (project / "config.toml").write_text(CONFIG.format(base=base), encoding="utf-8")
                data("# its config.toml now names the small site as its only source")
    kept = ""
    if keep:
        kept = f" This project is kept in {project} (open site/index.html in a browser); the small news site is gone."
    lines(f"\n# That was the whole job.{kept} For an archive of your own: clipper init DIR")
    return DONE
