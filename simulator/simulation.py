"""The control object of a test: people, groups, limits, faults, and what happened."""

from collections.abc import Iterable

from simulator.backend import Backend
from simulator.calls import CallLog, Event
from simulator.clock import Clock
from simulator.faults import FaultPlan
from simulator.groups import Group
from simulator.limits import Limits
from simulator.people import Person
from simulator.profile import Profile
from simulator.webhook import DeliverySettings
from simulator.world import Account, Member, MemberStatus

FIRST_PERSON_ID = 710_000_001
FIRST_GROUP_ID = -1_001_900_000_001


class Simulation:
    """Everything around the bot, for tests in the same event loop."""

    def __init__(self, backend: Backend) -> None:
        """Control an existing platform."""
        self._backend = backend
        self.people: dict[int, Person] = {}
        self.groups: dict[int, Group] = {}

    def user(
        self,
        id: int | None = None,
        first_name: str = "Warga",
        *,
        last_name: str | None = None,
        username: str | None = None,
        language_code: str | None = "id",
        hides_forwards: bool = False,
    ) -> Person:
        """Return the person with this id, made on first use."""
        user_id = FIRST_PERSON_ID + len(self.people) if id is None else id
        if user_id not in self.people:
            account = Account(
                id=user_id,
                first_name=first_name,
                last_name=last_name,
                username=username,
                language_code=language_code,
                hides_forwards=hides_forwards,
            )
            chat = self._backend.world.add_person(account)
            self.people[user_id] = Person(self._backend, account, chat)
        return self.people[user_id]

    def group(
        self,
        id: int | None = None,
        title: str = "Grup Petugas",
        *,
        forum: bool = False,
        members: Iterable[Person] = (),
        bot_status: MemberStatus | str = MemberStatus.ADMINISTRATOR,
    ) -> Group:
        """Return the group with this id, made on first use with the bot already in it."""
        group_id = FIRST_GROUP_ID - len(self.groups) if id is None else id
        if group_id not in self.groups:
            chat = self._backend.world.add_group(group_id, title, forum=forum)
            chat.bot_status = MemberStatus(bot_status)
            bot = self._backend.world.bot
            chat.members[bot.id] = Member(bot, chat.bot_status)
            self.groups[group_id] = Group(self._backend, chat)
        self.groups[group_id].set_members(members)
        return self.groups[group_id]

    @property
    def bot(self) -> Account:
        """Return the bot's account."""
        return self._backend.world.bot

    @property
    def clock(self) -> Clock:
        """Return the clock; ``sim.clock.advance(seconds)`` lets time pass."""
        return self._backend.clock

    @property
    def limits(self) -> Limits:
        """Return the limits in force."""
        return self._backend.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._backend.limits = limits

    @property
    def privacy_mode(self) -> bool:
        """Return whether the bot, if no administrator, misses ordinary group messages."""
        return self._backend.privacy_mode

    @privacy_mode.setter
    def privacy_mode(self, is_on: bool) -> None:
        self._backend.privacy_mode = is_on

    @property
    def private_topics(self) -> bool:
        """Return whether private chats with the bot have topics."""
        return self._backend.private_topics

    @private_topics.setter
    def private_topics(self, is_on: bool) -> None:
        self._backend.private_topics = is_on

    @property
    def faults(self) -> FaultPlan:
        """Return the plan of ordered faults."""
        return self._backend.faults

    @property
    def calls(self) -> CallLog:
        """Return the log of the bot's API calls."""
        return self._backend.calls

    @property
    def timeline(self) -> list[Event]:
        """Return calls and people's acts in order."""
        return self._backend.calls.timeline

    @property
    def profile(self) -> Profile:
        """Return what the bot says about itself."""
        return self._backend.profile

    @property
    def delivery(self) -> DeliverySettings:
        """Return the settings of webhook delivery."""
        return self._backend.webhook.settings

    @property
    def webhook_url(self) -> str | None:
        """Return where updates are delivered, None while the bot polls."""
        webhook = self._backend.webhook.webhook
        return webhook.url if webhook else None

    @property
    def pending_updates(self) -> int:
        """Return how many updates the bot has not confirmed."""
        return len(self._backend.queue.pending())

    def story(self) -> str:
        """Return the timeline as text, for a failing test's report."""
        return "\n".join(str(event) for event in self.timeline)
