"""The process that reads damaged files: `reader.py TASK`, started by `run`."""

import json
import sys

from fuzz.run import read_share

if __name__ == "__main__":
    read_share(json.loads(sys.argv[1]))
