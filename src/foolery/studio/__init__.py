"""Studio: a local web page over a folder of runs, to watch them happen and to look closer."""
