"""A preset of one device becomes the nearest preset of another."""
