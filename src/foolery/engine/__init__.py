"""Engine: one search against a classifier, from its start to the recorded end."""
