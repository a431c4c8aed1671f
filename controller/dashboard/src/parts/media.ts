// Whether the page is as narrow as a phone.
import { signal } from "@preact/signals";

const narrowQuery = matchMedia("(max-width: 760px)");
export const narrow = signal(narrowQuery.matches);
narrowQuery.addEventListener("change", (e) => {
  narrow.value = e.matches;
});
