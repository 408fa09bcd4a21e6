import type { PatchbayEvent } from '../../lib/protocol/events.ts';
import type { Poster, PostResult } from '../../lib/push/poster.ts';

export interface Posted {
  readonly connectionId: string;
  /** The `seq` of each event in the message. */
  readonly seqs: readonly number[];
  readonly isArray: boolean;
  readonly result: PostResult;
}

/** The connection-management API as a test has it behave. */
export class FakePoster implements Poster {
  readonly posts: Posted[] = [];
  readonly disconnected: string[] = [];
  /** What comes of the next posts; `sent` when the list is used up. */
  readonly results: PostResult[] = [];
  /** Posts answer only when `open` is resolved. */
  gate: Promise<void> | undefined;

  async post(connectionId: string, text: string): Promise<PostResult> {
    await this.gate;
    const { data }: { data: PatchbayEvent | PatchbayEvent[] } = JSON.parse(text);
    const result = this.results.shift() ?? 'sent';
    const seqs = [data].flat().map(({ seq }) => seq);
    this.posts.push({ connectionId, seqs, isArray: Array.isArray(data), result });
    return result;
  }

  async disconnect(connectionId: string): Promise<void> {
    this.disconnected.push(connectionId);
  }

  /** The events that arrived at a connection, in the order in which they did. */
  delivered(connectionId: string): number[] {
    return this.posts
      .filter((post) => post.connectionId === connectionId && post.result === 'sent')
      .flatMap(({ seqs }) => seqs);
  }
}
