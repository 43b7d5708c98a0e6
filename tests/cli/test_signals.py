"""SIGTERM and SIGHUP interrupt, once, and only where nobody has said otherwise."""

import os
import signal
import threading

import pytest

from dawbridge.cli.signals import signals_interrupt

SIGNALS = [signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_interrupts_and_the_next_are_ignored(number):
    with signals_interrupt() as received:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        for again in SIGNALS:
            os.kill(os.getpid(), again)
    assert received == [number]
    assert [signal.getsignal(n) for n in SIGNALS] == [signal.SIG_DFL, signal.SIG_DFL]


def test_a_signal_that_was_ignored_still_is():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with signals_interrupt() as received:
            os.kill(os.getpid(), signal.SIGHUP)
        assert received == [] and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_outside_the_main_thread_nothing_changes():
    seen = []

    def enter():
        with signals_interrupt():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
