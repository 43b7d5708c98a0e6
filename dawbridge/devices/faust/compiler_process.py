"""The process that runs Faust's compiler: `python -m dawbridge.devices.faust.compiler_process`.

It reads JSON on standard input, `language`, `options` and a list of Faust texts, `codes`, and answers with a list of
texts. The compiler ends its process where denormals are flushed to zero, and may end it on an error. Here that harms
nobody.
"""

import json
import os
import sys

CLASS_NAME = "Device"


def main() -> None:
    """Translate every text of the job. What the compiler prints goes to standard error."""
    from dawdreamer.faust import FaustContext
    from dawdreamer.faust.box import boxFromDSP, boxToSource

    job = json.load(sys.stdin)
    answer = os.dup(1)
    os.dup2(2, 1)
    texts = []
    for code in job["codes"]:
        with FaustContext():  # a second text in one context lacks the functions that the first defined
            texts.append(boxToSource(boxFromDSP(code), job["language"], CLASS_NAME, job["options"]))
    with open(answer, "w", encoding="utf-8") as out:
        json.dump(texts, out)


if __name__ == "__main__":
    main()
