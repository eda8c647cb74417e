"""The parts of the simulated platform that API methods and simulated people share."""

from simulator.callbacks import Presses
from simulator.calls import CallLog
from simulator.clock import Clock
from simulator.errors import FloodWait
from simulator.faults import FaultPlan
from simulator.limits import Limits
from simulator.profile import Profile
from simulator.rates import RateLimiter
from simulator.updates import PollSlot, UpdateQueue
from simulator.webhook import WebhookSender
from simulator.world import Account, Chat, World


class Backend:
    """One bot's Telegram."""

    def __init__(self, bot: Account, *, limits: Limits) -> None:
        """Put the parts together; nothing runs yet."""
        self.clock = Clock()
        self.limits = limits
        self.world = World(bot, self.clock)
        self.queue = UpdateQueue(self.clock)
        self.poll = PollSlot(self.queue)
        self.webhook = WebhookSender(self.queue, self.clock)
        self.rates = RateLimiter(self.clock)
        self.faults = FaultPlan()
        self.calls = CallLog(self.clock)
        self.presses = Presses(self.clock)
        self.profile = Profile()
        #: With privacy on, a bot that is no administrator sees only commands and replies.
        self.privacy_mode = True
        #: Whether private chats with the bot have topics (Threaded Mode in @BotFather).
        self.private_topics = False

    def spend(self, chat: Chat, *, cost: int = 1) -> None:
        """Count *cost* messages against the flood limits.

        Raises:
            FloodWait: Too many.
        """
        wait = self.rates.seconds_to_wait(self.limits, chat.id, cost=cost)
        if wait:
            raise FloodWait(wait)
