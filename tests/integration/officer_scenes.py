"""Plays officers in their groups and in private, over the stage of `scenes`."""

from dataclasses import dataclass, field, replace
from typing import Any

from desk.domain.conversation import Channel, Conversation
from desk.domain.handoff import Handoff
from desk.domain.inbound import Inbound, InboundKind
from desk.domain.officer import Officer
from desk.domain.outgoing import Outgoing, TopicState
from desk.domain.roles import Role
from desk.services.handoffs import staff
from desk.services.turns import intake
from desk.services.turns.working import work_on
from tests.integration.scenes import Citizen, Silence, Stage

GROUP = "-1001"


async def register(
    stage: Stage, telegram_id: int, name: str, role: Role = Role.KOORDINATOR, office: Any = None
) -> "Clerk":
    """Register an officer and return their player."""
    async with stage.units() as uow:
        officer = await staff.register(
            uow, stage.tools, telegram_id=telegram_id, name=name, role=role, office=office
        )
        await uow.commit()
    return Clerk(stage, str(telegram_id), officer)


@dataclass
class Clerk:
    """One person in officers' chats; *officer* None: somebody who is not registered."""

    stage: Stage
    sender: str | None
    officer: Officer | None = None
    group: str = GROUP
    message_ids: list[str] = field(default_factory=list)  #: of what was sent, oldest first

    async def send(
        self, inbound: Inbound, *, topic: Citizen | None = None, private: bool = False
    ) -> None:
        """Hand something to the desk, twice as channels like to do."""
        external_id = self.stage.next_id()
        if inbound.external_message_id is None:
            inbound = replace(inbound, external_message_id=f"m{external_id}")
        self.message_ids.append(inbound.external_message_id or "")
        address = str(self.sender) if private else self.group
        thread = await self._thread(topic, address) if topic else inbound.thread
        inbound = replace(inbound, thread=thread)
        arrival = intake.Arrival(
            Channel.TELEGRAM if private else Channel.OFFICERS,
            external_id,
            {"update_id": external_id},
            address=address,
            inbound=inbound if private else replace(inbound, sender=self.sender),
        )
        await intake.receive(self.stage.units, self.stage.tools, Silence(), [arrival, arrival])

    async def _thread(self, citizen: Citizen, chat: str) -> str:
        """Return the topic of a citizen's conversation, which Telegram makes when needed."""
        conversation = await citizen.conversation()
        thread = f"topik-{conversation.id}"
        async with self.stage.units() as uow:
            if await uow.topics.thread_of(chat, conversation.id) is None:
                await uow.topics.put(chat, conversation.id, thread, TopicState.OPEN)
                await uow.commit()
        return thread

    async def hear(self, where: str) -> str:
        """Have the desk work; return the text of what is new in a chat."""
        before = len(self.stage.messenger.to(where))
        await self.stage.work()
        await self.stage.deliver()
        new = self.stage.messenger.to(where)[before:]
        return "\n\n".join(body.text for body in new)

    async def write(self, text: str, *, topic: Citizen | None = None) -> str:
        """Write in the group; return what is new there."""
        await self.send(Inbound(InboundKind.TEXT, text=text), topic=topic)
        return await self.hear(self.group)

    async def command(
        self, name: str, argument: str | None = None, *, topic: Citizen | None = None
    ) -> str:
        """Give a command in the group; return what is new there."""
        inbound = Inbound(InboundKind.COMMAND, command=name, text=argument)
        await self.send(inbound, topic=topic)
        return await self.hear(self.group)

    async def command_at_once(
        self, name: str, argument: str | None = None, *, topic: Citizen | None = None
    ) -> None:
        """Give a command in the group and have it obeyed, whatever turn is under way."""
        inbound = Inbound(InboundKind.COMMAND, command=name, text=argument)
        await self.send(inbound, topic=topic)
        self.stage.clock.advance(seconds=1)
        await work_on(self.stage.shop(), await self.stage.take_due())

    async def press(self, label: str, *, topic: Citizen | None = None) -> str:
        """Press the newest button with a label in the group; return what is new there."""
        token = await self.token(label, self.group, topic)
        await self.send(Inbound(InboundKind.PRESS, token=token), topic=topic)
        return await self.hear(self.group)

    async def write_privately(
        self, text: str, *, reply_to: str | None = None, topic: Citizen | None = None
    ) -> str:
        """Write to the bot in private; return what is new there."""
        inbound = Inbound(InboundKind.TEXT, text=text, reply_to=reply_to)
        await self.send(inbound, topic=topic, private=True)
        return await self.hear(str(self.sender))

    async def command_privately(
        self, name: str, argument: str | None = None, *, topic: Citizen | None = None
    ) -> str:
        """Give a command in private; return what is new there."""
        inbound = Inbound(InboundKind.COMMAND, command=name, text=argument)
        await self.send(inbound, topic=topic, private=True)
        return await self.hear(str(self.sender))

    async def press_privately(self, label: str, *, topic: Citizen | None = None) -> str:
        """Press the newest button with a label in private; return what is new there."""
        token = await self.token(label, str(self.sender), topic)
        await self.send(Inbound(InboundKind.PRESS, token=token), topic=topic, private=True)
        return await self.hear(str(self.sender))

    async def token(self, label: str, where: str, topic: Citizen | None) -> str:
        """Return the token of the newest button with a label."""
        wanted = await topic.conversation() if topic else None
        edits = [body for chat, _, body in self.stage.messenger.edited if chat == where]
        for body in (*reversed(edits), *reversed(self.stage.messenger.to(where))):
            if wanted is not None and not _is_about(body, wanted):
                continue
            for row in body.buttons:
                for button in row:
                    if button.label == label:
                        return button.token
        raise AssertionError(f"no button {label!r} in {where}")


def _is_about(body: Outgoing, conversation: Conversation) -> bool:
    return body.topic is not None and body.topic.conversation_id == conversation.id


async def handoff_of(citizen: Citizen) -> Handoff:
    """Return the citizen's newest hand-off."""
    conversation = await citizen.conversation()
    async with citizen.stage.units() as uow:
        return (await uow.handoffs.of_conversation(conversation.id))[0]
