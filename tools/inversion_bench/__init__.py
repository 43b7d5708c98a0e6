"""The cells of the inversion table: cases, competitors, and what came of them."""
