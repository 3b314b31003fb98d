"""The project's own audit: what must be true of the tree for its results to reproduce.

Run it with `make audit`, or `samebits audit [--root DIR]`. It reads
files, runs nothing, needs only the standard library and PyYAML, and takes a second or two.
From code: `from .run import audit` and `from .outcomes import table`.

To allow a line that a check refuses, state the reason in a comment on that line:
`# audit: shown to the user, written nowhere`. The table counts these lines.
"""
