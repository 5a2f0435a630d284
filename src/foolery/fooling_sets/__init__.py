"""Fooling sets: champions of many runs and audits as one labelled data set."""

from foolery.fooling_sets.write import FoolingSet, make_fooling_set

__all__ = ["FoolingSet", "make_fooling_set"]
