"""The project's own audit: what must be true of the tree for its results to reproduce.

Run it with `make audit`, or `samebits audit [--root DIR]`. It reads
files and runs nothing, needs the standard library and PyYAML alone, and takes a second or two.
From code: `from .run import audit` and `from .findings import table`.

A line that a check refuses with good reason is allowed by a comment that says the reason, on the
same line: `# audit: shown to the user, written nowhere`. The table counts these lines.
"""
