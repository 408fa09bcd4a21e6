import { describe, expect, test } from 'vitest';
import type { ContractWorld } from './contract-world.ts';
import { EslWire } from './esl-wire.ts';

const type = (wanted: string) => (frame: { readonly head: ReadonlyMap<string, string> }) =>
  frame.head.get('Content-Type') === wanted;

export function eslContract(world: () => ContractWorld): void {
  describe('event socket', () => {
    test('asks for the password, and refuses every command before it', async () => {
      const esl = await EslWire.open(world().freeSwitch.eslPort);
      await esl.inbox.take('auth/request', ({ headText }) => headText === 'Content-Type: auth/request');
      expect(await esl.reply('api status')).toBe('-ERR command not found');
      esl.close();
    });

    test('says goodbye to a wrong password', async () => {
      const esl = await EslWire.open(world().freeSwitch.eslPort);
      expect(await esl.reply('auth wrong')).toBe('-ERR invalid');
      const { body } = await esl.inbox.take('notice', type('text/disconnect-notice'));
      expect(body).toMatch(/^Disconnected, goodbye\.\n/);
      await esl.ended;
    });

    test('lets in who knows the password', async () => {
      const esl = await EslWire.open(world().freeSwitch.eslPort);
      expect(await esl.reply(`auth ${world().freeSwitch.password}`)).toBe('+OK accepted');
      esl.close();
    });

    test('answers what is about events in its own words', async () => {
      const { esl } = world();
      expect(await esl.reply('event plain CHANNEL_PARK CUSTOM conference::maintenance')).toBe(
        '+OK event listener enabled plain',
      );
      expect(await esl.reply('event json CHANNEL_PARK')).toBe('+OK event listener enabled json');
      expect(await esl.reply('event plain NONSENSE')).toBe('-ERR no keywords supplied');
      expect(await esl.reply('nixevent CHANNEL_PARK')).toBe('+OK events nixed');
      expect(await esl.reply('nixevent NONSENSE')).toBe('-ERR no keywords supplied');
      expect(await esl.reply('filter Unique-ID a')).toBe('+OK filter added. [Unique-ID]=[a]');
      expect(await esl.reply('filter delete Unique-ID a')).toBe('+OK filter deleted. [Unique-ID][a]');
      expect(await esl.reply('noevents')).toBe('+OK no longer listening for events');
      for (const line of ['nonsense', 'api', 'bgapi', 'filter'])
        expect(await esl.reply(line)).toBe('-ERR command not found');
      expect(await esl.reply('event plain ALL')).toBe('+OK event listener enabled plain');
    });

    test('frames what an api command says by its length in bytes', async () => {
      const { esl } = world();
      expect(await esl.api('nonsense')).toBe('-ERR nonsense Command not found!\n');
      expect(await esl.api('version short')).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
      expect(await esl.api('status')).toMatch(/^UP \d+ years, .*\nFreeSWITCH \(Version .*\) is ready\n/);
      expect(await esl.api('show channels as json')).toBe('{"row_count": 0}\n');
    });

    test('answers commands that came together one after another', async () => {
      const { esl } = world();
      esl.write('api uuid_exists a\n\nbgapi version short\n\napi create_uuid\n\n');
      const first = await esl.inbox.take('the first', type('api/response'));
      const second = await esl.inbox.take('the second', type('command/reply'));
      const third = await esl.inbox.take('the third', type('api/response'));
      expect(first.body).toBe('false');
      expect(second.head.get('Reply-Text')).toBe(`+OK Job-UUID: ${second.head.get('Job-UUID')}`);
      expect(third.body).toMatch(/^[0-9a-f-]{36}$/);
    });

    test('tells of the end of a background job under the id that it was given', async () => {
      const { esl } = world();
      expect(await esl.reply('bgapi version short\nJob-UUID: mine')).toBe('+OK Job-UUID: mine');
      const { headers, body } = await esl.event('BACKGROUND_JOB', { 'Job-UUID': 'mine' });
      expect(headers.get('Job-Command')).toBe('version');
      expect(headers.get('Content-Length')).toBe(String(body.length));
      expect(body).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
    });

    test('tells events as JSON to who wants them so', async () => {
      const { esl } = world();
      await esl.reply('noevents');
      await esl.reply('event json BACKGROUND_JOB');
      await esl.reply('bgapi uuid_exists a\nJob-UUID: mine');
      const { body, headText } = await esl.inbox.take('event', type('text/event-json'));
      expect(headText).toBe(`Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json`);
      expect(JSON.parse(body)).toMatchObject({ 'Event-Name': 'BACKGROUND_JOB', 'Job-UUID': 'mine', _body: 'false' });
      await esl.reply('event plain ALL');
    });

    test('with filters tells only what one of them lets through', async () => {
      const { esl } = world();
      await esl.reply('filter Job-UUID one');
      await esl.reply('filter Job-UUID /^x/');
      for (const id of ['two', 'one', 'x3']) await esl.reply(`bgapi uuid_exists a\nJob-UUID: ${id}`);
      await esl.event('BACKGROUND_JOB', { 'Job-UUID': 'x3' });
      const told = esl.events.items.map(({ headers }) => headers.get('Job-UUID'));
      expect(told).toContain('one');
      expect(told).not.toContain('two');
      expect(await esl.reply('filter delete all')).toBe('+OK filter deleted. [all][]');
    });

    test('says goodbye on exit', async () => {
      const { freeSwitch } = world();
      const esl = await EslWire.login(freeSwitch.eslPort, freeSwitch.password);
      expect(await esl.reply('exit')).toBe('+OK bye');
      await esl.inbox.take('notice', type('text/disconnect-notice'));
      await esl.ended;
    });

    test.each([
      ['uuid_exists a', 'false'],
      ['uuid_kill a', '-ERR No such channel!\n'],
      ['uuid_kill', '-USAGE: <uuid> [cause]\n'],
      ['uuid_park a', '-ERR No such channel!\n'],
      ['uuid_transfer a echo inline', '-ERR No such channel!\n'],
      ['uuid_transfer a', '-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n'],
      ['uuid_bridge a b', '-ERR Invalid uuid\n'],
      ['uuid_bridge a', '-USAGE: <uuid> <other_uuid>\n'],
      ['uuid_setvar a b c', '-ERR No such channel!\n'],
      ['uuid_setvar_multi a b=c', '-ERR No such channel!\n-USAGE: <uuid> <var>=<value>;<var>=<value>...\n'],
      ['uuid_getvar a b', '-ERR No such channel!\n'],
      ['uuid_audio a stop', '-ERR No such channel!\n'],
      ['uuid_video_bitrate a 200kb', '-ERR Operation Failed\n'],
      ['uuid_record a start /tmp/a.wav', '-ERR Cannot locate session!\n'],
      ['conference nope list', '-ERR Conference nope not found\n'],
      ['conference list', '+OK No active conferences.\n'],
      ['conference json_list', '[]'],
      ['fsctl max_sessions 500', '+OK max sessions: 500\n'],
    ])('answers %s, of which there is nothing, in its own words', async (command, text) => {
      expect(await world().esl.api(command)).toBe(text);
    });
  });
}
