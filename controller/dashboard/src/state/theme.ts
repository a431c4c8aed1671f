// Light or dark: as the system says, until the user says otherwise, which this browser remembers.
import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const KEY = "prescale.theme";

function kept(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system";
  }
}

export const theme = signal<Theme>(kept());
/** Raised when colours change, so that canvases draw anew. */
export const painted = signal(0);

function show(): void {
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
  painted.value += 1;
}

export function setTheme(next: Theme): void {
  theme.value = next;
  try {
    if (next === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // A browser that keeps nothing still changes this page.
  }
  show();
}

export function startTheme(): void {
  show();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
}
