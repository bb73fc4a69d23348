"""The loop as it is now."""

from functools import partial

import curation_core
from leads.database import get_session

run_job_loop = partial(curation_core.run_job_loop, session_factory=get_session)
