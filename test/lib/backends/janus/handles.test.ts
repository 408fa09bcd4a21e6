import { EventEmitter } from 'node:events';
import type { JanodeHandle, JanodeSession, JanusMessage } from 'janode';
import echotest from 'janode/plugins/echotest';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { JanusHandle } from '../../../../lib/backends/janus/handle.ts';
import { JanusHandles } from '../../../../lib/backends/janus/handles.ts';
import { flush } from '../../../support/clock.ts';
import { reason, rejection } from '../../../support/errors.ts';
import { FakeJanodeHandle } from '../../../support/janode-handle.ts';

/** A Janus session whose `attach` is answered by the test; as janode's, it asks itself for the id. */
class Session extends EventEmitter implements JanodeSession {
  readonly id = 1;
  readonly handles: FakeJanodeHandle[] = [];
  answer: Promise<JanusMessage> = Promise.resolve({ janus: 'success', data: { id: 7 } });

  sendRequest(): Promise<JanusMessage> {
    return this.answer;
  }
  async attach(): Promise<JanodeHandle> {
    const { data } = await this.sendRequest();
    const handle = new FakeJanodeHandle(data?.id);
    this.handles.push(handle);
    return handle;
  }
  async destroy(): Promise<void> {}
}

const detached = vi.fn();
const newHandle = () => new JanusHandle(echotest, { status: () => {}, hangup: () => {}, detached });
let session: Session;
let handles: JanusHandles;
let handle: JanusHandle;
/** Whether the WebSocket is gone; what is asked then is refused. */
let isAway: boolean;
beforeEach(() => {
  detached.mockReset();
  session = new Session();
  isAway = false;
  handles = new JanusHandles(() => isAway);
  handle = newHandle();
});
afterEach(() => {
  vi.useRealTimers();
});

const asked = () => session.handles.map((one) => one.asked.map(({ janus }) => janus));

describe('an attach', () => {
  test('makes the handle one of ours', async () => {
    await handles.attach(session, handle);
    expect(handle.id).toBe(7);
    expect([...handles.live]).toEqual([handle]);
    expect(await handles.orphans([7, 8])).toEqual([8]);
  });

  test('that Janus refuses leaves none', async () => {
    session.answer = Promise.reject(new Error('460 No such plugin'));
    expect(await rejection(handles.attach(session, handle))).toMatchObject(reason('janus_error'));
    expect(handles.live.size).toBe(0);
  });

  test('that is not answered in time fails, and what comes late is freed', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const late = Promise.withResolvers<JanusMessage>();
    session.answer = late.promise;
    const failed = rejection(handles.attach(session, handle));
    await vi.advanceTimersByTimeAsync(8000);
    expect(await failed).toMatchObject(reason('janus_connection_error'));
    expect(handles.live.size).toBe(0);
    late.resolve({ janus: 'success', data: { id: 7 } });
    await flush();
    expect(asked()).toEqual([['detach']]);
  });

  test('that is under way is waited for before anybody calls its handle an orphan', async () => {
    const slow = Promise.withResolvers<JanusMessage>();
    session.answer = slow.promise;
    const attaching = handles.attach(session, handle);
    const orphans = handles.orphans([7, 8]);
    slow.resolve({ janus: 'success', data: { id: 7 } });
    await attaching;
    expect(await orphans).toEqual([8]);
  });

  test('whose handle is not wanted any more frees it', async () => {
    const slow = Promise.withResolvers<JanusMessage>();
    session.answer = slow.promise;
    const attaching = handles.attach(session, handle);
    await handles.detach(handle);
    slow.resolve({ janus: 'success', data: { id: 7 } });
    await attaching;
    expect(asked()).toEqual([['detach']]);
    expect(handles.live.size).toBe(0);
  });
});

describe('a detach', () => {
  test('frees the handle, and is no end', async () => {
    await handles.attach(session, handle);
    await handles.detach(handle);
    expect(asked()).toEqual([['detach']]);
    expect(handles.live.size).toBe(0);
    expect(detached).not.toHaveBeenCalled();
  });

  test.each([
    ['before', true],
    ['at the moment when', false],
  ])('that was not heard, %s Janus got out of reach, is made up for after the next claim', async (_, isNoticed) => {
    await handles.attach(session, handle);
    const [lost] = session.handles;
    if (!lost) throw new Error('nothing was attached');
    lost.reply = Promise.reject(new Error('connection closed'));
    isAway = isNoticed;
    const detaching = handles.detach(handle);
    isAway = true;
    await detaching;
    expect(await handles.orphans([7])).toEqual([]);
    const claimed = new Session();
    await handles.adopt(claimed);
    isAway = false;
    handles.detachLeftovers();
    await flush();
    expect(claimed.handles.map((one) => one.asked)).toEqual([[{ janus: 'detach' }]]);
    expect(await handles.orphans([7])).toEqual([7]);
  });

  test('that Janus refuses is done: there is no such handle any more', async () => {
    await handles.attach(session, handle);
    const [gone] = session.handles;
    if (!gone) throw new Error('nothing was attached');
    gone.reply = Promise.reject(new Error('459 No such handle'));
    isAway = true;
    await handles.detach(handle);
    expect(await handles.orphans([7])).toEqual([7]);
  });

  test('of a handle that was never attached does nothing', async () => {
    isAway = true;
    await handles.detach(handle);
    await handles.adopt(session);
    expect(session.handles).toEqual([]);
  });
});

describe('a loss', () => {
  test('is told to each, once, and leaves none', async () => {
    await handles.attach(session, handle);
    await handles.attach(session, newHandle());
    expect(handles.lose()).toBe(2);
    expect(handles.lose()).toBe(0);
    expect(detached).toHaveBeenCalledTimes(2);
    expect(handles.live.size).toBe(0);
  });

  test('is not told to who has left while Janus was out of reach', async () => {
    await handles.attach(session, handle);
    const [lost] = session.handles;
    if (!lost) throw new Error('nothing was attached');
    lost.reply = Promise.reject(new Error('connection closed'));
    isAway = true;
    await handles.detach(handle);
    expect(handles.lose()).toBe(0);
    handles.detachLeftovers();
    expect(detached).not.toHaveBeenCalled();
    expect(asked()).toEqual([['detach']]);
  });
});
