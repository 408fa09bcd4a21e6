import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod/mini';
import { HttpFake } from './http-fake.ts';

const putEvents = z.object({
  Entries: z
    .array(
      z.object({
        EventBusName: z.string(),
        Source: z.string(),
        DetailType: z.string(),
        Detail: z.string(),
        Time: z.number(),
      }),
    )
    .check(z.minLength(1), z.maxLength(10)),
});
type Entry = z.output<typeof putEvents>['Entries'][number];

/** What becomes of a request: entries refused by their position, all of it refused, or its connection cut. */
export type BusFault = { refused: readonly number[] } | { status: number; code: string } | 'cut';

/** An event bus that speaks EventBridge on the wire, with its limits. */
export class FakeEventBridge extends HttpFake {
  /** What it took, in its order. */
  readonly entries: Entry[] = [];
  /** With what each request was signed. */
  readonly signatures: string[] = [];
  /** How many entries each request had. */
  readonly batches: number[] = [];
  /** What becomes of the next requests; then all goes well again. */
  readonly faults: BusFault[] = [];

  /** The detail-types that it took. */
  get types(): string[] {
    return this.entries.map(({ DetailType }) => DetailType);
  }

  details(type: string): unknown[] {
    return this.entries.filter(({ DetailType }) => DetailType === type).map(({ Detail }) => JSON.parse(Detail));
  }

  protected serve(request: IncomingMessage, response: ServerResponse): void {
    let text = '';
    this.signatures.push(String(request.headers.authorization));
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const fault = this.faults.shift();
      if (fault === 'cut') return request.socket.resetAndDestroy();
      const { status, body } = this.#answer(request.headers['x-amz-target'], text, fault);
      return response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    });
  }

  #answer(
    target: unknown,
    text: string,
    fault: Exclude<BusFault, 'cut'> | undefined,
  ): { status: number; body: object } {
    if (fault && 'status' in fault)
      return { status: fault.status, body: { __type: fault.code, message: 'as the test has it' } };
    const { data } = putEvents.safeParse(JSON.parse(text));
    const bytes = data?.Entries.reduce(
      (sum, { Source, DetailType, Detail }) => sum + 14 + sizeOf(Source + DetailType + Detail),
      0,
    );
    if (target !== 'AWSEvents.PutEvents' || !data || (bytes ?? 0) > 256 * 1024) {
      return { status: 400, body: { __type: 'ValidationException', message: text.slice(0, 100) } };
    }
    const refused = new Set(fault?.refused);
    this.batches.push(data.Entries.length);
    this.entries.push(...data.Entries.filter((_, at) => !refused.has(at)));
    const Entries = data.Entries.map((_, at) =>
      refused.has(at) ? { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' } : { EventId: randomUUID() },
    );
    return { status: 200, body: { FailedEntryCount: refused.size, Entries } };
  }
}

const sizeOf = (text: string) => Buffer.byteLength(text);
