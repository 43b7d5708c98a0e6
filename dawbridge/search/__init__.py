"""The search for a mix's parameters on the real chain: library, fits, joint descent, and how sure it all is."""
