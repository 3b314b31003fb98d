"""One file for each stage of dvc.yaml: reads its sections, calls the engine, writes its outputs."""
