"""Networks for mixing inversion: what they are trained on, how, and what they predict."""
