import { EventEmitter } from 'node:events';
import type { JanodeConnection, JanodeHandle, JanodeSession, JanusMessage, JanusRequest } from 'janode';
import echotest from 'janode/plugins/echotest';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { claimHandle, claimSession } from '../../../../lib/backends/janus/claim.ts';

/** What Janus was asked over the wire, and what it says to a claim. */
let wire: JanusRequest[];
let claim: () => Promise<JanusMessage>;

class Handle extends EventEmitter implements JanodeHandle {
  readonly id: number;
  constructor(id: number) {
    super();
    this.id = id;
  }
  async sendRequest(): Promise<JanusMessage> {
    return { janus: 'ack' };
  }
  async detach(): Promise<void> {}
}

/** As janode's: an object's id is what Janus answers to the request that makes it. */
class Session extends EventEmitter implements JanodeSession {
  readonly id: number;
  constructor(id: number) {
    super();
    this.id = id;
  }
  sendRequest(request: JanusRequest): Promise<JanusMessage> {
    wire.push(request);
    return claim();
  }
  async attach(): Promise<JanodeHandle> {
    return new Handle((await this.sendRequest({ janus: 'attach' })).data?.id ?? 0);
  }
  async destroy(): Promise<void> {}
}

const destroyed = vi.fn();
class Connection extends EventEmitter implements JanodeConnection {
  async sendRequest(request: JanusRequest): Promise<JanusMessage> {
    wire.push(request);
    return { janus: 'success', data: { id: 1 } };
  }
  async create(): Promise<JanodeSession> {
    const session = new Session((await this.sendRequest({ janus: 'create' })).data?.id ?? 0);
    session.once('session_destroyed', destroyed);
    return session;
  }
  async getInfo(): Promise<JanusMessage> {
    return { janus: 'server_info' };
  }
  async listSessions(): Promise<JanusMessage> {
    return { janus: 'success' };
  }
  async listHandles(): Promise<JanusMessage> {
    return { janus: 'success' };
  }
  async handleInfo(): Promise<JanusMessage> {
    return { janus: 'success' };
  }
  async close(): Promise<void> {}
}

beforeEach(() => {
  wire = [];
  claim = async () => ({ janus: 'success' });
  destroyed.mockReset();
});

describe('a session that Janus still has', () => {
  test('is claimed under its old number, and no new one is made', async () => {
    const connection = new Connection();
    const session = await claimSession(connection, 4711, 10);
    expect(session?.id).toBe(4711);
    expect(wire).toEqual([{ janus: 'claim' }]);
    await connection.sendRequest({ janus: 'info' });
    expect(wire).toHaveLength(2);
  });

  test('gives back its handles under their old numbers, and new ones as ever', async () => {
    const session = new Session(4711);
    expect((await claimHandle(session, echotest, 99)).id).toBe(99);
    expect(wire).toEqual([]);
    claim = async () => ({ janus: 'success', data: { id: 100 } });
    expect((await session.attach()).id).toBe(100);
  });
});

test('a session that Janus has no more is undefined, and its keep-alive ends', async () => {
  claim = () => Promise.reject(new Error('458 No such session'));
  expect(await claimSession(new Connection(), 4711, 10)).toBeUndefined();
  expect(destroyed).toHaveBeenCalledTimes(1);
});

test('a claim that fails otherwise is thrown: it can be tried again', async () => {
  claim = () => Promise.reject(new Error('Timeout'));
  await expect(claimSession(new Connection(), 4711, 10)).rejects.toThrow('Timeout');
  expect(destroyed).toHaveBeenCalledTimes(1);
});
