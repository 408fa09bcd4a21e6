import './page.css';
import type { ComponentChildren } from 'preact';

interface Props {
  readonly name: string;
  readonly isShown: boolean;
  /** What the page is about, a smaller card beside it, and a list below it. */
  readonly main: ComponentChildren;
  readonly side: ComponentChildren;
  readonly list: ComponentChildren;
  /** What all pages show, below the smaller card. */
  readonly events: ComponentChildren;
  /** On a narrow screen: whether the smaller card comes first. */
  readonly isSideFirst: boolean;
}

/** One page of the console. It lives on while another one is shown, and its calls do. */
export function Page({ name, isShown, main, side, list, events, isSideFirst }: Props) {
  return (
    <main class="page" aria-label={name} hidden={!isShown} data-side-first={isSideFirst}>
      <div class="page-main">{main}</div>
      <div class="page-side">
        <div class="page-card">{side}</div>
        <div class="page-events">{isShown && events}</div>
      </div>
      <div class="page-list">{list}</div>
    </main>
  );
}
