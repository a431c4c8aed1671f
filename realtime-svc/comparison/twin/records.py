"""Records of the Kafka topic: the schemas are those of the service, as it publishes them."""

import time
from pathlib import Path
from uuid import UUID

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PUBLISHED = Path(__file__).parents[2] / "protocol" / "proto" / "v1.binpb"
SCHEMA_VERSION = 1


def _message(name: str):
    files = descriptor_pb2.FileDescriptorSet.FromString(_PUBLISHED.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


Envelope = _message("realtime.v1.Envelope")
REACTIONS = {"clap": 1, "heart": 2, "laugh": 3, "wow": 4, "fire": 5}
REACTION_NAMES = {number: name for name, number in REACTIONS.items()}


def encode(frame: dict, interaction: UUID, room: str, user: str, name: str | None) -> bytes:
    """The record of an interaction; a KeyError or ValueError names what the frame lacks."""
    envelope = Envelope(
        schema_version=SCHEMA_VERSION,
        id=interaction.bytes,
        room=room,
        user=user,
        occurred_at_ms=time.time_ns() // 1_000_000,
    )
    if name is not None:
        envelope.name = name
    match frame["type"]:
        case "ask":
            text = frame["text"]
            if not text.strip() or 280 < len(text):
                raise ValueError(f"text has {len(text)} letters, 1 to 280 may be")
            envelope.ask.text = text
        case "vote":
            envelope.vote.question = UUID(frame["question"]).bytes
        case "react":
            envelope.react.reaction = REACTIONS[frame["reaction"]]
        case other:
            raise ValueError(f"type {other!r} is none that is known")
    return envelope.SerializeToString()
