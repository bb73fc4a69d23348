"""The demonstration itself: real hosts, a real server, real connections, and every count as it must be."""

from __future__ import annotations

import subprocess
import sys

PATIENCE = 100  # seconds


def test_the_whole_pipeline_ends_with_every_count_as_it_must_be() -> None:
    words = [sys.executable, "-m", "lead_pipeline", "--places", "50", "--hosts", "2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pipeline:
        try:
            told, _ = pipeline.communicate(timeout=PATIENCE)
        finally:
            pipeline.terminate()  # where it has not ended: it takes its hosts and its server with it
    assert pipeline.returncode == 0, told
    assert "host 1 is killed while it holds" in told
    assert "all is as it must be" in told
    assert " NO " not in told
