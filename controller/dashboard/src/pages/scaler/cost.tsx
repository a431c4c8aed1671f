// What the nodes under the workload cost, beside what it is compared with, and what its containers might request.
import type { JSX } from "preact";
import type { Advice, Cost } from "../../api/types";
import { Card } from "../../parts/atoms";
import { advised, money, saved, told } from "../../words/cost";
import { amount, day, MISSING, span } from "../../words/format";

export function CostCard({ cost }: { cost: Cost }): JSX.Element {
  const { sum, unit, say } = told(cost);
  const took = sum.pods + sum.headroom;
  const other = sum.saved === null ? null : took + sum.saved;
  const most = Math.max(took, other ?? 0, Number.MIN_VALUE);
  return (
    <Card
      title="What it costs"
      note={`since ${day(cost.since)}, ${span(sum.hours * 3600)} counted`}
      class="cost"
    >
      <p class="says">{saved(cost)}</p>
      <div class="versus">
        <div>
          <h3>
            So far{" "}
            <span class="quiet">{unit === "money" ? "in the currency of the prices" : "node-hours"}</span>
          </h3>
          <dl class="bars">
            <div>
              <dt>It took</dt>
              <dd>
                <span class="bar bar-running" style={{ width: `${(100 * sum.pods) / most}%` }} />
                <span class="bar bar-room" style={{ width: `${(100 * sum.headroom) / most}%` }} />
                <b>{say(took)}</b>
              </dd>
            </div>
            <div>
              <dt>Always on</dt>
              <dd>
                {other !== null && 0 < other && (
                  <span class="bar bar-reactive" style={{ width: `${(100 * other) / most}%` }} />
                )}
                <b>{say(other)}</b>
              </dd>
            </div>
          </dl>
          <ul class="keys">
            <li>
              <i class="key key-ready" /> its pods {say(sum.pods)}
            </li>
            <li>
              <i class="key key-room" /> node room {say(sum.headroom)}
            </li>
          </ul>
        </div>
        <div>
          <h3>
            Now <span class="quiet">an hour</span>
          </h3>
          <dl class="reading">
            <Row label="Its pods" nodes={cost.nodes} price={cost.perHour} />
            <Row label="Node room" nodes={cost.headroomNodes} price={cost.headroomPerHour} />
          </dl>
        </div>
      </div>
      {cost.message !== null && <p class="quiet">{cost.message}</p>}
    </Card>
  );
}

function Row({
  label,
  nodes,
  price,
}: {
  label: string;
  nodes: number | null;
  price: number | null;
}): JSX.Element {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {amount(nodes)} nodes, {money(price)}
      </dd>
    </div>
  );
}

export function AdviceCard({ advice }: { advice: Advice }): JSX.Element {
  const would = advised(advice);
  return (
    <Card title="What its containers might request" note={`as of ${day(advice.at)}`} class="advice">
      {would !== null && <p class="says">{would}</p>}
      {0 < advice.containers.length && (
        <table class="pools">
          <thead>
            <tr>
              <th scope="col">Container</th>
              <th scope="col">CPU</th>
              <th scope="col">Memory</th>
            </tr>
          </thead>
          <tbody>
            {advice.containers.map((one) => (
              <tr key={one.container}>
                <th scope="row">{one.container}</th>
                <td>
                  <Change from={one.requestedCpu} to={one.cpu} />
                </td>
                <td>
                  <Change from={one.requestedMemory} to={one.memory} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {advice.message !== null && <p class="quiet">{advice.message}</p>}
    </Card>
  );
}

function Change({ from, to }: { from: string | null; to: string | null }): JSX.Element {
  return (
    <>
      <small>{from ?? "none"} →</small> {to ?? MISSING}
    </>
  );
}
