// Every scaler in one list.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Empty, Fault, Loading } from "../../parts/atoms";
import { Page } from "../../parts/page";
import {
  fleetFault,
  fleetLoaded,
  loadFleet,
  modeFilter,
  namespaceFilter,
  rows,
  search,
  shown,
  stateFilter,
} from "../../state/fleet";
import { Filters } from "./filters";
import { List } from "./list";

export default function FleetPage(): JSX.Element {
  useEffect(() => {
    if (!fleetLoaded.value) void loadFleet();
  }, []);
  return (
    <Page title="Fleet">
      {fleetFault.value !== null && <Fault problem={fleetFault.value} retry={() => void loadFleet()} />}
      {!fleetLoaded.value && fleetFault.value === null && <Loading what="the fleet" />}
      {fleetLoaded.value && rows.value.size === 0 && <NoScalers />}
      {0 < rows.value.size && (
        <>
          <Filters />
          {shown.value.length === 0 ? <NoneMatches /> : <List />}
        </>
      )}
    </Page>
  );
}

function NoScalers(): JSX.Element {
  return (
    <Empty title="No scaler to see yet">
      <p>
        A PredictiveScaler names a workload and what its demand is. It starts in Shadow mode, which shows
        plans here and touches nothing. Or you may not see the namespaces that have one.
      </p>
    </Empty>
  );
}

function NoneMatches(): JSX.Element {
  return (
    <Empty title="No scaler matches">
      <p>
        <button
          type="button"
          class="button"
          onClick={() => {
            search.value = "";
            namespaceFilter.value = "";
            modeFilter.value = "";
            stateFilter.value = "";
          }}
        >
          Show all {rows.value.size}
        </button>
      </p>
    </Empty>
  );
}
