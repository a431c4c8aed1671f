"""The worker: folds what is in Kafka into Redis by the service's own scripts, and tells the gateways."""

import argparse
import asyncio
import logging
import time
from pathlib import Path
from uuid import UUID

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition
from google.protobuf.message import DecodeError
from redis.asyncio import Redis

from . import records

_SCRIPTS = Path(__file__).parents[2] / "src" / "worker"
SEEN_FOR_S = 600
IDLE_S = 24 * 3600
QUESTIONS_KEPT = 1_000
QUESTIONS_SHOWN = LEADERS_SHOWN = 5
UPDATE_EVERY_S = 1.0
LOOK_EVERY_S = 0.02
PEOPLE_FOR_MS = 30_000
# Records of a partition in one call of the script.
BATCH_AT_MOST = 500
log = logging.getLogger("twin.worker")


class Worker:
    """Folds the partitions that the group gives it."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._redis = Redis.from_url(args.redis)
        self._fold = self._redis.register_script((_SCRIPTS / "fold.lua").read_text())
        self._room = self._redis.register_script((_SCRIPTS / "room.lua").read_text())
        self._changed: set[str] = set()
        self._told: dict[str, float] = {}
        # Where Redis is in each partition: the next offset, or nothing where it never folded.
        self._next: dict[TopicPartition, int | None] = {}

    async def run(self) -> None:
        consumer = AIOKafkaConsumer(
            self._args.topic,
            bootstrap_servers=self._args.kafka_bootstrap_servers,
            group_id=self._args.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=50,
        )
        await consumer.start()
        telling = asyncio.create_task(self._tell())
        try:
            while not telling.done():
                batches = await consumer.getmany(timeout_ms=200, max_records=4_000)
                for partition in [one for one in self._next if one not in consumer.assignment()]:
                    del self._next[partition]
                for partition, batch in batches.items():
                    await self._take(consumer, partition, batch)
        finally:
            telling.cancel()
            await consumer.stop()
            await self._redis.aclose()

    async def _take(self, consumer: AIOKafkaConsumer, partition: TopicPartition, batch: list) -> None:
        if partition not in self._next:
            await self._go_where_redis_is(consumer, partition)
            # What was fetched may lie elsewhere.
            if self._next[partition] is not None and self._next[partition] != batch[0].offset:
                return
        for begin in range(0, len(batch), BATCH_AT_MOST):
            part = batch[begin : begin + BATCH_AT_MOST]
            expected, after = self._next[partition], part[-1].offset + 1
            arguments = ["" if expected is None else expected, after, SEEN_FOR_S, IDLE_S, QUESTIONS_KEPT]
            rooms = set()
            for record in part:
                fields = self._fields(record.value)
                if fields is not None:
                    arguments.extend(fields)
                    rooms.add(fields[2])
            done, _ = await self._fold(keys=[self._key(partition)], args=arguments)
            if not done:
                await self._go_where_redis_is(consumer, partition)
                return
            self._next[partition] = after
            self._changed |= rooms

    async def _go_where_redis_is(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> None:
        kept = await self._redis.get(self._key(partition))
        self._next[partition] = None if kept is None else int(kept)
        if kept is None:
            await consumer.seek_to_beginning(partition)
        else:
            consumer.seek(partition, int(kept))

    @staticmethod
    def _key(partition: TopicPartition) -> str:
        return f"rt:offset:{partition.topic}:{partition.partition}"

    @staticmethod
    def _fields(value: bytes) -> list | None:
        """What the script takes of a record; nothing of one that cannot be folded."""
        try:
            envelope = records.Envelope.FromString(value)
        except DecodeError:
            log.warning("a record is no envelope")
            return None
        if envelope.schema_version != records.SCHEMA_VERSION:
            log.warning("schemaVersion %s is not read", envelope.schema_version)
            return None
        kind, user, what, question = envelope.WhichOneof("interaction"), envelope.user, "", ""
        match kind:
            case "ask":
                what = orjson.dumps({"text": envelope.ask.text, "user": user})
                question = str(UUID(bytes=envelope.id))
            case "vote":
                question = str(UUID(bytes=envelope.vote.question))
            case "react":
                what = records.REACTION_NAMES[envelope.react.reaction]
            case "people":
                user = envelope.people.gateway
                what = f"{envelope.people.count} {envelope.occurred_at_ms}"
            case _:
                return None
        return [kind, envelope.id, envelope.room, user, envelope.name, what, question]

    async def _tell(self) -> None:
        """Tells each room that has changed, once a second at most."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now = time.monotonic()
            due = [room for room in self._changed if self._told.get(room, 0.0) + UPDATE_EVERY_S <= now]
            for room in due:
                self._changed.discard(room)
                self._told[room] = now
                await self._publish(room)

    async def _publish(self, room: str) -> None:
        state, questions, reactions, leaders, people = await self._room(args=[room, QUESTIONS_SHOWN, LEADERS_SHOWN])
        at = time.time_ns() // 1_000_000
        state = pairs(state)
        frame = orjson.dumps(
            {
                "type": "update",
                "room": room,
                "version": int(state.get(b"version", 0)),
                "folded": int(state.get(b"folded", 0)),
                "at": at,
                "questions": [question(*one) for one in groups(questions, 4)],
                "reactions": {name.decode(): int(count) for name, count in pairs(reactions).items()},
                "leaderboard": [leader(*one) for one in groups(leaders, 3)],
                "people": count(pairs(people).values(), at),
            }
        )
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.set(f"rt:room:{room}:latest", frame, ex=IDLE_S)
            pipeline.publish(f"rt:updates:{room}", frame)
            await pipeline.execute()


def question(identity: bytes, votes: bytes, asked: bytes, name: bytes) -> dict:
    named = {"name": name.decode()} if name else {}
    return {"id": identity.decode(), **orjson.loads(asked), **named, "votes": int(votes)}


def leader(user: bytes, points: bytes, name: bytes) -> dict:
    named = {"name": name.decode()} if name else {}
    return {"user": user.decode(), **named, "points": int(points)}


def count(said, at: int) -> int | None:
    lately = [int(people) for people, said_at in map(bytes.split, said) if at - int(said_at) < PEOPLE_FOR_MS]
    return sum(lately) if lately else None


def groups(flat: list, size: int) -> list[list]:
    return [flat[begin : begin + size] for begin in range(0, len(flat), size)]


def pairs(flat: list) -> dict:
    return dict(groups(flat, 2))


def run(args: argparse.Namespace) -> None:
    uvloop.run(Worker(args).run())
