// The pods that exist and the node room that is kept for more, as one bar; how that fares, and the nodes by pool.
import type { JSX } from "preact";
import type { ScalerView } from "../../api/types";
import { Card, StateMark, Time } from "../../parts/atoms";
import { money } from "../../words/cost";
import { amount, count, pods, span } from "../../words/format";
import { faring, type Part, parts } from "../../words/room";

export function RoomCard({ view }: { view: ScalerView }): JSX.Element {
  const { headroom, late } = view;
  const all = parts(view);
  const going = view.pods?.going ?? 0;
  const isBad = headroom.condition?.status === "False";
  return (
    <Card
      title="Pods and node room"
      note={headroom.by === null ? undefined : `by ${headroom.by}`}
      class="room"
    >
      <Bar parts={all} />
      <ul class="keys room-keys">
        {all.map((part) => (
          <li key={part.mark}>
            <i class={`key key-${part.mark === "running" ? "ready" : part.mark}`} />
            <b>{count(part.pods)}</b> {part.label}
          </li>
        ))}
      </ul>
      {0 < going && (
        <p class="room-going">
          <StateMark state="warning" quiet="word-hidden" /> {pods(going)} {going === 1 ? "is" : "are"} on
          nodes that are about to go: as many more are asked for.
        </p>
      )}
      <p class={isBad ? "room-says room-bad" : "room-says"}>
        {isBad && <StateMark state="warning" quiet="word-hidden" />} {faring(view)}
      </p>
      {late !== null && (
        <dl class="reading">
          <div>
            <dt>Needed</dt>
            <dd>
              {pods(late.needed)} by <Time at={late.by} now={view.plan.madeAt} />
            </dd>
          </div>
          <div>
            <dt>There by then</dt>
            <dd>room for {count(late.room)}</dd>
          </div>
          <div>
            <dt>Nodes on their way, ready</dt>
            <dd>
              <Time at={late.nodeReady} now={view.plan.madeAt} />
            </dd>
          </div>
        </dl>
      )}
      {0 < view.pools.length && <Pools view={view} />}
    </Card>
  );
}

function Bar({ parts }: { parts: Part[] }): JSX.Element {
  const says = parts.map((part) => `${count(part.pods)} ${part.label}`).join(", ");
  return (
    <div class="room-bar" role="img" aria-label={says === "" ? "No pod is there" : says}>
      {parts.map((part) => (
        <span key={part.mark} class={`room-part room-${part.mark}`} style={{ flexGrow: part.pods }} />
      ))}
    </div>
  );
}

function Pools({ view }: { view: ScalerView }): JSX.Element {
  return (
    <table class="pools">
      <caption>Its nodes, by pool</caption>
      <thead>
        <tr>
          <th scope="col">Pool</th>
          <th scope="col">Nodes</th>
          <th scope="col">Its share</th>
          <th scope="col">An hour</th>
          <th scope="col">Launch</th>
        </tr>
      </thead>
      <tbody>
        {view.pools.map((pool) => (
          <tr key={pool.name ?? ""}>
            <th scope="row">{pool.name ?? "none"}</th>
            <td>
              {count(pool.nodes)}
              {0 < pool.going && <small> {count(pool.going)} going</small>}
              {0 < pool.launching && <small> +{count(pool.launching)} on the way</small>}
            </td>
            <td>{amount(pool.takenNodes)}</td>
            <td>{money(pool.perHour)}</td>
            <td title={`of ${count(pool.launches)} launches`}>{span(pool.launchSeconds)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
