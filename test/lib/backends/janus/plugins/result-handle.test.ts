import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import type { JanodeHandle, JanodeSession, JanusMessage } from 'janode';
import { beforeEach, describe, expect, test } from 'vitest';
import nosip from '../../../../../lib/backends/janus/plugins/nosip.ts';
import type { ResultHandle } from '../../../../../lib/backends/janus/plugins/result-handle.ts';
import videocall from '../../../../../lib/backends/janus/plugins/videocall.ts';

/** What janode's handles look up of their session: whose a request is, and how it ends. */
class Requests {
  owner: unknown;
  readonly ended: [transaction: string | undefined, how: JanusMessage | Error][] = [];

  getTransactionOwner(transaction: string | undefined): unknown {
    return transaction === 'mine' ? this.owner : undefined;
  }
  closeTransactionWithSuccess(transaction: string | undefined, _owner: unknown, message: JanusMessage): void {
    this.ended.push([transaction, message]);
  }
  closeTransactionWithError(transaction: string | undefined, _owner: unknown, error: Error): void {
    this.ended.push([transaction, error]);
  }
}

class Session extends EventEmitter implements JanodeSession {
  readonly id = 1;
  readonly _tm = new Requests();
  async sendRequest(): Promise<JanusMessage> {
    return { janus: 'ack' };
  }
  attach(): Promise<JanodeHandle> {
    return Promise.reject(new Error('not here'));
  }
  async destroy(): Promise<void> {}
}

let session: Session;
let handle: ResultHandle;
let emitted: unknown[][];
beforeEach(() => {
  session = new Session();
  handle = new videocall.Handle(session, 7);
  session._tm.owner = handle;
  emitted = [];
  for (const event of [...Object.values(videocall.EVENT), 'videocall_error', 'videocall_set']) {
    handle.on(event, (data) => emitted.push([event, data]));
  }
});

const event = (data: Record<string, unknown>, more: Partial<JanusMessage> = {}): JanusMessage => ({
  janus: 'event',
  sender: 7,
  plugindata: { plugin: videocall.id, data: { videocall: 'event', ...data } },
  ...more,
});

describe('a message of the plugin', () => {
  test('that answers a request ends that, and is told to nobody else', () => {
    const message = event({ result: { event: 'set' } }, { transaction: 'mine' });
    expect(handle.handleMessage(message)).toMatchObject({ event: 'videocall_set' });
    expect(session._tm.ended).toEqual([['mine', message]]);
    expect(emitted).toEqual([]);
  });

  test('that refuses a request fails that, with code and words', () => {
    handle.handleMessage(event({ error_code: 481, error: 'No call to accept' }, { transaction: 'mine' }));
    expect(session._tm.ended).toEqual([['mine', new Error('481 No call to accept')]]);
    expect(emitted).toEqual([]);
  });

  test('that answers none is told, with its SDP', () => {
    const jsep = { type: 'offer', sdp: 'v=0' } as const;
    handle.handleMessage(event({ result: { event: 'incomingcall', username: 'ann' } }, { jsep }));
    handle.handleMessage(event({ result: { event: 'hangup', reason: 'bye' } }, { transaction: 'of another' }));
    expect(emitted).toEqual([
      ['videocall_incomingcall', { event: 'incomingcall', username: 'ann', jsep }],
      ['videocall_hangup', { event: 'hangup', reason: 'bye' }],
    ]);
  });

  test.each<[string, JanusMessage]>([
    ['nothing', { janus: 'event' }],
    ['another plugin', event({ videocall: undefined, nosip: 'event', result: { event: 'set' } })],
    ['no event', event({ videocall: 'registered', result: { event: 'set' } })],
    ['no result', event({ result: 'ok' })],
    ['a result without a name', event({ result: { username: 'ann' } })],
  ])('of %s is none of ours: null', (_, message) => {
    expect(handle.handleMessage(message)).toBeNull();
    expect([session._tm.ended, emitted]).toEqual([[], []]);
  });
});

test('another plugin has its own name', () => {
  const other = new nosip.Handle(session, 8);
  const data = { nosip: 'event', result: { event: 'generated', sdp: 'v=0' } };
  expect(other.handleMessage({ janus: 'event', plugindata: { plugin: nosip.id, data } })?.event).toBe(
    'nosip_generated',
  );
});

test('whatever Janus says is an event or null, and never throws', () => {
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom({ toString: 1 }, { toString: null, valueOf: null }, ['x']));
  const data = fc.record(
    {
      videocall: fc.oneof(fc.constant('event'), odd),
      error: odd,
      error_code: odd,
      result: fc.oneof(odd, fc.record({ event: odd, jsep: odd }, { requiredKeys: [] })),
    },
    { requiredKeys: [] },
  );
  const message = fc.record(
    {
      janus: fc.string(),
      transaction: fc.constantFrom('mine', 'other'),
      plugindata: fc.record({ plugin: fc.string(), data }),
    },
    { requiredKeys: ['janus'] },
  );
  fc.assert(
    fc.property(message, fc.jsonValue(), (said, jsep) => {
      const answer = handle.handleMessage({
        ...said,
        ...(jsep !== null && { jsep: JSON.parse(JSON.stringify(jsep)) }),
      });
      expect(answer === null || typeof answer.event === 'string').toBe(true);
      for (const [, how] of session._tm.ended) if (how instanceof Error) expect(typeof how.message).toBe('string');
      session._tm.ended.length = 0;
    }),
    { numRuns: 2000 },
  );
});
