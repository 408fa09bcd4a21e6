import './layout-chooser.css';
import { useId, useState } from 'preact/hooks';
import { useLatest } from '../shell/use-latest.ts';
import { layouts } from './layouts.ts';

interface Props {
  /** What was asked for last; undefined while FreeSWITCH chooses by the number of members. */
  readonly layout: string | undefined;
  readonly isOpen: boolean;
  onLayout(layout: string): Promise<unknown>;
}

/** How a mixed picture is arranged. Whatever is typed is asked for: the server knows which ones there are. */
export function LayoutChooser({ layout, isOpen, onLayout }: Props) {
  const [draft, setDraft] = useState('');
  const { isLoading, problem, load } = useLatest();
  const id = useId();
  return (
    <>
      <form
        class="layout"
        aria-label="Layout"
        onSubmit={(event) => {
          event.preventDefault();
          void load(
            () => onLayout(draft),
            // What was typed meanwhile stays.
            () => setDraft((now) => (now === draft ? '' : now)),
          );
        }}
      >
        <label for={`${id}-name`}>
          Layout <span class="layout-now">now {layout ?? 'by the number of members'}</span>
        </label>
        <input
          id={`${id}-name`}
          data-testid="layout-name"
          list={`${id}-names`}
          required
          autocomplete="off"
          spellcheck={false}
          maxLength={64}
          placeholder="choose or type one"
          aria-describedby={`${id}-problem`}
          value={draft}
          onInput={({ currentTarget }) => setDraft(currentTarget.value.trim())}
        />
        <datalist id={`${id}-names`}>
          {layouts.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <button type="submit" class="button" data-testid="layout-set" disabled={!isOpen || isLoading}>
          Arrange
        </button>
      </form>
      <p id={`${id}-problem`} class="mix-problem" role="alert" data-testid="layout-problem" hidden={!problem}>
        {problem}
      </p>
    </>
  );
}
