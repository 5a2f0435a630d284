"""Commands: one file each, thin; everything they do can be called from Python too."""
