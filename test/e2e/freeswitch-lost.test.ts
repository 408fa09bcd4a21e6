import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { engineKinds } from '../support/freeswitch-backend.ts';
import { crowdSize, startCrowd } from '../support/freeswitch-crowd.ts';
import { freeSwitchNodes } from '../support/freeswitch-nodes.ts';
import type { Phone } from '../support/freeswitch-phones.ts';
import { seenChannels } from '../support/freeswitch-view.ts';
import { faultyLives } from '../support/heard-events.ts';
import { inProcess } from '../support/in-process.ts';
import { until } from '../support/until.ts';

const on = inProcess();
const gapMs = 5000;

const roles = ['offeree', 'offerer'] as const;

/** What commands may say while FreeSWITCH cannot be asked. */
const clear = ['fs_error', 'fs_transfer_error', 'no_mediaserver'];

describe.each(engineKinds)('twenty calls on the %s', (engine) => {
  const world = freeSwitchNodes(on, engine, [`lost-${engine}`]);
  const phones: Phone[] = [];
  const fresh: Phone[] = [];
  beforeAll(async () => {
    while (phones.length < crowdSize) phones.push(await world.phone());
    fresh.push(await world.phone(), await world.phone());
  });

  const endsOf = (ids: readonly string[]) =>
    world.party.events.filter(({ type, obj_id }) => type === 'destroyed' && ids.includes(obj_id));
  /** Sessions that told the same status twice. */
  const repeated = () => {
    const said = world.party.events
      .filter(({ type }) => type === 'status')
      .map(({ obj_id, body }) => `${obj_id} ${JSON.stringify(body)}`);
    return said.filter((one, at) => said.indexOf(one) !== at);
  };
  const cut = (ports: readonly ('eslPort' | 'sipPort')[]) => {
    for (const port of ports) world.bench.sockets.cut(world.bench.address[port]);
  };

  test.each([
    ['the event socket', ['eslPort']],
    ['SIP', ['sipPort']],
    ['both', ['eslPort', 'sipPort']],
  ] as const)(
    'go on while %s is away for 5 s, and afterwards everything is as FreeSWITCH has it',
    async (name, ports) => {
      await startCrowd(phones);
      await world.agrees();
      const crowd = phones.map(({ sessionId }) => sessionId);
      const [leaver, mover] = phones;
      // The last three are bridged with parked ones that stay when they are left.
      const [bridged, left] = [phones[17], phones[10]];
      const victim = (await seenChannels(world.bench.ask)).find(({ place }) => place === 'park');
      if (!leaver || !mover || !bridged || !left || !victim) throw new Error('nobody is there');

      // Some are told to move just then: it is not known whether they did.
      const moves = phones.slice(2, 6).map(async (phone, at) => {
        await delay(4 * at);
        return phone.tell('set_type', { type: 'park' });
      });
      await delay(14);
      cut(ports);
      const cutAtMs = performance.now();
      const answers = await Promise.all([
        mover.tell('set_type', { type: 'park' }),
        mover.tell('update_media', { mute_audio: true }),
        ...fresh.map((phone, at) => phone.call({ type: 'echo' }, roles[at])),
        bridged.tell('destroy'),
        leaver.tell('destroy'),
      ]);
      answers.unshift(...(await Promise.all(moves)));
      const answeredMs = Math.round(performance.now() - cutAtMs);
      for (const { result, data } of answers) if (result !== 'ok') expect(clear).toContain(data.reason);
      expect(answers.slice(-2).map(({ result }) => result)).toEqual(['ok', 'ok']);
      // One call ends by itself. Whose it is does not matter.
      await world.bench.ask(`uuid_kill ${victim.uuid}`);
      const others = phones.filter((phone) => phone !== left && phone !== bridged).slice(6);
      await Promise.all(others.map((phone) => phone.isServed(others)));
      await delay(gapMs - (performance.now() - cutAtMs));

      world.bench.sockets.mend();
      const mendedAtMs = performance.now();
      await world.isUp();
      const backMs = Math.round(performance.now() - mendedAtMs);
      await world.agrees();
      await until('the three ends are told', () => endsOf(crowd).length >= 3);
      expect(await left.info()).toMatchObject({ type: 'park', state: 'ready' });
      console.info(`${engine}, ${name}: answered within ${answeredMs} ms, back after ${backMs} ms`);
      console.info(`answers: ${answers.map(({ result, data }) => data.reason ?? result).join(', ')}`);
      expect(
        endsOf(crowd)
          .map(({ body }) => body.reason)
          .sort(),
      ).toEqual(['fs_channel_stop', 'user_stop', 'user_stop']);
      expect(repeated()).toEqual([]);

      for (const [at, phone] of fresh.entries()) {
        await phone.tell('destroy');
        await phone.calls({ type: 'echo' }, roles[at]);
        await phone.isServed([]);
      }
      await Promise.all([...fresh, ...phones].map((phone) => phone.tell('destroy')));
      await until('no channel is left', async () => (await seenChannels(world.bench.ask)).length === 0);
      await until('every end is told', () => faultyLives(world.party.events).length === 0).catch(() => undefined);
      expect(faultyLives(world.party.events)).toEqual([]);
    },
  );
});
