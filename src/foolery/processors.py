"""Processors: how many this process may use, by its affinity and by the quota of its container."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")


def processor_count() -> int:
    """The processors of this process's affinity, and no more than its quota, rounded up."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    quota = cpu_quota()
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota - 1e-6)))


def cpu_quota(cgroups: Path = CGROUPS, own: Path = OWN) -> float | None:
    """Processors that control groups grant to this process, the least of those above it too; None for all.

    Version 2 has it in ``cpu.max``, version 1 in ``cpu.cfs_quota_us`` and ``cpu.cfs_period_us``.

    Args:
        cgroups: where the control groups are mounted.
        own: the file that says in which groups this process is.
    """
    quotas = [
        quota
        for place in _places(cgroups, own)
        if (quota := _quota_2(place) if (place / "cpu.max").exists() else _quota_1(place)) is not None
    ]
    return min(quotas, default=None)


def _places(cgroups: Path, own: Path) -> list[Path]:
    """Folders of the control groups that this process is in, and of those above them."""
    groups = [("", "")]
    try:
        lines = own.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        groups.append((controllers, path.strip("/")))
    places: list[Path] = []
    for controllers, path in groups:
        if controllers and "cpu" not in controllers.split(","):
            continue
        mounts = (
            [cgroups]
            if not controllers
            else [cgroups / controllers, cgroups / "cpu", cgroups / "cpu,cpuacct"]
        )
        for mount in mounts:
            places.append(mount)
            parts = [each for each in path.split("/") if each and each != ".."]
            places.extend(mount.joinpath(*parts[:depth]) for depth in range(1, len(parts) + 1))
    places.extend([cgroups / "cpu", cgroups / "cpu,cpuacct"])
    return list(dict.fromkeys(places))


def _quota_2(place: Path) -> float | None:
    words = _read(place / "cpu.max").split()
    if not words or words[0] == "max":
        return None
    period = words[1] if len(words) > 1 else "100000"
    return _share(words[0], period)


def _quota_1(place: Path) -> float | None:
    quota, period = _read(place / "cpu.cfs_quota_us").strip(), _read(place / "cpu.cfs_period_us").strip()
    return _share(quota, period)


def _share(quota: str, period: str) -> float | None:
    """``quota / period``; None for what is no quota, such as -1."""
    if not quota.isdecimal() or not period.isdecimal() or int(quota) < 1 or int(period) < 1:
        return None
    return int(quota) / int(period)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
