"""A plant at work: its node puts wires, log, order, charts, alarms and dispatch together; files and servers describe it."""

import os

# A node's matrices are small and its threads are its own: BLAS threads beside them only wait for each other, for minutes on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
