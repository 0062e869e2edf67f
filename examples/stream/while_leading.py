#!/usr/bin/env python3
"""Runs a command while this pod leads, by the sidecar's event stream, and stops it when it does not.

    while_leading.py COMMAND [ARGUMENT...]

COMMAND is one program that ends on SIGTERM. It finds the fencing token in FENCING_TOKEN, and is started again with the
new one when the lead was lost and won in between. If it ends by itself, it is started again.

    SIDECAR       where the sidecar answers; http://127.0.0.1:4040 if not set
    STOP_SECONDS  how long COMMAND may take to stop before it is killed; 3 if not set

STOP_SECONDS has to be less than the sidecar's DRAIN, and less than LEASE_DURATION - RENEW_DEADLINE: then no two pods run
the command at once. Needs Python 3.8 and nothing else.
"""

import http.client
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.request

SIDECAR = os.environ.get("SIDECAR", "http://127.0.0.1:4040")
STOP_SECONDS = float(os.environ.get("STOP_SECONDS", "3"))
# The sidecar sends something at least every ten seconds.
SILENCE_SECONDS = 15

LOST = {"leader": False, "reason": "The stream is lost."}
ENDED = {"leader": False, "reason": "The claim has ended, and nobody has lengthened it."}


def listen(states):
    """Puts into the queue each state that the sidecar tells, with when it came, and LOST whenever nothing is known."""
    while True:
        try:
            request = urllib.request.Request(SIDECAR + "/leader", headers={"Accept": "text/event-stream"})
            with urllib.request.urlopen(request, timeout=SILENCE_SECONDS) as stream:
                for line in stream:
                    if line.startswith(b"data: "):
                        states.put((time.monotonic(), json.loads(line[6:])))
        except (OSError, ValueError, http.client.HTTPException) as failure:
            print(f"while_leading: no stream: {failure}", flush=True)
        states.put((time.monotonic(), LOST))
        time.sleep(1)


class Worker:
    """The command, which runs under one fencing token or not at all."""

    def __init__(self, command):
        self.command = command
        self.process = None
        self.token = None

    def run(self, token):
        """Makes it run under this token."""
        if self.process and (self.token != token or self.process.poll() is not None):
            self.stop("It ended." if self.token == token else "A new tenure has begun.")
        if not self.process:
            print(f"while_leading: this pod leads, token {token}; starting {self.command[0]}", flush=True)
            self.process = subprocess.Popen(self.command, env={**os.environ, "FENCING_TOKEN": str(token)})
            self.token = token

    def stop(self, reason):
        """Returns when it does not run."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
            print(f"while_leading: stopped: {reason}", flush=True)


def drained():
    """Tells the sidecar that it need not hold the Lease any longer; refused when there is no drain."""
    try:
        urllib.request.urlopen(urllib.request.Request(SIDECAR + "/leader/drained", method="POST"), timeout=1).close()
    except (OSError, http.client.HTTPException):
        pass


def main(command):
    states = queue.SimpleQueue()
    terminated = threading.Event()

    def terminate(*_):
        terminated.set()
        states.put((time.monotonic(), LOST))

    signal.signal(signal.SIGTERM, terminate)
    signal.signal(signal.SIGINT, terminate)
    threading.Thread(target=listen, args=(states,), daemon=True).start()

    worker = Worker(command)
    state, claim_end = LOST, 0.0
    while not terminated.is_set():
        try:
            # Each second, to see whether the command still runs; but never past the end of the claim.
            came, state = states.get(timeout=min(1, max(0, claim_end - time.monotonic())) if worker.process else None)
            # Counted from when it came, on a clock that nobody sets.
            claim_end = came + state.get("validForMillis", 0) / 1000
        except queue.Empty:
            pass
        if state["leader"] and time.monotonic() >= claim_end:
            state = ENDED
        if state["leader"]:
            worker.run(state["fencingToken"])
        elif worker.process:
            worker.stop(state["reason"])
            drained()
    worker.stop("This program was told to end.")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: while_leading.py COMMAND [ARGUMENT...]")
    main(sys.argv[1:])
