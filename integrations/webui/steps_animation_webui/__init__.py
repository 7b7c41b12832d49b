"""The parts of the web UI's script: its panel and options, the steps of a generation, and their movies."""
