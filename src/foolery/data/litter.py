"""Litter: what file managers, network disks and notebooks leave among images; it is no data, at any depth."""

from __future__ import annotations

_NAMES = frozenset(
    (
        "__macosx",
        "__pycache__",
        "@eadir",
        "@recently-snapshot",
        "@recycle",
        "@tmp",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "desktop.ini",
        "picasa.ini",
        "icon\r",
    )
)
_ENDINGS = (":zone.identifier", "@synoeastream", "@synoresource", "~")


def is_litter(name: str) -> bool:
    """Whether a file or folder of that name is no data: hidden, or left there by another program.

    Example:
        >>> is_litter("._cat.jpg"), is_litter("@eaDir"), is_litter("Thumbs.db"), is_litter("cat.jpg")
        (True, True, True, False)
    """
    folded = name.casefold()
    return folded.startswith((".", "~$")) or folded in _NAMES or folded.endswith(_ENDINGS)
