"""Export: the champions of one run as PNG files, or those of many runs and audits as a labelled data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foolery.analysis.champion_files import export_champions
from foolery.audit.schema import FILE as AUDIT_FILE
from foolery.engine.run import RunResult, open_run
from foolery.errors import UsageError
from foolery.fooling_sets.write import FoolingSet, make_fooling_set

PNG = "png"


def export(
    sources: RunResult | Path | str | Sequence[Path | str],
    out: Path | str,
    *,
    form: str = PNG,
    test_share: float = 0.2,
    min_confidence: float = 0.0,
    overwrite: bool = False,
    size: int | None = None,
) -> list[Path] | FoolingSet:
    """Write champions into the folder ``out``.

    Example:
        >>> import foolery
        >>> run = foolery.evolve("lenet", generations=2, batch=20)
        >>> [file.name for file in foolery.export(run, "champions")][:2]
        ['0000_0.png', '0001_1.png']

    Args:
        sources: a run, or its folder; for a data set folders of runs and of audits, or folders of these.
        out: the folder to write into; it is made.
        form: ``png``: the PNG files of one run, with ``champions.json`` beside them; ``folder`` or
            ``parquet``: a labelled data set of all sources, each image once, split by run.
        test_share: of a data set, the share of runs that is for testing.
        min_confidence: of a data set, the confidence that a champion must have.
        overwrite: replace what an earlier export wrote there. Other files are never touched.
        size: of PNG files of CPPNs, the longer side in pixels: the same genomes drawn at another size. These
            are not the images that the classifier scored.

    Returns:
        The PNG files, or what was written as a data set.

    Raises:
        UsageError: where there is nothing to export, or ``out`` is not empty and ``overwrite`` is not given.
        MissingExtraError: for Parquet without pyarrow.
    """
    if form == PNG:
        return export_champions(_one_run(sources), Path(out), overwrite=overwrite, size=size)
    if size is not None:
        raise UsageError("size: a data set holds the images that were scored; leave size out")
    if isinstance(sources, RunResult):
        if sources.path is None:
            raise UsageError(
                f"export: a run in memory cannot go into a data set; evolve it with out=FOLDER, or export it "
                f"as {PNG}"
            )
        sources = sources.path
    paths = [sources] if isinstance(sources, str | Path) else list(sources)
    return make_fooling_set(
        paths, out, form=form, test_share=test_share, min_confidence=min_confidence, overwrite=overwrite
    )


def _one_run(sources: RunResult | Path | str | Sequence[Path | str]) -> RunResult:
    if isinstance(sources, RunResult):
        return sources
    paths = [sources] if isinstance(sources, str | Path) else list(sources)
    if len(paths) != 1:
        raise UsageError("export: several runs are exported as one set; give form folder or parquet")
    if (Path(paths[0]) / AUDIT_FILE).is_file():
        raise UsageError(f"export: {paths[0]} is an audit; give form folder or parquet")
    return open_run(paths[0])
