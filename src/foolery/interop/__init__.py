"""Interoperability: foolery's classifiers, data and figures in the forms of other tools."""
