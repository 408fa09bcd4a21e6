import './confirm-button.css';
import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';

interface Props {
  readonly label: string;
  readonly question: string;
  readonly testId: string;
  readonly isDisabled: boolean;
  /** What the question is about, and what follows from it. */
  readonly children: ComponentChildren;
  onConfirm(): void;
}

/** A button that asks before it does something that can't be undone. */
export function ConfirmButton({ label, question, testId, isDisabled, children, onConfirm }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const close = () => dialog.current?.close();
  return (
    <>
      <button
        type="button"
        class="button button-small"
        data-testid={testId}
        aria-haspopup="dialog"
        disabled={isDisabled}
        onClick={() => dialog.current?.showModal()}
      >
        {label}
      </button>
      <dialog ref={dialog} class="confirm" aria-labelledby={id}>
        <h2 id={id}>{question}</h2>
        <p>{children}</p>
        <div class="confirm-buttons">
          <button type="button" class="button" onClick={close}>
            Cancel
          </button>
          <button
            type="button"
            class="button button-danger"
            data-testid={`${testId}-yes`}
            onClick={() => {
              close();
              onConfirm();
            }}
          >
            {label}
          </button>
        </div>
      </dialog>
    </>
  );
}
