import * as z from 'zod/mini';
import { PatchbayError } from '../protocol/errors.ts';

/** Where a page of a list ended: on which node, after which id. Opaque to clients. */
export interface Cursor {
  readonly nodeId: string;
  readonly after: string;
}

const parts = z.tuple([z.string(), z.string()]);

export const writeCursor = ({ nodeId, after }: Cursor): string =>
  Buffer.from(JSON.stringify([nodeId, after])).toString('base64url');

/** @throws PatchbayError invalid_value */
export function readCursor(text: string): Cursor {
  try {
    const [nodeId, after] = parts.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    return { nodeId, after };
  } catch (cause) {
    throw new PatchbayError('invalid_value', 'data.cursor is none that get_list gave', { cause });
  }
}
