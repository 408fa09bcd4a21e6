import './settings.css';
import { useId, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';
import type { ClientConnection } from './use-client.ts';

/** The token for an API that asks for one, in a popover of its own. */
export function Settings({ connection }: { connection: ClientConnection }) {
  const { url, token, setToken } = connection;
  const [draft, setDraft] = useState(token);
  const popover = useRef<HTMLFormElement>(null);
  const id = useId();
  const save = (next: string) => {
    setDraft(next);
    setToken(next);
    popover.current?.hidePopover();
  };
  return (
    <>
      <button type="button" class="button button-icon" aria-label="Settings" title="Settings" popovertarget={id}>
        <Icon name="settings" />
      </button>
      <form
        ref={popover}
        id={id}
        popover="auto"
        class="settings"
        aria-label="Settings"
        onSubmit={(event) => {
          event.preventDefault();
          save(draft.trim());
        }}
      >
        <div>
          <div class="settings-name">API</div>
          <code class="settings-url">{url.split('?')[0]}</code>
        </div>
        <label class="settings-name" for={`${id}-token`}>
          Access token
        </label>
        <input
          id={`${id}-token`}
          type="password"
          autocomplete="off"
          spellcheck={false}
          placeholder="none"
          aria-describedby={`${id}-hint`}
          value={draft}
          onInput={(event) => setDraft(event.currentTarget.value)}
        />
        <p id={`${id}-hint`} class="settings-hint">
          A JWT, if the API asks for one. It is kept in this tab only.
        </p>
        <div class="settings-buttons">
          {token !== '' && (
            <button type="button" class="button" onClick={() => save('')}>
              Forget it
            </button>
          )}
          <button type="submit" class="button button-primary">
            Save and connect
          </button>
        </div>
      </form>
    </>
  );
}
