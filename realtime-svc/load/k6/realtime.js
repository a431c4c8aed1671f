// People in live rooms, for who has k6 already:
//
//   k6 run -e TARGET=ws://127.0.0.1:8080/ws/v1 -e SECRET="$(head -1 key)" -e USERS=500 -e ROOMS=20 realtime.js
//
// Each user joins a room and does something each EVERY seconds in the mean (10 unless given), for FOR seconds (60). When is
// drawn beforehand: a slow service gets no less load, and latency counts from the intended time, as `realtime-load` has it.
// A user of k6 takes some hundred times the memory of one of `realtime-load`; beyond some thousand, use that.
import crypto from 'k6/crypto';
import encoding from 'k6/encoding';
import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';

const TARGET = __ENV.TARGET || 'ws://127.0.0.1:8080/ws/v1';
const USERS = Number(__ENV.USERS || 100);
const ROOMS = Number(__ENV.ROOMS || 10);
const EVERY_S = Number(__ENV.EVERY || 10);
const FOR_S = Number(__ENV.FOR || 60);
// What is not answered within this, after the last one was sent, is lost.
const PATIENCE_S = 10;
const REACTIONS = ['clap', 'heart', 'laugh', 'wow', 'fire'];

const latency = new Trend('realtime_intended_to_ack', true);
const due = new Counter('realtime_due');
const acked = new Counter('realtime_acked');
const refused = new Counter('realtime_refused');
const lost = new Counter('realtime_lost');
const updates = new Counter('realtime_updates');
const goodbyes = new Counter('realtime_goodbyes');
const cameAgain = new Counter('realtime_came_again');

export const options = {
  scenarios: {
    people: {
      executor: 'per-vu-iterations',
      vus: USERS,
      iterations: 1,
      maxDuration: `${FOR_S + PATIENCE_S + 60}s`,
      gracefulStop: '5s',
    },
  },
  thresholds: {
    realtime_intended_to_ack: ['p(99)<50'],
    realtime_refused: ['count==0'],
    realtime_lost: ['count==0'],
  },
};

export default function () {
  const user = exec.vu.idInTest;
  live({ user, room: `room-${user % ROOMS}`, end: Date.now() + FOR_S * 1000, open: new Map(), questions: [] });
}

// One visit; another one after a goodbye or a cut. What was not acknowledged is sent again, under the same id.
function live(person) {
  const headers = __ENV.SECRET ? { Authorization: `Bearer ${token(`k6-${person.user}`)}` } : {};
  const socket = new WebSocket(TARGET, 'realtime.v1', { headers });
  let again = 500 + Math.random() * 500;
  const hello = { type: 'hello', room: person.room, ticket: person.ticket };
  socket.addEventListener('open', () => socket.send(JSON.stringify(hello)));
  socket.addEventListener('message', (event) => {
    const frame = JSON.parse(event.data);
    switch (frame.type) {
      case 'welcome':
        person.open.forEach((interaction) => socket.send(interaction.frame));
        arm(person, socket);
        break;
      case 'update':
        updates.add(1);
        person.questions = frame.questions.map((question) => question.id);
        break;
      case 'ack':
        answered(person, frame.id, (interaction) => {
          acked.add(1);
          latency.add(Date.now() - interaction.at);
        });
        break;
      case 'refused':
        answered(person, frame.id, () => refused.add(1));
        break;
      case 'goodbye':
        goodbyes.add(1);
        again = frame.retryAfterMs;
        // The place in line, where there is one.
        person.ticket = frame.ticket;
        break;
    }
    if (person.end <= Date.now() && person.open.size === 0) {
      socket.send(JSON.stringify({ type: 'leave' }));
      socket.close();
    }
  });
  socket.addEventListener('error', () => socket.close());
  socket.addEventListener('close', () => {
    clearTimeout(person.timer);
    if (Date.now() < person.end || 0 < person.open.size) {
      cameAgain.add(1);
      setTimeout(() => live(person), again);
    }
  });
}

// Has the person do what they were meant to do at `person.at`, however many are unanswered, and draws when they do the next.
// What was meant for a time without a socket is done late, and not left out.
function arm(person, socket) {
  person.at = person.at || draw(Date.now());
  if (person.end < person.at) {
    person.timer = setTimeout(() => giveUp(person, socket), person.end + PATIENCE_S * 1000 - Date.now());
    return;
  }
  person.timer = setTimeout(() => {
    const interaction = act(person);
    person.open.set(interaction.id, interaction);
    due.add(1);
    socket.send(interaction.frame);
    person.at = draw(person.at);
    arm(person, socket);
  }, Math.max(0, person.at - Date.now()));
}

function draw(after) {
  return after - Math.log(1 - Math.random()) * EVERY_S * 1000;
}

function giveUp(person, socket) {
  lost.add(person.open.size);
  person.open.clear();
  socket.close();
}

function act(person) {
  const id = uuid();
  const drawn = Math.random();
  let fields = { type: 'react', reaction: REACTIONS[Math.floor(Math.random() * REACTIONS.length)] };
  if (drawn < 0.05) {
    fields = { type: 'ask', text: `What about ${id.slice(0, 8)}?` };
  } else if (drawn < 0.3 && 0 < person.questions.length) {
    fields = { type: 'vote', question: person.questions[Math.floor(Math.random() * person.questions.length)] };
  }
  return { id, at: person.at, frame: JSON.stringify({ id, ...fields }) };
}

function answered(person, id, then) {
  const interaction = person.open.get(id);
  if (interaction !== undefined) {
    person.open.delete(id);
    then(interaction);
  }
}

function uuid() {
  const bytes = new Uint8Array(crypto.randomBytes(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function token(sub) {
  const part = (value) => encoding.b64encode(JSON.stringify(value), 'rawurl');
  const claims = { sub, exp: Math.floor(Date.now() / 1000) + 3600 };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${crypto.hmac('sha256', __ENV.SECRET, signed, 'base64rawurl')}`;
}
