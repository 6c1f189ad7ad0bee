"""The independent checker of certificates: imports the standard library only, and nothing of the engine.

It takes a bundle as plain JSON (basket, facts, rules, offerings, verdict, certificate), works every claimed
value out anew, and accepts only when each rule, for each line and each other item, has either fired as the
verdict says, or been overridden, or misses by a condition that really is false.
"""

from crm.core.compatibility.proof_reading.reading import Outcome, read

__all__ = ["Outcome", "read"]
