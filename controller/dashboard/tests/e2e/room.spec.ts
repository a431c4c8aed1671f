// Node room, pods that wait or go, nodes by pool and lead times: what the page tells of them, and that it is not guessed.
import { expect, onlySimulated, scalerPath, settled, shoot, test, visit } from "./support";

test("lead times tell how they are known", async ({ page, served }) => {
  await visit(page, served, await scalerPath(page, served));
  await settled(page);
  const card = page.getByRole("region", { name: "Lead times" });
  await expect(card.getByText("On a node that is there")).toBeVisible();
  await expect(card.getByText(/until the HPA reads the plan/)).toBeVisible();
  await expect(card.getByText(/spec\.leadTime says|start|pool/).first()).toBeVisible();
  await expect(page.getByRole("region", { name: "Pods and node room" })).toBeVisible();
});

test("room, pods that wait and go, and pools are told", async ({ page, served }) => {
  const { world } = onlySimulated(served);
  const view = world.view.bind(world);
  world.view = (ns, name) => {
    const seen = view(ns, name);
    if (seen === null) return null;
    const madeAt = Date.parse(seen.plan.madeAt);
    const says = "needs 14 pods Ready by 19:00 UTC and has room for 9: known 40s earlier it would be in time";
    const condition = {
      type: "HeadroomReady",
      status: "False",
      reason: "TooLate",
      message: says,
      lastTransitionTime: seen.plan.madeAt,
    };
    return {
      ...seen,
      workload: { replicas: 9, existing: 9, ready: 6 },
      headroom: { pods: 5, ready: 3, by: "CapacityBuffer", condition },
      late: {
        needed: 14,
        by: new Date(madeAt + 60_000).toISOString(),
        room: 9,
        nodeReady: new Date(madeAt + 100_000).toISOString(),
        says,
      },
    };
  };
  await visit(page, served, "/scalers/live/gateway");
  await settled(page);
  const card = page.getByRole("region", { name: "Pods and node room" });
  const bar =
    "6 ready, 2 starting, 1 wait for a node, 3 node room that is there, 2 node room that is awaited";
  await expect(card.getByRole("img", { name: bar })).toBeVisible();
  await expect(card.getByText("2 pods are on nodes that are about to go")).toBeVisible();
  await expect(card.getByText("Needs 14 pods Ready by 19:00 UTC")).toBeVisible();
  await expect(card.getByText("room for 9", { exact: true })).toBeVisible();
  await expect(
    card.getByRole("row", { name: /general 5 \+2 on the way 3\.5 0\.63 1 min 36 s/ }),
  ).toBeVisible();
  await expect(page.getByText("5, 3 there")).toBeVisible();
  await shoot(page, "scaler-room");
});
