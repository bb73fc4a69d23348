"""Wrong: it reads an environment variable on import, and there is none."""

import os

KEY = os.environ["A_KEY_THAT_NOBODY_SET"]
