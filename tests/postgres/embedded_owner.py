"""A process that uses an embedded server: it says what it got, and lets go when a line arrives.

Its arguments are the kept folder, or nothing for a throw-away server, and ``fork``, to leave a fork of itself behind.
"""

import json
import os
import signal
import sys

from curation_core._postgres import EmbeddedPostgres


def say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())  # a signal may come while another line is written


folders = [argument for argument in sys.argv[1:] if argument != "fork"]
server = EmbeddedPostgres.kept(folders[0]) if folders else EmbeddedPostgres.throwaway()
signal.signal(signal.SIGINT, lambda *_: say("interrupted"))
with server:
    said = {"pid": server.pid, "dsn": server.dsn, "owned": server.owned, "folder": str(server.folder)}
    if "fork" in sys.argv:
        said["fork"] = os.fork()
        if not said["fork"]:
            signal.pause()
    say(json.dumps(said))
    sys.stdin.readline()
