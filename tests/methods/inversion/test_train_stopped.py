"""A training that is stopped: what stands is named, and how it goes on."""

import pytest

from command_line import call
from dawbridge.files import write_text
from dawbridge.methods.inversion.learning import train as room


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_stop_names_what_stands(is_begun, tmp_path, capsys, monkeypatch):
    def stopped(config, out, *rest):
        if is_begun:
            write_text(out / "log.csv", "epoch\n")
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "train", stopped)
    monkeypatch.setattr(room, "read_train_config", lambda path: path)
    out = tmp_path / "trained"
    answer = call(capsys, monkeypatch, "train", "inversion", tmp_path / "any.toml", "--out", out)
    last = answer.err.splitlines()[-1]
    assert last == f"dawbridge: interrupted; {f'written before that: {out}' if is_begun else 'nothing was written'}"
    assert (f"{out}: what is in it was finished; --resume goes on from there" in answer.err) == is_begun
