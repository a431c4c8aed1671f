// When it rises, how many pods, why, and what that saved: the top of the page.
import type { JSX } from "preact";
import { replay } from "../../state/replay";
import { accuracy, course, trail, view } from "../../state/scaler";
import { headline } from "../../words/headline";

export function HeadlineBlock(): JSX.Element | null {
  const seen = view.value;
  if (seen === null) return null;
  const said = headline({
    view: seen,
    course: course.value,
    accuracy: accuracy.value,
    replay: replay.value,
    trail: trail.value,
  });
  return (
    <section class="headline" aria-label="In short">
      <p class="headline-sentence">{said.sentence}</p>
      <dl class="facts">
        {said.facts.map((fact) => (
          <div class="fact" key={fact.label}>
            <dt>{fact.label}</dt>
            <dd>
              <strong>{fact.value}</strong>
              <span>{fact.note}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
