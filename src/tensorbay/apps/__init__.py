"""Applications on top of datasets, at their 1.x import paths."""
