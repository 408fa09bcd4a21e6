import { beforeAll, describe, expect, test } from 'vitest';
import { chooser } from '../support/chooser.ts';
import { engineKinds } from '../support/freeswitch-backend.ts';
import { Stage } from '../support/freeswitch-crossings.ts';
import { freeSwitchNodes } from '../support/freeswitch-nodes.ts';
import { seenChannels } from '../support/freeswitch-view.ts';
import { faultyLives } from '../support/heard-events.ts';
import { inProcess } from '../support/in-process.ts';
import { until } from '../support/until.ts';

/**
 * Two nodes on one FreeSWITCH. Five rounds at once, each with phones of its own, and after all of them what sessions and
 * rooms say is what FreeSWITCH has, and what the phones hear.
 */
const on = inProcess();

const seed = 5;
const stages = 5;
const times = 40;

describe.each(engineKinds)('on the %s', (engine) => {
  const choose = chooser(seed);
  const world = freeSwitchNodes(on, engine, [`${engine}-1`, `${engine}-2`]);
  const all: Stage[] = [];

  beforeAll(async () => {
    const { phone } = world;
    for (let at = 0; at < stages; at += 1) {
      const phones = [await phone(), await phone(), await phone(), await phone()] as const;
      all.push(new Stage(`stage-${engine}-${at}`, phones, chooser(seed * stages + at)));
    }
  });

  /** Something goes wrong in the next round, or is late. */
  function trouble(): void {
    const { delayEvent, delayNext, failNext, channels, hangup } = world.bench.double;
    const ms = 50 + choose.below(250);
    choose.of([
      () => delayEvent('Event-Name: CHANNEL_PARK', ms),
      () => delayEvent('Event-Name: CHANNEL_PARK', ms),
      () => delayEvent('Event-Name: CHANNEL_BRIDGE', ms),
      () => delayEvent('Action: add-member', ms),
      () => delayNext(/api uuid_/, ms),
      () => failNext('uuid_bridge', '-ERR Invalid uuid\n'),
      () => failNext('uuid_bridge', '+OK\n'),
      () => failNext('uuid_transfer', '+OK\n'),
      () => hangup(choose.of(channels())?.uuid ?? '', 'NORMAL_CLEARING'),
    ])?.();
  }

  test(`${stages * times} rounds of commands that cross leave no session without media and no channel without a session`, async () => {
    const startedAtMs = performance.now();
    const rounds = new Map<string, number>();
    for (let time = 1; time <= times; time += 1) {
      await Promise.all(all.map((stage) => stage.prepare()));
      if (engine === 'double' && choose.below(3) === 0) trouble();
      await Promise.all(all.map((stage) => stage.cross()));
      for (const { what } of all) rounds.set(what, (rounds.get(what) ?? 0) + 1);
      await world.agrees().catch((error: unknown) => {
        throw new Error(`the ${time}th time, with seed ${seed}:\n${all.join('\n')}`, { cause: error });
      });
    }
    const tookMs = Math.round(performance.now() - startedAtMs);
    console.info(`${engine}, seed ${seed}: ${tookMs} ms`, rounds, 'refused', world.refusals);
    for (const { phones } of all) await Promise.all(phones.map((phone) => phone.tell('destroy')));
    await until('no channel is left', async () => (await seenChannels(world.bench.ask)).length === 0);
    await until('every end is told', () => faultyLives(world.party.events).length === 0).catch(() => undefined);
    expect(faultyLives(world.party.events)).toEqual([]);
  }, 240_000);
});
