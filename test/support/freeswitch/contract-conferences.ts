import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { until } from '../until.ts';
import { inFolder, wavMs } from './contract-control.ts';
import type { ContractWorld } from './contract-world.ts';
import type { EslEvent } from './esl-wire.ts';

const profile = 'video-mcu-stereo';

export function conferenceContract(world: () => ContractWorld): void {
  /** A call that has joined, and its member id. */
  const member = async (name: string, of = profile) => {
    const { id } = await world().call('park');
    expect(await world().esl.api(`uuid_transfer ${id} conference:${name}@${of} inline`)).toBe('+OK\n');
    const joined = await world().joins(id);
    return { id, joined, number: joined.headers.get('Member-ID') ?? '' };
  };
  const told = (action: string, name: string) =>
    world().esl.event('conference::maintenance', { Action: action, 'Conference-Name': name });
  const conferenceId = ({ headers }: EslEvent) => headers.get('Conference-Unique-ID');

  describe('conferences', () => {
    test('are made by the first who joins, and end after the last who leaves', async () => {
      const { esl } = world();
      const { id, joined } = await member('first');
      const created = await told('conference-create', 'first');
      expect(conferenceId(created)).toBe(conferenceId(joined));
      world().expectOrder(created, joined);
      expect(joined.headers.get('Unique-ID')).toBe(id);
      await esl.api(`uuid_park ${id}`);
      const left = await told('del-member', 'first');
      expect(left.headers.get('Unique-ID')).toBe(id);
      const destroyed = await told('conference-destroy', 'first');
      expect(conferenceId(destroyed)).toBe(conferenceId(created));
      world().expectOrder(left, destroyed);
    });

    test('have a new id each time, so that a late end can be told from a new beginning', async () => {
      const { esl } = world();
      const { id, joined } = await member('again');
      await esl.api(`uuid_park ${id}`);
      await told('del-member', 'again');
      const second = await member('again');
      expect(conferenceId(second.joined)).not.toBe(conferenceId(joined));
      expect(conferenceId(await told('conference-destroy', 'again'))).toBe(conferenceId(joined));
      expect(await esl.api('conference again count')).toBe('1');
    });

    test('take any profile, and only that of the first', async () => {
      const first = await member('odd', 'nonsense');
      const second = await member('odd', 'silent');
      expect(conferenceId(second.joined)).toBe(conferenceId(first.joined));
    });

    test('list who is in', async () => {
      const { esl } = world();
      const one = await member('members');
      const two = await member('members');
      const line = ({ id, number }: { readonly id: string; readonly number: string }) =>
        `${number};sofia/internal/node1@127.0.0.1;${id};node1;node1;hear|speak`;
      const lines = (await esl.api('conference members list')).split('\n');
      expect(lines).toEqual([expect.stringContaining(line(two)), expect.stringContaining(line(one)), '']);
      const [json] = JSON.parse(await esl.api('conference members json_list')) as Record<string, unknown>[];
      expect(json).toMatchObject({
        conference_name: 'members',
        member_count: 2,
        conference_uuid: conferenceId(one.joined),
      });
      expect(json?.members).toMatchObject([
        { id: Number(two.number), uuid: two.id },
        { id: Number(one.number), uuid: one.id },
      ]);
      expect(await esl.api('conference list')).toMatch(/^\+OK Conference members \(2 members rate: 48000 flags: /);
    });

    test('change their layout where they have one', async () => {
      const { esl } = world();
      await member('picture');
      await member('sound', 'silent');
      expect(await esl.api('conference picture vid-layout 2x2')).toBe('+OK Change canvas 1 to layout [2x2]\n');
      expect(await esl.api('conference picture vid-layout wrong')).toBe('-ERR Invalid layout [wrong]\n');
      expect((await esl.api('conference picture vid-layout list')).split('\n')).toContain('3x3');
      expect(await esl.api('conference sound vid-layout 2x2')).toBe('-ERR Conference is not in mixing mode\n');
    });

    test.each(['mute', 'unmute', 'vmute', 'unvmute'])('%s one member, and tell it', async (verb) => {
      const { esl } = world();
      const { id, number } = await member('quiet');
      expect(await esl.api(`conference quiet ${verb} ${number}`)).toBe(`+OK ${verb} ${number}\n`);
      const event = await told(`${verb}-member`, 'quiet');
      expect(event.headers.get('Unique-ID')).toBe(id);
      expect(await esl.api(`conference quiet ${verb} 9999`)).toBe('-ERR Non-Existant ID 9999\n');
      expect(await esl.api('conference quiet nonsense')).toBe("-ERR Conference command 'nonsense' not found.\n");
    });

    test('kick by hanging up', async () => {
      const { esl, sip } = world();
      const { id, number } = await member('out');
      expect(await esl.api(`conference out kick ${number}`)).toBe(`+OK kicked ${number}\n`);
      const kicked = await told('kick-member', 'out');
      const left = await told('del-member', 'out');
      world().expectOrder(kicked, left);
      await esl.event('CHANNEL_HANGUP', { 'Unique-ID': id, 'Hangup-Cause': 'NORMAL_CLEARING' });
      await sip.incoming('BYE', id);
    });

    test('let a channel through that goes in muted and at once back', async () => {
      const { esl } = world();
      const { id } = await world().call('echo');
      await esl.api(`uuid_transfer ${id} conference:vm-${id}@silent++flags{vmute} inline`);
      const joined = await world().joins(id);
      expect(joined.headers.get('Conference-Name')).toBe(`vm-${id}`);
      await esl.api(`uuid_transfer ${id} echo inline`);
      await world().executes(id, 'echo');
      await told('conference-destroy', `vm-${id}`);
    });

    test('are recorded until told otherwise', async () => {
      const { esl } = world();
      await inFolder(async (folder) => {
        const file = join(folder, 'd of Jörg (2).wav');
        await member('taped', 'silent');
        expect(await esl.api(`conference taped recording start '${file}'`)).toBe(`+OK Record file ${file}\n`);
        await told('start-recording', 'taped');
        expect(await esl.api(`conference taped recording start '${file}'`)).toMatch(
          /^-ERR file .* is already being used for recording\.\n$/,
        );
        await delay(600);
        expect(await esl.api(`conference taped recording stop '${file}'`)).toBe(
          `Stopped recording file ${file}\n+OK Stopped recording 0 files\n`,
        );
        await told('stop-recording', 'taped');
        expect(await until('the file is complete', () => wavMs(file))).toBeGreaterThan(300);
        expect(await esl.api(`conference taped recording stop '${file}'`)).toBe(
          `-ERR non-existant recording '${file}'\n+OK Stopped recording 0 files\n`,
        );
      });
    });
  });
}
