"""One file for each stage of dvc.yaml: read its sections, call the library, write its outputs."""
