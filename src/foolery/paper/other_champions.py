"""Champions of other reproductions in the same folder: from their runs, or from the results that are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from foolery.paper.experiment import Context, ResultTable
from foolery.paper.measures import class_medians
from foolery.paper.records import read_record
from foolery.paper.results import RESULT_FILE
from foolery.paper.runs import longest_runs
from foolery.text import format_confidence, format_count

_DIGIT_RUNS = (("digits", "cppn", 200), ("digits", "direct", 200))


def fooling_champions(context: Context) -> list[dict[str, Any]]:
    """Those of the classifiers of ``context``, as JSON values, one for each network and encoding."""
    champions: list[dict[str, Any]] = []
    for role, encoding, batch in (("photos", "cppn", 400), ("photos", "direct", 200), *_DIGIT_RUNS):
        runs = longest_runs(context, role, encoding, batch=batch) if role in context.classifiers else []
        if runs:
            champions.append(
                {
                    "role": role,
                    "encoding": encoding,
                    "runs": len(runs),
                    "queries": int(runs[0].history.queries[-1]),
                    "median": float(np.median(class_medians(runs))),
                }
            )
        elif role == "photos":
            champions += _stored_champions(context, encoding)
    return champions


def _stored_champions(context: Context, encoding: str) -> list[dict[str, Any]]:
    """The same from the result of fig7 or fig6, where its runs are gone and its network is this one."""
    record = read_record(context.work / ("fig7" if encoding == "cppn" else "fig6") / RESULT_FILE) or {}
    with suppress(KeyError, TypeError, ValueError, IndexError):  # no such result, or a damaged one
        fingerprint = context.classifiers["photos"].description.fingerprint
        if record["classifiers"]["photos"]["fingerprint"] == fingerprint:
            runs = record["figures"]["runs"]
            medians = np.median([each["confidences"] for each in runs], axis=0)
            return [
                {
                    "role": "photos",
                    "encoding": encoding,
                    "runs": len(runs),
                    "queries": int(runs[0]["queries"]),
                    "median": float(np.median(medians)),
                }
            ]
    return []


def champions_tables(champions: Sequence[Mapping[str, Any]]) -> tuple[ResultTable, ...]:
    """How certain they are, a row for each network and encoding; no table without any."""
    rows = tuple(
        (
            each["role"],
            each["encoding"],
            str(each["runs"]),
            format_count(each["queries"]),
            format_confidence(each["median"]),
        )
        for each in champions
    )
    heads = ("classifier", "encoding", "runs", "queries of each", "median of the champions")
    return (ResultTable("Fooling images of the same networks", heads, rows),) if rows else ()
