"""What an item's ``orders`` ask for: each is a way to be a bad plugin, or to tell what a child process is like."""

import ctypes
import logging
import multiprocessing
import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from curation_core import Retry, Skip

ENDLESS = 3600  # seconds: a stand-in for for ever
POLL = 0.02  # seconds
logger = logging.getLogger("unruly")
leaked = []
here = set()


class Peculiar(Exception):
    """Can be pickled, and not be made again: it wants two arguments and hands one on."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


class Unreadable(Exception):
    def __str__(self):
        raise RuntimeError("not even my text can be had")


@dataclass
class Finding:
    """A result as plugins have them."""

    price: Decimal
    tags: tuple


def segfault(_):
    ctypes.string_at(0)


def leave(_):
    os._exit(0)


def abort(_):
    os.abort()


def be_killed(_):
    os.kill(os.getpid(), signal.SIGKILL)


def eat_memory(megabytes):
    return len(bytearray(int(megabytes) * 10**6))


def eat_memory_bit_by_bit(_):
    held = []
    while True:
        held.append("x" * 1000)


def leak(megabytes):
    leaked.append(bytearray(int(megabytes) * 10**6))
    return "leaked"


def hang(_):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        if threading.current_thread() is threading.main_thread():
            signal.signal(number, signal.SIG_IGN)
    time.sleep(ENDLESS)


def hold_the_interpreter(_):
    re.match(r"(a+)+$", "a" * 64 + "b")


def return_a_lambda(_):
    return lambda: None


def return_too_much(_):
    return b"x" * (65 * 2**20)


def return_a_finding(price):
    return Finding(Decimal(price), ("a", "b"))


def skip(reason):
    return Skip(reason, result=Finding(Decimal(1), ()))


def raise_value_error(text):
    raise ValueError(text)


def raise_peculiar(_):
    raise Peculiar("this", "that")


def raise_unreadable(_):
    raise Unreadable


def raise_what_holds_a_lock(_):
    raise ValueError("held by", threading.Lock())


def raise_local(_):
    class Local(Exception):
        pass

    raise Local("of a function")


def exit_politely(_):
    sys.exit(3)


def interrupt(_):
    raise KeyboardInterrupt


def print_garbage(_):
    print("garbage", "\x00\x01\xff" * 3000)
    os.write(1, b"\x00\x00\x00\x05hello\n")
    os.write(2, b"\xff\xfe no text\n")
    subprocess.run([sys.executable, "-S", "-c", "print('from a program')"], check=True)
    return "printed"


def read_input(_):
    return repr(sys.stdin.read())


def fork_and_come_back(_):
    number = os.fork()
    if number:
        os.waitpid(number, 0) if threading.current_thread() is threading.main_thread() else None
    return "parent" if number else "fork"


def start_others(_):
    """Starts a fork and a program that would outlive it."""
    if (fork := os.fork()) == 0:
        time.sleep(ENDLESS)
    program = subprocess.Popen([sys.executable, "-S", "-c", f"import time; time.sleep({ENDLESS})"])
    print("started", fork, program.pid)
    time.sleep(ENDLESS)


def use_multiprocessing(_):
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return str(pool.map(abs, [-1, -2]))


def close_all_files(_):
    os.closerange(3, 1000)
    return "closed"


def talk_nonsense(_):
    """What a process may send whose memory was overwritten."""
    for number in range(3, 30):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                os.write(number, b"\xff" * 64)
        except OSError:
            continue
    time.sleep(ENDLESS)


def log(text):
    logger.info("says %s", text, extra={"colour": "green", "thing": object()})
    logger.debug("is not shown")
    return "logged"


def log_and_crash(text):
    logger.warning("last words: %s", text)
    segfault(None)


def tell_environment(name):
    return os.environ.get(name, "not set")


def tell_oom_score(_):
    return Path("/proc/self/oom_score_adj").read_text().strip()


def tell_signals(_):
    return f"{signal.getsignal(signal.SIGINT)} {os.getsid(0) == os.getpid()}"


def be_alone(_):
    """Fails where another item is in this process at the same time."""
    if here:
        raise AssertionError("somebody is here already")
    here.add("somebody")
    sum(range(300_000))  # time enough for others to come
    here.clear()
    return str(os.getpid())


def tell_pid(_):
    return str(os.getpid())


def retry(_):
    return Retry(reason="not yet")


def wait_for(path):
    while not Path(path).exists():
        time.sleep(POLL)
    return str(os.getpid())


def meet(folder):
    """Wait until another process does the same."""
    Path(folder, str(os.getpid())).touch()
    while len([*Path(folder).iterdir()]) < 2:
        time.sleep(POLL)
    return str(os.getpid())


def act(orders):
    """Do what the orders say: the name of a function here, and its argument."""
    verb, _, argument = orders.partition(" ")
    return globals()[verb](argument)
