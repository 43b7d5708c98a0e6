"""Tables 1 and 2 of Zhou, Yu and Wu (2024) over a folder of ENST-Drums or MedleyDB, beside the paper's figures.

python examples/paper_tables.py /data/MedleyDB --out tables

What is finished in OUT is not run again. Without further options: all test songs at full length, all competitors.
"""

import argparse
import sys
from pathlib import Path

from dawbridge.api.paper_tables import TableOptions, paper_tables
from dawbridge.errors import DawbridgeError
from dawbridge.progress import progress_for


def names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--out", type=Path, default=Path("tables"))
    parser.add_argument("--songs", type=int, help="how many, test songs first")
    parser.add_argument("--seconds", type=float, help="of each song's middle; else whole songs")
    parser.add_argument("--seeds", type=lambda text: tuple(map(int, names(text))), default=(1,), help="1,2,3")
    parser.add_argument("--competitors", type=names, help="plain_sum,ours,…")
    parser.add_argument("--budget", type=int, default=TableOptions.budget, help="strip renders per track")
    parser.add_argument("--chain", default=TableOptions.chain)
    parser.add_argument("--by-group", action="store_true", help="no artist or drummer in training and test")
    parser.add_argument("--train", type=Path, help="presets/training/inversion-paper.toml: EAMI on the training songs")
    parser.add_argument("--workers", type=int)
    given = vars(parser.parse_args())
    try:
        print(paper_tables(given.pop("root"), given.pop("out"), TableOptions(**given), progress_for(sys.stderr)))
    except DawbridgeError as error:
        sys.exit(f"paper_tables: {error}")
