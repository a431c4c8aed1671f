// What a page asks for when it opens, again and again while it is open, and after each break of the connection.
import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Problem } from "../api/client";
import { generation } from "./live";
import { refused } from "./session";

export interface Asked<T> {
  /** What was said last; null before the first answer. */
  said: Signal<T | null>;
  /** Why the last question was refused. */
  fault: Signal<Problem | null>;
  ask: () => void;
}

export function useAsked<T>(question: () => Promise<T>, againMs: number): Asked<T> {
  const said = useSignal<T | null>(null);
  const fault = useSignal<Problem | null>(null);
  const ask = () => {
    question().then(
      (answer) => {
        said.value = answer;
        fault.value = null;
      },
      (error: unknown) => {
        fault.value = refused(error);
      },
    );
  };
  useEffect(() => {
    ask();
    const timer = setInterval(ask, againMs);
    return () => clearInterval(timer);
  }, [generation.value]);
  return { said, fault, ask };
}
