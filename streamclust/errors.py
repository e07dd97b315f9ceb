"""What can go wrong, as a tree; where each is caught is part of the contract.

    StreamclustError
    ├── InvalidClaim        this record is bad: dead letter it and go on
    ├── InputUnreadable     the input itself cannot be read (no file, no such column): stop, say what to do
    ├── InvalidParams       parameters out of range or unknown: all problems in one message
    ├── Incompatible        the saved state was made under other params or another encoder: refuse
    ├── EncoderUnavailable  the model cannot be loaded
    ├── JudgeUnavailable    the judge cannot be loaded or does not answer
    ├── NotFound            no such cluster or claim
    ├── StoreUnavailable    the store does not answer or refuses writes: stop before the commit, back off
    │   └── Fenced          a newer writer has taken over: end, never write again
    ├── RecordsLost         the input no longer has records that were not taken yet: stop, say how many
    ├── TooManyDeadLetters  so many bad records that the input is not what it is taken for: stop before more is set aside
    └── PublishFailed       events could not be handed on: stop before the commit, back off

Everything else is a defect and crashes the process; recovery is restart and replay.
"""

from __future__ import annotations


class StreamclustError(Exception):
    """Base of every error this package raises on purpose; its text is meant for a person."""

    retriable = False


class InvalidClaim(StreamclustError):
    """One record that can never become a claim.

    Args:
        reason: short machine-readable word, one of `REASONS`.
        detail: what was found and what was expected.
    """

    REASONS = ("not_json", "not_an_object", "no_text", "too_large", "bad_encoding", "bad_row", "bad_vector")

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class InputUnreadable(StreamclustError):
    """The input as a whole cannot be read."""


class InvalidParams(StreamclustError):
    """One or more parameters are unknown or out of range."""


class Incompatible(StreamclustError):
    """Saved state and this run do not fit together."""


class EncoderUnavailable(StreamclustError):
    """The encoder's model cannot be loaded."""


class JudgeUnavailable(StreamclustError):
    """The judge cannot be loaded, or does not answer."""


class NotFound(StreamclustError):
    """No cluster or claim goes by this id."""


class StoreUnavailable(StreamclustError):
    """The store cannot be reached, or refuses writes (read-only, out of memory)."""

    retriable = True


class Fenced(StoreUnavailable):
    """A newer writer has taken over the state."""

    retriable = False


class RecordsLost(StreamclustError):
    """The input has dropped records before they were taken, or ends before those that were."""


class TooManyDeadLetters(StreamclustError):
    """Nothing but bad records for a while."""


class PublishFailed(StreamclustError):
    """Events could not be handed to their destination."""

    retriable = True
