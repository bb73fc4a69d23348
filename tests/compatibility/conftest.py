"""The tests import what the session `interface` runs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
