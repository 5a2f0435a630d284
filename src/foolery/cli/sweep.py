"""``foolery sweep``: a board of classifiers and searches, on one machine or many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._next import next_command
from foolery.cli._options import real_number
from foolery.cli._output import note, print_json
from foolery.files import default_folder

if TYPE_CHECKING:
    from foolery.sweep import BoardStatus


def sweep(
    board: Annotated[
        Path, typer.Argument(metavar="BOARD.toml", help="Classifiers, searches, seeds and budgets.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Default: runs/BOARD-board-seed0.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Print pieces, queries and time; run nothing, write nothing.")
    ] = False,
    on: Annotated[
        str,
        typer.Option("--on", metavar="local:N|ray", help="N processes of this machine, or a Ray cluster."),
    ] = "local:1",
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard", metavar="I/N", help="Only every N-th piece from the I-th: for any scheduler."
        ),
    ] = None,
    scratch: Annotated[
        Path | None,
        typer.Option(
            "--scratch",
            metavar="DIR",
            help="Work in DIR on a local disk and copy to --out: for network disks.",
        ),
    ] = None,
    cpus: Annotated[
        float,
        typer.Option(
            "--cpus-per-shard", metavar="X", parser=real_number, help="With ray: processors of a piece."
        ),
    ] = 1.0,
    gpus: Annotated[
        float,
        typer.Option(
            "--gpus-per-shard",
            metavar="X",
            parser=real_number,
            help="With ray: GPUs of a piece; 0.5 puts two on one.",
        ),
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the board as one JSON object.")] = False,
) -> None:
    """Attack every classifier of a board with every search of it.

    Give the same command again, after whatever happened: it does what is left. Exit code 3 names what failed.
    """
    from foolery.shards import parse_shard
    from foolery.sweep import EngineChoice, SweepOptions, make_plan, read_board
    from foolery.sweep import sweep as run
    from foolery.sweep.sweeping import plan_lines

    folder = out if out is not None else default_folder(board.stem, "board", 0)
    if shard is not None:
        parse_shard(shard)
    options = SweepOptions(EngineChoice.parse(on, cpus, gpus), shard, scratch)
    wanted = read_board(board)
    if plan:
        planned = make_plan(wanted)
        pieces = planned.pieces if shard is None else parse_shard(shard).take(planned.pieces)
        if as_json:
            listed = [{"id": one.id, **one.model_dump(mode="json")} for one in pieces]
            print_json({"pieces": listed, "queries": sum(one.queries for one in pieces),
                        "seconds": planned.seconds(pieces)})  # fmt: skip
        else:
            print(*plan_lines(planned, pieces), sep="\n")
        return
    try:
        status = run(wanted, folder, options, on_note=note)
    except KeyboardInterrupt:
        note(f"interrupted; {folder} is saved: the same command continues")
        raise
    if as_json:
        print_json(status.to_dict())
    else:
        print_status(status)


def print_status(status: BoardStatus) -> None:
    """Counts, failures, and what to type next."""
    print(f"board       {', '.join(f'{count} {state}' for state, count in status.counts.items() if count)}")
    for one in status.of("failed", "stalled"):
        print(f"{one.state:<12}{one.piece.name}{': ' if one.reason else ''}{one.reason}")
    show, report = next_command("show", status.out), next_command("report", status.out, "-o", "page")
    print(f"next        {show}; {report}")
