import { PatchbayError } from '../protocol/errors.ts';

export type Settled<T> = { value: T; error?: undefined } | { value?: undefined; error: unknown };

/** A promise whose failure is looked at later: it never counts as unhandled. */
export const settle = <T>(promise: Promise<T>): Promise<Settled<T>> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

/** What a client may see of anything that was thrown. */
export const asPatchbayError = (error: unknown): PatchbayError =>
  error instanceof PatchbayError ? error : new PatchbayError('internal_error', undefined, { cause: error });
