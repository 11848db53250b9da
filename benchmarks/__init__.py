"""Speed and memory, measured in place. Read the figures as ratios: each table is paired in one run."""
