"""``clipper completion``: what makes a shell complete clipper's commands, options and values."""

from __future__ import annotations

import click

from clipper.cli.shells import SCRIPTS

_HOW = """\b
bash: in ~/.bashrc                    eval "$(clipper completion bash)"
zsh:  in ~/.zshrc, after compinit     eval "$(clipper completion zsh)"
fish: in ~/.config/fish/config.fish   clipper completion fish | source
"""


@click.command("completion", epilog=_HOW)
@click.argument("shell", type=click.Choice(list(SCRIPTS)), metavar="bash|zsh|fish")
def command(shell: str) -> int:
    """Print the script that makes a shell complete clipper's commands, options, themes, outlets and sources."""
    click.echo(SCRIPTS[shell], nl=False)
    return 0
