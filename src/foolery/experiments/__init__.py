"""Experiments: what is done with encodings, classifiers, searches and run files together."""
