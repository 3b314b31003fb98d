"""Your part: four short files, all meant to be edited. The engine is in ../samebits."""
