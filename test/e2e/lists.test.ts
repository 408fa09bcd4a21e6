import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PatchbayClient } from '../../lib/client/index.ts';
import { RawClient } from '../support/raw-client.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { connectClient, makeOfferSdp } from '../support/wrtc.ts';

let sdp: string;

beforeAll(async () => {
  sdp = await makeOfferSdp();
});

const create = (client: PatchbayClient) => client.request('session/create', { type: 'echo', offer: { sdp } });

async function pages(client: PatchbayClient, limit: number): Promise<string[][]> {
  const found: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = await client.request('session/get_list', { limit, ...(cursor !== undefined && { cursor }) });
    found.push(page.sessions.map(({ session_id }) => session_id));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}

describe('250 sessions', () => {
  const count = 250;
  const atOnce = 25;
  let stack: TestStack;
  let client: PatchbayClient;
  const made: string[] = [];

  beforeAll(async () => {
    stack = await startTestStack();
    client = await connectClient(stack.api);
    while (made.length < count) {
      const replies = await Promise.all(Array.from({ length: atOnce }, () => create(client)));
      made.push(...replies.map(({ session_id }) => session_id));
    }
  });

  afterAll(async () => {
    client?.close();
    await stack?.stop();
  });

  test.each([100, 7])('are paged through by %i, each exactly once', async (limit) => {
    const found = await pages(client, limit);
    expect(found.flat().toSorted()).toEqual(made.toSorted());
    expect(found.length).toBe(Math.ceil(count / limit));
    expect(found.slice(0, -1).every((page) => page.length === limit)).toBe(true);
  });

  test('are each on a page once while others come and go', async () => {
    const churn = (async () => {
      for (let turn = 0; turn < 20; turn += 1) {
        const { session_id } = await create(client);
        await client.request('session/destroy', { session_id });
      }
    })();
    const found = (await pages(client, 7)).flat();
    await churn;
    const lasting = found.filter((id) => made.includes(id));
    expect(lasting.toSorted()).toEqual(made.toSorted());
  });

  test('answers session_not_found for an id that never was, by node and by record', async () => {
    for (const session_id of ['nobody', '00000000-0000-4000-8000-000000000000@local', 'nobody@elsewhere']) {
      await expect(client.request('session/get_info', { session_id })).rejects.toMatchObject({
        reason: 'session_not_found',
      });
    }
  });

  test('answers session_not_found for one that was destroyed', async () => {
    const { session_id } = await create(client);
    expect((await client.request('session/get_info', { session_id })).session_id).toBe(session_id);
    await client.request('session/destroy', { session_id });
    const gone = { reason: 'session_not_found' };
    await expect(client.request('session/get_info', { session_id })).rejects.toMatchObject(gone);
    await expect(client.request('session/destroy', { session_id })).rejects.toMatchObject(gone);
  });

  test('answers invalid_value for a cursor that get_list never gave', async () => {
    await expect(client.request('session/get_list', { cursor: 'made-up' })).rejects.toMatchObject({
      reason: 'invalid_value',
    });
  });
});

describe('with tokens', () => {
  const secret = 'a secret of forty characters for testing';
  const issuer = 'https://issuer.test';
  const audience = 'patchbay-test';
  const tokens: string[] = [];
  const clients: PatchbayClient[] = [];
  let stack: TestStack;
  let alices: string;

  interface Claims {
    readonly sub: string;
    readonly tenant?: string;
    readonly scope?: string;
    readonly expiresInSeconds?: number;
    readonly aud?: string;
    readonly key?: string;
  }

  async function token(claims: Claims): Promise<string> {
    const { sub, tenant = 'acme', scope = 'media:session', expiresInSeconds = 600 } = claims;
    const jwt = await new SignJWT({ tenant, scope })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(sub)
      .setIssuer(issuer)
      .setAudience(claims.aud ?? audience)
      .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
      .sign(new TextEncoder().encode(claims.key ?? secret));
    tokens.push(jwt);
    return jwt;
  }

  async function connectAs(claims: Claims): Promise<PatchbayClient> {
    const client = await connectClient(stack.api, await token(claims));
    clients.push(client);
    return client;
  }

  beforeAll(async () => {
    stack = await startTestStack({
      PATCHBAY_AUTH: 'jwt',
      PATCHBAY_JWT_SECRET: secret,
      PATCHBAY_JWT_ISSUER: issuer,
      PATCHBAY_JWT_AUDIENCE: audience,
      PATCHBAY_LOG_LEVEL: 'debug',
      POWERTOOLS_LOG_LEVEL: 'DEBUG',
    });
    alices = (await create(await connectAs({ sub: 'alice' }))).session_id;
  });

  afterAll(async () => {
    for (const client of clients) client.close();
    await stack?.stop();
  });

  const listed = async (client: PatchbayClient) => (await pages(client, 100)).flat();

  test("answers unauthorized for another user's session, and leaves it out of the list", async () => {
    const bob = await connectAs({ sub: 'bob' });
    const refused = { reason: 'unauthorized' };
    await expect(bob.request('session/get_info', { session_id: alices })).rejects.toMatchObject(refused);
    await expect(bob.request('session/destroy', { session_id: alices })).rejects.toMatchObject(refused);
    await expect(bob.request('session/update_media', { session_id: alices, mute_audio: true })).rejects.toMatchObject(
      refused,
    );
    expect(await listed(bob)).toEqual([]);
    expect((await bob.request('session/get_list', { user_id: 'alice' })).sessions).toEqual([]);
  });

  test('shows it to its owner on another connection, and to an administrator of the tenant', async () => {
    for (const claims of [{ sub: 'alice' }, { sub: 'carol', scope: 'media:admin' }]) {
      const client = await connectAs(claims);
      expect(await listed(client)).toEqual([alices]);
      expect((await client.request('session/get_info', { session_id: alices })).user_id).toBe('alice');
    }
  });

  test("answers session_not_found for another tenant's session, and never lists it, not even for its administrator", async () => {
    const eve = await connectAs({ sub: 'alice', tenant: 'other', scope: 'media:session media:admin' });
    const hidden = { reason: 'session_not_found' };
    await expect(eve.request('session/get_info', { session_id: alices })).rejects.toMatchObject(hidden);
    await expect(eve.request('session/destroy', { session_id: alices })).rejects.toMatchObject(hidden);
    await expect(eve.request('session/get_answer', { session_id: alices })).rejects.toMatchObject(hidden);
    expect(await listed(eve)).toEqual([]);
    const { session_id } = await create(eve);
    expect(await listed(eve)).toEqual([session_id]);
  });

  test('keeps the same client-chosen id apart in two tenants', async () => {
    const session_id = 'the-same-id';
    for (const tenant of ['acme', 'other']) {
      const client = await connectAs({ sub: 'dave', tenant });
      const reply = await client.request('session/create', { type: 'echo', offer: { sdp }, session_id });
      expect(reply.session_id).toBe(session_id);
      expect((await client.request('session/get_info', { session_id })).user_id).toBe('dave');
      await expect(
        client.request('session/create', { type: 'echo', offer: { sdp }, session_id }),
      ).rejects.toMatchObject({ reason: 'duplicated_session_id' });
    }
  });

  test('answers unauthorized for a create without the scope for it', async () => {
    const guest = await connectAs({ sub: 'guest', scope: 'media:room' });
    await expect(create(guest)).rejects.toMatchObject({ reason: 'unauthorized' });
  });

  test.each([
    ['no token', 401, undefined],
    ['a token that is none', 401, 'not.a.token'],
    ['an expired token', 401, { sub: 'alice', expiresInSeconds: -120 }],
    ["another issuer's signature", 401, { sub: 'alice', key: 'another secret of forty characters, wrong' }],
    ['a token for another audience', 403, { sub: 'alice', aud: 'somebody-else' }],
  ])('refuses %s with %i at connect', async (_, status, claims) => {
    const jwt = typeof claims === 'object' ? await token(claims) : claims;
    const protocols = jwt === undefined ? ['patchbay.v1'] : ['patchbay.v1', `token.${jwt}`];
    await expect(RawClient.connect(stack.api, protocols)).rejects.toThrow(`${status}`);
  });

  test('refuses commands once the token has expired', async () => {
    const client = await connectAs({ sub: 'frank', expiresInSeconds: 2 });
    expect(await listed(client)).toEqual([]);
    await delay(2100);
    await expect(client.request('session/get_list', {})).rejects.toMatchObject({ reason: 'not_authenticated' });
  });

  test('takes a token in the query too, and writes none into a log or a file', async () => {
    const jwt = await token({ sub: 'heidi' });
    const client = await RawClient.connect(`${stack.api}?token=${jwt}`);
    expect(await client.request({ cmd: 'get_list', tid: 1 })).toEqual({ result: 'ok', data: { sessions: [] }, tid: 1 });
    await client.close();

    const files = (await readdir(stack.dataDir, { recursive: true, withFileTypes: true })).filter((one) =>
      one.isFile(),
    );
    expect(files.map(({ name }) => name)).toContain('controller.log');
    const texts = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));
    const all = [stack.output(), ...texts].join('\n');
    expect(all).toContain('"message":"connected"');
    expect(all).toContain('"message":"token refused"');
    for (const one of [...tokens, secret]) expect(all.includes(one.split('.').at(-1) ?? one)).toBe(false);
  });
});
