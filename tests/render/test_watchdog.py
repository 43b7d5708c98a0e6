"""Time limits: what is late is acted upon once, what is done in time never."""

import threading
import time

from dawbridge.render.farm.watchdog import Watchdog


def test_only_what_is_late_is_acted_upon():
    watchdog, late, done = Watchdog(), threading.Event(), []
    with watchdog.limit(60.0, lambda: done.append("never")):
        with watchdog.limit(0.05, late.set):
            assert late.wait(60.0)
        with watchdog.limit(2.0, lambda: done.append("in time")):
            pass
        time.sleep(2.2)
    watchdog.close()
    assert done == []


def test_limits_of_many_threads_end_in_their_own_order():
    watchdog, ended, all_there = Watchdog(), [], threading.Barrier(4)

    def wait(place: int) -> None:
        over = threading.Event()
        all_there.wait()
        with watchdog.limit(0.2 + 0.5 * place, lambda: (ended.append(place), over.set())):
            over.wait(60.0)

    threads = [threading.Thread(target=wait, args=(place,)) for place in (2, 0, 3, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    watchdog.close()
    assert ended == [0, 1, 2, 3]


def test_closing_ends_the_thread_even_with_a_limit_open():
    watchdog, acted = Watchdog(), threading.Event()
    with watchdog.limit(0.2, acted.set):
        watchdog.close()
        assert not acted.wait(0.4)
