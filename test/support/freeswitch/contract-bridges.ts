import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ContractWorld } from './contract-world.ts';

export function bridgeContract(world: () => ContractWorld): void {
  const two = async () => [(await world().call('park')).id, (await world().call('park')).id] as const;
  const bridged = async (a: string, b: string) => {
    expect(await world().esl.api(`uuid_bridge ${a} ${b}`)).toBe(`+OK ${b}\n`);
    const ids = { 'Unique-ID': a, 'Bridge-A-Unique-ID': a, 'Bridge-B-Unique-ID': b };
    const event = await world().esl.event('CHANNEL_BRIDGE', ids);
    // It is told some moments before the B leg is there, and a command that comes between is lost now and then.
    await world().expectRow(b, { state: 'CS_EXCHANGE_MEDIA' });
    return event;
  };
  const parked = (id: string) => world().esl.event('CHANNEL_PARK', { 'Unique-ID': id });
  const names = (name: string) =>
    world().esl.events.items.filter(({ headers }) => headers.get('Event-Name') === name).length;

  describe('bridges', () => {
    test('are told once, on the A leg, with both ids', async () => {
      const [a, b] = await two();
      const { headers } = await bridged(a, b);
      expect(headers.get('Other-Leg-Unique-ID')).toBe(b);
      expect(names('CHANNEL_BRIDGE')).toBe(1);
      await world().expectRow(a, {
        application: 'uuid_bridge',
        application_data: b,
        state: 'CS_SOFT_EXECUTE',
      });
      await world().expectRow(b, { application: 'uuid_bridge', application_data: a, call_uuid: a });
    });

    test.each([
      ['A', 0],
      ['B', 1],
    ] as const)(
      'when the %s leg is parked the other one parks too, and the end is told on the A leg',
      async (_, leaver) => {
        const { esl } = world();
        const legs = await two();
        await bridged(...legs);
        await esl.api(`uuid_park ${legs[leaver]}`);
        await Promise.all(legs.map(parked));
        const { headers } = await esl.event('CHANNEL_UNBRIDGE', { 'Unique-ID': legs[0] });
        expect([headers.get('Bridge-A-Unique-ID'), headers.get('Bridge-B-Unique-ID')]).toEqual(legs);
        expect(names('CHANNEL_UNBRIDGE')).toBe(1);
        await world().expectRow(legs[1 - leaver] ?? '', { state: 'CS_PARK' });
      },
    );

    test('when one leg ends the other one parks', async () => {
      const { esl } = world();
      const [a, b] = await two();
      await bridged(a, b);
      await esl.api(`uuid_kill ${b}`);
      const hangup = await esl.event('CHANNEL_HANGUP', { 'Unique-ID': b });
      const park = await parked(a);
      world().expectOrder(hangup, park);
      await esl.event('CHANNEL_DESTROY', { 'Unique-ID': b });
      await world().expectRow(a, { state: 'CS_PARK', application: 'uuid_bridge', application_data: b });
    });

    test('a transfer takes one leg away, the other one parks', async () => {
      const { esl } = world();
      const [a, b] = await two();
      await bridged(a, b);
      await esl.api(`uuid_transfer ${a} echo inline`);
      await Promise.all([parked(b), world().executes(a, 'echo')]);
    });

    test('a bridge takes one leg of another away', async () => {
      const [a, b] = await two();
      const { id: c } = await world().call('echo');
      await bridged(a, b);
      await bridged(a, c);
      expect(await parked(b)).toBeDefined();
      await world().expectRow(c, { application: 'uuid_bridge', application_data: a });
    });

    test('with itself a channel is alive, without an event, until it is parked', async () => {
      const { esl } = world();
      const { id } = await world().call('echo');
      expect(await esl.api(`uuid_bridge ${id} ${id}`)).toBe(`+OK ${id}\n`);
      await esl.event('CHANNEL_EXECUTE_COMPLETE', { 'Unique-ID': id, Application: 'echo' });
      await world().expectRow(id, { state: 'CS_SOFT_EXECUTE', application: 'echo' });
      expect(names('CHANNEL_BRIDGE')).toBe(0);
      await esl.api(`uuid_park ${id}`);
      await parked(id);
    });

    test('that another command crosses end with any of both, or leave what a park frees', async () => {
      const { esl } = world();
      const [a, b] = await two();
      const replies = await Promise.all([esl.api(`uuid_bridge ${a} ${b}`), esl.api(`uuid_transfer ${a} echo inline`)]);
      expect(replies).toEqual([`+OK ${b}\n`, '+OK\n']);
      await delay(300);
      const left: string[] = [];
      for (const id of [a, b]) if ((await esl.api(`uuid_exists ${id}`)) === 'true') left.push(id);
      // Whoever was in a bridge with the first one parks with it.
      for (const id of left) await esl.api(`uuid_park ${id}`);
      await Promise.all(left.map(parked));
      expect(left).toContain(a);
    });

    test('with a call that still rings ruin both', async () => {
      const { esl, sip } = world();
      const { id } = await world().call('park');
      const ringing = await world().originate('originate_timeout=10,absolute_codec_string=PCMU');
      const invite = await sip.incoming('INVITE');
      sip.respond(invite, '180 Ringing', [['Contact', sip.contact]]);
      await esl.event('CHANNEL_PROGRESS', { 'Unique-ID': ringing.id });
      expect(await esl.api(`uuid_bridge ${id} ${ringing.id}`)).toBe(`+OK ${ringing.id}\n`);
      await esl.event('CHANNEL_DESTROY', { 'Unique-ID': ringing.id, 'Hangup-Cause': 'DESTINATION_OUT_OF_ORDER' });
      await esl.event('CHANNEL_DESTROY', { 'Unique-ID': id, 'Hangup-Cause': 'ORIGINATOR_CANCEL' });
      expect(await ringing.outcome()).toBe('-ERR ORIGINATOR_CANCEL\n');
      sip.respond(await sip.incoming('CANCEL'), '200 OK');
      sip.respond(invite, '487 Request Terminated');
    });
  });
}
