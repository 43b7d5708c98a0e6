"""What the benchmarks of all methods share: competitors by name, results of cells, and which code made a figure."""
