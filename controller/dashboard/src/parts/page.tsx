// The frame of a page: its title, which the browser's tab, the heading and screen readers share.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** False until the first page has shown: only later pages move the focus. */
let later = false;

export function Page(props: {
  title: string;
  crumb?: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · Prescale`;
    // Focus follows navigation, so that keyboards and screen readers start at the new page.
    if (later) heading.current?.focus({ preventScroll: true });
    later = true;
  }, [props.title]);
  return (
    <main id="main" class="page">
      <header class="page-head">
        <div>
          {props.crumb !== undefined && <p class="crumb">{props.crumb}</p>}
          <h1 ref={heading} tabIndex={-1}>
            {props.title}
          </h1>
        </div>
        {props.aside}
      </header>
      {props.children}
    </main>
  );
}
