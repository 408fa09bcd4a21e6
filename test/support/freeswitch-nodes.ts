import { afterAll, beforeAll, expect } from 'vitest';
import { FreeSwitchBackend } from '../../lib/backends/freeswitch/backend.ts';
import { systemClock } from '../../lib/domain/clock.ts';
import { silentLog } from '../../lib/domain/log.ts';
import { errorTable, isReason } from '../../lib/protocol/errors.ts';
import type { BareReply } from './bare-client.ts';
import { type EngineKind, type FreeSwitchBench, startFreeSwitchBench } from './freeswitch-backend.ts';
import { Phone, unpaired } from './freeswitch-phones.ts';
import { type Census, census, seenCensus } from './freeswitch-view.ts';
import type { InProcess, Party } from './in-process.ts';
import { until } from './until.ts';

/**
 * Nodes of this process on one FreeSWITCH, somebody who may do anything, and phones, for all tests of a `describe`.
 * Whatever is refused must be refused by one of our errors.
 */
export function freeSwitchNodes(on: InProcess, engine: EngineKind, nodeIds: readonly string[]) {
  let bench: FreeSwitchBench;
  let party: Party;
  const backends: FreeSwitchBackend[] = [];
  const phones: Phone[] = [];
  const refusals = new Map<string, number>();

  beforeAll(async () => {
    bench = await startFreeSwitchBench(engine);
    const { address } = bench;
    const options = { address, publicAddress: '127.0.0.1', clock: systemClock, log: silentLog, random: Math.random };
    for (const nodeId of nodeIds) {
      await on.start(nodeId, (onChange) => {
        backends.push(new FreeSwitchBackend({ ...options, nodeId, onChange }));
        return backends.slice(-1);
      });
    }
    party = await on.connect({ scope: 'media:session media:room media:rtp media:admin' });
    await party.ask('event/subscribe', { subclass: 'room' });
    await isUp();
  }, 60_000);

  afterAll(async () => {
    for (const phone of phones) await phone.close();
    for (const nodeId of nodeIds) await on.stop(nodeId);
    await bench?.stop();
  }, 60_000);

  const ask = async (cmd: string, data: Record<string, unknown> = {}): Promise<BareReply> => {
    const [subclass, name] = cmd.includes('/') ? cmd.split('/') : ['session', cmd];
    const { result, data: reply = {} } = await party.send({ class: 'media', subclass, cmd: name, data, tid: 1 });
    if (result !== 'ok') {
      const reason = String(reply.reason);
      const what = `${cmd} ${JSON.stringify(data)}: ${JSON.stringify(reply)}`;
      if (cmd !== 'get_info') refusals.set(reason, (refusals.get(reason) ?? 0) + 1);
      expect(isReason(reason) && errorTable[reason][0], what).toBe(reply.code);
      expect(reason, what).not.toBe('internal_error');
    }
    return { result, data: reply };
  };

  /** Every node takes calls. */
  const isUp = () =>
    until('every node takes calls', async () => {
      const nodes: { node_id: string; engines: { kind: string; up: boolean }[] }[] = (await ask('node/get_list')).data
        .nodes;
      const ups = nodes.filter(({ engines }) => engines.some(({ kind, up }) => kind === 'freeswitch' && up));
      return nodeIds.every((id) => ups.some(({ node_id }) => node_id === id));
    });

  async function toldCensus(): Promise<Census> {
    const { sessions } = (await ask('get_list', { limit: 1000 })).data;
    const { rooms } = (await ask('room/get_list', { limit: 1000 })).data;
    return census(
      sessions.map(({ type }: { type: string }) => type),
      rooms.map(({ members }: { members: number }) => members),
    );
  }

  return {
    get bench() {
      return bench;
    },
    get party() {
      return party;
    },
    /** How often each reason was given. */
    refusals,
    ask,
    isUp,
    async phone(): Promise<Phone> {
      const phone = await Phone.open(ask, 250 + 60 * phones.length);
      phones.push(phone);
      return phone;
    },
    /** Sessions and rooms are what FreeSWITCH has, and every phone has the media that its session says. */
    async agrees(): Promise<void> {
      let last: unknown;
      const agreed = async () => {
        try {
          expect(await seenCensus(bench.ask)).toEqual(await toldCensus());
          expect(await unpaired(phones)).toEqual([]);
          return true;
        } catch (error) {
          last = error;
          return false;
        }
      };
      // What was asked for in wait is done beside everything else, and may be half done at any look.
      await until('FreeSWITCH agrees', agreed, 4000).catch(() => {
        throw last;
      });
      await Promise.all(phones.map((phone) => phone.isServed(phones)));
    },
  };
}
export type FreeSwitchNodes = ReturnType<typeof freeSwitchNodes>;
