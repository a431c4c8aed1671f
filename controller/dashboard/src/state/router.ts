// Where the user is, by the names of the pages, and how to get there.

export const paths = {
  fleet: "/",
  events: "/events",
  setup: "/setup",
  signIn: "/sign-in",
  scaler: (ns: string, name: string, tab: "" | "/accuracy" | "/what-if" = "") =>
    `/scalers/${encodeURIComponent(ns)}/${encodeURIComponent(name)}${tab}`,
};

/** A part of a path, as the scaler is named: the router leaves some characters encoded. */
export function named(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The page to come back to after sign-in: a path of our own and nothing else, so that no link leads elsewhere. */
export function backPath(search: string): string {
  const back = new URLSearchParams(search).get("back") ?? "/";
  const ours = back.startsWith("/") && !back.startsWith("//") && !back.includes("\\");
  return ours && !back.startsWith(paths.signIn) ? back : "/";
}

export function signInPath(from: string): string {
  return from === "/" || from.startsWith(paths.signIn)
    ? paths.signIn
    : `${paths.signIn}?back=${encodeURIComponent(from)}`;
}
