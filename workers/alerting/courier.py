"""One courier a receiver, in a thread of its own: a receiver that is slow or away holds up nobody else."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event, Thread

from workers.alerting.desk import Desk, Errand
from workers.alerting.guard import Refused
from workers.alerting.letters import written
from workers.alerting.posting import Answer, NoAnswer, Poster
from workers.alerting.retries import Disabled, Dropped, Jitter, Later, Outcome, Taken, outcome
from workers.alerting.targets import Target
from workers.metrics import WorkerMetrics

log = logging.getLogger(__name__)

_LOOK = 1.0


class Courier:
    """Tells one receiver what the desks have for it, one message after the other, and keeps at it.

    Args:
        target: the receiver.
        desks: those that are open at the moment.
        link: address of a cluster's page, with `{cluster}` in it.
        poster: sends.
        metrics: told what comes of each try.
        clock: seconds since 1970.
        jitter: spreads the pauses.
    """

    def __init__(
        self,
        target: Target,
        desks: Callable[[], Sequence[Desk]],
        link: str,
        poster: Poster,
        metrics: WorkerMetrics,
        clock: Callable[[], float],
        jitter: Jitter,
    ) -> None:
        self._target = target
        self._desks = desks
        self._link = link
        self._poster = poster
        self._metrics = metrics
        self._clock = clock
        self._jitter = jitter
        self._failures = 0
        self._made_at: float | None = None
        self._not_before = 0.0
        self._said_at: dict[Desk, float] = {}
        self._ring = Event()
        self._stop = False
        self._thread = Thread(target=self._run, name=f"courier {target.name}", daemon=True)

    def start(self) -> None:
        """Begin to look for messages."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it is at work. Only a defect ends one; its traceback is on standard error."""
        return self._thread.is_alive()

    @property
    def name(self) -> str:
        """Of its receiver."""
        return self._target.name

    def ring(self) -> None:
        """There may be something to tell."""
        self._ring.set()

    def close(self) -> None:
        """Stop; a message on its way is waited for."""
        self._stop = True
        self._ring.set()
        self._thread.join(self._target.receiver.timeout + 1.0)

    def _run(self) -> None:
        while not self._stop:
            pause = self.turn()
            self._ring.wait(pause)
            self._ring.clear()

    def turn(self) -> float:
        """Tell what is due; seconds until something may be due again."""
        if (left := self._not_before - self._clock()) > 0:
            return min(left, _LOOK)
        desks = self._desks()
        self._said_at = {desk: self._said_at.get(desk, 0.0) for desk in desks}
        told = [self._tell(desk) for desk in desks]
        if any(told) and self._not_before <= self._clock():
            return 0.0
        dues = [desk.due_at(self._target.name) for desk in desks]
        return min(max(min(dues, default=_LOOK + self._clock()) - self._clock(), 0.01), _LOOK)

    def _tell(self, desk: Desk) -> bool:
        """One message of one desk; whether there was one."""
        now = self._clock()
        if now < self._not_before:
            return False
        is_alertmanager = self._target.receiver.kind == "alertmanager"
        again = is_alertmanager and now >= self._said_at[desk] + self._target.receiver.resend
        if not again and desk.due_at(self._target.name) > now:
            return False
        errand = desk.take(self._target.name, now, again=again)
        if errand is None:
            return False
        if self._made_at is None:
            self._made_at = errand.message.made_at if errand.message and not is_alertmanager else now
        self._conclude(desk, errand, self._try(errand, now))
        return True

    def _try(self, errand: Errand, now: float) -> Outcome:
        body, headers = written(self._target, errand, self._link, now)
        receiver = self._target.receiver
        try:
            answer: Answer | str = self._poster.post(self._target.place, headers, body, timeout=receiver.timeout, tls=self._target.tls)
        except (NoAnswer, Refused) as error:
            answer = str(error)
        now = self._clock()
        age = now - (self._made_at or now)
        return outcome(answer, receiver, failures=self._failures, age=age, now=now, jitter=self._jitter)

    def _conclude(self, desk: Desk, errand: Errand, result: Outcome) -> None:
        receiver = self._target.receiver
        if isinstance(result, Later):
            desk.put_off(errand)
            self._failures += 1
            self._not_before = self._clock() + result.seconds
            self._metrics.told(receiver.kind, "retried")
            self._log("not told, tried again", result.why, tries=self._failures, seconds=round(result.seconds, 2))
            return
        self._said_at[desk] = self._clock()
        self._failures, self._made_at = 0, None
        if isinstance(result, Taken):
            self._metrics.told(receiver.kind, "delivered")
            for alert, what in errand.told:
                if what == "started":
                    self._metrics.alert_delivered(self._clock() - alert.recorded_at)
            desk.settle(self._target.name, errand)
        elif isinstance(result, Dropped):
            self._metrics.told(receiver.kind, "failed")
            self._log("message dropped", result.why, alerts=len(errand.told))
            desk.settle(self._target.name, errand)
        elif isinstance(result, Disabled):
            self._metrics.told(receiver.kind, "failed")
            dropped = desk.disable(self._target.name, errand, result.why, self._clock())
            self._log("receiver is told nothing more", result.why, dropped=dropped)

    def _log(self, message: str, why: str, **more: object) -> None:
        log.warning(message, extra={"receiver": self._target.name, "why": why, **more})
