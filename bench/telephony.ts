import { randomUUID } from 'node:crypto';
import { Esl, type Headers } from '../lib/backends/freeswitch/esl.ts';
import { Sip } from '../lib/backends/freeswitch/sip.ts';
import { parseFreeSwitchUrl } from '../lib/backends/freeswitch/url.ts';
import { PatchbayClient } from '../lib/client/client.ts';
import { NodeClient } from '../lib/command/node-client.ts';
import { NodeDirectory } from '../lib/command/node-directory.ts';
import { scopes } from '../lib/domain/access.ts';
import { systemClock } from '../lib/domain/clock.ts';
import { withTimeout } from '../lib/domain/with-timeout.ts';
import { makeId } from '../lib/protocol/ids.ts';
import { NodeStore } from '../lib/store/nodes.ts';
import { openTable } from '../lib/store/table.ts';
import { openRtpEndpoint } from '../test/support/rtp-endpoint.ts';
import { startTestStack } from '../test/support/stack.ts';
import { bridge, echo, mcu, park, type TelephonyBench } from './calls/freeswitch.ts';
import { compare, machine } from './support.ts';

/**
 * How long a caller waits for FreeSWITCH: through the whole local stack, at the node's controller, and by sip.js and modesl
 * (both with TCP_NODELAY) straight to the same FreeSWITCH, in turn. What was made is ended between the measured calls.
 *
 * FreeSWITCH answers an INVITE at once or, a third to a half of them, 20 ms later: the p50 stands near where the two meet, and a
 * ratio moves with it. Of 40 rounds it says little (mcu: from 0.4 to 2.4 around 1.7), of 200 something (1.5 to 2.5).
 *
 * Usage: PATCHBAY_FREESWITCH_BIN=… npm run bench:telephony -- [rounds] [park|echo|mcu|bridge …]
 */

const calls = { park, echo, mcu, bridge };
const [rounds = '200', ...names] = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(calls, name));
if (unknown !== undefined) throw new Error(`there is no ${unknown}, but ${Object.keys(calls).join(', ')}`);
/** FreeSWITCH tells of what it did within some 100 ms. */
const eventMs = 10_000;

const stack = await startTestStack();
if (!stack.freeswitch) throw new Error('there is no FreeSWITCH: set PATCHBAY_FREESWITCH_BIN');
const address = parseFreeSwitchUrl(stack.freeswitch.url);
const listeners = new Set<(headers: Headers) => void>();
const esl = await Esl.open(address, {
  event: (headers) => {
    for (const listener of listeners) listener(headers);
  },
  lost: () => {},
});
const sip = await Sip.open(address, 'bench', { lost: () => {} });
const client = new PatchbayClient({ url: stack.api });
await client.connect();
const phone = await openRtpEndpoint();

const table = openTable('patchbay', stack.dynamodb);
const directory = new NodeDirectory(new NodeStore(table), systemClock);
const nodes = new NodeClient(directory, systemClock);
const [node] = await directory.list();
if (!node) throw new Error('the stack has no node');

const bench: TelephonyBench = {
  client,
  sip,
  esl,
  offer: phone.sdp,
  event(fits) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const listener = (headers: Headers) => fits(headers) && resolve();
    listeners.add(listener);
    return withTimeout(promise, eventMs, () => new Error('FreeSWITCH told of no such event')).finally(() =>
      listeners.delete(listener),
    );
  },
  async controller(command, data) {
    const caller = { tenant: 'default', userId: 'anonymous', scopes, connectionId: 'bench' };
    const session_id = makeId(randomUUID(), node.nodeId);
    const body = { request_id: randomUUID(), caller, data, placed: { session_id, attempt: 1 } };
    await nodes.post(node, `/v1/${command}`, body, { resultMs: 10_000 });
    return { session_id };
  },
};

console.log(`${machine()}, FreeSWITCH ${node.engines.find(({ kind }) => kind === 'freeswitch')?.version}`);
try {
  for (const [name, prepare] of Object.entries(calls)) {
    if (names.length === 0 || names.includes(name)) await compare(await prepare(bench), Number(rounds));
  }
} finally {
  await client.close();
  await phone.close();
  sip.close();
  esl.close();
  await stack.stop();
}
process.exit(0);
