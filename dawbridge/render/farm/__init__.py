"""Worker processes that render strips: jobs, the pipe to a worker, shared memory, time limits, quarantine."""
