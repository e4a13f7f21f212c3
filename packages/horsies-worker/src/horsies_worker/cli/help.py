"""How every command shows its help."""

from __future__ import annotations

from typing import Any

HELP: dict[str, Any] = {
    "context_settings": {
        "help_option_names": ["-h", "--help"],
        "rich_help_config": {"text_paragraph_linebreaks": "\n\n"},
    }
}
"""Keyword arguments for each `@click.command`."""


def examples(*commands: str) -> str:
    """Return an epilog with these command lines."""
    # rich-click makes a line of what stands between empty lines.
    return "\n\n".join(["Examples:", *(f"$ {command}" for command in commands)])
