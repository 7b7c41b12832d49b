"""What the script does, apart from being a script: options, what is watched and kept of a run, its movie, its panel."""
