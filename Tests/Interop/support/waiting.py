"""Waiting for what tells nobody that it has happened: the end of a session, of a pause after a failure, a server that can be reached."""
import time


def until(look, seconds: float = 10):
    """What `look` gives as soon as that is true; it is called again and again, at most for so long."""
    end = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < end, "it did not happen in time"
        # For the machine's sake: what is looked at costs it more than the looking.
        time.sleep(.02)
    return seen
