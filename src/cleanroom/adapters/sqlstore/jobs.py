"""The Jobs port over the tables jobs and job_runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from sqlalchemy import case, delete, func, insert, select, update

from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import job_runs, jobs
from cleanroom.core.base import CleanroomError, Instant, instant, micros
from cleanroom.ports.jobs import JobRun, Standing, Turn

MOST_RUNS = 1_000
"""Runs of a job that are remembered."""

_BEATS = 3  # how often a lease is renewed before it would run out


class SqlJobs:
    """The jobs beside the ledger of `store`."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def standing(self, name: str, since: Instant) -> Standing:
        """Where it stands; one that is new is done up to `since`."""
        with self._store.reading() as connection:
            row = connection.execute(select(jobs).where(jobs.c.name == name)).first()
        if row is not None:
            return Standing(row.name, row.done, row.slot, row.start, row.until)
        with self._store.writing() as connection:
            row = connection.execute(select(jobs).where(jobs.c.name == name)).first()
            if row is None:
                connection.execute(insert(jobs), {"name": name, "done": since, "number": 0})
        return self.standing(name, since)

    def plan(self, name: str, slot: Instant, start: Instant) -> bool:
        """Have it run for `slot`, unless it is planned or done for that moment. While it runs, the next one waits."""
        free = (jobs.c.name == name, jobs.c.until.is_(None), jobs.c.done < slot)
        earlier = jobs.c.slot.is_(None) | (jobs.c.slot < slot)
        sooner = case((jobs.c.start < start, jobs.c.start), else_=start)
        planned = update(jobs).where(*free, earlier).values(slot=slot, start=sooner)
        with self._store.writing() as connection:
            return connection.execute(planned).rowcount > 0

    def take(self, name: str, now: Instant, until: Instant) -> Turn | None:
        """The turn to run what is planned and may begin."""
        free = jobs.c.until.is_(None) | (jobs.c.until <= now)
        wanted = (jobs.c.name == name, jobs.c.slot.is_not(None), jobs.c.start <= now, free)
        with self._store.writing() as connection:
            row = connection.execute(select(jobs.c.slot, jobs.c.number).where(*wanted)).first()
            if row is None:
                return None
            leased = {"until": until, "number": row.number + 1}
            connection.execute(update(jobs).where(jobs.c.name == name).values(leased))
        return Turn(name, row.slot, row.number + 1)

    @contextmanager
    def keeping(self, turn: Turn, seconds: float) -> Iterator[None]:
        """Renew the lease beside the work. By as much time as has gone by, so that it needs no clock of its own."""
        over = Event()
        every = seconds / _BEATS

        def beats() -> None:
            while not over.wait(every):
                try:
                    if not self._longer(turn, every):
                        return
                except CleanroomError:
                    continue  # the store may be back before the lease runs out

        thread = Thread(target=beats, name=f"lease of {turn.name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def done(self, turn: Turn, run: JobRun) -> bool:
        """It was run: write that down, and let go of the lease."""
        values = {"done": turn.slot, "slot": None, "start": None, "until": None}
        with self._store.writing() as connection:
            if connection.execute(update(jobs).where(*_held(turn)).values(values)).rowcount == 0:
                return False
            seq = connection.execute(select(func.coalesce(func.max(job_runs.c.seq), -1))).scalar_one() + 1
            row: dict[str, Any] = {"seq": seq, "name": run.name, "slot": run.slot, "good": run.good, "said": run.said}
            connection.execute(insert(job_runs), row | {"began": run.began, "ended": run.ended})
            old = select(job_runs.c.seq).where(job_runs.c.name == run.name).order_by(job_runs.c.seq.desc())
            last = connection.execute(old.offset(MOST_RUNS).limit(1)).scalar()
            if last is not None:
                connection.execute(delete(job_runs).where(job_runs.c.name == run.name, job_runs.c.seq <= last))
        return True

    def runs(self, name: str | None = None, limit: int = 20) -> tuple[JobRun, ...]:
        """The last runs, newest first."""
        wanted = select(job_runs).order_by(job_runs.c.seq.desc()).limit(limit)
        with self._store.reading() as connection:
            rows = connection.execute(wanted if name is None else wanted.where(job_runs.c.name == name))
            return tuple(JobRun(r.name, r.slot, r.began, r.ended, r.good, r.said) for r in rows)

    def _longer(self, turn: Turn, seconds: float) -> bool:
        """Put the end of the lease off; False where it is somebody else's by now."""
        with self._store.writing() as connection:
            row = connection.execute(select(jobs.c.until).where(*_held(turn))).first()
            if row is None:
                return False
            until = instant(micros(row.until) + round(seconds * 1_000_000))
            connection.execute(update(jobs).where(*_held(turn)).values(until=until))
        return True


def _held(turn: Turn) -> tuple[Any, ...]:
    return jobs.c.name == turn.name, jobs.c.number == turn.number, jobs.c.until.is_not(None)
