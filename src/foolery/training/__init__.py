"""Training: from an architecture, labelled pictures and a seed to a classifier in three files."""
