"""What `tools/bench_render` is made of: sessions to render, contestants, what is measured of them, and the table."""
