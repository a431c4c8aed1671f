"""Who is in which room, and how updates reach them: one task a room, and each update encoded once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

# Who does not take an update within this is dropped, as the service does.
SLOW_AFTER_S = 5.0

Send = Callable[[dict], Awaitable[None]]


class Room:
    """The people of a room and the last update."""

    __slots__ = ("guests", "latest", "changed", "task")

    def __init__(self) -> None:
        # How each is told something, and what listens to them.
        self.guests: dict[Send, asyncio.Task] = {}
        self.latest: str | None = None
        self.changed = asyncio.Event()
        self.task: asyncio.Task | None = None

    async def fan_out(self) -> None:
        """Sends each update to all, the latest where several came meanwhile."""
        while True:
            await self.changed.wait()
            self.changed.clear()
            message = {"type": "websocket.send", "text": self.latest}
            for send, listening in list(self.guests.items()):
                try:
                    async with asyncio.timeout(SLOW_AFTER_S):
                        await send(message)
                except Exception:  # noqa: BLE001 - gone, or too slow: what listens ends, and with it the socket
                    self.guests.pop(send, None)
                    listening.cancel()


class Rooms:
    """All rooms of this gateway."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._rooms: dict[str, Room] = {}

    async def join(self, name: str, send: Send) -> Room:
        room = self._rooms.get(name)
        if room is None:
            room = self._rooms[name] = Room()
            room.task = asyncio.create_task(room.fan_out())
            latest = await self._redis.get(f"rt:room:{name}:latest")
            if latest is not None and room.latest is None:
                room.latest = latest.decode()
        room.guests[send] = asyncio.current_task()
        return room

    async def listen(self) -> None:
        """Takes updates from Redis, for as long as the gateway lives."""
        async with self._redis.pubsub() as pubsub:
            await pubsub.psubscribe("rt:updates:*")
            async for message in pubsub.listen():
                if message["type"] != "pmessage":
                    continue
                room = self._rooms.get(message["channel"][len(b"rt:updates:") :].decode())
                if room is not None:
                    room.latest = message["data"].decode()
                    room.changed.set()


class Lobby:
    """Lets in as many as there is room for, and the others in turn."""

    def __init__(self, capacity: int) -> None:
        self._free = capacity
        self._line: deque[asyncio.Future] = deque()

    def take_place(self) -> asyncio.Future | None:
        """None for a place; otherwise what is done when there is one."""
        if 0 < self._free:
            self._free -= 1
            return None
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        return turn

    def position(self, turn: asyncio.Future) -> int:
        return self._line.index(turn) + 1

    def leave_line(self, turn: asyncio.Future) -> None:
        if turn.done():
            self.leave_place()
        else:
            self._line.remove(turn)

    def leave_place(self) -> None:
        """Whoever is next has the place."""
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
