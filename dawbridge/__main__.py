"""`python -m dawbridge`."""

from dawbridge.cli import main

main()
