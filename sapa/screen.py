"""Shows an operator where a long step is: live on a terminal, as lines everywhere else."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

_LINE_EVERY_S = 10.0


class Waiting:
    """Several steps waited for at once; each is told done by its name."""

    def __init__(self, names: Sequence[str], say: Callable[[str], None]) -> None:
        """Start the clock."""
        self.open = list(names)
        self._say = say
        self._started = time.monotonic()

    @property
    def seconds(self) -> int:
        """How long it has taken so far."""
        return round(time.monotonic() - self._started)

    def done(self, name: str) -> None:
        """Tell that a step is done; a second time changes nothing."""
        if name in self.open:
            self.open.remove(name)
            self._say(f"{name}: done ({self.seconds} s)")


class Screen:
    """Where the supervisor writes."""

    def __init__(self, console: Console | None = None) -> None:
        """Write to *console*, by default stdout."""
        self._console = console or Console(highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """Write a line."""
        self._console.print(escape(text))

    def warn(self, text: str) -> None:
        """Write a line that should be noticed."""
        self._console.print(f"[yellow]Warning:[/yellow] {escape(text)}")

    def relay(self, name: str, line: str) -> None:
        """Write a line of a program, with its name before it."""
        self._console.print(f"[dim]{escape(name):>5} |[/dim] {escape(line)}")

    @contextlib.contextmanager
    def waiting(self, *names: str) -> Iterator[Waiting]:
        """Show what is waited for; what is still open when the block ends well is done then."""
        waiting = Waiting(names, self.say)
        with self._live(waiting) if self._console.is_terminal else self._lines(waiting):
            yield waiting
            for name in list(waiting.open):
                waiting.done(name)

    @contextlib.contextmanager
    def _live(self, waiting: Waiting) -> Iterator[None]:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            tasks = {name: progress.add_task(name, total=None) for name in waiting.open}

            def hide_what_is_done() -> None:
                for name in tasks.keys() - set(waiting.open):
                    progress.update(tasks[name], visible=False)

            with _repeated(hide_what_is_done, every_s=0.2):
                yield

    @contextlib.contextmanager
    def _lines(self, waiting: Waiting) -> Iterator[None]:
        def tell() -> None:
            self.say(f"{', '.join(waiting.open)} ... {waiting.seconds} s")

        self.say(f"{', '.join(waiting.open)} ...")
        with _repeated(tell, every_s=_LINE_EVERY_S):
            yield


@contextlib.contextmanager
def _repeated(call: Callable[[], None], *, every_s: float) -> Iterator[None]:
    """Call in a thread, so that a step which blocks the event loop still shows life."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(every_s):
            call()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
