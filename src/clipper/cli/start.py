"""Where the installed command begins, before it has imported anything."""

from __future__ import annotations

import gc


def main() -> None:
    """Run the command line and end the program."""
    # What is imported stays. To look through it for garbage again and again takes a short command a tenth of its time.
    gc.disable()
    from clipper.cli.main import main as begin

    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()
    begin()
