import './text-form.css';

const maxChars = 200;

/** Writes to all who listen. `onText` returns whether the text went out: then the field is empty again. */
export function TextForm({ onText }: { onText(text: string): boolean }) {
  return (
    <form
      class="text-form"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const text = String(new FormData(form).get('text') ?? '').trim();
        if (text !== '' && onText(text)) form.reset();
      }}
    >
      <input
        name="text"
        data-testid="publish-text"
        aria-label="Text to all who listen"
        placeholder="Text to all who listen"
        autocomplete="off"
        maxLength={maxChars}
      />
      <button type="submit" class="button" data-testid="publish-write">
        Send
      </button>
    </form>
  );
}
