import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { until } from '../until.ts';
import type { ContractWorld } from './contract-world.ts';

export function controlContract(world: () => ContractWorld): void {
  describe('control of one channel', () => {
    test('uuid_transfer to echo is answered before it happens, and told when it does', async () => {
      const { esl } = world();
      const { id } = await world().call('park');
      expect(await esl.api(`uuid_transfer ${id} echo inline`)).toBe('+OK\n');
      const { headers } = await world().executes(id, 'echo');
      const frames = esl.inbox.items.map(({ body }) => body);
      const effect = frames.findIndex((body) => body.includes('\nApplication: echo\n'));
      expect(frames.indexOf('+OK\n')).toBeGreaterThan(0);
      expect(frames.indexOf('+OK\n')).toBeLessThan(effect);
      expect(headers.get('Channel-State')).toBe('CS_EXECUTE');
      expect(world().namesOf(id).slice(-3)).toEqual(['CHANNEL_UNPARK', 'CHANNEL_EXECUTE_COMPLETE', 'CHANNEL_EXECUTE']);
      await world().expectRow(id, {
        application: 'echo',
        application_data: '',
        dest: 'echo',
        dialplan: 'inline',
      });
    });

    test('uuid_park is told by its event; the list shows it by the state, with the application from before', async () => {
      const { esl } = world();
      const { id } = await world().call('echo');
      expect(await esl.api(`uuid_park ${id}`)).toBe('+OK\n');
      await esl.event('CHANNEL_PARK', { 'Unique-ID': id, 'Channel-State': 'CS_PARK' });
      await world().expectRow(id, { state: 'CS_PARK', application: 'echo' });
    });

    test('uuid_transfer to park is an application of its own', async () => {
      const { esl } = world();
      const { id } = await world().call('echo');
      await esl.api(`uuid_transfer ${id} park inline`);
      await esl.event('CHANNEL_PARK', { 'Unique-ID': id, 'Channel-State': 'CS_EXECUTE' });
      await world().expectRow(id, { state: 'CS_EXECUTE', application: 'park' });
    });

    test('an application that there is not ends the call', async () => {
      const { esl } = world();
      const { id } = await world().call('park');
      expect(await esl.api(`uuid_transfer ${id} nonsense inline`)).toBe('+OK\n');
      await esl.event('CHANNEL_HANGUP', { 'Unique-ID': id, 'Hangup-Cause': 'DESTINATION_OUT_OF_ORDER' });
    });

    test('of two transfers at once it answers both and tells of at least one', async () => {
      const { esl } = world();
      const { id } = await world().call('park');
      const replies = Promise.all([
        esl.api(`uuid_transfer ${id} echo inline`),
        esl.api(`uuid_transfer ${id} conference:twice@silent inline`),
      ]);
      expect(await replies).toEqual(['+OK\n', '+OK\n']);
      await esl.event('CHANNEL_EXECUTE', { 'Unique-ID': id });
      expect(await esl.api(`uuid_exists ${id}`)).toBe('true');
    });

    test('keeps variables, and has those that every channel falls back to', async () => {
      const { esl } = world();
      const { id } = await world().call('park');
      expect(await esl.api(`uuid_getvar ${id} nope`)).toBe('_undef_');
      expect(await esl.api(`uuid_setvar ${id} mine here`)).toBe('+OK\n');
      expect(await esl.api(`uuid_getvar ${id} mine`)).toBe('here');
      expect(await esl.api(`uuid_setvar_multi ${id} one=1;two=2`)).toBe('+OK\n');
      expect(await esl.api(`uuid_getvar ${id} two`)).toBe('2');
      expect(await esl.api(`uuid_setvar ${id} mine`)).toBe('+OK\n');
      expect(await esl.api(`uuid_getvar ${id} mine`)).toBe('_undef_');
      expect(await esl.api(`uuid_getvar ${id} park_after_bridge`)).toBe('true');
      expect(await esl.api(`uuid_getvar ${id} media_timeout`)).toBe('60000');
    });

    test('mutes, and limits video, in its own words', async () => {
      const { esl } = world();
      const { id } = await world().call('echo');
      const usage = '-USAGE: <uuid> [start [read|write] [mute|level <level>]|stop]\n';
      expect(await esl.api(`uuid_audio ${id} start read mute 1`)).toBe('+OK\n');
      expect(await esl.api(`uuid_audio ${id} stop`)).toBe('+OK\n');
      expect(await esl.api(`uuid_audio ${id} stop`)).toBe('+OK\n');
      expect(await esl.api(`uuid_audio ${id} nonsense`)).toBe(usage);
      expect(await esl.api(`uuid_video_bitrate ${id} 200kb`)).toBe('+OK Success\n');
    });

    test('hupall ends only the calls whose variable is this', async () => {
      const { esl } = world();
      const [mine, other] = [await world().call('park'), await world().call('park')];
      await esl.api(`uuid_setvar ${mine.id} who me`);
      expect(await esl.api('hupall NORMAL_CLEARING who me')).toBe(
        '+OK hangup all channels matching [who]=[me] with cause: NORMAL_CLEARING\n',
      );
      await esl.event('CHANNEL_DESTROY', { 'Unique-ID': mine.id });
      expect(await esl.api(`uuid_exists ${other.id}`)).toBe('true');
    });
  });

  describe('recording of one channel', () => {
    test('writes a wav of the length that it tells, in quotes to a path with blanks', async () => {
      const { esl } = world();
      await inFolder(async (folder) => {
        const phone = await world().phone();
        const { id, final } = await world().call('echo', { sdp: phone.sdp });
        phone.speakTo(final.body);
        const file = join(folder, 'made by Jörg (2)', 'a.wav');
        expect(await esl.api(`uuid_record ${id} start '${file}'`)).toBe('+OK Success\n');
        await esl.event('RECORD_START', { 'Unique-ID': id, 'Record-File-Path': file });
        expect(await esl.api(`uuid_record ${id} start '${file}'`)).toBe('+OK Success\n');
        await delay(700);
        expect(await esl.api(`uuid_record ${id} stop '${file}'`)).toBe('+OK Success\n');
        const { headers } = await esl.event('RECORD_STOP', { 'Unique-ID': id, 'Record-File-Path': file });
        const recordMs = Number(headers.get('variable_record_ms'));
        expect(recordMs).toBeGreaterThan(500);
        expect(recordMs).toBeLessThan(5000);
        const durationMs = await until('the file is complete', () => wavMs(file));
        expect(Math.abs(durationMs - recordMs)).toBeLessThan(150);
        expect(await esl.api(`uuid_record ${id} stop '${file}'`)).toBe('-ERR Cannot stop record session!\n');
      });
    });

    test('ends with its call', async () => {
      const { esl } = world();
      await inFolder(async (folder) => {
        const { id } = await world().call('echo');
        const file = join(folder, 'b.wav');
        await esl.api(`uuid_record ${id} start ${file}`);
        await esl.api(`uuid_kill ${id}`);
        const hangup = await esl.event('CHANNEL_HANGUP', { 'Unique-ID': id });
        const stop = await esl.event('RECORD_STOP', { 'Unique-ID': id, 'Record-File-Path': file });
        world().expectOrder(hangup, stop);
        world().expectOrder(stop, await esl.event('CHANNEL_DESTROY', { 'Unique-ID': id }));
      });
    });

    test('writes several files at once, but for the frames that it is told to hold back', async () => {
      const { esl } = world();
      await inFolder(async (folder) => {
        const phone = await world().phone();
        const { id, final } = await world().call('park', { sdp: phone.sdp });
        phone.speakTo(final.body);
        const files = [join(folder, 'd.wav'), join(folder, 'e.wav')];
        for (const file of files) {
          const start = `uuid_record ${id} start ${file} 0 {RECORD_PRE_BUFFER_FRAMES=2}`;
          expect(await esl.api(start)).toBe('+OK Success\n');
        }
        const startedAtMs = performance.now();
        await delay(1500);
        for (const file of files) {
          const lastedMs = performance.now() - startedAtMs;
          expect(await esl.api(`uuid_record ${id} stop ${file}`)).toBe('+OK Success\n');
          await esl.event('RECORD_STOP', { 'Unique-ID': id, 'Record-File-Path': file });
          expect(Math.abs(((await wavMs(file)) ?? 0) - lastedMs)).toBeLessThan(300);
        }
      });
    });

    test('knows no webm', async () => {
      await inFolder(async (folder) => {
        const { id } = await world().call('echo');
        const reply = await world().esl.api(`uuid_record ${id} start ${join(folder, 'c.webm')}`);
        expect(reply).toBe('-ERR Cannot record session!\n');
      });
    });
  });
}

export async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-test-recordings-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How long a wav plays, by its own head; undefined while it is not whole. */
export async function wavMs(file: string): Promise<number | undefined> {
  const bytes = await readFile(file);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.readUInt32LE(4) + 8 !== bytes.length) return undefined;
  const data = bytes.indexOf('data');
  const bytesPerSecond = bytes.readUInt32LE(28);
  return (bytes.readUInt32LE(data + 4) * 1000) / bytesPerSecond;
}
