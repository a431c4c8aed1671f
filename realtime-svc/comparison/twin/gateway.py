"""The gateway: WebSockets in, Kafka behind, updates from Redis out. A bare ASGI application, without a framework."""

import argparse
import asyncio
import logging
from uuid import UUID, uuid4

import orjson
import uvicorn
from aiokafka import AIOKafkaProducer
from redis.asyncio import Redis

from . import records
from .rooms import Lobby, Room, Rooms
from .tokens import Keys

HELLO_WITHIN_S = 10.0
# How often who waits is told where they stand.
TELL_EVERY_S = 1.0
log = logging.getLogger("twin.gateway")


def text(**fields) -> dict:
    return {"type": "websocket.send", "text": orjson.dumps(fields).decode()}


def problem(status: int, kind: str, detail: str) -> dict:
    return {"type": f"urn:realtime:problem:{kind}", "title": kind, "status": status, "detail": detail}


class Gateway:
    """One gateway as an ASGI application."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._keys = Keys(args.token_key_file)
        self._lobby = Lobby(args.capacity)

    async def __call__(self, scope, receive, send) -> None:
        match scope["type"]:
            case "lifespan":
                await self._live(receive, send)
            case "websocket":
                await self._meet(scope, receive, send)
            case "http":
                found = scope["path"] in ("/healthz", "/readyz")
                await send({"type": "http.response.start", "status": 200 if found else 404, "headers": []})
                await send({"type": "http.response.body", "body": b""})

    async def _live(self, receive, send) -> None:
        await receive()
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._args.kafka_bootstrap_servers, acks="all", enable_idempotence=True, linger_ms=5
        )
        await self._producer.start()
        self._redis = Redis.from_url(self._args.redis)
        self._rooms = Rooms(self._redis)
        listener = asyncio.create_task(self._rooms.listen())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        listener.cancel()
        await self._producer.stop()
        await self._redis.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _meet(self, scope, receive, send) -> None:
        await receive()
        if scope["path"] != "/ws/v1":
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept", "subprotocol": "realtime.v1"})
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                hello = await self._hear(receive)
            if hello is None:
                return
            user = self._keys.user(bearer(scope) or hello.get("token"))
            room_name = hello["room"]
        except (TimeoutError, KeyError, ValueError) as error:
            await send(text(type="refused", problem=problem(401, "unauthenticated", str(error))))
            await send({"type": "websocket.close", "code": 1008})
            return
        if not await self._wait(receive, send):
            return
        room: Room | None = None
        try:
            room = await self._rooms.join(room_name, send)
            await send(text(type="welcome", room=room_name, session=str(uuid4()), version=0))
            if room.latest is not None:
                await send({"type": "websocket.send", "text": room.latest})
            while (frame := await self._hear(receive)) is not None and frame.get("type") != "leave":
                await self._take(frame, room_name, user, hello.get("name"), send)
        finally:
            if room is not None:
                room.guests.pop(send, None)
            self._lobby.leave_place()

    async def _hear(self, receive) -> dict | None:
        """The next frame; None when the socket is closed. A frame that is no object is an empty one."""
        message = await receive()
        if message["type"] != "websocket.receive":
            return None
        try:
            frame = orjson.loads(message.get("text") or message.get("bytes") or b"")
        except orjson.JSONDecodeError:
            return {}
        return frame if isinstance(frame, dict) else {}

    async def _wait(self, receive, send) -> bool:
        """Waits in line where the place is full; False for who left it."""
        turn = self._lobby.take_place()
        if turn is None:
            return True
        left = asyncio.ensure_future(receive())
        told = 0
        try:
            while not turn.done() and not left.done():
                position = self._lobby.position(turn)
                if position != told:
                    told = position
                    await send(text(type="waiting", position=position, ahead=position - 1))
                await asyncio.wait([turn, left], timeout=TELL_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        except Exception:
            self._lobby.leave_line(turn)
            raise
        if left.done():
            self._lobby.leave_line(turn)
            return False
        left.cancel()
        return True

    async def _take(self, frame: dict, room: str, user: str, name: str | None, send) -> None:
        identity = frame.get("id")
        try:
            record = records.encode(frame, UUID(identity), room, user, name)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            refused = {"id": identity} if isinstance(identity, str) else {}
            await send(text(type="refused", **refused, problem=problem(422, "invalid", str(error))))
            return
        try:
            await self._producer.send_and_wait(self._args.topic, record, key=room.encode())
        except Exception as error:  # noqa: BLE001 - whatever Kafka says, the client is told to come again
            log.warning("kafka: %s", error)
            busy = {**problem(503, "busy", "Kafka does not take it"), "retryAfterMs": 500}
            await send(text(type="refused", id=identity, problem=busy))
            return
        await send(text(type="ack", id=identity))


def bearer(scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization" and value.lower().startswith(b"bearer "):
            return value[7:].decode()
    return None


def run(args: argparse.Namespace) -> None:
    host, port = args.listen.rsplit(":", 1)
    uvicorn.run(
        Gateway(args),
        host=host,
        port=int(port),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=4096,
        ws_ping_interval=30.0,
        ws_ping_timeout=45.0,
        ws_per_message_deflate=False,
        lifespan="on",
        access_log=False,
        log_level="warning",
        backlog=4096,
    )
