import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BareClient, bareClient } from '../support/bare-client.ts';
import { offer } from '../support/sdp.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';

/** Who may take a session over, with which of its events. docs/protocol.md#sessions. */

const secret = 'a secret that is long enough for HS256';
let stack: TestStack;
const clients: BareClient[] = [];

beforeAll(async () => {
  stack = await startTestStack({
    PATCHBAY_AUTH: 'jwt',
    PATCHBAY_JWT_SECRET: secret,
    PATCHBAY_JWT_ISSUER: 'issuer',
    PATCHBAY_JWT_AUDIENCE: 'audience',
  });
});
afterAll(() => stack.stop());

async function connect(user: string, tenant = 'acme'): Promise<BareClient> {
  const token = await new SignJWT({ tenant, scope: 'media:session' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuer('issuer')
    .setAudience('audience')
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(secret));
  const client = await bareClient(stack.api, ['patchbay.v1', `token.${token}`]);
  clients.push(client);
  return client;
}

/** A p2p session of ann's that has told of `count` events after `created`. */
async function session(client: BareClient, count: number, fields: Record<string, unknown> = {}) {
  const { data } = await client.request('create', { type: 'p2p', offer, reconnect_timeout: 3, ...fields });
  for (let n = 1; n <= count; n += 1) await client.request('send_info', { session_id: data.session_id, info: `${n}` });
  return { id: String(data.session_id), token: String(data.resume_token) };
}

describe('attach', () => {
  test('by the same user, after the socket was cut, brings precisely the events that were missed', async () => {
    const before = await connect('ann');
    const { id } = await session(before, 3);
    const witness = await connect('ann');
    before.cut();
    for (const info of ['missed 1', 'missed 2']) await witness.request('send_info', { session_id: id, info });

    const after = await connect('ann');
    const { data } = await after.request('attach', { session_id: id, since: 4 });
    expect(data.sessions).toMatchObject([{ session_id: id, type: 'p2p', state: 'wait', seq: expect.any(Number) }]);
    await witness.request('send_info', { session_id: id, info: 'last' });
    await after.event(({ body }) => body.info === 'last');
    const events = after.events.filter(({ obj_id }) => obj_id === id);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => 5 + index));
    expect(events.filter(({ type }) => type === 'info').map(({ body }) => body.info)).toEqual([
      'missed 1',
      'missed 2',
      'last',
    ]);
  });

  test('too late gets session_not_found', async () => {
    const before = await connect('ann');
    const { id, token } = await session(before, 0, { reconnect_timeout: 1 });
    const witness = await connect('ann');
    await witness.request('subscribe', { subclass: 'session', type: 'destroyed' }, 'event');
    before.cut();
    const { body } = await witness.event(({ obj_id, type }) => obj_id === id && type === 'destroyed');
    expect(body).toMatchObject({ reason: 'registered_down', code: 100010 });
    const after = await connect('ann');
    expect(await after.request('attach', { session_id: id, resume_token: token })).toMatchObject({
      result: 'error',
      data: { reason: 'session_not_found' },
    });
  });

  test("by another user needs the resume token; each attach makes the old one worthless, and the owner's is the new user", async () => {
    const ann = await connect('ann');
    const { id, token } = await session(ann, 0);
    const bob = await connect('bob');
    expect((await bob.request('attach', { session_id: id })).data.reason).toBe('unauthorized');
    expect((await bob.request('attach', { session_id: id, resume_token: 'wrong' })).data.reason).toBe('unauthorized');
    expect((await bob.request('get_info', { session_id: id })).data.reason).toBe('unauthorized');

    const { data } = await bob.request('attach', { session_id: id, resume_token: token });
    expect(data.sessions[0].resume_token).not.toBe(token);
    expect((await bob.request('get_info', { session_id: id })).data.user_id).toBe('bob');

    const thief = await connect('thief');
    expect((await thief.request('attach', { session_id: id, resume_token: token })).data.reason).toBe('unauthorized');
    await bob.request('destroy', { session_id: id });
    expect(thief.events).toEqual([]);
  });

  test('of another tenant does not tell a session that exists from one that does not, with the right token either', async () => {
    const ann = await connect('ann');
    const { id, token } = await session(ann, 0);
    const other = await connect('ann', 'globex');
    const [named, node] = id.split('@');
    const never = `${named?.replaceAll(/[0-9a-f]/g, '0')}@${node}`;
    const exists = await other.request('attach', { session_id: id, resume_token: token });
    const not = await other.request('attach', { session_id: never, resume_token: token });
    expect(exists.data).toEqual({ ...not.data, error: String(not.data.error).replace(never, id) });
    expect(exists.data.reason).toBe('session_not_found');
    await ann.request('destroy', { session_id: id });
  });

  test('without a session takes all of mine, page by page, and nobody else’s', async () => {
    const carl = await connect('carl');
    const made = new Set<string>();
    for (let n = 0; n < 130; n += 1) made.add((await session(carl, 0)).id);
    await session(await connect('dora'), 0);
    carl.cut();
    const after = await connect('carl');
    const taken: string[] = [];
    let cursor: string | undefined;
    do {
      const { data } = await after.request('attach', { ...(cursor !== undefined && { cursor }) });
      taken.push(...data.sessions.map(({ session_id }: { session_id: string }) => session_id));
      cursor = data.cursor;
    } while (cursor !== undefined);
    expect(taken).toHaveLength(130);
    expect(new Set(taken)).toEqual(made);
  });

  test('leaves no token, resume token, SDP or candidate in any log', async () => {
    const logs = `${stack.output()}${await stack.controllerLog()}`;
    expect(logs).not.toMatch(/eyJ[\w-]+\.|resume_token|candidate:|v=0|m=audio/);
  });
});
